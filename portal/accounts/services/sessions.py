"""Sign-in sessions: started, and ended one by one or together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select, update

from portal.accounts.events import SessionsEnded
from portal.accounts.models import ApiToken, AuthSession
from portal.accounts.queries import get_own_session
from portal.core import access, clock, ids, spaces
from portal.core.commands import command
from portal.core.db import db
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action

HALF_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Started:
    """A session as the cookie gets it. ``second_factor``: a code is still owed."""

    id: int
    person_id: int
    token: str
    second_factor: bool


def start(person_id: int, *, device: str, address: str, second_factor: bool = False) -> Started:
    """Write a session row, inside a command."""
    present = clock.now()
    token = ids.token()
    lasts = HALF_LASTS if second_factor else timedelta(hours=current_app.config["PORTAL_SESSION_HOURS"])
    row = AuthSession(
        person_id=person_id,
        token_digest=ids.digest(token),
        passed="password" if second_factor else "full",
        device=device[:200],
        address=address[:45],
        seen_at=present,
        expires_at=present + lasts,
    )
    db.session.add(row)
    db.session.flush()
    return Started(row.id, person_id, token, second_factor)


def end_all(person_id: int, *, but: int | None = None) -> int:
    """End a person's sessions, inside a command, at once and on every process; all, or all but one. How many."""
    found = list(db.session.scalars(select(AuthSession.id).where(AuthSession.person_id == person_id)))
    ended = [session_id for session_id in found if session_id != but]
    for session_id in ended:
        spaces.end_sessions_of(person_id, session_id=session_id)
    if ended:
        db.session.execute(
            delete(AuthSession)
            .where(AuthSession.person_id == person_id, AuthSession.id.in_(ended))
            .execution_options(synchronize_session=False)
        )
    publish(SessionsEnded(person_id=person_id, count=len(ended)))
    return len(ended)


@command(Action.ACCOUNTS_SESSION_END, target=get_own_session)
def end_session(actor: Actor, session: AuthSession) -> None:
    """End one of one's own sessions, the present one (signing out) or another. Raises ``NotFound``."""
    spaces.end_sessions_of(session.person_id, session_id=session.id)
    publish(SessionsEnded(person_id=session.person_id, count=1))
    db.session.delete(session)


@command(Action.ACCOUNTS_SESSION_END)
def end_other_sessions(actor: Actor) -> int:
    """End all of one's own sessions but the present one; how many."""
    return end_all(actor.person_id or 0, but=actor.session_id)


@access.writes("session")
def _session_seen(session_id: int, moment: datetime) -> None:
    db.session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.seen_at < moment - access.EVERY)
        .values(seen_at=moment)
        .execution_options(synchronize_session=False)
    )


@access.writes("token")
def _token_used(token_digest: str, moment: datetime) -> None:
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.token_digest == token_digest)
        .values(used_at=moment)
        .execution_options(synchronize_session=False)
    )
