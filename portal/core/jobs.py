"""Due jobs: rows with a lease, run by the worker. They hold ids only; the words stand in scoped tables.

A job runs as the system actor of its one space, or as nobody where it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import JSON, Index, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock, tenancy
from portal.core.db import Base, begin_write, db, is_sqlite
from portal.core.identity import SpaceRight, system_actor
from portal.core.mixins import Created, Sequenced
from portal.core.spaces import Space
from portal.core.types import BigId, UtcDateTime

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=2)
BACK_OFF = (10, 60, 300, 1800, 7200, 21600)  # seconds after the first, second … failure
Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


class Job(Sequenced, Created, Base):
    """Something due. ``key`` makes it idempotent: the same key is queued once."""

    __tablename__ = "job"

    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    space_id: Mapped[int | None] = mapped_column(BigId)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None]

    __table_args__ = (Index("ix_job_due", "done_at", "due_at"),)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of ``kind``. It gets the payload and must be safe to run twice."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(
    kind: str, key: str, *, space_id: int | None = None, due_at: datetime | None = None, **payload: Any
) -> None:
    """Queue a job in the present transaction. ``payload`` holds ids and numbers only."""
    known = db.session.scalar(select(Job.id).where(Job.key == key))
    if known is None:
        db.session.add(
            Job(kind=kind, key=key, space_id=space_id, payload=payload, due_at=due_at or clock.now())
        )


def _lease(limit: int) -> list[Job]:
    begin_write()
    present = clock.now()
    query = (
        select(Job)
        .where(Job.done_at.is_(None), Job.due_at <= present)
        .where((Job.leased_until.is_(None)) | (Job.leased_until < present))
        .order_by(Job.due_at, Job.id)
        .limit(limit)
    )
    if not is_sqlite():
        query = query.with_for_update(skip_locked=True)
    jobs = list(db.session.scalars(query))
    for job in jobs:
        job.leased_until = present + LEASE
        job.attempts += 1
    db.session.commit()
    return jobs


def run_due(limit: int = 50) -> int:
    """Lease and run what is due; how many were tried. A failure is put off with a growing pause."""
    jobs = _lease(limit)
    for job in jobs:
        try:
            _run(job)
        except Exception as error:
            db.session.rollback()
            log.exception("job_failed", job=job.id, kind=job.kind)
            pause = BACK_OFF[min(job.attempts, len(BACK_OFF)) - 1]
            _finish(job.id, failure=type(error).__name__, due_at=clock.now() + timedelta(seconds=pause))
        else:
            _finish(job.id, done_at=clock.now())
        finally:
            tenancy.clear_fence()
    return len(jobs)


def _run(job: Job) -> None:
    handler = _handlers[job.kind]
    if job.space_id is None:
        handler(job.payload)
        return
    space = db.session.execute(
        select(Space.id, Space.group_id, Space.slug, Space.kind, Space.epoch).where(Space.id == job.space_id)
    ).first()
    db.session.rollback()
    if space is None:
        return
    right = SpaceRight(space.id, space.group_id, "", space.slug, space.kind, space.epoch, True, frozenset())
    with tenancy.acting_as(system_actor(right)):
        handler(job.payload)


def _finish(job_id: int, **values: Any) -> None:
    begin_write()
    db.session.execute(update(Job).where(Job.id == job_id).values(leased_until=None, **values))
    db.session.commit()


def stuck(attempts: int = 3) -> list[Job]:
    """Jobs that have failed at least ``attempts`` times and are not done: the operator's view."""
    return list(
        db.session.scalars(
            select(Job).where(Job.done_at.is_(None), Job.attempts >= attempts).order_by(Job.due_at)
        )
    )


def forget_done(before: datetime) -> int:
    """Delete jobs done before a moment; how many."""
    begin_write()
    try:
        done = db.session.execute(delete(Job).where(Job.done_at < before))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise
    return int(getattr(done, "rowcount", 0))
