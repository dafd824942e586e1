"""What the account pages read: a person's own sessions and tokens, invitations, and links by their secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.models import ApiToken, AuthSession, Credential, Invitation, OneTimeLink, RecoveryCode
from portal.core import clock, ids
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.directory.models import Organisation, Person

LONGEST_SECRET = 100


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """What sign-in must know of the account behind an address."""

    person_id: int
    password_hash: str | None
    suspended: bool
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A person's own account as its page shows it."""

    person_id: int
    name: str
    email: str
    post: str | None
    telephone: str | None
    organisation_name: str
    password_changed_at: datetime | None
    second_factor_at: datetime | None
    second_factor_exempt: bool
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One sign-in session of a person. ``current``: the one that asks."""

    id: int
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation as a page shows it; ``state`` is "open", "used", "revoked" or "expired"."""

    id: int
    email: str
    name: str
    organisation_id: int
    organisation_name: str
    group_id: int | None
    role: str | None
    created_at: datetime
    expires_at: datetime
    state: str


def normal_email(text: str | None) -> str | None:
    """An address as it is stored, or None for what cannot be one: too long, or with characters no address has."""
    address = (text or "").strip().lower()
    if not 3 <= len(address) <= 254 or "@" not in address:
        return None
    if any(ord(letter) < 33 or 0xD800 <= ord(letter) <= 0xDFFF for letter in address):
        return None
    return address


def find_sign_in_facts(email: str | None) -> SignInFacts | None:
    """The account behind an address, or None."""
    if email is None:
        return None
    row = db.session.execute(
        select(Person.id, Person.suspended_at, Credential.password_hash, Credential.totp_confirmed_at)
        .outerjoin(Credential, Credential.person_id == Person.id)
        .where(Person.email == email)
    ).first()
    if row is None:
        return None
    return SignInFacts(
        row.id, row.password_hash, row.suspended_at is not None, row.totp_confirmed_at is not None
    )


def find_person_id(email: str) -> int | None:
    """The id of the person who signs in with an address."""
    return db.session.scalar(select(Person.id).where(Person.email == email))


def get_credential(person_id: int) -> Credential:
    """A person's credential, for a command to change. Raises ``NotFound``."""
    found = db.session.scalar(select(Credential).where(Credential.person_id == person_id))
    if found is None:
        raise NotFound()
    return found


def get_account(person_id: int) -> Account:
    """What the account page says. Raises ``NotFound``."""
    row = db.session.execute(
        select(
            Person.name,
            Person.email,
            Person.post,
            Person.telephone,
            Organisation.name.label("organisation_name"),
            Credential.password_changed_at,
            Credential.totp_confirmed_at,
            Credential.second_factor_exempt,
            select(func.count(RecoveryCode.id))
            .where(RecoveryCode.person_id == Person.id, RecoveryCode.used_at.is_(None))
            .scalar_subquery()
            .label("codes"),
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .outerjoin(Credential, Credential.person_id == Person.id)
        .where(Person.id == person_id)
    ).first()
    if row is None:
        raise NotFound()
    return Account(
        person_id,
        row.name,
        row.email,
        row.post,
        row.telephone,
        row.organisation_name,
        row.password_changed_at,
        row.totp_confirmed_at,
        bool(row.second_factor_exempt),
        row.codes,
    )


def sessions_of(actor: Actor) -> list[SessionRow]:
    """The actor's own sign-in sessions, the newest first."""
    rows = db.session.execute(
        select(
            AuthSession.id,
            AuthSession.device,
            AuthSession.address,
            AuthSession.created_at,
            AuthSession.seen_at,
            AuthSession.expires_at,
        )
        .where(
            AuthSession.person_id == actor.person_id,
            AuthSession.expires_at > clock.now(),
            AuthSession.passed == "full",
        )
        .order_by(AuthSession.seen_at.desc(), AuthSession.id.desc())
        .limit(100)
    )
    return [SessionRow(*row, current=row.id == actor.session_id) for row in rows]


def tokens_of(actor: Actor) -> list[Any]:
    """The actor's own API tokens: id, name, scope, created_at, expires_at, used_at; the newest first."""
    return list(
        db.session.execute(
            select(
                ApiToken.id,
                ApiToken.name,
                ApiToken.scope,
                ApiToken.created_at,
                ApiToken.expires_at,
                ApiToken.used_at,
            )
            .where(ApiToken.person_id == actor.person_id)
            .order_by(ApiToken.id.desc())
            .limit(100)
        )
    )


def get_own_session(actor: Actor, session_id: int) -> AuthSession:
    """One of the actor's sessions. Raises ``NotFound`` for anybody else's."""
    found = db.session.scalar(
        select(AuthSession).where(AuthSession.id == session_id, AuthSession.person_id == actor.person_id)
    )
    if found is None:
        raise NotFound()
    return found


def get_own_token(actor: Actor, token_id: int) -> ApiToken:
    """One of the actor's tokens. Raises ``NotFound`` for anybody else's."""
    found = db.session.scalar(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == actor.person_id)
    )
    if found is None:
        raise NotFound()
    return found


