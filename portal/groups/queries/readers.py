"""Who reads a space, and why: the figures of the banner, and the whole truth of the readers page."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.core.types import UtcDateTime
from portal.directory.models import Organisation, Person
from portal.groups.models import BreakGlass, Group, Membership
from portal.groups.queries.groups import SpaceView, space_label
from portal.groups.queries.members import ROLE_WORDS, ground_words


@dataclass(frozen=True, slots=True)
class Audience:
    """A space with what its banner says: how many authorities or people read it, and an open break-glass."""

    space_id: int
    space_slug: str
    kind: str
    open_to: str
    archived: bool
    supplier_name: str | None
    group_id: int
    group_slug: str
    group_name: str
    group_kind: str
    accent: str
    monogram: str
    authorities: int
    people: int
    glass_until: datetime | None

    @property
    def label(self) -> str:
        """The space's name in the switch."""
        return space_label(self.group_kind, self.kind, self.open_to, self.supplier_name)


def find_audience(actor: Actor, space_id: int) -> list[Audience]:
    """The space and its siblings that the actor reads, in the order of the switch; empty where it is not readable.

    Figures are counted for user groups and working groups alone: elsewhere the sentence names none.
    """
    right = actor.spaces.get(space_id)
    if right is None:
        return []
    siblings = sorted(one.space_id for one in actor.spaces.values() if one.group_id == right.group_id)
    values = {"group": right.group_id, "present": clock.now(), "siblings": siblings}
    return [Audience(**row._mapping) for row in db.session.execute(_select_audience(), values)]


