"""API tokens: shown once, kept as a digest, revoked by deleting the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.events import TokenCreated, TokenRevoked
from portal.accounts.models import ApiToken
from portal.accounts.queries import find_sign_in_facts, get_own_token, normal_email
from portal.core import clock, ids, spaces
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action

SCOPES = ("read", "write")


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A new token and its secret, which is not to be had again."""

    id: int
    secret: str
    expires_at: datetime | None


def _owner(actor: Actor, *, email: str | None = None, scope: str = "write", **given: Any) -> dict[str, Any]:
    if scope not in SCOPES:
        raise Invalid({"scope": "The scope is “read” or “write”."})
    person_id = actor.person_id
    if actor.kind == "operator":
        facts = find_sign_in_facts(normal_email(email))
        person_id = facts.person_id if facts and not facts.suspended else None
        if person_id is None:
            raise Invalid({"email": "Nobody who may sign in has this e-mail address."})
    return {"person_id": person_id, "scope": scope, **given}


@command(Action.ACCOUNTS_TOKEN_CREATE, prepare=_owner)
def create_token(
    actor: Actor, *, person_id: int, scope: str, name: str = "", days: int | None = None
) -> CreatedToken:
    """Create a token for oneself, or as the operator for the person with an address.

    Call: ``create_token(actor, name=…, scope="read", days=90)`` or ``create_token(OPERATOR, email=…, scope=…)``.
    Raises ``Invalid`` at ``scope`` or ``email``.
    """
    secret = ids.token()
    expires = clock.now() + timedelta(days=days) if days else None
    row = ApiToken(
        person_id=person_id, token_digest=ids.digest(secret), name=name[:80], scope=scope, expires_at=expires
    )
    db.session.add(row)
    db.session.flush()
    publish(TokenCreated(person_id=person_id, token_id=row.id))
    return CreatedToken(row.id, secret, expires)


@command(Action.ACCOUNTS_TOKEN_REVOKE, target=get_own_token)
def revoke_token(actor: Actor, token: ApiToken) -> None:
    """Revoke one of one's own tokens; what was opened with it is closed. Raises ``NotFound``."""
    publish(TokenRevoked(person_id=token.person_id, token_id=token.id))
    db.session.delete(token)
    # A socket does not know which token opened it: all of the person's connections are made anew.
    spaces.end_sessions_of(token.person_id)
