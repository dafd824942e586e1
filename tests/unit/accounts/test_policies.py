"""Who may invite whom (domain.md, "An administrator is not a reader")."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from portal.accounts.policies import Proposed, may_accept_invitation, may_change_password, may_send_invitation
from portal.core.identity import ANONYMOUS, OPERATOR, Actor

LEAD = Actor(
    kind="person", person_id=1, organisation_id=10, group_roles=MappingProxyType({7: frozenset({"lead"})})
)
MEMBER = Actor(
    kind="person", person_id=2, organisation_id=10, group_roles=MappingProxyType({7: frozenset({"member"})})
)
ADMINISTRATOR = Actor(kind="person", person_id=3, organisation_id=30, is_administrator=True)


@pytest.mark.parametrize(
    ("actor", "proposed", "allowed"),
    [
        (LEAD, Proposed(20, "authority", 7, "member"), True),
        (LEAD, Proposed(40, "supplier", 7, "supplier"), True),
        (LEAD, Proposed(20, "authority", 7, "lead"), False),
        (LEAD, Proposed(20, "authority", 8, "member"), False),
        (LEAD, Proposed(20, "authority", None, None), False),
        (LEAD, Proposed(40, "supplier", 7, "member"), False),
        (LEAD, Proposed(20, "authority", 7, "supplier"), False),
        (MEMBER, Proposed(20, "authority", 7, "member"), False),
        (ADMINISTRATOR, Proposed(20, "authority", 7, "lead"), True),
        (ADMINISTRATOR, Proposed(20, "authority", 7, "member"), False),
        (ADMINISTRATOR, Proposed(20, "authority", None, None), True),
        (ADMINISTRATOR, Proposed(30, "department", None, None), False),
        (ANONYMOUS, Proposed(20, "authority", None, None), False),
        (OPERATOR, Proposed(30, "department", None, None), True),
    ],
)
def test_who_may_invite(actor: Actor, proposed: Proposed, allowed: bool) -> None:
    decision = may_send_invitation(actor, proposed)
    assert bool(decision) is allowed
    assert allowed or decision.reason.endswith(".")


def test_an_invitation_is_bound_to_its_address() -> None:
    class Invited:
        email = "a@northmoor.example"

    assert may_accept_invitation(ANONYMOUS, Invited)
    assert not may_accept_invitation(Actor(kind="person", person_id=1, email="b@northmoor.example"), Invited)


def test_a_token_cannot_change_the_account() -> None:
    assert not may_change_password(Actor(kind="person", person_id=1, token_scope="write"), None)
