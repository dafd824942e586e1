"""The one switch for mail of mentions and replies, turned on the settings page or by the address in each mail."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from portal.core import clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.notifications.events import MailPreferenceChanged
from portal.notifications.models import MailPreference
from portal.notifications.policies import Subscriber


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="notifications.unsubscribe")


def unsubscribe_path(person_id: int) -> str:
    """The signed address that stops a person's mail in one click. It can do nothing else, and does not expire."""
    return f"/notifications/unsubscribe/{_signer().dumps(person_id)}"


def get_subscriber(actor: Actor, token: str) -> Subscriber:
    """Whom a signed address belongs to. Raises ``NotFound`` for one that we did not sign."""
    try:
        person_id = _signer().loads(token)
    except BadSignature as error:
        raise NotFound() from error
    known = db.session.scalar(select(Person.id).where(Person.id == person_id))
    if known is None:
        raise NotFound()
    return Subscriber(known)


@command(Action.NOTIFICATIONS_PREFERENCES_CHANGE)
def choose_mail(actor: Actor, *, mentions_and_replies: bool) -> None:
    """Choose whether one gets mail of mentions and replies."""
    _set(actor.person_id or 0, bool(mentions_and_replies))


@command(Action.NOTIFICATIONS_PREFERENCES_CHANGE, target=get_subscriber)
def unsubscribe(actor: Actor, subscriber: Subscriber) -> None:
    """Stop the mail of whom the signed ``token`` belongs to. Raises ``NotFound`` for one that we did not sign."""
    _set(subscriber.id, False)


def _set(person_id: int, wanted: bool) -> None:
    row = db.session.scalars(
        select(MailPreference).where(MailPreference.person_id == person_id).with_for_update()
    ).one_or_none()
    if row is None:
        row = MailPreference(person_id=person_id)
        db.session.add(row)
    row.mail_mentions_and_replies = wanted
    row.changed_at = clock.now()
    db.session.flush()
    publish(MailPreferenceChanged(person_id=person_id, mentions_and_replies=wanted))
