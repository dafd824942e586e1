"""The audit trail is read by administrators and the operator, and by nobody else."""

from __future__ import annotations

import pytest

from portal.admin.policies import may_read_audit
from portal.core.identity import ANONYMOUS, OPERATOR, Actor


def test_staff_reads_the_trail() -> None:
    assert may_read_audit(Actor(kind="person", person_id=1, is_administrator=True), None)
    assert may_read_audit(OPERATOR, None)


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor(kind="person", person_id=2), Actor(kind="system")])
def test_others_do_not(actor: Actor) -> None:
    assert not may_read_audit(actor, None)
