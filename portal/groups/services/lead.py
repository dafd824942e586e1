"""Who leads: the first lead, deputies, and handing the lead on with its seat in the NLAR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.accounts.services import invitations
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action, authorise
from portal.directory.models import Organisation, Person
from portal.groups.events import SeatPassed
from portal.groups.models import Membership
from portal.groups.policies import Managed
from portal.groups.queries.managed import find_role_for, get_managed, load_group
from portal.groups.services import standing
from portal.groups.services.members import NOT_HERE, clean_email, find_place
from portal.groups.services.words import checked_words

FASTER = "Somebody else has just changed who leads this group. Look again before you go on."


@dataclass(frozen=True, slots=True)
class Appointed:
    """Whether the first lead was let in at once ("member"), or invited by e-mail ("invited")."""

    how: str
    replayed: bool = False


def _prepare_lead(actor: Actor, **given: Any) -> dict[str, Any]:
    name = " ".join(checked_words(given.get("name") or "", "name", most=120).split())
    return {**given, "email": clean_email(given["email"]), "name": name}


@command(Action.GROUPS_LEAD_APPOINT, target=get_managed, prepare=_prepare_lead, result=Appointed)
def appoint_first_lead(
    actor: Actor, group: Managed, *, email: str, organisation_id: int, name: str = ""
) -> Appointed:
    """Appoint a group's first lead: a known person at once, an unknown one by an invitation.

    An administrator does it, for nobody of their own organisation. Raises ``Invalid``, ``Forbidden``, ``Conflict``.
    """
    group = load_group(group.id, lock=True)
    authorise(actor, Action.GROUPS_LEAD_APPOINT, group)  # again: another may have appointed one meanwhile
    if organisation_id == actor.organisation_id:
        raise Forbidden("Nobody gives rights to themselves or to people of their own organisation.")
    person = db.session.execute(
        select(Person.id, Person.organisation_id, Person.suspended_at).where(Person.email == email)
    ).first()
    role, why_not = find_role_for(group, organisation_id, person.id if person else None)
    if role != "member":
        raise Invalid({"organisation_id": why_not or "A lead is somebody of an authority"})
    if person is None:
        if not name:
            raise Invalid({"name": "Enter the person’s name"})
        invitations.send_invitation(
            actor, email=email, name=name, organisation_id=organisation_id, group_id=group.id, role="lead"
        )
        return Appointed("invited")
    if person.organisation_id != organisation_id or person.suspended_at is not None:
        raise Invalid({"email": NOT_HERE})
    place = standing.find_standing(group.id, person.id)
    if place is None:
        standing.begin(actor, group_id=group.id, person_id=person.id, role="lead", ground="appointed")
    elif place.suspended_at is not None:
        raise Invalid({"email": "This person’s membership is suspended"})
    else:
        standing.change_role(actor, place, "lead")
    publish(SeatPassed(group_id=group.id, from_person_id=None, to_person_id=person.id))
    return Appointed("member")


@command(Action.GROUPS_ROLE_CHANGE, target=get_managed)
def hand_over_lead(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Pass the lead to another member of an authority; the seat in the NLAR goes with it, in this transaction.

    The old lead stays as a member. While the lead is vacant its deputy passes it on, to nobody but another person.
    Raises ``Conflict`` where somebody was faster, ``Forbidden``, ``NotFound``.
    """
    expected = group.lead_id
    group = load_group(group.id, lock=True)
    if group.lead_id != expected:
        raise Conflict(FASTER)
    _refuse_outside_user_groups(group)
    if person_id == actor.person_id:
        raise Forbidden("Nobody can give rights to themselves.")
    heir = _heir(group, person_id)
    old = db.session.scalars(
        select(Membership).where(
            Membership.group_id == group.id, Membership.role == "lead", Membership.ended_at.is_(None)
        )
    ).first()
    if old is not None and actor.kind == "person" and old.person_id != actor.person_id:
        raise Conflict("The lead’s membership is suspended. Confirm it first, or ask for it to be ended.")
    if old is not None:
        standing.change_role(actor, old, "member", ground="was lead")
    standing.change_role(actor, heir, "lead")
    publish(
        SeatPassed(
            group_id=group.id,
            from_person_id=old.person_id if old is not None else None,
            to_person_id=person_id,
        )
    )


def _refuse_outside_user_groups(group: Managed) -> None:
    if group.kind not in {"sug", "inhouse", "working"}:
        raise Forbidden("This group has no lead of its own.")


def _heir(group: Managed, person_id: int) -> Membership:
    place = find_place(group.id, person_id)
    if place.side == "supplier" or place.role not in {"member", "deputy"}:
        raise Forbidden("Only a member of the group can take this on.")
    if place.suspended_at is not None:
        raise Forbidden("This person’s membership is suspended. Confirm it first.")
    return place


@command(Action.GROUPS_ROLE_CHANGE, target=get_managed)
def appoint_deputy(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Make a member deputy, and so a delegate. Raises ``Forbidden``, ``Conflict``, ``NotFound``."""
    group = load_group(group.id, lock=True)
    _refuse_outside_user_groups(group)
    if person_id == actor.person_id:
        raise Forbidden("Nobody can give rights to themselves.")
    place = _heir(group, person_id)
    if place.role == "deputy":
        raise Conflict("This person is deputy already.")
    standing.change_role(actor, place, "deputy")


@command(Action.GROUPS_ROLE_CHANGE, target=get_managed)
def dismiss_deputy(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Make a deputy a member again; their place in the NLAR ends. Raises ``Conflict`` where they are none."""
    group = load_group(group.id, lock=True)
    place = find_place(group.id, person_id)
    if place.role != "deputy":
        raise Conflict("This person is not deputy any more.")
    standing.change_role(actor, place, "member", ground="was deputy")


@command(Action.GROUPS_ROLE_CHANGE, target=get_managed)
def name_moderator(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Make somebody of the department moderator of the NLAR or of the national space.

    The operator's, or an administrator's of another organisation. Raises ``Forbidden``, ``Invalid``.
    """
    group = load_group(group.id, lock=True)
    if group.kind not in {"nlar", "national"}:
        raise Forbidden("Only the NLAR and the national space have moderators.")
    found = db.session.execute(
        select(Organisation.id, Organisation.kind)
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Person.id == person_id, Person.suspended_at.is_(None))
    ).first()
    if found is None or found.kind != "department":
        raise Invalid({"person_id": "A moderator is somebody of the department"})
    if found.id == actor.organisation_id:
        raise Forbidden("Nobody gives rights to themselves or to people of their own organisation.")
    standing.begin(actor, group_id=group.id, person_id=person_id, role="moderator", ground="appointed")
