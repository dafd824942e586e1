"""What one reader keeps of threads: nobody else sees these rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base
from portal.core.mixins import Created, Sequenced
from portal.core.tenancy import PersonalSpaceScoped, in_space_of
from portal.core.types import BigId, UtcDateTime


class ReadMark(PersonalSpaceScoped, Sequenced, Base):
    """How far a person has read a thread: every post up to ``position``."""

    __tablename__ = "read_mark"

    thread_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (UniqueConstraint("person_id", "thread_id"), in_space_of("thread", "thread_id"))


class Follow(PersonalSpaceScoped, Sequenced, Created, Base):
    """Whether a person hears of a thread ("following") or wants silence ("muted")."""

    __tablename__ = "follow"

    thread_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str]

    __table_args__ = (
        UniqueConstraint("person_id", "thread_id"),
        in_space_of("thread", "thread_id"),
        CheckConstraint("state IN ('following', 'muted')", name="state"),
        Index("ix_follow_thread_id", "thread_id"),
    )


class Bookmark(PersonalSpaceScoped, Sequenced, Created, Base):
    """A post that a person wants to find again."""

    __tablename__ = "bookmark"

    thread_id: Mapped[int] = mapped_column(BigId)
    post_id: Mapped[int] = mapped_column(BigId)

    __table_args__ = (
        UniqueConstraint("person_id", "post_id"),
        in_space_of("thread", "thread_id"),
        in_space_of("post", "post_id"),
    )


class Draft(PersonalSpaceScoped, Sequenced, Base):
    """Text being written, kept on the server.

    ``key`` names the form: "reply:<thread>", "edit:<post>", "new:<space>:<n>".
    """

    __tablename__ = "draft"

    key: Mapped[str] = mapped_column(String(80))
    thread_id: Mapped[int | None] = mapped_column(BigId)
    body: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        Index("ix_draft_person_saved", "person_id", "saved_at"),
    )
