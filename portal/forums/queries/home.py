"""What Home and the group's page show of the forums: the newest of each space, merged.

Lists over many spaces take a few rows from each by its own index and merge them (architecture.md, "Jobs, mail,
files, text"): one ``IN … ORDER BY … LIMIT`` would read every quiet space from end to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, select, union_all
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.forums.models import Draft, Mention, Post, ReadMark, Thread
from portal.forums.queries.attribution import ShownAs, shown_as
from portal.forums.queries.lists import OVER, ThreadRow, select_threads, thread_row
from portal.forums.queries.unread import count_unread, has_unread, mark_of
from portal.groups.models import Group, LastLook

A_SPACE = 5
RECENT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class SpaceNews:
    """What changed in one space."""

    group_name: str
    group_slug: str
    accent: str
    group_kind: str
    space_slug: str
    space_kind: str
    threads: tuple[ThreadRow, ...]


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A post that names the reader and that they have not answered."""

    title: str
    href: str
    author: ShownAs
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in a list: what it is of, and where it goes on."""

    key: str
    title: str
    href: str
    body: str
    saved_at: datetime


def find_last_look(actor: Actor) -> datetime | None:
    """When the reader last marked everything as seen."""
    return db.session.scalar(select(LastLook.at).where(LastLook.person_id == actor.person_id))


def _newest_of_each(actor: Actor, narrowed: Callable[[Select[Any]], Select[Any]]) -> list[int]:
    """Ids of threads, a few from each readable space; ``narrowed`` adds conditions, order and limit."""
    parts = []
    for space_id in sorted(actor.readable):
        part = narrowed(
            select(Thread.id).where(Thread.space_id == space_id, Thread.merged_into_id.is_(None))
        ).subquery()
        parts.append(select(part.c.id))
    if not parts:
        return []
    return list(db.session.scalars(parts[0] if len(parts) == 1 else union_all(*parts)))


def _rows(actor: Actor, thread_ids: list[int]) -> list[ThreadRow]:
    if not thread_ids:
        return []
    unread = count_unread(actor, thread_ids)
    rows = db.session.execute(
        select_threads()
        .where(Thread.id.in_(thread_ids))
        .order_by(Thread.last_posted_at.desc(), Thread.id.desc())
    )
    return [thread_row(row, unread.get(row.id, 0)) for row in rows]


def list_changes(actor: Actor) -> list[SpaceNews]:
    """Threads with something unread since the reader last looked, grouped by space, the liveliest space first."""
    since = find_last_look(actor) or clock.now() - RECENT

    def changed(chosen: Select[Any]) -> Select[Any]:
        return (
            chosen.outerjoin(ReadMark, mark_of(actor))
            .where(Thread.last_posted_at > since, has_unread(actor))
            .order_by(Thread.last_posted_at.desc(), Thread.id.desc())
            .limit(A_SPACE)
        )

    rows = _rows(actor, _newest_of_each(actor, changed))
    if not rows:
        return []
    names = db.session.execute(
        select(
            Space.id,
            Space.slug,
            Space.kind,
            Group.name,
            Group.slug.label("group"),
            Group.accent,
            Group.kind.label("group_kind"),
        )
        .join(Group, Group.id == Space.group_id)
        .where(Space.id.in_({row.space_id for row in rows}))
    )
    places = {row.id: row for row in names}
    grouped: dict[int, list[ThreadRow]] = {}
    for row in rows:
        grouped.setdefault(row.space_id, []).append(row)
    return [
        SpaceNews(
            places[space].name,
            places[space].group,
            places[space].accent,
            places[space].group_kind,
            places[space].slug,
            places[space].kind,
            tuple(threads),
        )
        for space, threads in grouped.items()
    ]


def list_unanswered_questions(actor: Actor, limit: int = 5) -> list[ThreadRow]:
    """Recent questions by others that nobody has answered, where the reader may answer."""

    def unanswered(chosen: Select[Any]) -> Select[Any]:
        return (
            chosen.where(
                Thread.kind == "question",
                Thread.post_count <= 1,
                Thread.locked_at.is_(None),
                Thread.author_id != actor.person_id,
                Thread.created_at > clock.now() - RECENT,
            )
            .order_by(Thread.created_at.desc(), Thread.id.desc())
            .limit(limit)
        )

    found = _rows(actor, _newest_of_each(actor, unanswered))
    return [row for row in found if actor.writes(row.space_id)][:limit]


def list_mentions(actor: Actor, limit: int = 5) -> list[MentionRow]:
    """Recent posts that name the reader and after which they have written nothing in the thread, newest first."""
    later = aliased(Post)
    answered = exists(
        select(later.id).where(
            later.thread_id == Post.thread_id,
            later.author_id == actor.person_id,
            later.position > Post.position,
        )
    )
    rows = db.session.execute(
        select(
            Thread.title,
            Post.thread_id,
            Post.position,
            Post.attribution,
            Post.described_as,
            Post.created_at,
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
        )
        .select_from(Mention)
        .join(Post, Post.id == Mention.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(
            Mention.person_id == actor.person_id,
            Post.author_id != actor.person_id,
            Post.deleted_at.is_(None),
            Post.hidden_at.is_(None),
            Post.created_at > clock.now() - RECENT,
            ~answered,
        )
        .order_by(Mention.id.desc())
        .limit(limit)
    )
    return [
        MentionRow(
            row.title,
            f"/threads/{row.thread_id}/posts/{row.position}",
            shown_as(row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind),
            row.created_at,
        )
        for row in rows
    ]


def list_drafts(actor: Actor, limit: int = 50) -> list[DraftRow]:
    """The reader's drafts, the last saved first, each with the address of its form."""
    rows = db.session.execute(
        select(
            Draft.key, Draft.body, Draft.fields, Draft.saved_at, Draft.thread_id, Draft.space_id, Thread.title
        )
        .outerjoin(Thread, Thread.id == Draft.thread_id)
        .where(Draft.person_id == actor.person_id)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
        .limit(limit)
    )
    return [_draft_row(actor, row) for row in rows]


