"""What a person has been told, and how they want to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base
from portal.core.mixins import Created, Sequenced
from portal.core.tenancy import PersonalSpaceScoped, in_space_of
from portal.core.types import BigId, UtcDateTime


class Notification(PersonalSpaceScoped, Sequenced, Created, Base):
    """One thing that one person is told: ids alone, described as its reader when it is shown.

    ``key`` is what happened ("post:<post>"): a person is told of it once, whatever the ways in which it concerns them.
    """

    __tablename__ = "notification"

    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    thread_id: Mapped[int] = mapped_column(BigId)
    post_id: Mapped[int] = mapped_column(BigId)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        in_space_of("thread", "thread_id"),
        in_space_of("post", "post_id"),
        Index("ix_notification_bell", "person_id", "read_at", "created_at", "space_id"),
        Index("ix_notification_post_id", "post_id"),
        Index("ix_notification_thread_id", "thread_id"),
    )


class MailPreference(Base):
    """Which mail a person wants. Whoever has chosen nothing has no row, and gets it."""

    __tablename__ = "notification_preference"

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    mail_mentions_and_replies: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
