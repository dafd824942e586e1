"""Credentials, sign-in sessions and the one-time links. Of every token only its digest is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.mixins import Created, Sequenced
from portal.core.types import BigId, UtcDateTime


class Credential(Base):
    """A person's password (argon2) and second factor. ``second_factor_exempt`` is for demonstration accounts alone."""

    __tablename__ = "credential"

    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_secret: Mapped[str | None] = mapped_column(String(200))  # encrypted with the secret key
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int | None] = mapped_column(BigId)  # a code is used once
    second_factor_exempt: Mapped[bool] = mapped_column(default=False)
    policies_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    policies_version: Mapped[str | None] = mapped_column(String(20))


class RecoveryCode(Sequenced, Base):
    """One of ten codes that stand in for the second factor, once each."""

    __tablename__ = "recovery_code"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("person_id", "code_digest"),)


class AuthSession(Sequenced, Created, Base):
    """A sign-in session. The cookie holds the token; deleting the row ends the session everywhere at once.

    ``passed`` is "password" while the second factor is still owed, then "full".
    """

    __tablename__ = "auth_session"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    passed: Mapped[str] = mapped_column(default="full")
    device: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (CheckConstraint("passed IN ('password', 'full')", name="passed"),)


class ApiToken(Sequenced, Created, Base):
    """A token for the API or a socket: the same rights as its person, cut to ``scope`` ("read" or "write")."""

    __tablename__ = "api_token"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    scope: Mapped[str] = mapped_column(default="write")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("scope IN ('read', 'write')", name="scope"),)


class Invitation(Sequenced, Created, Base):
    """A way in for one address, once, for 28 days. ``group_id`` and ``role``: the membership that comes with it."""

    __tablename__ = "invitation"

    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    group_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user_group.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    invited_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeLink(Sequenced, Created, Base):
    """A link mailed for one purpose: "reset" a password, or confirm a new "email" (``new_email``)."""

    __tablename__ = "one_time_link"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    new_email: Mapped[str | None] = mapped_column(String(254))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("purpose IN ('reset', 'email')", name="purpose"),
        Index("ix_one_time_link_expires_at", "expires_at"),
    )
