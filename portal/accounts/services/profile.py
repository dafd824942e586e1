"""What a person says of themselves: name, post, telephone, address; and that they accept the terms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from portal.accounts.events import EmailChangeAsked, EmailChanged, PoliciesAccepted, ProfileChanged
from portal.accounts.models import Invitation, OneTimeLink
from portal.accounts.policies import POLICIES_VERSION
from portal.accounts.queries import find_person_id, get_credential, get_link, normal_email
from portal.accounts.services import sessions
from portal.accounts.services.passwords import check_present, link
from portal.core import clock, ids, outbox
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.web import limits

CONFIRM_WITHIN = timedelta(hours=24)


def own_person(actor: Actor) -> Person:
    """The actor's own person, for a command to change. Raises ``NotFound``."""
    found = db.session.scalar(select(Person).where(Person.id == actor.person_id))
    if found is None:
        raise NotFound()
    return found


@command(Action.ACCOUNTS_PROFILE_CHANGE)
def change_profile(actor: Actor, *, name: str, post: str | None, telephone: str | None) -> None:
    """Change one's own name, post and telephone number (already checked by the form)."""
    person = own_person(actor)
    person.name = name
    person.post = post or None
    person.telephone = telephone or None
    publish(ProfileChanged(person_id=person.id))


@command(Action.ACCOUNTS_POLICIES_ACCEPT)
def accept_policies(actor: Actor) -> None:
    """Accept the acceptable use and privacy statements as they stand today."""
    credential = get_credential(actor.person_id or 0)
    credential.policies_accepted_at = clock.now()
    credential.policies_version = POLICIES_VERSION
    publish(PoliciesAccepted(person_id=credential.person_id, version=POLICIES_VERSION))


def _prepare_email(actor: Actor, *, email: str, present: str) -> dict[str, Any]:
    wanted = normal_email(email)
    if wanted is None:
        raise Invalid({"email": "Enter an e-mail address, like name@council.gov.uk"})
    if wanted == actor.email:
        raise Invalid({"email": "This is your address already."})
    check_present(actor, present)
    limits.hit(limits.MAILS, "new address", str(actor.person_id))
    return {"email": wanted}


@command(Action.ACCOUNTS_EMAIL_CHANGE, prepare=_prepare_email)
def ask_for_email_change(actor: Actor, *, email: str) -> None:
    """Mail a link to the new address; nothing changes before it is opened.

    Call: ``ask_for_email_change(actor, email=…, present=…)``. Raises ``Invalid`` at ``email`` or ``present``. An
    address that another account has gets a word instead of a link, and the answer is the same.
    """
    publish(EmailChangeAsked(person_id=actor.person_id or 0))
    if find_person_id(email) is not None:
        outbox.queue_account_mail(
            email,
            "Your ICS Exchange account",
            "Somebody asked to use this address for another ICS Exchange account. It belongs to yours, so nothing "
            "was changed. You need do nothing.\n",
        )
        return
    token = ids.token()
    db.session.add(
        OneTimeLink(
            person_id=actor.person_id or 0,
            purpose="email",
            token_digest=ids.digest(token),
            new_email=email,
            expires_at=clock.now() + CONFIRM_WITHIN,
        )
    )
    outbox.queue_account_mail(
        email,
        "Confirm your address for ICS Exchange",
        "Somebody, probably you, wants to sign in to ICS Exchange with this address.\n\n"
        f"To confirm it, sign in and open this address within 24 hours: {link('/account/email/' + token)}\n\n"
        "If it was not you, do nothing.\n",
    )


def get_own_email_link(actor: Actor, token: str) -> OneTimeLink:
    """The actor's own link to confirm an address. Raises ``NotFound``, also for anybody else's."""
    found = get_link("email", token)
    if found.person_id != actor.person_id:
        raise NotFound()
    return found


@command(Action.ACCOUNTS_EMAIL_CHANGE, target=get_own_email_link)
def confirm_email_change(actor: Actor, used: OneTimeLink) -> str:
    """Sign in with the confirmed address from now on; the new address. The old one is told, other sessions end.

    Raises ``NotFound`` for a link that does not work and ``Conflict`` where the address was taken meanwhile.
    """
    if used.new_email is None or find_person_id(used.new_email) is not None:
        raise Conflict("This address now belongs to another account. Choose another one.")
    person = own_person(actor)
    before, person.email = person.email, used.new_email
    used.used_at = clock.now()
    db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.person_id == person.id, OneTimeLink.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Invitation)
        .where(Invitation.email == before, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    sessions.end_all(person.id, but=actor.session_id)
    publish(EmailChanged(person_id=person.id))
    outbox.queue_account_mail(
        before,
        "Your ICS Exchange address was changed",
        "Your ICS Exchange account now has another e-mail address, and you were signed out everywhere else.\n\n"
        f"If this was not you, write to {current_app.config['PORTAL_CONTACT']} at once.\n",
    )
    return person.email