@functools.cache
def _select_audience() -> Any:
    """The spaces of a group with what the banner says of each. Built once: building costs more than running."""
    supplier = aliased(Organisation)
    own = (
        select(func.count(Membership.organisation_id.distinct()))
        .join(
            Person,
            and_(Person.id == Membership.person_id, Person.organisation_id == Membership.organisation_id),
        )
        .where(
            Membership.group_id == bindparam("group"),
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Membership.side == "authority",
            Person.suspended_at.is_(None),
        )
        .scalar_subquery()
    )
    named = (
        select(func.count(Membership.id))
        .join(
            Person,
            and_(Person.id == Membership.person_id, Person.organisation_id == Membership.organisation_id),
        )
        .where(
            Membership.group_id == bindparam("group"),
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Membership.side != "supplier",
            Person.suspended_at.is_(None),
        )
        .scalar_subquery()
    )
    glass = (
        select(func.max(BreakGlass.until))
        .join(Person, Person.id == BreakGlass.person_id)
        .where(
            BreakGlass.group_id == bindparam("group"),
            BreakGlass.ended_at.is_(None),
            BreakGlass.until > bindparam("present", type_=UtcDateTime),
            Person.suspended_at.is_(None),
            Person.is_administrator,
        )
        .scalar_subquery()
    )
    return (
        select(
            Space.id.label("space_id"),
            Space.slug.label("space_slug"),
            Space.kind,
            Space.open_to,
            Space.archived,
            supplier.short_name.label("supplier_name"),
            Group.id.label("group_id"),
            Group.slug.label("group_slug"),
            Group.name.label("group_name"),
            Group.kind.label("group_kind"),
            Group.accent,
            Group.monogram,
            case((Group.kind.in_(("sug", "inhouse")), own), else_=0).label("authorities"),
            case((Group.kind == "working", named), else_=0).label("people"),
            glass.label("glass_until"),
        )
        .join(Group, Group.id == Space.group_id)
        .outerjoin(supplier, supplier.id == Space.supplier_id)
        .where(Space.id.in_(bindparam("siblings", expanding=True)))
        .order_by(case((Space.kind == "members", 0), else_=1), Space.open_to, Space.slug)
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who reads the space, and on what ground."""

    person_id: int
    name: str
    organisation: str
    role: str
    ground: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Glass:
    """An administrator who reads the space for a time."""

    name: str
    organisation: str
    reason: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads a space, as far as this reader may be told.

    ``rule`` says in a sentence each who reads by a rule; ``organisations`` are names with their numbers of people;
    ``people`` are named one by one. A supplier's representative gets own colleagues, rules, and no counts.
    """

    rule: tuple[str, ...]
    organisations: tuple[tuple[str, int], ...]
    people: tuple[Reader, ...]
    glass: tuple[Glass, ...]
    counted: bool

    @property
    def total(self) -> int:
        """How many people read it by membership or by rule."""
        return sum(number for _, number in self.organisations)


def list_readers(actor: Actor, space: SpaceView) -> Readers:
    """The true answer to "Who can read this, and why?", for somebody who reads the space."""
    outside = actor.organisation_kind == "supplier"
    if space.group_kind == "national":
        people: tuple[Reader, ...] = ()
        organisations = () if outside else _by_rule(space)
    else:
        everybody = _readers_by_membership(space)
        people = tuple(
            one
            for one, organisation_id in everybody
            if not outside or organisation_id == actor.organisation_id
        )
        organisations = () if outside else _counted(people)
    return Readers(_rule(space, outside), organisations, people, _glass(space, outside), not outside)


def _counted(people: tuple[Reader, ...]) -> tuple[tuple[str, int], ...]:
    numbers: dict[str, int] = {}
    for one in people:
        numbers[one.organisation] = numbers.get(one.organisation, 0) + 1
    return tuple(sorted(numbers.items()))


def _rule(space: SpaceView, outside: bool) -> tuple[str, ...]:
    supplier = space.supplier_name or "the supplier"
    if space.group_kind == "national":
        rules = (
            "Every signed-in person of an authority.",
            "Every signed-in person of the department (DCSF).",
        )
        return (*rules, "Every supplier’s representative.") if space.open_to == "everyone" else rules
    if space.group_kind == "nlar":
        rules = (
            "The delegates: each user group’s lead and deputies, while they hold the seat.",
            "The DCSF’s moderators.",
        )
        return (*rules, f"The representatives of {supplier}.") if space.kind == "supplier" else rules
    if outside:
        return (f"The representatives of {supplier} in this group.", "The members of the user group.")
    if space.group_kind == "working":
        return ("The people named in this working group, and nobody else.",)
    members = "The members of the user group, with its lead and deputies."
    if space.kind == "supplier":
        return (members, f"The representatives of {supplier} in this group.")
    return (
        members,
        "Not the supplier, not the DCSF."
        if space.group_kind == "sug"
        else "Not the suppliers, not the DCSF.",
    )


def _readers_by_membership(space: SpaceView) -> list[tuple[Reader, int]]:
    seat = aliased(Group)
    query = (
        select(
            Person.id.label("person_id"),
            Person.name,
            Organisation.name.label("organisation"),
            Membership.role,
            Membership.ground,
            Membership.created_at.label("since"),
            seat.name.label("seat_of"),
            Membership.organisation_id,
        )
        .join(
            Person,
            and_(Person.id == Membership.person_id, Person.organisation_id == Membership.organisation_id),
        )
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(seat, seat.id == Membership.seat_group_id)
        .where(
            Membership.group_id == space.group_id,
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Person.suspended_at.is_(None),
            or_(Membership.side != "supplier", Membership.organisation_id == space.supplier_id),
        )
        .order_by(Organisation.name, Person.name)
    )
    return [
        (
            Reader(
                row.person_id,
                row.name,
                row.organisation,
                ROLE_WORDS[row.role],
                ground_words(row.ground, row.seat_of),
                row.since,
            ),
            row.organisation_id,
        )
        for row in db.session.execute(query)
    ]


def _by_rule(space: SpaceView) -> tuple[tuple[str, int], ...]:
    kinds = {"authority": "People of the authorities", "department": "People of the department"}
    if space.open_to == "everyone":
        kinds["supplier"] = "Suppliers’ representatives"
    rows = db.session.execute(
        select(Organisation.kind, func.count(Person.id))
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Person.suspended_at.is_(None), Organisation.kind.in_(sorted(kinds)))
        .group_by(Organisation.kind)
    )
    return tuple(sorted((kinds[kind], number) for kind, number in rows))


def _glass(space: SpaceView, outside: bool) -> tuple[Glass, ...]:
    rows = db.session.execute(
        select(
            Person.name,
            Organisation.name.label("organisation"),
            BreakGlass.reason,
            BreakGlass.created_at,
            BreakGlass.until,
        )
        .join(Person, Person.id == BreakGlass.person_id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(
            BreakGlass.group_id == space.group_id,
            BreakGlass.ended_at.is_(None),
            BreakGlass.until > clock.now(),
            Person.suspended_at.is_(None),
            Person.is_administrator,
        )
        .order_by(BreakGlass.created_at)
    )
    return tuple(
        Glass(row.name, row.organisation, None if outside else row.reason, row.created_at, row.until)
        for row in rows
    )
