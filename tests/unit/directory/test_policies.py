"""Nobody gives a right to themselves or to their own organisation's people."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from portal.core.identity import OPERATOR, Actor
from portal.core.permissions import Action, may
from portal.directory import policies

ADMINISTRATOR = Actor(kind="person", person_id=1, organisation_id=10, is_administrator=True)
SOMEBODY = Actor(kind="person", person_id=2, organisation_id=11)
COLLEAGUE = SimpleNamespace(id=3, organisation_id=10)
STRANGER = SimpleNamespace(id=4, organisation_id=12)
ONESELF = SimpleNamespace(id=1, organisation_id=10)
GRANTS = (
    Action.DIRECTORY_PERSON_CHANGE,
    Action.DIRECTORY_PERSON_REINSTATE,
    Action.DIRECTORY_ADMINISTRATOR_GRANT,
)


def test_the_rules_are_registered_from_here() -> None:
    assert policies.may_change_person is not None


@pytest.mark.parametrize("action", GRANTS)
def test_grants_go_to_other_organisations_alone(action: Action) -> None:
    assert may(ADMINISTRATOR, action, STRANGER)
    assert may(OPERATOR, action, COLLEAGUE)
    for target in (COLLEAGUE, ONESELF):
        assert "own organisation" in may(ADMINISTRATOR, action, target).reason
    assert not may(SOMEBODY, action, STRANGER)


def test_rights_can_be_ended_in_the_own_organisation_but_not_ones_own() -> None:
    for action in (Action.DIRECTORY_PERSON_SUSPEND, Action.DIRECTORY_ADMINISTRATOR_WITHDRAW):
        assert may(ADMINISTRATOR, action, COLLEAGUE)
        assert not may(ADMINISTRATOR, action, ONESELF)
        assert not may(SOMEBODY, action, STRANGER)
