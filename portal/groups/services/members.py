"""The lead's work with the group's people: add, paste, remove, confirm, prolong; and leaving by oneself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import g
from sqlalchemy import select

from portal.accounts.services import invitations
from portal.core import audit, clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid, NotFound
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.groups.models import Membership
from portal.groups.policies import Managed
from portal.groups.queries.managed import find_role_for, get_managed, load_group
from portal.groups.services import standing
from portal.groups.services.words import checked_words

EMAIL = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[^@\s,;<>\"'.]+")
NOT_HERE = "This address cannot be added for that organisation. Check both, or ask an administrator"
PROLONGED = timedelta(days=90)
PASTED = 200


@dataclass(frozen=True, slots=True)
class Added:
    """Whether somebody was let in at once ("member"), or invited by e-mail ("invited")."""

    how: str
    email: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PastedLine:
    """One pasted line: what it says, and why it cannot be taken ("" where it can)."""

    number: int
    name: str
    email: str
    organisation_id: int | None
    organisation: str
    problem: str = ""


def clean_email(text: str) -> str:
    """An address in lower case. Raises ``Invalid`` at ``email``."""
    email = text.replace("\0", "").strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise Invalid({"email": "Enter an e-mail address, as name@authority.gov.uk"})
    return email


def _prepare_person(actor: Actor, **given: Any) -> dict[str, Any]:
    name = " ".join(checked_words(given.get("name") or "", "name", most=120).split())
    return {**given, "email": clean_email(given["email"]), "name": name}


@command(Action.GROUPS_MEMBER_ADD, target=get_managed, prepare=_prepare_person, result=Added)
def add_member(actor: Actor, group: Managed, *, email: str, organisation_id: int, name: str = "") -> Added:
    """Let somebody in by their address: a known person at once, an unknown one by an invitation.

    Raises ``Invalid`` at ``email``, ``name`` or ``organisation_id``, ``Conflict`` where somebody was faster.
    """
    group = load_group(group.id, lock=True)
    person = db.session.execute(
        select(Person.id, Person.organisation_id, Person.suspended_at).where(Person.email == email)
    ).first()
    _refuse_own(actor, person.id if person else None)
    role, why_not = find_role_for(group, organisation_id, person.id if person else None)
    if role is None:
        raise Invalid({"organisation_id": why_not})
    if person is not None:
        if person.organisation_id != organisation_id or person.suspended_at is not None:
            raise Invalid({"email": NOT_HERE})
        if standing.find_standing(group.id, person.id) is not None:
            raise Invalid({"email": "This person belongs to the group already"})
        standing.begin(actor, group_id=group.id, person_id=person.id, role=role, ground="added")
        return Added("member", email)
    if not name:
        raise Invalid({"name": "Enter the person’s name"})
    invitations.send_invitation(
        actor, email=email, name=name, organisation_id=organisation_id, group_id=group.id, role=role
    )
    return Added("invited", email)


def _refuse_own(actor: Actor, person_id: int | None) -> None:
    if person_id is not None and person_id == actor.person_id:
        raise Forbidden("Nobody can give rights to themselves.")


def check_pasted(actor: Actor, group: Managed, text: str) -> list[PastedLine]:
    """Read "name, e-mail, authority" line by line (commas, semicolons or tabs), and say which lines can be taken.

    Reads only. Raises ``Invalid`` at ``people`` where there is nothing, or too much.
    """
    lines = [
        (number, line) for number, line in enumerate(text.replace("\0", "").splitlines(), 1) if line.strip()
    ]
    if not lines:
        raise Invalid({"people": "Paste at least one line: name, e-mail address, authority"})
    if len(lines) > PASTED:
        raise Invalid({"people": f"Paste {PASTED} lines or fewer at once. You pasted {len(lines)}."})
    names = _organisation_names()
    seen: set[str] = set()
    return [_read_line(group, number, line, names, seen) for number, line in lines]


def _organisation_names() -> dict[str, tuple[int, str]]:
    rows = db.session.execute(select(Organisation.id, Organisation.name, Organisation.short_name)).all()
    names = {row.short_name.lower(): (row.id, row.name) for row in rows}
    return names | {row.name.lower(): (row.id, row.name) for row in rows}


def _read_line(
    group: Managed, number: int, line: str, names: dict[str, tuple[int, str]], seen: set[str]
) -> PastedLine:
    cells = [
        cell.strip().strip('"').strip() for cell in re.split(r"[\t;]|,(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", line)
    ]
    name, email, authority = [*cells, "", "", ""][:3]
    found = names.get(authority.lower())
    read = PastedLine(
        number,
        name[:120],
        email.lower()[:254],
        found[0] if found else None,
        found[1] if found else authority[:200],
    )

    def refused(why: str) -> PastedLine:
        return PastedLine(read.number, read.name, read.email, read.organisation_id, read.organisation, why)

    if len(cells) < 3:
        return refused("Three things are needed: name, e-mail address, authority")
    if not name or len(name) > 120:
        return refused("The name is missing or longer than 120 characters")
    try:
        clean_email(email)
    except Invalid:
        return refused("This is not an e-mail address")
    if found is None:
        return refused("No authority has this name")
    if read.email in seen:
        return refused("This address stands in an earlier line")
    seen.add(read.email)
    return refused(_why_not(group, read.email, found[0]))


def _why_not(group: Managed, email: str, organisation_id: int) -> str:
    person = db.session.execute(
        select(Person.id, Person.organisation_id, Person.suspended_at).where(Person.email == email)
    ).first()
    role, why_not = find_role_for(group, organisation_id, person.id if person else None)
    if role is None:
        return why_not
    if person is None:
        return ""
    if person.organisation_id != organisation_id or person.suspended_at is not None:
        return NOT_HERE
    if standing.find_standing(group.id, person.id) is not None:
        return "This person belongs to the group already"
    return ""


@dataclass(frozen=True, slots=True)
class AddedTogether:
    """How many people of a paste were let in at once, and how many were invited."""

    members: int
    invited: int
    replayed: bool = False


@command(Action.GROUPS_MEMBER_ADD, target=get_managed, result=AddedTogether)
def add_pasted(actor: Actor, group: Managed, *, people: Sequence[Sequence[Any]]) -> AddedTogether:
    """Add the good lines of a paste, each (name, e-mail, organisation's id), in one transaction.

    Raises ``Conflict`` where a line that was good is so no longer; nothing is kept then.
    """
    done = []
    for name, email, organisation_id in people:
        try:
            done.append(
                add_member(
                    actor, group_id=group.id, email=email, name=name, organisation_id=organisation_id
                ).how
            )
        except Invalid as refused:
            raise Conflict(f"{email}: {refused.detail}. Nobody was added; check the list again.") from refused
    return AddedTogether(done.count("member"), done.count("invited"))


def _prepare_reason(actor: Actor, **given: Any) -> dict[str, Any]:
    words = checked_words(
        given["reason"], "reason", most=500, least=3, missing="Say why. The record keeps it"
    )
    return {**given, "reason": words}


def find_place(group_id: int, person_id: int) -> Membership:
    """The standing membership of a person. Raises ``NotFound`` where there is none (any more)."""
    place = standing.find_standing(group_id, person_id)
    if place is None:
        raise NotFound()
    return place


@command(Action.GROUPS_MEMBER_REMOVE, target=get_managed, prepare=_prepare_reason)
def remove_member(actor: Actor, group: Managed, *, person_id: int, reason: str) -> None:
    """End somebody's membership, at once and with all that flowed from it. Raises ``Forbidden``, ``NotFound``."""
    group = load_group(group.id, lock=True)
    place = find_place(group.id, person_id)
    if person_id == actor.person_id:
        raise Forbidden("Use “Leave this group” to leave it yourself.")
    if place.role == "delegate":
        raise Forbidden("A delegate holds a seat: it ends in their own user group.")
    if place.role == "lead" and actor.kind == "person":
        raise Forbidden("The lead is handed over, not removed.")
    members = db.session.scalar(select(Space.id).where(Space.group_id == group.id, Space.kind == "members"))
    standing.end(actor, place, "removed by the lead" if actor.kind == "person" else "removed by the operator")
    audit.record(
        actor,
        action="groups:membership:removed",
        group=g.transaction.group,
        space_id=members if members is not None and actor.writes(members) else None,
        group_id=group.id,
        subject="person",
        subject_id=person_id,
        words=reason,
    )


@command(Action.GROUPS_MEMBER_LEAVE, target=get_managed)
def leave_group(actor: Actor, group: Managed) -> None:
    """Leave a group oneself. A lead who leaves makes the lead vacant: the deputy acts."""
    load_group(group.id, lock=True)
    standing.end(actor, find_place(group.id, actor.person_id or 0), "left")


@command(Action.GROUPS_MEMBER_CONFIRM, target=get_managed)
def confirm_member(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Give a suspended membership its rights again; nobody's own. Raises ``Conflict`` where it is not suspended."""
    load_group(group.id, lock=True)
    _refuse_own(actor, person_id)
    place = find_place(group.id, person_id)
    if place.suspended_at is None:
        raise Conflict("This membership has been confirmed already.")
    standing.confirm(actor, place)


@command(Action.GROUPS_MEMBER_CONFIRM, target=get_managed)
def prolong_member(actor: Actor, group: Managed, *, person_id: int) -> None:
    """Put off an announced end by 90 days from now. Raises ``Conflict`` where none is announced."""
    load_group(group.id, lock=True)
    place = find_place(group.id, person_id)
    if place.ends_at is None:
        raise Conflict("No end of this membership is announced.")
    standing.announced_end(place, clock.now() + PROLONGED)
