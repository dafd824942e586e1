"""What happens to accounts, as facts of ids."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """Somebody signed in, or passed the second step of it."""

    person_id: int
    session_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Event):
    """Sign-in sessions of a person were ended: one, or several at once."""

    person_id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """A person has a new password, by changing it or by a reset."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetAsked(Event):
    """Somebody asked for a reset link. ``person_id`` is None where no account has the address."""

    person_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorChanged(Event):
    """A person set up, replaced or removed the second factor, or made new recovery codes."""

    person_id: int
    enrolled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesAccepted(Event):
    """A person accepted the acceptable use and privacy statements."""

    person_id: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeAsked(Event):
    """A person asked to sign in with another address; it must be confirmed there."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(Event):
    """A person signs in with another address now."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """A person changed their own name, post or telephone number."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSent(Event):
    """Somebody was invited, or invited again."""

    invitation_id: int
    group_id: int | None
    organisation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRevoked(Event):
    """An invitation was taken back before it was used."""

    invitation_id: int
    group_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    """An invitation was used. Who keeps memberships makes the one that came with it, in the same transaction."""

    person_id: int
    group_id: int | None
    role: str | None
    organisation_id: int
    invited_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCreated(Event):
    """A person has a new API token."""

    person_id: int
    token_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    """An API token was revoked."""

    person_id: int
    token_id: int
