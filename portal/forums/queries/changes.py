"""The numbered changes of threads: what live pages and the API's catch-up read. Ids and numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.forums.models import Thread, ThreadEvent

MOST = 200
BIGGEST = 2**53


@dataclass(frozen=True, slots=True)
class ThreadPlace:
    """Where a thread stands, and the number of its last change."""

    id: int
    space_id: int
    change_number: int


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of a thread."""

    number: int
    kind: str
    post_id: int | None


def get_thread_place(actor: Actor, number: int) -> ThreadPlace:
    """The space and change number of a thread. Raises ``NotFound``."""
    row = None
    if 0 < number < BIGGEST:
        row = db.session.execute(
            select(Thread.id, Thread.space_id, Thread.change_number).where(Thread.id == number)
        ).first()
    if row is None:
        raise NotFound()
    return ThreadPlace(row.id, row.space_id, row.change_number)


def list_change_numbers(thread_ids: Iterable[int]) -> dict[int, int]:
    """The present change number of some threads, in one query."""
    rows = db.session.execute(
        select(Thread.id, Thread.change_number).where(Thread.id.in_(sorted(thread_ids)))
    )
    return {row.id: row.change_number for row in rows}


def list_changes(thread_id: int, after: int, limit: int = MOST) -> list[ChangeRow]:
    """The changes of a thread after a number, in order, ``limit`` at most."""
    rows = db.session.execute(
        select(ThreadEvent.number, ThreadEvent.kind, ThreadEvent.post_id)
        .where(ThreadEvent.thread_id == thread_id, ThreadEvent.number > after)
        .order_by(ThreadEvent.number)
        .limit(limit)
    )
    return [ChangeRow(row.number, row.kind, row.post_id) for row in rows]
