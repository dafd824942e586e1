"""Who may do what in the forums, by role, state of the thread and kind of space."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

import portal.forums.policies  # noqa: F401  (registers the rules)
from portal.core import clock
from portal.core.identity import Actor, SpaceRight
from portal.core.permissions import Action, may

GROUP, HERE, ELSEWHERE = 1, 11, 12
LEADING = (
    Action.FORUMS_POST_HIDE,
    Action.FORUMS_THREAD_PIN,
    Action.FORUMS_THREAD_LOCK,
    Action.FORUMS_THREAD_MOVE,
    Action.FORUMS_THREAD_SPLIT,
    Action.FORUMS_THREAD_MERGE,
    Action.FORUMS_FORUM_CREATE,
    Action.FORUMS_FORUM_CHANGE,
)
OWN = (
    Action.FORUMS_THREAD_READ,
    Action.FORUMS_THREAD_FOLLOW,
    Action.FORUMS_BOOKMARK_SET,
    Action.FORUMS_DRAFT_SAVE,
)


def who(*roles: str, person: int = 20, writable: bool = True, kind: str = "authority") -> Actor:
    """Somebody with these roles in the group, who reads its space."""
    right = SpaceRight(HERE, GROUP, "alpha", "members", "members", 1, writable, frozenset(roles))
    return Actor(
        kind="person",
        person_id=person,
        organisation_kind=kind,  # type: ignore[arg-type]
        spaces=MappingProxyType({HERE: right}),
        group_roles=MappingProxyType({GROUP: frozenset(roles)}),
    )


def thing(**more: Any) -> Any:
    """A thread, post, forum or file as the rules look at it."""
    facts: dict[str, Any] = {
        "id": 5,
        "space_id": HERE,
        "kind": "post",
        "author_id": 20,
        "uploader_id": 20,
        "post": None,
        "closed_at": None,
        "deleted_at": None,
        "deleted_by_id": None,
        "hidden_at": None,
        "locked_at": None,
        "merged_into_id": None,
    }
    return SimpleNamespace(**(facts | more))


@pytest.mark.parametrize("action", LEADING)
def test_leading_is_for_leads_deputies_and_moderators(action: Action) -> None:
    for role in ("lead", "deputy", "moderator"):
        assert may(who(role), action, thing())
        assert not may(who(role, writable=False), action, thing())
        assert not may(who(role), action, thing(space_id=ELSEWHERE))
    for role in ("member", "delegate", "supplier", "break-glass"):
        assert not may(who(role), action, thing())


@pytest.mark.parametrize("action", [Action.FORUMS_THREAD_START, Action.FORUMS_POST_REPLY])
def test_whoever_writes_in_the_space_takes_part(action: Action) -> None:
    assert may(who("member"), action, thing())
    assert may(who("supplier", kind="supplier"), action, thing())
    refused = may(who("member", writable=False), action, thing())
    assert not refused
    assert "read-only" in refused.reason


def test_a_closed_forum_takes_no_threads_even_from_its_lead() -> None:
    assert not may(who("lead"), Action.FORUMS_THREAD_START, thing(closed_at=clock.now()))


def test_a_locked_thread_is_for_its_leads_and_a_merged_one_for_nobody() -> None:
    locked, merged = thing(locked_at=clock.now()), thing(merged_into_id=6)
    for action in (Action.FORUMS_POST_REPLY, Action.FORUMS_POST_EDIT, Action.FORUMS_POST_DELETE):
        assert not may(who("member"), action, locked)
        assert may(who("deputy"), action, locked)
        assert not may(who("lead"), action, merged)


def test_a_post_is_changed_and_deleted_by_its_author_alone() -> None:
    for action in (Action.FORUMS_POST_EDIT, Action.FORUMS_POST_DELETE):
        assert may(who("member"), action, thing())
        assert not may(who("lead", person=21), action, thing())
        assert not may(who("member"), action, thing(kind="marker"))
    for gone in ("deleted_at", "hidden_at"):
        assert not may(who("member"), Action.FORUMS_POST_EDIT, thing(**{gone: clock.now()}))


def test_an_author_has_ten_minutes_and_a_lead_has_longer() -> None:
    def deleted(minutes: float, by: int = 20) -> Any:
        return thing(deleted_at=clock.now() - timedelta(minutes=minutes), deleted_by_id=by)

    assert may(who("member"), Action.FORUMS_POST_RESTORE, deleted(9.9))
    assert not may(who("member"), Action.FORUMS_POST_RESTORE, deleted(10.1))
    assert not may(who("member"), Action.FORUMS_POST_RESTORE, deleted(1, by=21))
    assert not may(who("member", person=21), Action.FORUMS_POST_RESTORE, deleted(1))
    assert may(who("moderator", person=21), Action.FORUMS_POST_RESTORE, deleted(9000))
    assert not may(who("lead", writable=False), Action.FORUMS_POST_RESTORE, deleted(1))


def test_what_is_not_shown_takes_no_reactions() -> None:
    assert may(who("member"), Action.FORUMS_POST_REACT, thing())
    for state in ({"deleted_at": clock.now()}, {"hidden_at": clock.now()}, {"kind": "marker"}):
        assert not may(who("lead"), Action.FORUMS_POST_REACT, thing(**state))
    assert not may(who("member", writable=False), Action.FORUMS_POST_REACT, thing())


@pytest.mark.parametrize("action", OWN)
def test_ones_own_marks_need_no_right_to_write(action: Action) -> None:
    assert may(who("member", writable=False), action, thing())
    assert not may(who("member"), action, thing(space_id=ELSEWHERE))


def test_a_file_is_taken_away_by_whoever_added_it_while_its_thread_is_open() -> None:
    assert may(who("member"), Action.FORUMS_ATTACHMENT_REMOVE, thing())
    assert may(who("member"), Action.FORUMS_ATTACHMENT_REMOVE, thing(post=thing()))
    assert not may(who("member"), Action.FORUMS_ATTACHMENT_REMOVE, thing(post=thing(locked_at=clock.now())))
    assert not may(who("lead", person=21), Action.FORUMS_ATTACHMENT_REMOVE, thing())
    assert not may(who("member", writable=False), Action.FORUMS_ATTACHMENT_REMOVE, thing())
