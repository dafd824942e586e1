"""The second factor: set up, replaced, removed; and the ten codes that stand in for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from portal.accounts.events import SecondFactorChanged
from portal.accounts.models import Credential, RecoveryCode
from portal.accounts.policies import needs_second_factor
from portal.accounts.queries import get_credential
from portal.accounts.services import secrets, sessions, totp
from portal.accounts.services.passwords import check_present
from portal.core import clock, outbox
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.web import limits

CODES = 10
SETTING_UP_LASTS = 3600


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor to be set up. ``sealed`` travels in the form, so that showing the page stores nothing."""

    sealed: str
    typed: str
    picture: str


def offer(actor: Actor, sealed: str | None = None) -> Offer:
    """A new secret for the actor's app, or the one of a form that was rejected."""
    secret = _opened(actor, sealed) or totp.new_secret()
    return Offer(
        secrets.seal(f"{actor.person_id}:{secret}"), totp.in_groups(secret), totp.picture(secret, actor.email)
    )


def _opened(actor: Actor, sealed: str | None) -> str | None:
    person, _, secret = (secrets.unseal(sealed or "", SETTING_UP_LASTS) or "").partition(":")
    return secret if secret and person == str(actor.person_id) else None


def has_second_factor(actor: Actor) -> bool:
    """Whether the actor has one already."""
    found = db.session.scalar(
        select(Credential.totp_confirmed_at).where(Credential.person_id == actor.person_id)
    )
    return found is not None


def _prepare_set_up(actor: Actor, *, sealed: str, code: str, present: str = "") -> dict[str, Any]:
    if has_second_factor(actor):
        check_present(actor, present)
    secret = _opened(actor, sealed)
    if secret is None:
        raise Invalid({"code": "This page was open for too long. Scan the new picture and enter its code."})
    limits.hit(limits.SIGN_IN_BY_ACCOUNT, "set-up code", str(actor.person_id))
    step = totp.matching_step(secret, code or "")
    if step is None:
        raise Invalid({"code": "That code does not fit. Check your telephone’s clock and try again."})
    return {"secret": secrets.seal(secret), "step": step, "replaces": has_second_factor(actor)}


@command(Action.ACCOUNTS_SECOND_FACTOR_CHANGE, prepare=_prepare_set_up)
def set_up_second_factor(actor: Actor, *, secret: str, step: int, replaces: bool) -> list[str]:
    """Set up or replace the second factor; one's other sessions end. Returns ten recovery codes, seen this once.

    Call: ``set_up_second_factor(actor, sealed=…, code=…, present=…)``; ``present`` (the password) is asked for
    where one is replaced. Raises ``Invalid`` at ``code`` or ``present``.
    """
    credential = get_credential(actor.person_id or 0)
    if not replaces and credential.totp_confirmed_at is not None:
        raise Forbidden("A second factor has just been set up in another window.")
    credential.totp_secret = secret
    credential.totp_confirmed_at = clock.now()
    credential.totp_last_step = step
    sessions.end_all(credential.person_id, but=actor.session_id)
    publish(SecondFactorChanged(person_id=credential.person_id, enrolled=True))
    _tell(actor.email, "was set up")
    return _new_codes(credential.person_id)


def _prepare_confirmed(actor: Actor, *, present: str) -> dict[str, Any]:
    check_present(actor, present)
    return {}


@command(Action.ACCOUNTS_SECOND_FACTOR_CHANGE, prepare=_prepare_confirmed)
def renew_recovery_codes(actor: Actor) -> list[str]:
    """Ten new recovery codes in place of the old ones. Call with ``present`` (the password). Raises ``Invalid``."""
    credential = get_credential(actor.person_id or 0)
    if credential.totp_confirmed_at is None:
        raise Forbidden("Set up a second factor first.")
    publish(SecondFactorChanged(person_id=credential.person_id, enrolled=True))
    _tell(actor.email, "has new recovery codes")
    return _new_codes(credential.person_id)


@command(Action.ACCOUNTS_SECOND_FACTOR_CHANGE, prepare=_prepare_confirmed)
def remove_second_factor(actor: Actor) -> None:
    """Go without a second factor. Call with ``present`` (the password).

    Raises ``Invalid``, and ``Forbidden`` for those whose roles ask for one.
    """
    if needs_second_factor(actor):
        raise Forbidden(
            "Leads, deputies, moderators and administrators need a second factor. You can replace yours."
        )
    credential = get_credential(actor.person_id or 0)
    credential.totp_secret = credential.totp_confirmed_at = credential.totp_last_step = None
    _drop_codes(credential.person_id)
    sessions.end_all(credential.person_id, but=actor.session_id)
    publish(SecondFactorChanged(person_id=credential.person_id, enrolled=False))
    _tell(actor.email, "was removed")


def _drop_codes(person_id: int) -> None:
    db.session.execute(
        delete(RecoveryCode)
        .where(RecoveryCode.person_id == person_id)
        .execution_options(synchronize_session=False)
    )


def _new_codes(person_id: int) -> list[str]:
    _drop_codes(person_id)
    codes = [secrets.new_recovery_code() for _ in range(CODES)]
    db.session.add_all(
        RecoveryCode(person_id=person_id, code_digest=secrets.recovery_digest(code)) for code in codes
    )
    return codes


def _tell(email: str, what: str) -> None:
    outbox.queue_account_mail(
        email,
        f"The second factor of your ICS Exchange account {what}",
        f"The second factor of your ICS Exchange account {what}.\n\n"
        "If this was not you, set a new password at once and tell us: what is needed stands at /help/contact.\n",
    )
