"""The thread page: its head, one range of its posts, and where an old address leads now.

Rows, not entities; the page takes five queries of its own whatever the thread's length. Posts are shown in ranges of
``RANGE`` positions, because a position is given once: the address of a range shows the same posts for ever.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, literal, select

from portal.core import ids
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.rendering import MENTION
from portal.directory.models import Organisation, Person
from portal.forums.models import Draft, Follow, Forum, Post, PostMove, ReadMark, Thread
from portal.forums.queries.attribution import ShownAs, shown_as
from portal.forums.queries.lists import BoardRow, ThreadRow, list_boards, list_threads
from portal.forums.queries.post_views import PostView, get_post_view, post_view, select_posts, views_of
from portal.forums.queries.unread import READER, first_unread, mark_of

RANGE = 20
BIGGEST = 2**53


@dataclass(frozen=True, slots=True)
class ThreadHead:
    """What stands above the posts, and the reader's own place in the thread.

    ``author_id`` is for policies alone; no template shows it.
    """

    id: int
    space_id: int
    forum_id: int
    forum_name: str
    kind: str
    title: str
    status: str | None
    author_id: int
    author: ShownAs
    created_at: datetime
    last_posted_at: datetime
    last_position: int
    change_number: int
    post_count: int
    pinned: bool
    locked_at: datetime | None
    merged_into_id: int | None
    read_position: int
    read_at: datetime | None
    follow: str | None
    first_unread: int | None

    @property
    def slug(self) -> str:
        """The readable part of the address."""
        return ids.slugify(self.title)

    @property
    def href(self) -> str:
        """The canonical address."""
        return f"/threads/{self.id}-{self.slug}"


@dataclass(frozen=True, slots=True)
class DraftView:
    """Text that the reader has begun and not sent."""

    key: str
    body: str
    fields: dict[str, Any]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One range of a thread. ``own`` are the ids of the reader's posts in it, for the page's script."""

    head: ThreadHead
    posts: tuple[PostView, ...]
    own: tuple[int, ...]
    start: int
    previous: int | None
    next: int | None
    draft: DraftView | None

    @property
    def is_last(self) -> bool:
        """Whether new posts appear in this range."""
        return self.next is None


def start_of(position: int) -> int:
    """The first position of the range in which ``position`` stands."""
    return max(0, position - 1) // RANGE * RANGE + 1


@functools.cache
def _select_head() -> Any:
    """The head of one thread for one reader. Built once: building it costs more than running it."""
    return (
        select(
            Thread.id,
            Thread.space_id,
            Thread.forum_id,
            Forum.name.label("forum_name"),
            Thread.kind,
            Thread.title,
            Thread.status,
            Thread.author_id,
            Thread.attribution,
            Thread.described_as,
            Thread.created_at,
            Thread.last_posted_at,
            Thread.last_position,
            Thread.change_number,
            Thread.post_count,
            Thread.pinned,
            Thread.locked_at,
            Thread.merged_into_id,
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
            ReadMark.position.label("read_position"),
            ReadMark.at.label("read_at"),
            Follow.state.label("follow"),
            first_unread(READER).label("first_unread"),
        )
        .join(Forum, Forum.id == Thread.forum_id)
        .join(Person, Person.id == Thread.author_id)
        .join(Organisation, Organisation.id == Thread.organisation_id)
        .outerjoin(ReadMark, mark_of(READER))
        .outerjoin(Follow, and_(Follow.thread_id == Thread.id, Follow.person_id == READER.person_id))
        .where(Thread.id == bindparam("number"))
    )


def get_thread_head(actor: Actor, number: int) -> ThreadHead:
    """The head of a thread by its number. Raises ``NotFound``."""
    if not 0 < number < BIGGEST:
        raise NotFound()
    row = db.session.execute(_select_head(), {"reader": actor.person_id or 0, "number": number}).first()
    if row is None:
        raise NotFound()
    return ThreadHead(
        id=row.id,
        space_id=row.space_id,
        forum_id=row.forum_id,
        forum_name=row.forum_name,
        kind=row.kind,
        title=row.title,
        status=row.status,
        author_id=row.author_id,
        author=shown_as(
            row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind
        ),
        created_at=row.created_at,
        last_posted_at=row.last_posted_at,
        last_position=row.last_position,
        change_number=row.change_number,
        post_count=row.post_count,
        pinned=row.pinned,
        locked_at=row.locked_at,
        merged_into_id=row.merged_into_id,
        read_position=row.read_position or 0,
        read_at=row.read_at,
        follow=row.follow,
        first_unread=row.first_unread,
    )


