"""What waits for those who look after groups, in one query."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.core.db import db
from portal.core.identity import Actor
from portal.groups.models import Group, JoinRequest, Membership


@dataclass(frozen=True, slots=True)
class Desk:
    """A group that the actor looks after, and what waits there."""

    name: str
    slug: str
    requests: int
    suspended: int
    ending: int


def list_desks(actor: Actor) -> list[Desk]:
    """The groups that the actor leads (or acts for) in which something waits."""
    led = sorted(group for group, roles in actor.group_roles.items() if "lead" in roles)
    deputised = sorted(group for group, roles in actor.group_roles.items() if "deputy" in roles)
    if not led and not deputised:
        return []
    lead = aliased(Membership)
    has_lead = exists().where(
        lead.group_id == Group.id, lead.role == "lead", lead.ended_at.is_(None), lead.suspended_at.is_(None)
    )
    mine = or_(Group.id.in_(led), and_(Group.id.in_(deputised), ~has_lead))
    asked = (
        select(func.count(JoinRequest.id))
        .where(JoinRequest.group_id == Group.id, JoinRequest.decided_at.is_(None))
        .correlate(Group)
        .scalar_subquery()
    )
    standing = select(func.count(Membership.id)).where(
        Membership.group_id == Group.id, Membership.ended_at.is_(None)
    )
    suspended = standing.where(Membership.suspended_at.is_not(None)).correlate(Group).scalar_subquery()
    ending = standing.where(Membership.ends_at.is_not(None)).correlate(Group).scalar_subquery()
    rows = db.session.execute(
        select(
            Group.name,
            Group.slug,
            asked.label("requests"),
            suspended.label("suspended"),
            ending.label("ending"),
        )
        .where(mine, Group.archived_at.is_(None), or_(asked > 0, suspended > 0, ending > 0))
        .order_by(Group.name)
    )
    return [Desk(**row._mapping) for row in rows]
