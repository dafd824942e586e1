"""How a membership begins and ends, and what follows from it: nested rights, the seat in the NLAR, the record.

These are no commands: the commands of the other modules call them, inside their transaction and with the group's
row held, so that changes of a group's people come one by one.
"""

from __future__ import annotations

from datetime import datetime

from flask import g
from sqlalchemy import select

from portal.core import audit, clock, jobs, spaces
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.groups.events import (
    MembershipBegan,
    MembershipConfirmed,
    MembershipEnded,
    MembershipSuspended,
    RoleChanged,
)
from portal.groups.models import Group, Membership
from portal.groups.queries.managed import load_group

SEAT_ROLES = frozenset({"lead", "deputy"})
SEAT_KINDS = frozenset({"sug", "inhouse"})


def find_standing(group_id: int, person_id: int) -> Membership | None:
    """The membership of a person in a group that has not ended (it may be suspended), as it is now."""
    query = select(Membership).where(
        Membership.group_id == group_id, Membership.person_id == person_id, Membership.ended_at.is_(None)
    )
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def begin(
    actor: Actor,
    *,
    group_id: int,
    person_id: int,
    role: str,
    ground: str,
    seat_group_id: int | None = None,
    granted_by: int | None = None,
) -> Membership:
    """Let a person into a group. Raises ``Conflict`` where they belong to it already."""
    if find_standing(group_id, person_id) is not None:
        raise Conflict("This person belongs to the group already. Somebody may have added them a moment ago.")
    organisation_id, side = db.session.execute(
        select(Organisation.id, Organisation.kind)
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Person.id == person_id)
    ).one()
    membership = Membership(
        group_id=group_id,
        person_id=person_id,
        organisation_id=organisation_id,
        role=role,
        side=side,
        ground=ground,
        seat_group_id=seat_group_id,
        granted_by=granted_by if granted_by is not None else actor.person_id,
    )
    db.session.add(membership)
    db.session.flush()
    _record(actor, membership, "began")
    publish(
        MembershipBegan(
            group_id=group_id, person_id=person_id, role=role, ground=ground, granted_by=membership.granted_by
        )
    )
    if role in SEAT_ROLES:
        settle_seat(actor, person_id)
    jobs.enqueue("groups.upkeep", f"groups.upkeep:{clock.now():%Y-%m-%d}")
    return membership


def end(actor: Actor, membership: Membership, reason: str) -> None:
    """End a membership and all that flowed from it: rights, working groups inside, the seat in the NLAR."""
    membership.ended_at = clock.now()
    membership.end_reason = reason
    db.session.flush()
    lost = _spaces_of(membership)
    spaces.end_rights(membership.person_id, lost)
    _record(actor, membership, "ended")
    publish(
        MembershipEnded(
            group_id=membership.group_id,
            person_id=membership.person_id,
            reason=reason,
            space_ids=tuple(sorted(lost)),
        )
    )
    for inner in _inside(membership):
        end(actor, inner, reason)
    if membership.role in SEAT_ROLES:
        settle_seat(actor, membership.person_id)


def suspend(actor: Actor, membership: Membership, reason: str) -> None:
    """Take a membership's rights until its lead confirms it; nothing where it is suspended already."""
    if membership.suspended_at is not None:
        return
    membership.suspended_at = clock.now()
    membership.suspended_reason = reason
    db.session.flush()
    spaces.end_rights(membership.person_id, _spaces_of(membership))
    _record(actor, membership, "suspended")
    publish(MembershipSuspended(group_id=membership.group_id, person_id=membership.person_id, reason=reason))
    if membership.role in SEAT_ROLES:
        settle_seat(actor, membership.person_id)


def confirm(actor: Actor, membership: Membership) -> None:
    """Give a suspended membership its rights again."""
    membership.suspended_at = None
    membership.suspended_reason = None
    db.session.flush()
    _record(actor, membership, "confirmed")
    publish(MembershipConfirmed(group_id=membership.group_id, person_id=membership.person_id))
    if membership.role in SEAT_ROLES:
        settle_seat(actor, membership.person_id)


