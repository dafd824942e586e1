"""Posts and what hangs on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base
from portal.core.mixins import Created, LongNumbered, Numbered, Sequenced
from portal.core.tenancy import PersonalSpaceScoped, SpaceScoped, in_space_of
from portal.core.types import BigId, UtcDateTime


class Post(SpaceScoped, LongNumbered, Created, Base):
    """One contribution. Text is rendered once, when written; ``renderer`` says by which version.

    ``kind`` "marker" is the single grey line that a split or merge leaves behind. ``organisation_id`` is whom the
    author stood for when writing. A deleted or hidden post keeps its place and shows no words.
    """

    __tablename__ = "post"

    thread_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(default="post")
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    attribution: Mapped[str] = mapped_column(default="named")
    described_as: Mapped[str | None] = mapped_column(String(120))
    reply_to_id: Mapped[int | None] = mapped_column(BigId)
    markdown: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer: Mapped[int] = mapped_column(default=1)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    hidden_reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("id", "space_id"),
        UniqueConstraint("thread_id", "position"),
        in_space_of("thread", "thread_id"),
        CheckConstraint("kind IN ('post', 'marker')", name="kind"),
        CheckConstraint("attribution IN ('named', 'described', 'withheld')", name="attribution"),
        Index("ix_post_author_id", "author_id", "created_at"),
    )


class PostRevision(SpaceScoped, Sequenced, Base):
    """What a post said before an edit."""

    __tablename__ = "post_revision"

    post_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    markdown: Mapped[str] = mapped_column(Text)
    edited_by_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (UniqueConstraint("post_id", "number"), in_space_of("post", "post_id"))


class PostMove(SpaceScoped, Sequenced, Base):
    """Where a post stood before a split or merge: its old address leads to where it stands now."""

    __tablename__ = "post_move"

    thread_id: Mapped[int] = mapped_column(BigId)  # the thread it left
    position: Mapped[int]
    post_id: Mapped[int] = mapped_column(BigId)

    __table_args__ = (
        UniqueConstraint("thread_id", "position"),
        in_space_of("thread", "thread_id"),
        in_space_of("post", "post_id"),
    )


class Reaction(PersonalSpaceScoped, Sequenced, Created, Base):
    """A person's reaction to a post, shown as a count: "thanks", "agree", "same" (we have this too)."""

    __tablename__ = "reaction"

    post_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(20))

    __table_args__ = (UniqueConstraint("post_id", "person_id", "kind"), in_space_of("post", "post_id"))


class Mention(PersonalSpaceScoped, Sequenced, Base):
    """A person named in a post: an id beside the text, never in the HTML."""

    __tablename__ = "mention"

    post_id: Mapped[int] = mapped_column(BigId)

    __table_args__ = (UniqueConstraint("post_id", "person_id"), in_space_of("post", "post_id"))


class Attachment(SpaceScoped, Numbered, Created, Base):
    """A file beside a post. Until the post exists it belongs to its uploader's draft (``post_id`` None)."""

    __tablename__ = "attachment"

    post_id: Mapped[int | None] = mapped_column(BigId)
    uploader_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigId)
    inline: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (in_space_of("post", "post_id"), Index("ix_attachment_post_id", "post_id"))


class InventedStatement(SpaceScoped, Sequenced, Created, Base):
    """An author's recorded word that what looks like case data in a text is invented."""

    __tablename__ = "invented_statement"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    post_id: Mapped[int | None] = mapped_column(BigId)
    attachment_id: Mapped[int | None] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(Text)
