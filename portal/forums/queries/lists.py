"""Lists of threads in one space: the forum, the issues, the boards. Keyset pages; nothing is counted over a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from portal.core import ids, pagination
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.core.pagination import Page
from portal.directory.models import Organisation, Person
from portal.forums.models import Forum, ReadMark, Thread
from portal.forums.queries.attribution import ShownAs, shown_as
from portal.forums.queries.unread import count_unread, has_unread, mark_of

LISTED = 20
PINNED = 10
EXPORTED = 2000
SORTS = {"activity": "Latest activity", "newest": "Newest first"}
KINDS = {"issue": "Issue", "question": "Question", "practice": "Good practice", "discussion": "Discussion"}
STATUSES = {
    "raised": "Raised",
    "acknowledged": "Acknowledged",
    "being-discussed": "Being discussed",
    "agreed": "Agreed",
    "with-supplier": "With supplier",
    "fix-promised": "Fix promised",
    "to-verify": "Fixed, to be verified",
    "closed": "Closed",
    "not-pursued": "Not pursued",
    "duplicate": "Duplicate",
}
OVER = ("closed", "not-pursued", "duplicate")


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A forum of a space, as the lead arranged it."""

    id: int
    space_id: int
    name: str
    purpose: str
    position: int
    closed: bool


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in a list."""

    id: int
    space_id: int
    kind: str
    status: str | None
    title: str
    forum_name: str
    author: ShownAs
    created_at: datetime
    last_posted_at: datetime
    post_count: int
    pinned: bool
    locked: bool
    unread: int = 0

    @property
    def href(self) -> str:
        """The canonical address."""
        return f"/threads/{self.id}-{ids.slugify(self.title)}"

    @property
    def status_label(self) -> str:
        """The status in words; a question without an answer says so."""
        if self.kind == "question" and self.status is None:
            return "No answer yet" if self.post_count <= 1 else ""
        return STATUSES.get(self.status or "", (self.status or "").replace("-", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader wants to see of a space's threads; it stands in the address."""

    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    forums: tuple[int, ...] = ()
    unread: bool = False
    words: str = ""
    sort: str = "activity"

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.kinds or self.statuses or self.forums or self.unread or self.words)


def list_boards(actor: Actor, space_id: int, *, closed: bool = False) -> list[BoardRow]:
    """The forums of a space in the lead's order; with the closed ones where ``closed``."""
    chosen = select(
        Forum.id, Forum.space_id, Forum.name, Forum.purpose, Forum.position, Forum.closed_at
    ).where(Forum.space_id == space_id)
    if not closed:
        chosen = chosen.where(Forum.closed_at.is_(None))
    rows = db.session.execute(chosen.order_by(Forum.position, Forum.name))
    return [BoardRow(r.id, r.space_id, r.name, r.purpose, r.position, r.closed_at is not None) for r in rows]


def select_threads() -> Any:
    """The columns of ``thread_row``."""
    return (
        select(
            Thread.id,
            Thread.space_id,
            Thread.kind,
            Thread.status,
            Thread.title,
            Thread.attribution,
            Thread.described_as,
            Thread.created_at,
            Thread.last_posted_at,
            Thread.post_count,
            Thread.pinned,
            Thread.locked_at,
            Forum.name.label("forum_name"),
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
        )
        .join(Forum, Forum.id == Thread.forum_id)
        .join(Person, Person.id == Thread.author_id)
        .join(Organisation, Organisation.id == Thread.organisation_id)
        .where(Thread.merged_into_id.is_(None))
    )


def thread_row(row: Any, unread: int = 0) -> ThreadRow:
    """A row of ``select_threads``, with how much of it the reader has not read."""
    return ThreadRow(
        id=row.id,
        space_id=row.space_id,
        kind=row.kind,
        status=row.status,
        title=row.title,
        forum_name=row.forum_name,
        author=shown_as(
            row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind
        ),
        created_at=row.created_at,
        last_posted_at=row.last_posted_at,
        post_count=row.post_count,
        pinned=row.pinned,
        locked=row.locked_at is not None,
        unread=unread,
    )


def list_threads(
    actor: Actor, space_id: int, filters: Filters, *, after: str | None = None, limit: int = LISTED
) -> Page[ThreadRow]:
    """A page of a space's threads. The first page begins with what is pinned. Raises ``Invalid`` for a bad cursor."""
    by = Thread.created_at if filters.sort == "newest" else Thread.last_posted_at
    chosen = _filtered(actor, space_id, filters)
    pinned: list[Any] = []
    if after is None:
        pinned = list(
            db.session.execute(
                chosen.where(Thread.pinned).order_by(by.desc(), Thread.id.desc()).limit(PINNED)
            )
        )
    rest = chosen.where(Thread.pinned.is_(False))
    if (key := pagination.decode(after, (float, int))) is not None:
        moment = _moment(*key)
        rest = rest.where(or_(by < moment, and_(by == moment, Thread.id < key[1])))
    rows = list(db.session.execute(rest.order_by(by.desc(), Thread.id.desc()).limit(limit + 1)))
    unread = count_unread(actor, [row.id for row in [*pinned, *rows[:limit]]])
    page = pagination.page(rows, limit, lambda row: (getattr(row, by.key).timestamp(), row.id))
    shown = [thread_row(row, unread.get(row.id, 0)) for row in [*pinned, *page.items]]
    return Page(shown, page.next)


def list_issues(
    actor: Actor, space_id: int, *, statuses: tuple[str, ...] = (), after: str | None = None
) -> Page[ThreadRow]:
    """The issues of a space, newest first."""
    return list_threads(
        actor, space_id, Filters(kinds=("issue",), statuses=statuses, sort="newest"), after=after
    )


def list_issues_to_export(actor: Actor, space_id: int, *, statuses: tuple[str, ...] = ()) -> list[ThreadRow]:
    """The issues of a space for the print view and the CSV: the newest ``EXPORTED``, without what is unread."""
    chosen = _filtered(actor, space_id, Filters(kinds=("issue",), statuses=statuses))
    rows = db.session.execute(chosen.order_by(Thread.created_at.desc(), Thread.id.desc()).limit(EXPORTED))
    return [thread_row(row) for row in rows]


def _filtered(actor: Actor, space_id: int, filters: Filters) -> Any:
    chosen = select_threads().where(Thread.space_id == space_id)
    if filters.kinds:
        chosen = chosen.where(Thread.kind.in_(filters.kinds))
    if filters.statuses:
        chosen = chosen.where(Thread.status.in_(filters.statuses))
    if filters.forums:
        chosen = chosen.where(Thread.forum_id.in_(filters.forums))
    for word in filters.words.split()[:8]:
        chosen = chosen.where(func.lower(Thread.title).contains(word.lower(), autoescape=True))
    if filters.unread:
        chosen = chosen.outerjoin(ReadMark, mark_of(actor)).where(has_unread(actor))
    return chosen


def _moment(seconds: float, number: int) -> datetime:
    """The time in a cursor; ``Invalid`` where time or number is none that a thread can have."""
    try:
        if not 0 < number < 2**53:
            raise ValueError(number)
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise Invalid({"after": "This page address is broken. Start again from the first page."}) from error
