"""Passwords: changed by their owner, or set anew by a link that was mailed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update

from portal.accounts.events import PasswordChanged, PasswordResetAsked
from portal.accounts.models import ApiToken, Credential, OneTimeLink
from portal.accounts.password_rules import problem_with
from portal.accounts.queries import find_sign_in_facts, get_credential, get_link, normal_email
from portal.accounts.services import secrets, sessions
from portal.core import clock, ids, outbox
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.web import limits

RESET_LASTS = timedelta(hours=1)
WRONG_PRESENT = "This is not your present password."


def link(path: str) -> str:
    """The full address of a page, for mail."""
    return f"{current_app.config['PORTAL_BASE_URL']}{path}"


def refuse_weak(field: str, password: str, *known: str) -> None:
    """Raise ``Invalid`` at ``field`` for a password that cannot be had."""
    problem = problem_with(password or "", known=known)
    if problem:
        raise Invalid({field: problem})


def check_present(actor: Actor, password: str, field: str = "present") -> None:
    """Raise ``Invalid`` unless ``password`` is the actor's own; outside any transaction. Failures are counted."""
    keys = ("present password", str(actor.person_id))
    limits.check(limits.SIGN_IN_BY_ACCOUNT, *keys)
    stored = db.session.scalar(
        select(Credential.password_hash).where(Credential.person_id == actor.person_id)
    )
    db.session.rollback()
    if not secrets.verify_password(stored, (password or "")[:1000]):
        limits.hit(limits.SIGN_IN_BY_ACCOUNT, *keys)
        raise Invalid({field: WRONG_PRESENT})


def _prepare_change(actor: Actor, *, present: str, password: str) -> dict[str, Any]:
    check_present(actor, present)
    refuse_weak("password", password, actor.name, actor.email)
    return {"password_hash": secrets.hash_password(password)}


@command(Action.ACCOUNTS_PASSWORD_CHANGE, prepare=_prepare_change)
def change_password(actor: Actor, *, password_hash: str) -> int:
    """Change one's own password and end one's other sessions; how many those were.

    Call: ``change_password(actor, present=…, password=…)``. Raises ``Invalid`` at ``present`` or ``password``.
    """
    _set(actor.person_id or 0, password_hash)
    ended = sessions.end_all(actor.person_id or 0, but=actor.session_id)
    _tell(actor.email)
    return ended


def _set(person_id: int, password_hash: str) -> None:
    credential = get_credential(person_id)
    credential.password_hash = password_hash
    credential.password_changed_at = clock.now()
    db.session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.person_id == person_id, OneTimeLink.purpose == "reset", OneTimeLink.used_at.is_(None)
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    publish(PasswordChanged(person_id=person_id))


def _tell(email: str) -> None:
    outbox.queue_account_mail(
        email,
        "Your ICS Exchange password was changed",
        "The password of your ICS Exchange account was changed, and you were signed out everywhere else.\n\n"
        f"If this was not you, set a new password now: {link('/reset')}\n"
        f"and write to {current_app.config['PORTAL_CONTACT']}.\n",
    )


def _find_for_reset(actor: Actor, *, email: str, address: str) -> dict[str, Any]:
    known = normal_email(email)
    if known is None:
        raise Invalid({"email": "Enter an e-mail address, like name@council.gov.uk"})
    limits.hit(limits.MAILS, "reset", ids.digest(known))
    limits.hit(limits.SIGN_IN_BY_ADDRESS, "reset address", address)
    facts = find_sign_in_facts(known)
    return {"email": known, "person_id": facts.person_id if facts and not facts.suspended else None}


@command(Action.ACCOUNTS_PASSWORD_RESET, prepare=_find_for_reset)
def ask_for_reset(actor: Actor, *, email: str, person_id: int | None) -> None:
    """Mail a link that sets a new password: once, within an hour.

    Call: ``ask_for_reset(ANONYMOUS, email=…, address=…)``. Without an account the answer is the same and as much
    is written. Raises ``Invalid`` for what is no address, ``RateLimited``.
    """
    publish(PasswordResetAsked(person_id=person_id))
    if person_id is None:
        # Written and already done: the time of the answer does not tell who has an account.
        row = outbox.AccountMail(recipient="", subject="", body="", sent_at=clock.now())
        db.session.add(row)
        db.session.flush()
        return
    token = ids.token()
    db.session.add(
        OneTimeLink(
            person_id=person_id,
            purpose="reset",
            token_digest=ids.digest(token),
            expires_at=clock.now() + RESET_LASTS,
        )
    )
    outbox.queue_account_mail(
        email,
        "Set a new password for ICS Exchange",
        "Somebody, probably you, asked to set a new password for your ICS Exchange account.\n\n"
        f"Open this address within one hour: {link('/reset/' + token)}\n\n"
        "It works once. If it was not you, do nothing: your password stays as it is.\n",
    )


def _reset_link(actor: Actor, token: str) -> OneTimeLink:
    return get_link("reset", token)


def _prepare_reset(actor: Actor, *, token: str, password: str) -> dict[str, Any]:
    owner = _owner(get_link("reset", token))
    db.session.rollback()
    refuse_weak("password", password, owner.name, owner.email)
    return {"password_hash": secrets.hash_password(password)}


def _owner(found: OneTimeLink) -> Any:
    return db.session.execute(select(Person.name, Person.email).where(Person.id == found.person_id)).one()


@command(Action.ACCOUNTS_PASSWORD_RESET, target=_reset_link, prepare=_prepare_reset)
def reset_password(actor: Actor, used: OneTimeLink, *, password_hash: str) -> None:
    """Set a new password by a mailed link; every session and API token of the account ends.

    Call: ``reset_password(ANONYMOUS, token=…, password=…)``. Raises ``NotFound`` for a link that does not work (any
    more) and ``Invalid`` at ``password``.
    """
    used.used_at = clock.now()
    _set(used.person_id, password_hash)
    db.session.execute(
        delete(ApiToken)
        .where(ApiToken.person_id == used.person_id)
        .execution_options(synchronize_session=False)
    )
    sessions.end_all(used.person_id)
    email = _owner(used).email
    _tell(email)
    limits.forget(limits.SIGN_IN_BY_ACCOUNT, "sign-in account", ids.digest(email))
