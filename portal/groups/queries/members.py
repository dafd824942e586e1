"""The people of one group: who is who, every grant, and who waits to be let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import aliased

from portal.core import pagination
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.pagination import Page
from portal.directory.models import Organisation, Person
from portal.groups.models import Group, JoinRequest, Membership
from portal.groups.queries.groups import GroupCard

PER_PAGE = 50

ROLE_WORDS = {
    "member": "Member",
    "lead": "Lead",
    "deputy": "Deputy",
    "delegate": "Delegate",
    "moderator": "DCSF moderator",
    "supplier": "Supplier’s representative",
}

GROUND_WORDS = {
    "invited": "Invited",
    "asked": "Asked to join",
    "added": "Added",
    "appointed": "Appointed",
    "named": "Named",
    "seat": "Holds a seat",
    "opened it": "Opened the group",
    "was lead": "Handed the lead over",
    "was deputy": "Was deputy",
}


def ground_words(ground: str, seat_of: str | None = None) -> str:
    """Why somebody belongs to a group, in words."""
    words = GROUND_WORDS.get(ground, ground)
    return f"{words}: {seat_of}" if seat_of else words


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person in a group."""

    person_id: int
    name: str
    post: str | None
    email: str
    telephone: str | None
    organisation_id: int
    organisation: str
    organisation_short: str
    role: str
    side: str
    ground: str
    since: datetime
    seat_of: str | None
    granted_by: str | None
    suspended_at: datetime | None
    suspended_reason: str | None
    ends_at: datetime | None

    @property
    def role_label(self) -> str:
        """The role in words."""
        return ROLE_WORDS[self.role]

    @property
    def ground_label(self) -> str:
        """Why the person belongs to the group, in words."""
        return ground_words(self.ground, self.seat_of)

    @property
    def monogram(self) -> str:
        """Two letters for the organisation."""
        return self.organisation_short[:2].upper()


