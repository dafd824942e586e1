"""Who may do what to a group, by role and kind of group."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from portal.core.identity import OPERATOR, Actor
from portal.core.permissions import Action, may
from portal.groups.policies import Managed, ManagedRequest

SUG = Managed(1, "alpha", "Alpha", "sug", 9, None, False, lead_id=10, ever_led=True)
NLAR = replace(SUG, id=2, kind="nlar", supplier_id=None, lead_id=None, ever_led=False)
WORKING = replace(SUG, id=3, kind="working", supplier_id=None, parent_id=1, lead_id=None)


def who(*roles: str, group: int = 1, administrator: bool = False, kind: str = "authority") -> Actor:
    """Somebody with these roles in a group."""
    return Actor(
        kind="person",
        person_id=20,
        organisation_kind=kind,  # type: ignore[arg-type]
        is_administrator=administrator,
        group_roles=MappingProxyType({group: frozenset(roles)} if roles else {}),
    )


MANAGING = (
    Action.GROUPS_MEMBER_ADD,
    Action.GROUPS_MEMBER_REMOVE,
    Action.GROUPS_MEMBER_CONFIRM,
    Action.GROUPS_GROUP_CHANGE,
    Action.GROUPS_ROLE_CHANGE,
)


@pytest.mark.parametrize("action", MANAGING)
def test_the_lead_manages_and_nobody_else(action: Action) -> None:
    assert may(who("lead"), action, SUG)
    assert may(OPERATOR, action, SUG)
    for other in (who("member"), who("supplier", kind="supplier"), who("deputy"), who("break-glass"), who()):
        assert not may(other, action, SUG)
    assert not may(who(administrator=True), action, SUG)
    assert not may(who("lead", group=7), action, SUG)


@pytest.mark.parametrize("action", MANAGING)
def test_the_deputy_manages_while_vacant(action: Action) -> None:
    assert may(who("deputy"), action, replace(SUG, lead_id=None))


@pytest.mark.parametrize("action", MANAGING)
def test_nothing_changes_in_an_archive(action: Action) -> None:
    assert not may(who("lead"), action, replace(SUG, archived=True))


def test_the_nlar_is_managed_by_its_moderators() -> None:
    assert may(who("moderator", group=2), Action.GROUPS_MEMBER_ADD, NLAR)
    assert not may(who("delegate", group=2), Action.GROUPS_MEMBER_ADD, NLAR)
    assert not may(who("moderator", group=2), Action.GROUPS_ROLE_CHANGE, NLAR)


def test_an_administrator_opens_groups_and_appoints_only_the_first_lead() -> None:
    staff = who(administrator=True)
    assert may(staff, Action.GROUPS_GROUP_OPEN)
    assert may(staff, Action.GROUPS_LEAD_APPOINT, replace(SUG, lead_id=None, ever_led=False))
    assert not may(staff, Action.GROUPS_LEAD_APPOINT, SUG)
    assert not may(who("lead"), Action.GROUPS_LEAD_APPOINT, replace(SUG, lead_id=None, ever_led=False))
    assert not may(who("lead"), Action.GROUPS_GROUP_OPEN)


def test_a_lead_opens_working_groups_inside_theirs() -> None:
    assert may(who("lead"), Action.GROUPS_GROUP_OPEN, SUG)
    assert not may(who("member"), Action.GROUPS_GROUP_OPEN, SUG)
    assert not may(who("lead", group=3), Action.GROUPS_GROUP_OPEN, WORKING)


def test_the_parent_s_lead_looks_after_a_working_group_without_one() -> None:
    assert may(who("lead"), Action.GROUPS_MEMBER_ADD, WORKING)
    assert not may(who("lead"), Action.GROUPS_MEMBER_ADD, replace(WORKING, lead_id=11))


@pytest.mark.parametrize("roles", [("member",), ("lead",), ("supplier",), ("moderator",)])
def test_everybody_may_leave(roles: tuple[str, ...]) -> None:
    assert may(who(*roles), Action.GROUPS_MEMBER_LEAVE, SUG)


def test_a_seat_is_not_left() -> None:
    assert not may(who("delegate", group=2), Action.GROUPS_MEMBER_LEAVE, NLAR)
    assert not may(who(), Action.GROUPS_MEMBER_LEAVE, SUG)
    assert not may(who("break-glass"), Action.GROUPS_MEMBER_LEAVE, SUG)


def test_nobody_decides_on_their_own_request() -> None:
    own = ManagedRequest(1, 20, SUG)
    assert not may(who("lead"), Action.GROUPS_JOIN_DECIDE, own)
    assert may(who("lead"), Action.GROUPS_JOIN_DECIDE, replace(own, person_id=21))
    assert may(who(), Action.GROUPS_JOIN_REQUEST, own)
    assert not may(who(), Action.GROUPS_JOIN_REQUEST, replace(own, person_id=21))
