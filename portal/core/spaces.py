"""The space: the unit of confidentiality (domain.md, "Tenancy: group and space"), and how rights in it end.

Kept in the kernel because the fence, the commands and the live rooms all stand on it. What a group is, and who
belongs to it, is ``portal.groups``'s business.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base, db
from portal.core.mixins import Numbered, Sequenced
from portal.core.types import BigId, UtcDateTime

SpaceKind = Literal["members", "supplier"]
OpenTo = Literal["members", "authorities", "everyone"]


class Space(Numbered, Base):
    """One space of a group.

    ``kind``: "members" (the group's own) or "supplier" (read by ``supplier_id``'s representatives too).
    ``open_to``: "members" for the group's members alone; "authorities" and "everyone" for the national two.
    ``epoch`` rises in the transaction in which somebody loses a right here.
    """

    __tablename__ = "space"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_group.id"))
    slug: Mapped[str]
    kind: Mapped[str]
    supplier_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    open_to: Mapped[str] = mapped_column(default="members")
    epoch: Mapped[int] = mapped_column(default=1)
    archived: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("group_id", "slug"),
        CheckConstraint("kind IN ('members', 'supplier')", name="kind"),
        CheckConstraint("open_to IN ('members', 'authorities', 'everyone')", name="open_to"),
        Index("ix_space_open_to", "open_to"),
    )


class Revocation(Sequenced, Base):
    """A right that ended: whose, and in which space (None: everything of that person).

    Every server process reads the rows past the last it saw and ends what flowed from the right.
    """

    __tablename__ = "revocation"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    space_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("space.id"))
    session_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (Index("ix_revocation_at", "at"),)


def lock_for_use(space_id: int) -> int | None:
    """Hold the space's row ``FOR SHARE`` until the transaction ends; its epoch, or None where there is none.

    Whoever ends a right updates that row, so a write is wholly before the end or wholly after it.
    """
    statement = select(Space.epoch).where(Space.id == space_id).with_for_update(read=True)
    return db.session.scalar(statement)


def end_rights(person_id: int, space_ids: frozenset[int] | set[int]) -> None:
    """Record, inside a command, that a person loses the right to these spaces: epochs rise, revocations stand."""
    for space_id in sorted(space_ids):
        db.session.execute(
            update(Space)
            .where(Space.id == space_id)
            .values(epoch=Space.epoch + 1)
            .execution_options(synchronize_session=False)
        )
        db.session.add(Revocation(person_id=person_id, space_id=space_id))
    db.session.flush()


def end_sessions_of(person_id: int, *, session_id: int | None = None) -> None:
    """Record that a person's connections end: all of them, or those of one sign-in session."""
    db.session.add(Revocation(person_id=person_id, session_id=session_id))
    db.session.flush()
