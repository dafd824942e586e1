"""The forums of a space: the lead adds, renames, orders and closes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from portal.core import clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.models import Forum
from portal.forums.queries.lookup import SpaceTarget, get_forum, get_space
from portal.forums.services.text import check_line

NAME_MAX, PURPOSE_MAX, MOST = 80, 300, 60


@dataclass(frozen=True, slots=True)
class Created:
    """A forum that stands."""

    id: int
    replayed: bool = False


def _prepare(actor: Actor, *, name: object, purpose: object = "", **rest: Any) -> dict[str, Any]:
    return {
        **rest,
        "name": check_line("name", name, least=3, most=NAME_MAX, what="The name"),
        "purpose": check_line("purpose", purpose, most=PURPOSE_MAX, what="The purpose"),
    }


def _check_free(space_id: int, name: str, but: int | None = None) -> None:
    same = select(Forum.id).where(Forum.space_id == space_id, func.lower(Forum.name) == name.lower())
    if any(number != but for number in db.session.scalars(same)):
        raise Invalid({"name": "There is a forum with this name already."})


@command(Action.FORUMS_FORUM_CREATE, target=get_space, prepare=_prepare, result=Created)
def create(actor: Actor, space: SpaceTarget, *, name: str, purpose: str) -> Created:
    """Add a forum at the end. Takes ``space_id``, ``name``, ``purpose``. Raises ``Invalid``."""
    _check_free(space.id, name)
    rows = db.session.execute(
        select(func.count(Forum.id), func.max(Forum.position)).where(Forum.space_id == space.id)
    ).one()
    if rows[0] >= MOST:
        raise Invalid({"name": f"A space has at most {MOST} forums."})
    forum = Forum(space_id=space.id, name=name, purpose=purpose, position=(rows[1] or 0) + 1)
    db.session.add(forum)
    db.session.flush()
    return Created(forum.id)


@command(Action.FORUMS_FORUM_CHANGE, target=get_forum, prepare=_prepare)
def change(actor: Actor, forum: Forum, *, name: str, purpose: str) -> None:
    """Give a forum another name and purpose."""
    _check_free(forum.space_id, name, forum.id)
    forum.name, forum.purpose = name, purpose


@command(Action.FORUMS_FORUM_CHANGE, target=get_forum)
def close(actor: Actor, forum: Forum) -> None:
    """Close a forum: its threads stay, and no new one is started in it."""
    forum.closed_at = forum.closed_at or clock.now()


@command(Action.FORUMS_FORUM_CHANGE, target=get_forum)
def reopen(actor: Actor, forum: Forum) -> None:
    """Open a closed forum again."""
    forum.closed_at = None


@command(Action.FORUMS_FORUM_CHANGE, target=get_space)
def reorder(actor: Actor, space: SpaceTarget, *, forum_ids: list[int]) -> None:
    """Put the forums of a space into the order of ``forum_ids``; those left out follow as they stood."""
    forums = db.session.scalars(
        select(Forum).where(Forum.space_id == space.id).order_by(Forum.position, Forum.id)
    ).all()
    place = {number: index for index, number in enumerate(forum_ids)}
    ordered = sorted(forums, key=lambda forum: place.get(forum.id, len(place) + forum.position))
    for position, forum in enumerate(ordered, start=1):
        forum.position = position