def get_link(purpose: str, token: str) -> OneTimeLink:
    """A link that may still be used. Raises ``NotFound``: unknown, used, expired or for another purpose."""
    if len(token) > LONGEST_SECRET:
        raise NotFound()
    found = db.session.scalar(
        select(OneTimeLink)
        .join(Person, Person.id == OneTimeLink.person_id)
        .where(
            OneTimeLink.token_digest == ids.digest(token),
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > clock.now(),
            Person.suspended_at.is_(None),
        )
        .with_for_update(of=OneTimeLink)
    )
    if found is None:
        raise NotFound()
    return found


def get_open_invitation(token: str) -> Invitation:
    """An invitation that may still be used. Raises ``NotFound``: unknown, used, revoked or expired."""
    if len(token) > LONGEST_SECRET:
        raise NotFound()
    found = db.session.scalar(
        select(Invitation)
        .where(
            Invitation.token_digest == ids.digest(token),
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound()
    return found


def get_invitation(invitation_id: int) -> Invitation:
    """An invitation by its number, for those who keep it. Raises ``NotFound``."""
    found = db.session.scalar(select(Invitation).where(Invitation.id == invitation_id))
    if found is None:
        raise NotFound()
    return found


def invitations_of_group(group_id: int) -> list[InvitationRow]:
    """The invitations to a group, the newest first; for the group's lead, who is asked about by the caller."""
    return _invitations(Invitation.group_id == group_id)


def newest_invitations(before_id: int | None = None, limit: int = 50) -> list[InvitationRow]:
    """All invitations, the newest first, for administrators; keyset by ``before_id``."""
    return _invitations(Invitation.id < before_id if before_id else Invitation.id > 0, limit)


def _invitations(condition: Any, limit: int = 200) -> list[InvitationRow]:
    present = clock.now()
    rows = db.session.execute(
        select(
            Invitation.id,
            Invitation.email,
            Invitation.name,
            Invitation.organisation_id,
            Organisation.name.label("organisation_name"),
            Invitation.group_id,
            Invitation.role,
            Invitation.created_at,
            Invitation.expires_at,
            Invitation.used_at,
            Invitation.revoked_at,
        )
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(condition)
        .order_by(Invitation.id.desc())
        .limit(limit)
    )
    return [
        InvitationRow(
            *row[:9],
            state="used"
            if row.used_at
            else "revoked"
            if row.revoked_at
            else "expired"
            if row.expires_at <= present
            else "open",
        )
        for row in rows
    ]


def organisation_of(organisation_id: int) -> tuple[str, str]:
    """The name and kind of an organisation. Raises ``NotFound``."""
    row = db.session.execute(
        select(Organisation.name, Organisation.kind).where(Organisation.id == organisation_id)
    ).first()
    if row is None:
        raise NotFound()
    return row.name, row.kind


def stale(column: Any, before: datetime) -> Any:
    """The condition that a moment is missing or earlier than ``before``."""
    return or_(column.is_(None), column < before)


def has_demonstration_accounts() -> bool:
    """Whether anybody may do without the second factor because the account is for demonstration."""
    found = db.session.scalar(select(Credential.person_id).where(Credential.second_factor_exempt).limit(1))
    db.session.rollback()
    return found is not None
