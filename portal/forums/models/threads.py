"""Forums, threads and the numbered events of a thread."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base
from portal.core.mixins import Created, Numbered
from portal.core.tenancy import SpaceScoped, in_space_of
from portal.core.types import BigId, UtcDateTime

KINDS = ("discussion", "question", "issue", "practice")
ATTRIBUTIONS = ("named", "described", "withheld")


class Forum(SpaceScoped, Numbered, Created, Base):
    """A place for threads within one space. The lead adds, renames, orders and closes them."""

    __tablename__ = "forum"

    name: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("id", "space_id"), UniqueConstraint("space_id", "name"))


class Thread(SpaceScoped, Numbered, Created, Base):
    """A discussion, question, issue or good practice.

    ``last_position``: the last position given to a post; positions are never reused. ``change_number``: plus one for
    every event, without gaps; live pages catch up by it. ``post_count``: posts that a reader sees (neither deleted
    nor hidden). ``merged_into_id``: where a merged thread's posts went; its old address leads there.
    """

    __tablename__ = "thread"

    forum_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(String(200))
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    attribution: Mapped[str] = mapped_column(default="named")
    described_as: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str | None] = mapped_column(String(30))
    last_posted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_position: Mapped[int] = mapped_column(default=0)
    change_number: Mapped[int] = mapped_column(default=0)
    post_count: Mapped[int] = mapped_column(default=0)
    pinned: Mapped[bool] = mapped_column(default=False)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(BigId)

    __table_args__ = (
        UniqueConstraint("id", "space_id"),
        in_space_of("forum", "forum_id"),
        CheckConstraint("kind IN ('discussion', 'question', 'issue', 'practice')", name="kind"),
        CheckConstraint("attribution IN ('named', 'described', 'withheld')", name="attribution"),
        Index("ix_thread_space_activity", "space_id", "last_posted_at", "id"),
        Index("ix_thread_space_created", "space_id", "created_at", "id"),
        Index("ix_thread_forum_activity", "forum_id", "last_posted_at", "id"),
        Index("ix_thread_author_id", "author_id"),
        Index(
            "ix_thread_pinned",
            "space_id",
            postgresql_where=text("pinned"),
            sqlite_where=text("pinned"),
        ),
    )


class ThreadEvent(SpaceScoped, Base):
    """One change of a thread, by number: ids only. HTML is made from the present state when it is sent.

    ``kind``: post.added, post.edited, post.removed, post.restored, post.hidden, post.moved, reaction.changed,
    thread.changed, attachment.added …
    """

    __tablename__ = "thread_event"

    thread_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    post_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (in_space_of("thread", "thread_id"),)
