"""People as the administration keeps them: recorded, changed, suspended, reinstated; who is an administrator."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.core import clock, outbox, spaces
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.events import (
    AdministratorChanged,
    PersonChanged,
    PersonCreated,
    PersonEmailChanged,
    PersonReinstated,
    PersonSuspended,
)
from portal.directory.models import Organisation, Person
from portal.directory.queries import get_organisation, get_person
from portal.directory.words import TELEPHONE, checked, checked_address

USED = "Another account has this address"


def _prepare_person(actor: Actor, **given: Any) -> dict[str, Any]:
    given["name"] = checked(given["name"], "name", most=120, least=2, missing="Enter the person’s name")
    given["post"] = checked(given.get("post"), "post", most=60) or None
    telephone = (given.get("telephone") or "").strip()
    if telephone and not TELEPHONE.match(telephone):
        raise Invalid({"telephone": "Enter a telephone number, like 01632 960 001"})
    given["telephone"] = telephone or None
    if "email" in given:
        given["email"] = checked_address(given["email"])
    return given


@command(Action.DIRECTORY_PERSON_CREATE, target=get_organisation, prepare=_prepare_person)
def create_person(
    actor: Actor,
    organisation: Organisation,
    *,
    email: str,
    name: str,
    post: str | None = None,
    telephone: str | None = None,
) -> int:
    """Record a person of ``organisation_id``, who signs in after setting a password by mail; their number.

    Raises ``Invalid`` at the field, ``Forbidden`` for the actor's own organisation, ``NotFound``.
    """
    if db.session.scalar(select(Person.id).where(Person.email == email)):
        raise Invalid({"email": USED})
    made = Person(organisation_id=organisation.id, email=email, name=name, post=post, telephone=telephone)
    db.session.add(made)
    db.session.flush()
    publish(PersonCreated(person_id=made.id, organisation_id=organisation.id))
    return made.id


@command(Action.DIRECTORY_PERSON_CHANGE, target=get_person, prepare=_prepare_person)
def change_person(
    actor: Actor, person: Person, *, name: str, post: str | None = None, telephone: str | None = None
) -> None:
    """Change another's name, post and telephone. Raises ``Invalid``, ``Forbidden``, ``NotFound``."""
    person.name, person.post, person.telephone = name, post, telephone
    db.session.flush()
    publish(PersonChanged(person_id=person.id))


def _prepare_address(actor: Actor, *, email: str, **given: Any) -> dict[str, Any]:
    return {"email": checked_address(email), **given}


@command(Action.DIRECTORY_PERSON_CHANGE, target=get_person, prepare=_prepare_address)
def change_email(actor: Actor, person: Person, *, email: str) -> None:
    """Give another person another address to sign in with.

    Their sessions end, their memberships wait until the leads confirm (``PersonEmailChanged``), and the old address
    is told. Raises ``Invalid`` at ``email``, ``Forbidden``, ``NotFound``.
    """
    if email == person.email:
        raise Invalid({"email": "This is the person’s address already"})
    if db.session.scalar(select(Person.id).where(Person.email == email)):
        raise Invalid({"email": USED})
    before, person.email = person.email, email
    db.session.flush()
    spaces.end_sessions_of(person.id)
    publish(PersonEmailChanged(person_id=person.id))
    outbox.queue_account_mail(
        before,
        "Your ICS Exchange address was changed",
        "An administrator of ICS Exchange gave your account another e-mail address. You were signed out everywhere, "
        "and your groups’ leads are asked to confirm you before you can read there again.\n\n"
        f"If you did not ask for this, write to {current_app.config['PORTAL_CONTACT']} at once.\n",
    )


def _prepare_suspension(actor: Actor, *, reason: str, **given: Any) -> dict[str, Any]:
    return {
        "reason": checked(reason, "reason", most=200, least=5, missing="Say why, in a few words"),
        **given,
    }


@command(Action.DIRECTORY_PERSON_SUSPEND, target=get_person, prepare=_prepare_suspension)
def suspend_person(actor: Actor, person: Person, *, reason: str) -> None:
    """Take every right from a person until they are reinstated: sessions, open pages, tokens end at once.

    Raises ``Invalid`` at ``reason``, ``Conflict`` where they are suspended already, ``Forbidden``, ``NotFound``.
    """
    if person.suspended_at is not None:
        raise Conflict("This person is suspended already.")
    before = _readable(person.id)
    person.suspended_at, person.suspended_reason = clock.now(), reason
    db.session.flush()
    spaces.end_sessions_of(person.id)
    spaces.end_rights(person.id, before)
    publish(PersonSuspended(person_id=person.id))


@command(Action.DIRECTORY_PERSON_REINSTATE, target=get_person)
def reinstate_person(actor: Actor, person: Person) -> None:
    """Let a suspended person sign in again. Raises ``Conflict`` where nobody suspended them, ``Forbidden``."""
    if person.suspended_at is None:
        raise Conflict("This person is not suspended.")
    person.suspended_at = person.suspended_reason = None
    db.session.flush()
    publish(PersonReinstated(person_id=person.id))


@command(Action.DIRECTORY_ADMINISTRATOR_GRANT, target=get_person)
def grant_administrator(actor: Actor, person: Person) -> None:
    """Make a person an administrator. Raises ``Conflict``, and ``Forbidden`` for one's own organisation's people."""
    if person.is_administrator or person.suspended_at is not None:
        raise Conflict("This person is an administrator already, or suspended.")
    _set_administrator(person, True)


@command(Action.DIRECTORY_ADMINISTRATOR_WITHDRAW, target=get_person)
def withdraw_administrator(actor: Actor, person: Person) -> None:
    """Make an administrator an ordinary person again; their sessions end. Raises ``Conflict``, ``Forbidden``."""
    if not person.is_administrator:
        raise Conflict("This person is no administrator.")
    before = _readable(person.id)
    _set_administrator(person, False)
    spaces.end_rights(person.id, before - _readable(person.id))  # what break-glass had opened
    spaces.end_sessions_of(person.id)


def _readable(person_id: int) -> frozenset[int]:
    """The spaces that a person reads at this moment."""
    standing = current_app.extensions["portal.find_actor"].of_person(person_id)
    found: frozenset[int] = standing.readable if standing is not None else frozenset()
    return found


def _set_administrator(person: Person, granted: bool) -> None:
    person.is_administrator = granted
    db.session.flush()
    publish(AdministratorChanged(person_id=person.id, granted=granted))
