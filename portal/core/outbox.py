"""Mail that is due: rows written with the change, sent by the worker after the commit.

*Account* mail (invitation, reset, new device) has no space and holds only text about the account. *Content* mail
has a space and holds ids alone: it is composed when it is sent, as its reader, who must still be entitled then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import JSON, ForeignKey, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock, jobs, mail, tenancy
from portal.core.db import Base, begin_write, db
from portal.core.identity import Actor, current_actor
from portal.core.mixins import Created, LongNumbered
from portal.core.tenancy import SpaceScoped
from portal.core.types import BigId, UtcDateTime

log = structlog.get_logger(__name__)


class AccountMail(LongNumbered, Created, Base):
    """A mail about an account. The text is dropped once sent: it may hold a one-time link."""

    __tablename__ = "account_mail"

    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContentMail(SpaceScoped, LongNumbered, Created, Base):
    """A mail about something in a space: to whom, of what kind, about which ids. The ledger of what was sent."""

    __tablename__ = "content_mail"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject_ids: Mapped[dict[str, Any]] = mapped_column(JSON)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dropped_reason: Mapped[str | None] = mapped_column(String(40))


@dataclass(frozen=True)
class Composed:
    """What a composer makes of a content mail for its reader."""

    subject: str
    text: str
    html: str | None = None
    thread_key: str | None = None
    """Mails with the same key belong to one conversation (References)."""
    unsubscribe: str | None = None
    """The address that stops mail of this kind in one click (RFC 8058)."""


Composer = Callable[[Actor, dict[str, Any]], Composed | None]
_composers: dict[str, Composer] = {}


def composes(kind: str) -> Callable[[Composer], Composer]:
    """Register who writes content mail of ``kind``. Runs inside the reader's own fence; None: not to be sent."""

    def register(composer: Composer) -> Composer:
        _composers[kind] = composer
        return composer

    return register


def queue_account_mail(to: str, subject: str, text: str) -> None:
    """Queue a mail about an account, in the present transaction."""
    row = AccountMail(recipient=to, subject=subject, body=text)
    db.session.add(row)
    db.session.flush()
    jobs.enqueue("mail.account", f"mail.account:{row.id}", mail_id=row.id)


def queue_content_mail(person_id: int, space_id: int, kind: str, *, key: str, **ids: int) -> None:
    """Queue a mail about content, in the present transaction. ``key`` keeps it from being queued twice."""
    row = ContentMail(space_id=space_id, person_id=person_id, kind=kind, subject_ids=ids)
    db.session.add(row)
    db.session.flush()
    jobs.enqueue("mail.content", f"mail.content:{key}:{person_id}", space_id=space_id, mail_id=row.id)


@jobs.handles("mail.account")
def _send_account_mail(payload: dict[str, Any]) -> None:
    row = db.session.execute(
        select(AccountMail.recipient, AccountMail.subject, AccountMail.body, AccountMail.sent_at).where(
            AccountMail.id == payload["mail_id"]
        )
    ).first()
    db.session.rollback()
    if row is None or row.sent_at is not None:
        return
    _deliver(row.recipient, payload["mail_id"], Composed(row.subject, row.body))
    begin_write()
    db.session.execute(
        update(AccountMail).where(AccountMail.id == payload["mail_id"]).values(sent_at=clock.now(), body="")
    )
    db.session.commit()


@jobs.handles("mail.content")
def _send_content_mail(payload: dict[str, Any]) -> None:
    row = db.session.execute(
        select(
            ContentMail.person_id,
            ContentMail.space_id,
            ContentMail.kind,
            ContentMail.subject_ids,
            ContentMail.sent_at,
        ).where(ContentMail.id == payload["mail_id"])
    ).first()
    db.session.rollback()
    if row is None or row.sent_at is not None:
        return
    worker = current_actor()
    reader = current_app.extensions["portal.find_actor"].of_person(row.person_id)
    db.session.rollback()
    outcome: dict[str, Any] = {"dropped_reason": "not entitled"}
    if reader is not None and reader.reads(row.space_id):
        with tenancy.acting_as(reader):
            composed = _composers[row.kind](reader, row.subject_ids)
            db.session.rollback()
        outcome = {"dropped_reason": "nothing to say"}
        if composed is not None:
            _deliver(reader.email, payload["mail_id"], composed)
            outcome = {"sent_at": clock.now()}
    begin_write()
    tenancy.set_fence(worker)
    db.session.execute(update(ContentMail).where(ContentMail.id == payload["mail_id"]).values(**outcome))
    db.session.commit()


def _deliver(to: str, mail_id: int, composed: Composed) -> None:
    """Hand over to the mailer. The Message-ID is the row's own, so a mail sent twice reads as one."""
    domain = current_app.config["PORTAL_BASE_URL"].split("//", 1)[-1].split("/")[0].split(":")[0]
    message = EmailMessage()
    message["From"] = current_app.config["PORTAL_MAIL_FROM"]
    message["To"] = to
    message["Subject"] = " ".join(composed.subject.split())
    message["Date"] = formatdate(clock.now().timestamp())
    message["Message-ID"] = f"<{mail_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if composed.thread_key:
        message["References"] = f"<{composed.thread_key}@{domain}>"
        message["In-Reply-To"] = f"<{composed.thread_key}@{domain}>"
    if composed.unsubscribe:
        message["List-Unsubscribe"] = f"<{composed.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(composed.text)
    if composed.html:
        message.add_alternative(composed.html, subtype="html")
    mail.mailer().send(message)