def _draft_row(actor: Actor, row: Any) -> DraftRow:
    kind, _, rest = row.key.partition(":")
    fields = row.fields or {}
    if kind == "edit" and rest.isdigit():
        title, href = (
            f"Change to a post in {row.title}" if row.title else "Change to a post",
            f"/posts/{rest}/edit",
        )
    elif kind == "reply" and rest.isdigit():
        title, href = f"Reply in {row.title}" if row.title else "Reply", f"/threads/{rest}#composer"
    else:
        right = actor.spaces.get(row.space_id)
        title = str(fields.get("title") or "New thread")
        href = (
            f"/groups/{right.group_slug}/forum/new?space={right.slug}&draft={row.key}"
            if right
            else "/drafts/"
        )
    return DraftRow(row.key, title, href, row.body, row.saved_at)


def list_latest(actor: Actor, space_id: int, limit: int = 6) -> list[ThreadRow]:
    """The threads of a space where something was written last."""
    found = db.session.scalars(
        select(Thread.id)
        .where(Thread.space_id == space_id, Thread.merged_into_id.is_(None))
        .order_by(Thread.last_posted_at.desc(), Thread.id.desc())
        .limit(limit)
    )
    return _rows(actor, list(found))


def list_open_issues(actor: Actor, space_id: int, limit: int = 8) -> list[ThreadRow]:
    """The newest issues of a space that are not over."""
    rows = db.session.execute(
        select_threads()
        .where(Thread.space_id == space_id, and_(Thread.kind == "issue", Thread.status.not_in(OVER)))
        .order_by(Thread.created_at.desc(), Thread.id.desc())
        .limit(limit)
    )
    return [thread_row(row) for row in rows]