def change_role(actor: Actor, membership: Membership, role: str, ground: str = "appointed") -> Membership:
    """Give a member another role; the old row ends and stays, as the history of who held what, and when."""
    before = membership.role
    membership.ended_at = clock.now()
    membership.end_reason = "role changed"
    db.session.flush()
    after = Membership(
        group_id=membership.group_id,
        person_id=membership.person_id,
        organisation_id=membership.organisation_id,
        role=role,
        side=membership.side,
        ground=ground,
        granted_by=actor.person_id,
        ends_at=membership.ends_at,
    )
    db.session.add(after)
    db.session.flush()
    _record(actor, after, "role-changed")
    publish(RoleChanged(group_id=after.group_id, person_id=after.person_id, before=before, role=role))
    if {before, role} & SEAT_ROLES:
        settle_seat(actor, after.person_id)
    return after


def settle_seat(actor: Actor, person_id: int) -> None:
    """Make a person's place in the NLAR agree with the seats that they hold, in the same transaction.

    A lead or deputy of a standing user group is a delegate; who holds no seat any more is none. Somebody with two
    seats stays as long as one of them stands.
    """
    nlar = db.session.scalar(select(Group.id).where(Group.kind == "nlar", Group.archived_at.is_(None)))
    if nlar is None:
        return
    load_group(nlar, lock=True)
    seats = db.session.execute(
        select(Membership.group_id, Membership.suspended_at)
        .join(Group, Group.id == Membership.group_id)
        .where(
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
            Membership.role.in_(sorted(SEAT_ROLES)),
            Group.kind.in_(sorted(SEAT_KINDS)),
            Group.archived_at.is_(None),
        )
        .order_by(Membership.id)
    ).all()
    held = [seat.group_id for seat in seats if seat.suspended_at is None]
    place = find_standing(nlar, person_id)
    if place is not None and place.role != "delegate":
        return
    if not seats:
        if place is not None:
            end(actor, place, "seat ended")
    elif place is None:
        if held:
            begin(
                actor,
                group_id=nlar,
                person_id=person_id,
                role="delegate",
                ground="seat",
                seat_group_id=held[0],
            )
    elif not held:
        suspend(actor, place, "seat suspended")
    else:
        if place.seat_group_id not in held:
            place.seat_group_id = held[0]
        if place.suspended_at is not None:
            confirm(actor, place)


def _spaces_of(membership: Membership) -> set[int]:
    """The spaces that a membership opened, but for those of its group that are open to the person anyway."""
    query = select(Space.id).where(Space.group_id == membership.group_id, Space.open_to == "members")
    if membership.side == "supplier":
        query = query.where(Space.supplier_id == membership.organisation_id)
    return set(db.session.scalars(query))


def _inside(membership: Membership) -> list[Membership]:
    """The person's memberships in the working groups of that group."""
    query = (
        select(Membership)
        .join(Group, Group.id == Membership.group_id)
        .where(
            Group.parent_id == membership.group_id,
            Membership.person_id == membership.person_id,
            Membership.ended_at.is_(None),
        )
    )
    return list(db.session.scalars(query))


def _record(actor: Actor, membership: Membership, what: str) -> None:
    audit.record(
        actor,
        action=f"groups:membership:{what}",
        group=g.transaction.group,
        group_id=membership.group_id,
        subject="membership",
        subject_id=membership.id,
        person=membership.person_id,
        role=membership.role,
        ground=membership.ground,
        reason=membership.end_reason or membership.suspended_reason,
    )


def announced_end(membership: Membership, at: datetime | None) -> None:
    """Set, move or take back the moment at which a membership will end."""
    membership.ends_at = at
    db.session.flush()
