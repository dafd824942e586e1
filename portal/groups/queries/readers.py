"""Who reads a space, and why: the figures of the banner, and the whole truth of the readers page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.groups.models import BreakGlass, Group, Membership
from portal.groups.queries.groups import space_label


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
    supplier = aliased(Organisation)
    own = (
        select(func.count(Membership.organisation_id.distinct()))
        .join(Person, and_(Person.id == Membership.person_id, Person.organisation_id == Membership.organisation_id))
        .where(
            Membership.group_id == right.group_id,
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Membership.side == "authority",
            Person.suspended_at.is_(None),
        )
        .scalar_subquery()
    )
    named = (
        select(func.count(Membership.id))
        .join(Person, and_(Person.id == Membership.person_id, Person.organisation_id == Membership.organisation_id))
        .where(
            Membership.group_id == right.group_id,
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
            BreakGlass.group_id == right.group_id,
            BreakGlass.ended_at.is_(None),
            BreakGlass.until > clock.now(),
            Person.suspended_at.is_(None),
            Person.is_administrator,
        )
        .scalar_subquery()
    )
    siblings = sorted(one.space_id for one in actor.spaces.values() if one.group_id == right.group_id)
    query = (
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
        .where(Space.id.in_(siblings))
        .order_by(case((Space.kind == "members", 0), else_=1), Space.open_to, Space.slug)
    )
    return [Audience(**row._mapping) for row in db.session.execute(query)]
