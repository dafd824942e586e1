"""Signing in: the password, then the code where there is a second factor.

An unknown address, a suspended person and a wrong password get the same words, status and work, so that nobody
learns who has an account. Failures are counted by account and by network address.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import or_, select, update

from portal.accounts.events import SessionStarted
from portal.accounts.models import AuthSession, Credential, RecoveryCode
from portal.accounts.queries import find_sign_in_facts, get_credential, normal_email
from portal.accounts.services import secrets, totp
from portal.accounts.services.sessions import Started, start
from portal.core import audit, clock, ids, spaces
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.web import limits

log = structlog.get_logger(__name__)
WRONG = "The e-mail address or the password is not right. Check both and try again."
WRONG_CODE = "That code is not right, or was used already. Wait for the next one and enter it."


def _keys(account: str, address: str) -> tuple[tuple[Any, str, str], ...]:
    by_account = (limits.SIGN_IN_BY_ACCOUNT, "sign-in account", ids.digest(account))
    return (by_account, (limits.SIGN_IN_BY_ADDRESS, "sign-in address", address))


def _count_failure(account: str, address: str) -> None:
    log.info("sign_in_failed", account=ids.digest(account)[:12])
    for limit, *keys in _keys(account, address):
        limits.hit(limit, *keys)


def _check_password(actor: Actor, *, email: str, password: str, device: str, address: str) -> dict[str, Any]:
    known = normal_email(email)
    account = known or (email or "").strip().lower()[:254]
    for limit, *keys in _keys(account, address):
        limits.check(limit, *keys)
    facts = find_sign_in_facts(known)
    db.session.rollback()  # no reading transaction is kept open through argon2
    fits = secrets.verify_password(facts.password_hash if facts else None, (password or "")[:1000])
    if facts is None or not fits or facts.suspended:
        _count_failure(account, address)
        raise Invalid({"email": WRONG})
    limits.forget(limits.SIGN_IN_BY_ACCOUNT, "sign-in account", ids.digest(account))
    renewed = None
    if facts.password_hash and secrets.needs_rehash(facts.password_hash):
        renewed = secrets.hash_password(password)
    return {
        "person_id": facts.person_id,
        "verified_hash": facts.password_hash,
        "renewed_hash": renewed,
        "device": device,
        "address": address,
    }


@command(Action.ACCOUNTS_SESSION_START, prepare=_check_password, audited=False)
def sign_in(
    actor: Actor, *, person_id: int, verified_hash: str, renewed_hash: str | None, device: str, address: str
) -> Started:
    """Start a session for an address and a password.

    Call: ``sign_in(ANONYMOUS, email=…, password=…, device=…, address=…)``. The session is only half of one where
    the person has a second factor. Raises ``Invalid`` (the same for every reason) and ``RateLimited``.
    """
    # What was true before argon2 must still be: the password not changed, the person not suspended since.
    credential = db.session.scalar(
        select(Credential)
        .join(Person, Person.id == Credential.person_id)
        .where(Credential.person_id == person_id, Person.suspended_at.is_(None))
    )
    if credential is None or credential.password_hash != verified_hash:
        raise Invalid({"email": WRONG})
    if renewed_hash:
        credential.password_hash = renewed_hash
    asked = credential.totp_confirmed_at is not None and not credential.second_factor_exempt
    started = start(person_id, device=device, address=address, second_factor=asked)
    _record(started, "password" if asked else "full")
    return started


def _record(started: Started, passed: str) -> None:
    """Audit as the person who signs in: the command itself is run by nobody yet."""
    person = Actor(kind="person", person_id=started.person_id)
    audit.record(
        person,
        action=str(Action.ACCOUNTS_SESSION_START),
        group=ids.token()[:16],
        subject="authsession",
        subject_id=started.id,
        passed=passed,
    )
    publish(SessionStarted(person_id=started.person_id, session_id=started.id))


def _half_session(actor: Actor, session_id: int) -> AuthSession:
    found = db.session.scalar(
        select(AuthSession).where(
            AuthSession.id == session_id,
            AuthSession.passed == "password",
            AuthSession.expires_at > clock.now(),
        )
    )
    if found is None:
        raise NotFound()
    return found


def _count_code(actor: Actor, **given: Any) -> dict[str, Any]:
    """Every try is counted before it is made: a code has six figures, and guesses may come side by side."""
    limits.hit(limits.SIGN_IN_BY_ACCOUNT, "sign-in code", str(given["person_id"]))
    return given


@command(Action.ACCOUNTS_SESSION_START, target=_half_session, prepare=_count_code, audited=False)
def pass_second_factor(
    actor: Actor, half: AuthSession, *, person_id: int, code: str, device: str, address: str
) -> Started:
    """Turn the half session into a whole one, by a code of the app or a recovery code; each is taken once.

    Raises ``Invalid`` at ``code``, ``RateLimited``, and ``NotFound`` where the half session has run out.
    """
    credential = get_credential(half.person_id)
    if half.person_id != person_id or not (
        _take_code(credential, code) or _take_recovery(half.person_id, code)
    ):
        raise Invalid({"code": WRONG_CODE})
    spaces.end_sessions_of(half.person_id, session_id=half.id)
    db.session.delete(half)
    limits.forget(limits.SIGN_IN_BY_ACCOUNT, "sign-in code", str(person_id))
    started = start(half.person_id, device=device, address=address)
    _record(started, "full")
    return started


def _take_code(credential: Credential, code: str) -> bool:
    secret = secrets.unseal(credential.totp_secret or "")
    step = totp.matching_step(secret, code) if secret else None
    return step is not None and take_step(credential.person_id, step)


def take_step(person_id: int, step: int) -> bool:
    """Mark a time step as used, inside a command; False where it, or a later one, was used before."""
    done = db.session.execute(
        update(Credential)
        .where(
            Credential.person_id == person_id,
            or_(Credential.totp_last_step.is_(None), Credential.totp_last_step < step),
        )
        .values(totp_last_step=step)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0)) == 1


def _take_recovery(person_id: int, code: str) -> bool:
    done = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_digest == secrets.recovery_digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0)) == 1
