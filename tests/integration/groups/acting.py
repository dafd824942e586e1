"""Acting as the people of the world in the tests of groups."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.core.db import db
from portal.core.identity import Actor
from portal.core.spaces import Revocation, Space
from portal.groups.models import Membership
from portal.groups.queries import actors
from tests.support.world import GROUPS, PEOPLE, SPACES


def actor(person: str) -> Actor:
    """The actor that somebody of the world is at this moment."""
    found = actors.find_actor_of_person(PEOPLE[person].id)
    db.session.rollback()
    assert found is not None
    return found


def roles(person: str, group: str) -> frozenset[str]:
    """The roles that somebody has in a group now."""
    return actor(person).roles_in(GROUPS[group])


def reads(person: str, space: str) -> bool:
    """Whether somebody reads a space now."""
    return actor(person).reads(SPACES[space])


def epoch(space: str) -> int:
    """The epoch of a space now."""
    found = db.session.scalar(select(Space.epoch).where(Space.id == SPACES[space]))
    db.session.rollback()
    return found or 0


def revoked(person: str) -> set[int | None]:
    """The spaces that somebody has lost, as every server process reads them."""
    query = select(Revocation.space_id).where(Revocation.person_id == PEOPLE[person].id)
    found = set(db.session.scalars(query))
    db.session.rollback()
    return found


def place(person: str, group: str) -> dict[str, Any]:
    """The standing membership of somebody, as values; empty for none."""
    row = db.session.execute(
        select(
            Membership.role,
            Membership.ground,
            Membership.seat_group_id,
            Membership.granted_by,
            Membership.suspended_reason,
            Membership.ends_at,
        ).where(
            Membership.group_id == GROUPS[group],
            Membership.person_id == PEOPLE[person].id,
            Membership.ended_at.is_(None),
        )
    ).first()
    db.session.rollback()
    return dict(row._mapping) if row else {}