@functools.cache
def _select_range() -> Any:
    """The posts of one range of one thread."""
    return (
        select_posts(READER)
        .where(
            Post.thread_id == bindparam("thread"),
            Post.position >= bindparam("start"),
            Post.position < bindparam("end"),
        )
        .order_by(Post.position)
    )


def get_thread_page(actor: Actor, head: ThreadHead, start: int) -> ThreadPage:
    """The range of posts that begins at ``start`` (any position: its range is taken)."""
    start = min(start_of(start), start_of(head.last_position or 1))
    rows = db.session.execute(
        _select_range(),
        {"reader": actor.person_id or 0, "thread": head.id, "start": start, "end": start + RANGE},
    ).all()
    return ThreadPage(
        head=head,
        posts=views_of(rows),
        own=tuple(row.id for row in rows if row.own),
        start=start,
        previous=start - RANGE if start > 1 else None,
        next=start + RANGE if start + RANGE <= head.last_position else None,
        draft=find_draft(actor, f"reply:{head.id}"),
    )


def get_whole_thread(actor: Actor, head: ThreadHead) -> tuple[PostView, ...]:
    """Every post of a thread that is still shown, for the print view and the CSV."""
    rows = db.session.execute(
        select_posts(actor).where(Post.thread_id == head.id).order_by(Post.position)
    ).all()
    views: list[PostView] = []
    for begin in range(0, len(rows), 500):  # parameters of one IN list
        views.extend(views_of(rows[begin : begin + 500]))
    return tuple(view for view in views if view.state == "shown")


def get_place(actor: Actor, number: int, position: int) -> tuple[int, int]:
    """Thread and position where the post of an address stands now. Raises ``NotFound``."""
    if not (0 < number < BIGGEST and 0 < position < 2**31):
        raise NotFound()
    moved = db.session.execute(
        select(Post.thread_id, Post.position)
        .join(PostMove, PostMove.post_id == Post.id)
        .where(PostMove.thread_id == number, PostMove.position == position)
    ).first()
    if moved:
        return moved.thread_id, moved.position
    stands = db.session.execute(
        select(Post.thread_id, Post.position).where(Post.thread_id == number, Post.position == position)
    ).first()
    if stands is None:
        raise NotFound()
    return stands.thread_id, stands.position


@dataclass(frozen=True, slots=True)
class Quotable:
    """A post that is being answered: its id, place, author as now, and words."""

    id: int
    position: int
    author: ShownAs
    markdown: str


def find_quotable(actor: Actor, head: ThreadHead, position: int) -> Quotable | None:
    """The post of the thread at ``position`` to answer or quote; None where there is none that is shown."""
    row = db.session.execute(
        _quotable(actor).where(Post.thread_id == head.id, Post.position == min(position, 2**31 - 1))
    ).first()
    return _quotable_of(row)


def find_quotable_by_id(actor: Actor, head: ThreadHead, post_id: int) -> Quotable | None:
    """As ``find_quotable``, by the post's id: what a rejected reply was answering."""
    if not 0 < post_id < BIGGEST:
        return None
    return _quotable_of(
        db.session.execute(_quotable(actor).where(Post.thread_id == head.id, Post.id == post_id)).first()
    )


def _quotable(actor: Actor) -> Any:
    return (
        select(
            Post.id,
            Post.position,
            Post.attribution,
            Post.described_as,
            Post.markdown,
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
        )
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.kind == "post", Post.deleted_at.is_(None), Post.hidden_at.is_(None))
    )


def _quotable_of(row: Any) -> Quotable | None:
    if row is None:
        return None
    author = shown_as(row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind)
    words = re.sub(MENTION, r"@\1", row.markdown)  # a quotation names nobody anew
    return Quotable(row.id, row.position, author, words)


def find_draft(actor: Actor, key: str) -> DraftView | None:
    """The reader's own draft under ``key``, or None."""
    if "\x00" in key:
        return None  # no draft is called so, and PostgreSQL takes no such word
    row = db.session.execute(
        select(Draft.key, Draft.body, Draft.fields, Draft.saved_at).where(
            Draft.person_id == (actor.person_id or literal(0)), Draft.key == key
        )
    ).first()
    return DraftView(row.key, row.body, dict(row.fields or {}), row.saved_at) if row else None


__all__ = [
    "BoardRow",
    "DraftView",
    "PostView",
    "Quotable",
    "ThreadHead",
    "ThreadPage",
    "ThreadRow",
    "find_draft",
    "find_quotable",
    "find_quotable_by_id",
    "get_place",
    "get_post_view",
    "get_thread_head",
    "get_thread_page",
    "get_whole_thread",
    "list_boards",
    "list_threads",
    "post_view",
    "start_of",
]
