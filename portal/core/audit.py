"""The audit trail: who did what to which thing, ids and kinds only, sealed afterwards into a chain of hashes.

Words (reasons, titles) are content and stand in ``AuditWords``, inside the fence. The chain is made by a sealer
in batches, not by the command: one row per command would make every command wait for the one before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base, begin_write, db
from portal.core.identity import Actor
from portal.core.mixins import Sequenced
from portal.core.tenancy import SpaceScoped
from portal.core.types import BigId, UtcDateTime

GENESIS = "0" * 64


class AuditEntry(Sequenced, Base):
    """One act. ``person_id`` is the personal part: the chain covers its digest, so it can be removed later."""

    __tablename__ = "audit_entry"

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    actor_kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(BigId)
    personal_digest: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    subject_id: Mapped[int | None] = mapped_column(BigId)
    space_id: Mapped[int | None] = mapped_column(BigId)
    group_id: Mapped[int | None] = mapped_column(BigId)
    batch: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed: Mapped[int | None] = mapped_column(BigId, unique=True)
    hash: Mapped[str | None]

    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_action", "action", "at"),
        Index("ix_audit_entry_space_id", "space_id", "at"),
        Index("ix_audit_entry_person_id", "person_id", "at"),
    )


class AuditWords(SpaceScoped, Base):
    """The words that belong to an act (a reason, a title): content, so inside the fence."""

    __tablename__ = "audit_words"

    entry_id: Mapped[int] = mapped_column(BigId, ForeignKey("audit_entry.id"), primary_key=True)
    words: Mapped[str]


def record(
    actor: Actor,
    *,
    action: str,
    group: str,
    space_id: int | None = None,
    group_id: int | None = None,
    subject: str = "",
    subject_id: int | None = None,
    words: str | None = None,
    **details: int | str | None,
) -> AuditEntry:
    """Write one entry inside the present transaction. ``details`` are ids and short kinds, never words."""
    entry = AuditEntry(
        at=clock.now(),
        actor_kind=actor.kind,
        person_id=actor.person_id,
        personal_digest=hashlib.sha256(f"person:{actor.person_id}".encode()).hexdigest(),
        action=action,
        subject=subject,
        subject_id=subject_id,
        space_id=space_id,
        group_id=group_id,
        batch=group,
        details={key: value for key, value in details.items() if value is not None},
    )
    db.session.add(entry)
    if words and space_id is not None:
        db.session.flush()
        db.session.add(AuditWords(entry_id=entry.id, space_id=space_id, words=words))
    return entry


def _hash(previous: str, row: Any) -> str:
    body = json.dumps(
        [
            previous,
            row.id,
            row.at.isoformat(),
            row.actor_kind,
            row.personal_digest,
            row.action,
            row.subject,
            row.subject_id,
            row.space_id,
            row.group_id,
            row.batch,
            row.details,
        ],
        sort_keys=True,
    )
    return hashlib.sha256(body.encode()).hexdigest()


def seal(limit: int = 1000) -> int:
    """Chain up to ``limit`` unsealed entries, in order of their ids; how many. Run by the worker, alone."""
    begin_write()
    last = db.session.execute(
        select(AuditEntry.sealed, AuditEntry.hash)
        .where(AuditEntry.sealed.is_not(None))
        .order_by(AuditEntry.sealed.desc())
        .limit(1)
    ).first()
    number, previous = (last.sealed, last.hash) if last else (0, GENESIS)
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.sealed.is_(None)).order_by(AuditEntry.id).limit(limit)
    ).all()
    for row in rows:
        number += 1
        row.sealed = number
        row.hash = previous = _hash(previous, row)
    db.session.commit()
    return len(rows)


@dataclass(frozen=True)
class Verdict:
    """What a walk of the chain found: entries checked, entries not yet sealed, and the first break, if any."""

    checked: int
    unsealed: int
    broken_at: int | None


def verify() -> Verdict:
    """Walk the whole chain. ``broken_at`` is the id of the first entry that does not fit."""
    previous, checked, expected = GENESIS, 0, 1
    query = select(AuditEntry).where(AuditEntry.sealed.is_not(None)).order_by(AuditEntry.sealed)
    broken: int | None = None
    for row in db.session.scalars(query.execution_options(yield_per=500)):
        if row.sealed != expected or row.hash != _hash(previous, row):
            broken = row.id
            break
        previous, checked, expected = row.hash, checked + 1, expected + 1
    unsealed = (
        db.session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.sealed.is_(None)))
        or 0
    )
    db.session.rollback()
    return Verdict(checked, unsealed, broken)
