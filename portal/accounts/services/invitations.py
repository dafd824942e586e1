"""Invitations: a way in for one address, once, for twenty-eight days. What comes with it is made by listeners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.events import InvitationAccepted, InvitationRevoked, InvitationSent
from portal.accounts.models import Credential, Invitation
from portal.accounts.policies import Proposed
from portal.accounts.queries import (
    find_person_id,
    get_invitation,
    get_open_invitation,
    normal_email,
    organisation_of,
)
from portal.accounts.services import secrets
from portal.accounts.services.passwords import link, refuse_weak
from portal.accounts.services.sessions import Started, start
from portal.core import clock, ids, outbox
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.web import limits

LASTS = timedelta(days=28)


def _proposed(
    actor: Actor, organisation_id: int, group_id: int | None = None, role: str | None = None
) -> Proposed:
    _, kind = organisation_of(organisation_id)
    return Proposed(organisation_id, kind, group_id, role)


def _prepare_sending(actor: Actor, *, email: str, name: str = "", **given: Any) -> dict[str, Any]:
    known = normal_email(email)
    if known is None:
        raise Invalid({"email": "Enter an e-mail address, like name@council.gov.uk"})
    return {"email": known, "name": " ".join((name or "").split())[:120], **given}


@command(Action.ACCOUNTS_INVITATION_SEND, target=_proposed, prepare=_prepare_sending)
def send_invitation(actor: Actor, proposed: Proposed, *, email: str, name: str) -> int:
    """Invite an address; the invitation's id.

    Call: ``send_invitation(actor, email=…, name=…, organisation_id=…, group_id=…, role=…)``. An earlier invitation
    of the same address to the same group that is still open is taken back: one link works, the newest. Whether the
    address has an account already is not told. Raises ``Invalid`` at ``email``, ``NotFound``, ``Forbidden``.
    """
    before = db.session.scalars(
        select(Invitation).where(
            Invitation.email == email,
            Invitation.group_id == proposed.group_id
            if proposed.group_id is not None
            else Invitation.group_id.is_(None),
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    )
    for earlier in before:
        earlier.revoked_at = clock.now()
    invitation = Invitation(
        email=email,
        name=name,
        organisation_id=proposed.organisation_id,
        group_id=proposed.group_id,
        role=proposed.role if proposed.group_id is not None else None,
        invited_by=actor.person_id,
        token_digest="",
        expires_at=clock.now() + LASTS,
    )
    _mail(actor, invitation)
    db.session.add(invitation)
    db.session.flush()
    publish(
        InvitationSent(
            invitation_id=invitation.id,
            group_id=invitation.group_id,
            organisation_id=invitation.organisation_id,
        )
    )
    return invitation.id


def _mail(actor: Actor, invitation: Invitation) -> None:
    token = ids.token()
    invitation.token_digest = ids.digest(token)
    who = (
        f"{actor.name} ({actor.organisation_name})" if actor.kind == "person" else "The ICS Exchange service"
    )
    outbox.queue_account_mail(
        invitation.email,
        "You are invited to ICS Exchange",
        f"{who} invites you to ICS Exchange, where the user groups of children’s case-management systems work "
        "together.\n\n"
        f"To accept, open this address within {LASTS.days} days: {link('/invitations/' + token)}\n\n"
        "It works once, and only for this e-mail address. If you did not expect it, do nothing.\n",
    )


def _kept(actor: Actor, invitation_id: int) -> Invitation:
    return get_invitation(invitation_id)


def _open(invitation: Invitation) -> None:
    if invitation.used_at is not None:
        raise Conflict("This invitation has been accepted already.")
    if invitation.revoked_at is not None:
        raise Conflict("This invitation was taken back. Send a new one.")


@command(Action.ACCOUNTS_INVITATION_RESEND, target=_kept)
def resend_invitation(actor: Actor, invitation: Invitation) -> None:
    """Mail an invitation again, with a new link that lasts as long as the first; the old link works no longer.

    Call: ``resend_invitation(actor, invitation_id=…)``. Raises ``NotFound``, ``Forbidden``, ``Conflict``.
    """
    _open(invitation)
    limits.hit(limits.MAILS, "invitation", str(invitation.id))
    invitation.expires_at = clock.now() + LASTS
    _mail(actor, invitation)
    publish(
        InvitationSent(
            invitation_id=invitation.id,
            group_id=invitation.group_id,
            organisation_id=invitation.organisation_id,
        )
    )


@command(Action.ACCOUNTS_INVITATION_REVOKE, target=_kept)
def revoke_invitation(actor: Actor, invitation: Invitation) -> None:
    """Take an invitation back before it is used.

    Call: ``revoke_invitation(actor, invitation_id=…)``. Raises ``NotFound``, ``Forbidden``, ``Conflict``.
    """
    _open(invitation)
    invitation.revoked_at = clock.now()
    publish(InvitationRevoked(invitation_id=invitation.id, group_id=invitation.group_id))


def _open_invitation(actor: Actor, token: str) -> Invitation:
    return get_open_invitation(token)


def _prepare_joining(actor: Actor, *, token: str, name: str, password: str, **given: Any) -> dict[str, Any]:
    email = get_open_invitation(token).email
    db.session.rollback()
    refuse_weak("password", password, name, email)
    return {"name": name, "password_hash": secrets.hash_password(password), **given}


@command(Action.ACCOUNTS_INVITATION_ACCEPT, target=_open_invitation, prepare=_prepare_joining)
def accept_invitation(
    actor: Actor,
    invitation: Invitation,
    *,
    name: str,
    password_hash: str,
    device: str,
    address: str,
    post: str | None = None,
    telephone: str | None = None,
) -> Started:
    """Make the person whom an invitation names, and sign them in.

    Call: ``accept_invitation(ANONYMOUS, token=…, name=…, password=…, post=…, telephone=…, device=…, address=…)``.
    The address is the invitation's own. Raises ``NotFound`` for an invitation that cannot be used (any more),
    ``Invalid`` at ``password``, ``Conflict`` where the address has an account.
    """
    if actor.is_authenticated or find_person_id(invitation.email) is not None:
        raise Conflict("There is an account with this address already. Sign in, then open the link again.")
    person = Person(
        organisation_id=invitation.organisation_id,
        email=invitation.email,
        name=name,
        post=post or None,
        telephone=telephone or None,
    )
    db.session.add(person)
    db.session.flush()
    db.session.add(
        Credential(person_id=person.id, password_hash=password_hash, password_changed_at=clock.now())
    )
    db.session.flush()
    _use(invitation, person.id)
    return start(person.id, device=device, address=address)


@command(Action.ACCOUNTS_INVITATION_ACCEPT, target=_open_invitation)
def join_by_invitation(actor: Actor, invitation: Invitation) -> None:
    """Accept an invitation with the account that one has. Call: ``join_by_invitation(actor, token=…)``.

    Raises ``NotFound``, and ``Forbidden`` for anybody but the person it was sent to.
    """
    if not actor.is_authenticated or actor.email != invitation.email:
        raise Forbidden("This invitation was sent to another address.")
    if actor.organisation_id != invitation.organisation_id:
        raise Forbidden("This invitation is for somebody of another organisation. Ask for a new one.")
    _use(invitation, actor.person_id or 0)


def _use(invitation: Invitation, person_id: int) -> None:
    invitation.used_at = clock.now()
    db.session.flush()
    publish(
        InvitationAccepted(
            person_id=person_id,
            group_id=invitation.group_id,
            role=invitation.role,
            organisation_id=invitation.organisation_id,
            invited_by=invitation.invited_by,
        )
    )