@dataclass(frozen=True, slots=True)
class Grant:
    """A right in the group, as its lead sees it: whose, which, why, by whom, from when until when."""

    id: int
    name: str
    organisation: str
    role: str
    ground: str
    granted_by: str | None
    at: datetime
    ended_at: datetime | None
    end_reason: str | None
    suspended_at: datetime | None

    @property
    def role_label(self) -> str:
        """The role in words."""
        return ROLE_WORDS[self.role]

    @property
    def ground_label(self) -> str:
        """Why it was given, in words."""
        return ground_words(self.ground)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Somebody who waits to be let into a group."""

    id: int
    person_id: int
    name: str
    post: str | None
    organisation: str
    words: str
    at: datetime


def _members() -> Any:
    seat, granter = aliased(Group), aliased(Person)
    return (
        select(
            Person.id.label("person_id"),
            Person.name,
            Person.post,
            Person.email,
            Person.telephone,
            Organisation.id.label("organisation_id"),
            Organisation.name.label("organisation"),
            Organisation.short_name.label("organisation_short"),
            Membership.role,
            Membership.side,
            Membership.ground,
            Membership.created_at.label("since"),
            seat.name.label("seat_of"),
            granter.name.label("granted_by"),
            Membership.suspended_at,
            Membership.suspended_reason,
            Membership.ends_at,
        )
        .join(Person, Person.id == Membership.person_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(seat, seat.id == Membership.seat_group_id)
        .outerjoin(granter, granter.id == Membership.granted_by)
        .where(Membership.ended_at.is_(None))
    )


def list_members(
    actor: Actor,
    group: GroupCard,
    *,
    organisation_id: int | None = None,
    after: str | None = None,
    suspended: bool = False,
    ending: bool = False,
) -> Page[MemberRow]:
    """The people of a group whose member the actor is, by authority and name, keyset pages.

    ``suspended``: only those whose rights rest; ``ending``: those whose end is announced.
    Raises ``NotFound`` for anybody else.
    """
    require_insider(actor, group.id)
    query = _members().where(Membership.group_id == group.id)
    query = query.where(
        Membership.suspended_at.is_not(None) if suspended else Membership.suspended_at.is_(None)
    )
    query = query.where(Person.suspended_at.is_(None)) if not suspended else query
    if ending:
        query = query.where(Membership.ends_at.is_not(None))
    if organisation_id is not None:
        query = query.where(Membership.organisation_id == organisation_id)
    at = (
        case((Membership.side == "authority", 0), (Membership.side == "department", 1), else_=2),
        Organisation.name,
        Person.name,
        Person.id,
    )
    key = pagination.decode(after, (int, str, str, int))
    if key is not None:
        query = query.where(after_key(at, key))
    rows = db.session.execute(query.order_by(*at).limit(PER_PAGE + 1)).all()
    shown = [MemberRow(**row._mapping) for row in rows]
    sides = {"authority": 0, "department": 1}
    return pagination.page(
        shown, PER_PAGE, lambda row: (sides.get(row.side, 2), row.organisation, row.name, row.person_id)
    )


def after_key(columns: tuple[Any, ...], key: tuple[Any, ...]) -> ColumnElement[bool]:
    """What comes after ``key`` in the order of ``columns``."""
    condition: ColumnElement[bool] = columns[-1] > key[-1]
    for column, value in zip(reversed(columns[:-1]), reversed(key[:-1]), strict=True):
        condition = or_(column > value, and_(column == value, condition))
    return condition


def require_insider(actor: Actor, group_id: int) -> None:
    """Raise ``NotFound`` unless the actor belongs to the group on the authorities' or the department's side."""
    if not actor.roles_in(group_id) - {"supplier"}:
        raise NotFound()


def list_organisations_of(actor: Actor, group: GroupCard) -> list[tuple[int, str]]:
    """The organisations whose people belong to the group, for the filter of its members. Raises ``NotFound``."""
    require_insider(actor, group.id)
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.id.in_(
                select(Membership.organisation_id).where(
                    Membership.group_id == group.id, Membership.ended_at.is_(None)
                )
            )
        )
        .order_by(Organisation.name)
    )
    return [(row.id, row.name) for row in rows]


def list_grants(actor: Actor, group: GroupCard, *, after: str | None = None) -> Page[Grant]:
    """Every grant that the group has seen, the newest first, keyset pages. Raises ``NotFound`` to outsiders."""
    require_insider(actor, group.id)
    granter = aliased(Person)
    query = (
        select(
            Membership.id,
            Person.name,
            Organisation.name.label("organisation"),
            Membership.role,
            Membership.ground,
            granter.name.label("granted_by"),
            Membership.created_at.label("at"),
            Membership.ended_at,
            Membership.end_reason,
            Membership.suspended_at,
        )
        .join(Person, Person.id == Membership.person_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(granter, granter.id == Membership.granted_by)
        .where(Membership.group_id == group.id)
    )
    key = pagination.decode(after, (int,))
    if key is not None:
        query = query.where(Membership.id < key[0])
    rows = db.session.execute(query.order_by(Membership.id.desc()).limit(PER_PAGE + 1)).all()
    return pagination.page([Grant(**row._mapping) for row in rows], PER_PAGE, lambda row: (row.id,))


def list_leading(actor: Actor, group: GroupCard) -> list[MemberRow]:
    """The lead and the deputies, the lead first; in the NLAR its moderators. Raises ``NotFound``."""
    require_insider(actor, group.id)
    roles = ("moderator",) if group.kind in {"nlar", "national"} else ("lead", "deputy")
    query = (
        _members()
        .where(Membership.group_id == group.id, Membership.suspended_at.is_(None), Membership.role.in_(roles))
        .where(Person.suspended_at.is_(None))
        .order_by(case((Membership.role == "lead", 0), else_=1), Person.name)
    )
    return [MemberRow(**row._mapping) for row in db.session.execute(query)]


def get_member(actor: Actor, group: GroupCard, person_id: int) -> MemberRow:
    """One person of a group. Raises ``NotFound``, to outsiders and suppliers always."""
    require_insider(actor, group.id)
    row = db.session.execute(
        _members().where(Membership.group_id == group.id, Membership.person_id == person_id)
    ).first()
    if row is None:
        raise NotFound()
    return MemberRow(**row._mapping)


def list_open_requests(actor: Actor, group: GroupCard) -> list[OpenRequest]:
    """Who waits to be let in, longest first. Raises ``NotFound``."""
    require_insider(actor, group.id)
    rows = db.session.execute(
        select(
            JoinRequest.id,
            JoinRequest.person_id,
            Person.name,
            Person.post,
            Organisation.name.label("organisation"),
            JoinRequest.words,
            JoinRequest.created_at.label("at"),
        )
        .join(Person, Person.id == JoinRequest.person_id)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(
            JoinRequest.group_id == group.id, JoinRequest.decided_at.is_(None), Person.suspended_at.is_(None)
        )
        .order_by(JoinRequest.created_at)
        .limit(100)
    )
    return [OpenRequest(**row._mapping) for row in rows]


def find_own_request(actor: Actor, group_id: int) -> int | None:
    """The number of the actor's own open request to join."""
    return db.session.scalar(
        select(JoinRequest.id).where(
            JoinRequest.group_id == group_id,
            JoinRequest.person_id == actor.person_id,
            JoinRequest.decided_at.is_(None),
        )
    )
