"""What time does to memberships: announced ends, ends that have come, long silence. Run by the worker, once a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import AuthSession, Credential
from portal.core import clock
from portal.core.audit import AuditEntry
from portal.core.commands import command
from portal.core.db import db
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Deployment, Person, Product
from portal.groups.events import MembershipEndAnnounced
from portal.groups.models import Group, LastLook, Membership
from portal.groups.queries.managed import load_group
from portal.groups.services import standing

NOTICE = timedelta(days=90)
IDLE = timedelta(days=365)
SYSTEM = Actor(kind="system", name="ICS Exchange")


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round of upkeep did, in memberships."""

    announced: int = 0
    ended: int = 0
    suspended: int = 0


def _deployments(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """That the membership's authority has a deployment of the group's product, with further conditions."""
    return (
        exists()
        .where(Deployment.product_id == Product.id)
        .where(
            Deployment.authority_id == Membership.organisation_id,
            or_(
                Product.supplier_id == Group.supplier_id,
                and_(Product.supplier_id.is_(None), Group.supplier_id.is_(None)),
            ),
            *conditions,
        )
    )


def _of_user_groups(*conditions: ColumnElement[bool]) -> list[Membership]:
    query = (
        select(Membership)
        .join(Group, Group.id == Membership.group_id)
        .where(
            Membership.ended_at.is_(None),
            Membership.side == "authority",
            Group.kind.in_(sorted(standing.SEAT_KINDS)),
            Group.archived_at.is_(None),
            *conditions,
        )
        .order_by(Membership.group_id, Membership.id)
    )
    return list(db.session.scalars(query))


def announce(actor: Actor) -> int:
    """Announce the end, in 90 days, of memberships whose authority's last deployment has ended; inside a command.

    The person and the lead are told at once (``MembershipEndAnnounced``); the lead may prolong. How many.
    """
    ended = _deployments(Deployment.ended_at.is_not(None))
    running = _deployments(Deployment.ended_at.is_(None))
    places = _of_user_groups(Membership.ends_at.is_(None), ended, ~running)
    for place in places:
        standing.announced_end(place, clock.now() + NOTICE)
        publish(MembershipEndAnnounced(group_id=place.group_id, person_id=place.person_id))
    return len(places)


def take_back(actor: Actor) -> int:
    """Take an announced end back where the authority runs the product again; inside a command. How many."""
    running = _deployments(Deployment.ended_at.is_(None))
    places = _of_user_groups(Membership.ends_at.is_not(None), running)
    for place in places:
        standing.announced_end(place, None)
    return len(places)


@command(Action.GROUPS_MEMBER_REMOVE)
def announce_ends(actor: Actor) -> int:
    """Announce and take back the ends that the register asks for; how many were announced."""
    take_back(actor)
    return announce(actor)


@command(Action.GROUPS_MEMBER_REMOVE)
def end_due(actor: Actor) -> int:
    """End the memberships whose announced end has come; how many."""
    due = list(
        db.session.scalars(
            select(Membership)
            .where(Membership.ended_at.is_(None), Membership.ends_at <= clock.now())
            .order_by(Membership.group_id, Membership.id)
        )
    )
    for place in due:
        if place.ended_at is None:  # the seat may have ended with its user group
            load_group(place.group_id, lock=True)
            standing.end(actor, place, "no deployment")
    return len(due)


@command(Action.GROUPS_MEMBER_REMOVE)
def suspend_idle(actor: Actor) -> int:
    """Suspend the memberships of people who have not been here for 12 months; how many. Their leads confirm them."""
    limit = clock.now() - IDLE
    idle = list(
        db.session.scalars(
            select(Membership)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.ended_at.is_(None),
                Membership.suspended_at.is_(None),
                Membership.seat_group_id.is_(None),
                Membership.created_at < limit,
                Person.created_at < limit,
                ~_was_here_since(limit),
            )
            .order_by(Membership.group_id, Membership.id)
        )
    )
    for place in idle:
        load_group(place.group_id, lock=True)
        standing.suspend(actor, place, "idle")
    return len(idle)


def _was_here_since(limit: datetime) -> ColumnElement[bool]:
    """A sign of life: a session in use, an act on record, a look at Home, a password or acceptance of the terms."""
    session, act, look, credential = (
        aliased(AuthSession),
        aliased(AuditEntry),
        aliased(LastLook),
        aliased(Credential),
    )
    return or_(
        exists().where(session.person_id == Membership.person_id, session.seen_at >= limit),
        exists().where(act.person_id == Membership.person_id, act.at >= limit),
        exists().where(look.person_id == Membership.person_id, look.at >= limit),
        exists().where(
            credential.person_id == Membership.person_id,
            or_(credential.password_changed_at >= limit, credential.policies_accepted_at >= limit),
        ),
    )


def keep_up() -> Kept:
    """One whole round, each step in a transaction of its own."""
    return Kept(
        announced=announce_ends(SYSTEM),
        ended=end_due(SYSTEM) + end_moved(SYSTEM),
        suspended=suspend_idle(SYSTEM),
    )


@command(Action.GROUPS_MEMBER_REMOVE)
def end_moved(actor: Actor) -> int:
    """End what people hold for an organisation that is no longer theirs; how many. (It gives no right any more.)"""
    moved = list(
        db.session.scalars(
            select(Membership)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.ended_at.is_(None), Membership.organisation_id != Person.organisation_id)
            .order_by(Membership.group_id, Membership.id)
        )
    )
    for place in moved:
        if place.ended_at is None:  # the seat may have ended with its user group
            load_group(place.group_id, lock=True)
            standing.end(actor, place, "changed organisation")
    return len(moved)


def suspend_all(actor: Actor, person_id: int, reason: str) -> int:
    """Suspend everything a person holds until their leads confirm; inside a command. How many memberships."""
    places = list(
        db.session.scalars(
            select(Membership)
            .where(
                Membership.person_id == person_id,
                Membership.ended_at.is_(None),
                Membership.suspended_at.is_(None),
                Membership.seat_group_id.is_(None),
            )
            .order_by(Membership.group_id)
        )
    )
    for place in places:
        standing.suspend(actor, place, reason)
    return len(places)
