"""Groups, memberships, seats and requests to join (domain.md, "Tenancy: group and space").

Membership rows are the ground of every right and are read before a fence can exist, so they are not scoped rows;
who may see them is decided by ``groups.queries`` alone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.mixins import Created, Numbered, Sequenced
from portal.core.types import BigId, UtcDateTime

ROLES = ("member", "lead", "deputy", "delegate", "moderator", "supplier")
AUTHORITY_ROLES = frozenset({"member", "lead", "deputy", "delegate"})


class Group(Numbered, Created, Base):
    """A tenant: a supplier's user group (sug), the in-house group, the NLAR, a working group, or the national group."""

    __tablename__ = "user_group"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str]
    accent: Mapped[str] = mapped_column(String(20), default="slate")
    monogram: Mapped[str] = mapped_column(String(3))
    supplier_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user_group.id"))
    how_to_join: Mapped[str] = mapped_column(String(500), default="")
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invented: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("kind IN ('sug', 'inhouse', 'nlar', 'working', 'national')", name="kind"),
    )


class Membership(Sequenced, Created, Base):
    """A person's place in a group, with its ground and its end.

    ``side``: the kind of organisation the person stands for there. ``ground`` says in words' short form why the row
    exists ("invited", "asked", "seat", "appointed", "named"); ``seat_group_id`` is the user group whose seat a
    delegate holds. An ended row is kept: it is the history of who could read what, and when.
    """

    __tablename__ = "membership"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_group.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    role: Mapped[str]
    side: Mapped[str]
    ground: Mapped[str] = mapped_column(default="invited")
    seat_group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user_group.id"))
    granted_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_reason: Mapped[str | None] = mapped_column(String(60))
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # announced end; the worker ends it then
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (
        CheckConstraint(
            "role IN ('member', 'lead', 'deputy', 'delegate', 'moderator', 'supplier')", name="role"
        ),
        CheckConstraint("side IN ('authority', 'department', 'supplier')", name="side"),
        CheckConstraint("(role = 'supplier') = (side = 'supplier')", name="supplier_side"),
        # one standing membership a person and group; one standing lead a group: races end at the database
        Index(
            "uq_membership_standing",
            "group_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_membership_lead",
            "group_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND role = 'lead'"),
            sqlite_where=text("ended_at IS NULL AND role = 'lead'"),
        ),
        Index("ix_membership_person_id", "person_id", "ended_at"),
        Index("ix_membership_organisation_id", "organisation_id", "ended_at"),
    )


class JoinRequest(Numbered, Created, Base):
    """Somebody asks, from the group's card, to be let in. The lead decides."""

    __tablename__ = "join_request"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_group.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(String(1000), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    outcome: Mapped[str | None]
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("outcome IN ('accepted', 'refused', 'withdrawn')", name="outcome"),
        Index(
            "uq_join_request_open",
            "group_id",
            "person_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
            sqlite_where=text("decided_at IS NULL"),
        ),
    )


class BreakGlass(Numbered, Created, Base):
    """An administrator's access to a group, for a stated reason, until a stated time, shown to the group's lead."""

    __tablename__ = "break_glass"

    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_group.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_break_glass_person_id", "person_id", "until"),)


class LastLook(Sequenced, Base):
    """When a person last looked at Home: "since I was last here" counts from it."""

    __tablename__ = "last_look"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
