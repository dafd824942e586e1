"""The banner's sentences, for each kind of space and each sort of reader."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.core.identity import Actor
from portal.groups import banner
from portal.groups.queries.readers import Audience

MEMBER = Actor(kind="person", organisation_kind="authority")
REPRESENTATIVE = Actor(kind="person", organisation_kind="supplier")


def space(**more: Any) -> Audience:
    """A space of a user group with fourteen authorities, changed where ``more`` says so."""
    values: dict[str, Any] = {
        "space_id": 1,
        "space_slug": "members",
        "kind": "members",
        "open_to": "members",
        "archived": False,
        "supplier_name": None,
        "group_id": 2,
        "group_slug": "alpha",
        "group_name": "Supplier A user group",
        "group_kind": "sug",
        "accent": "teal",
        "monogram": "A",
        "authorities": 14,
        "people": 0,
        "glass_until": None,
    }
    return Audience(**(values | more))


SHARED = {"kind": "supplier", "space_slug": "supplier", "supplier_name": "Supplier A"}

SENTENCES = [
    (MEMBER, {}, "Read by the group’s 14 authorities. Not the supplier, not the DCSF."),
    (MEMBER, {"authorities": 1}, "Read by the group’s one authority. Not the supplier, not the DCSF."),
    (
        MEMBER,
        {"group_kind": "inhouse"},
        "Read by the group’s 14 authorities. Not the suppliers, not the DCSF.",
    ),
    (MEMBER, SHARED, "Supplier A reads this, with the group’s 14 authorities. Not the DCSF."),
    (
        REPRESENTATIVE,
        SHARED,
        "You and Supplier A colleagues read this, with the user group’s members. Not the DCSF.",
    ),
    (
        MEMBER,
        {"group_kind": "nlar"},
        "Delegates of the user groups and DCSF moderators read this. Not the suppliers.",
    ),
    (
        MEMBER,
        SHARED | {"group_kind": "nlar"},
        "Supplier A reads this, with the delegates of the user groups and DCSF moderators. No other supplier.",
    ),
    (
        REPRESENTATIVE,
        SHARED | {"group_kind": "nlar"},
        "You and Supplier A colleagues read this, with the delegates of the user groups and DCSF moderators.",
    ),
    (
        MEMBER,
        {"group_kind": "working", "people": 3},
        "Read by the three people named in this working group. Nobody else.",
    ),
    (
        MEMBER,
        {"group_kind": "national", "open_to": "authorities"},
        "Everyone signed in from an authority or the DCSF reads this. Not the suppliers.",
    ),
    (
        REPRESENTATIVE,
        {"group_kind": "national", "open_to": "everyone"},
        "Everyone signed in reads this: the authorities, the DCSF and every supplier’s representatives.",
    ),
    (
        MEMBER,
        {"archived": True},
        "Read by the group’s 14 authorities. Not the supplier, not the DCSF. Archived: read only.",
    ),
    (
        MEMBER,
        {"glass_until": datetime(2026, 1, 5, 14, 15, tzinfo=UTC)},
        "Read by the group’s 14 authorities. Not the supplier, not the DCSF. "
        "An administrator reads this too, until 2:15pm, for a recorded reason.",
    ),
]


@pytest.mark.parametrize(("actor", "changes", "words"), SENTENCES)
def test_the_sentence_says_who_reads(actor: Actor, changes: dict[str, Any], words: str) -> None:
    assert "".join(piece for piece, _ in banner.sentence(actor, space(**changes))) == words


@pytest.mark.parametrize("changes", [SHARED, SHARED | {"group_kind": "nlar"}])
def test_a_representative_is_told_no_number(changes: dict[str, Any]) -> None:
    words = "".join(piece for piece, _ in banner.sentence(REPRESENTATIVE, space(**changes)))
    assert not any(letter.isdigit() for letter in words)
    assert "authorit" not in words


LABELS = [
    ({}, "Reply to members", "Post to members"),
    (SHARED, "Post where Supplier A reads it", "Post where Supplier A reads it"),
    ({"group_kind": "nlar"}, "Reply to delegates", "Post to delegates"),
    (SHARED | {"group_kind": "nlar"}, "Post where Supplier A reads it", "Post where Supplier A reads it"),
    ({"group_kind": "working"}, "Reply to the working group", "Post to the working group"),
    (
        {"group_kind": "national", "open_to": "authorities"},
        "Reply to all authorities",
        "Post to all authorities",
    ),
    (
        {"group_kind": "national", "open_to": "everyone"},
        "Post where suppliers read it",
        "Post where suppliers read it",
    ),
]


@pytest.mark.parametrize(("changes", "reply", "post"), LABELS)
def test_the_buttons_name_the_audience(changes: dict[str, Any], reply: str, post: str) -> None:
    assert banner.reply_label(space(**changes)) == reply
    assert banner.post_label(space(**changes)) == post
