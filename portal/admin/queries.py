"""What the administration sees: groups' cards, break-glass, the audit trail, work that is stuck. Never content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.core import jobs
from portal.core.audit import AuditEntry
from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.core.identity import Actor
from portal.core.outbox import AccountMail
from portal.core.pagination import Page, decode, page
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.groups.models import BreakGlass, Group, Membership
from portal.groups.policies import Managed
from portal.groups.queries.managed import load_group

ENTRIES = 50
IN_A_FILE = 10_000


def list_suppliers_without_group() -> list[tuple[int, str]]:
    """Suppliers that no user group is about, as (id, short name), by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.short_name)
        .where(Organisation.kind == "supplier", ~exists().where(Group.supplier_id == Organisation.id))
        .order_by(Organisation.name)
    )
    return [(row.id, row.short_name) for row in rows]


def has_in_house_group() -> bool:
    """Whether the group of those who run their own systems is open."""
    return db.session.scalar(select(Group.id).where(Group.kind == "inhouse")) is not None


def list_groups(*, archived: bool = True) -> list[Any]:
    """The groups' cards with their leads, by name; a working group's card is its members' and its parent's lead's own.

    Rows of id, slug, name, kind, supplier, lead, lead_organisation, archived_at.
    """
    supplier, place = aliased(Organisation), aliased(Membership)
    lead, authority = aliased(Person), aliased(Organisation)
    query = (
        select(
            Group.id,
            Group.slug,
            Group.name,
            Group.kind,
            Group.archived_at,
            supplier.short_name.label("supplier"),
            lead.name.label("lead"),
            authority.short_name.label("lead_organisation"),
        )
        .outerjoin(supplier, supplier.id == Group.supplier_id)
        .outerjoin(place, (place.group_id == Group.id) & (place.role == "lead") & place.ended_at.is_(None))
        .outerjoin(lead, lead.id == place.person_id)
        .outerjoin(authority, authority.id == place.organisation_id)
        .where(Group.kind != "working")
        .order_by(Group.name)
    )
    if not archived:
        query = query.where(Group.archived_at.is_(None))
    return list(db.session.execute(query))


def get_group_by_slug(actor: Actor, slug: str) -> Managed:
    """A group as its management sees it, by slug. Raises ``NotFound``."""
    group_id = db.session.scalar(select(Group.id).where(Group.slug == slug, Group.kind != "working"))
    if group_id is None:
        raise NotFound()
    return load_group(group_id)


@dataclass(frozen=True, slots=True)
class Glass:
    """A break-glass access as the administration lists it."""

    id: int
    group: str
    person: str
    reason: str
    created_at: datetime
    until: datetime
    ended_at: datetime | None
    open: bool


def list_break_glass(present: datetime, limit: int = 100) -> list[Glass]:
    """Break-glass accesses, the newest first, those open marked."""
    rows = db.session.execute(
        select(
            BreakGlass.id,
            Group.name.label("group"),
            Person.name.label("person"),
            BreakGlass.reason,
            BreakGlass.created_at,
            BreakGlass.until,
            BreakGlass.ended_at,
        )
        .join(Group, Group.id == BreakGlass.group_id)
        .join(Person, Person.id == BreakGlass.person_id)
        .order_by(BreakGlass.created_at.desc(), BreakGlass.id)
        .limit(limit)
    )
    return [Glass(**row._mapping, open=row.ended_at is None and row.until > present) for row in rows]


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the audit trail is filtered by; ``person`` is an e-mail address."""

    person: str = ""
    action: str = ""
    group: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, in ids and kinds. ``group`` is the name of the group that it was done in."""

    id: int
    at: datetime
    actor_kind: str
    person_id: int | None
    person: str | None
    action: str
    subject: str
    subject_id: int | None
    group: str | None
    details: dict[str, Any]
    sealed: int | None


def find_person_id(email: str) -> int | None:
    """The id of the person with an address, None without an address. Raises ``Invalid`` at ``person``."""
    if not email:
        return None
    found = db.session.scalar(select(Person.id).where(Person.email == email.lower()))
    if found is None:
        raise Invalid({"person": "Nobody in the directory has this address"})
    return found


def _group_scope(slug: str) -> Any:
    group_id = db.session.scalar(select(Group.id).where(Group.slug == slug))
    if group_id is None:
        raise Invalid({"group": "Choose a group from the list"})
    spaces = list(db.session.scalars(select(Space.id).where(Space.group_id == group_id)))
    return or_(AuditEntry.group_id == group_id, AuditEntry.space_id.in_(spaces))


def _name(group: Any) -> Any:
    """A group's name as the trail says it: a working group's is not for the administration."""
    return case((group.kind == "working", "A working group"), else_=group.name)


def list_entries(chosen: TrailFilter, *, after: str | None = None, limit: int = ENTRIES) -> Page[Entry]:
    """The audit trail, the newest first. Raises ``Invalid`` at ``person``, ``group`` or ``after``."""
    of_space, of_group = aliased(Group), aliased(Group)
    query = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor_kind,
            AuditEntry.person_id,
            Person.name.label("person"),
            AuditEntry.action,
            AuditEntry.subject,
            AuditEntry.subject_id,
            func.coalesce(_name(of_group), _name(of_space)).label("group"),
            AuditEntry.details,
            AuditEntry.sealed,
        )
        .outerjoin(Person, Person.id == AuditEntry.person_id)
        .outerjoin(of_group, of_group.id == AuditEntry.group_id)
        .outerjoin(Space, Space.id == AuditEntry.space_id)
        .outerjoin(of_space, of_space.id == Space.group_id)
    )
    if chosen.person:
        query = query.where(AuditEntry.person_id == find_person_id(chosen.person))
    if chosen.action:
        query = query.where(AuditEntry.action.startswith(chosen.action, autoescape=True))
    if chosen.group:
        query = query.where(_group_scope(chosen.group))
    if chosen.since:
        query = query.where(AuditEntry.at >= chosen.since)
    if chosen.until:
        query = query.where(AuditEntry.at < chosen.until)
    key = decode(after, (int,))
    if key is not None:
        query = query.where(AuditEntry.id < key[0])
    rows = db.session.execute(query.order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    return page([Entry(**row._mapping) for row in rows], limit, lambda entry: (entry.id,))


@dataclass(frozen=True, slots=True)
class Seal:
    """How far the trail is sealed: the last number in the chain and when its act was, and acts still waiting."""

    number: int
    at: datetime | None
    waiting: int


def find_seal() -> Seal:
    """The sealed state of the audit trail."""
    last = db.session.execute(
        select(AuditEntry.sealed, AuditEntry.at)
        .where(AuditEntry.sealed.is_not(None))
        .order_by(AuditEntry.sealed.desc())
        .limit(1)
    ).first()
    waiting = db.session.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.sealed.is_(None)))
    return Seal(last.sealed if last else 0, last.at if last else None, waiting or 0)


@dataclass(frozen=True, slots=True)
class StuckJob:
    """A due job that keeps failing: its kind, how often, why, and when it is tried again."""

    id: int
    kind: str
    attempts: int
    failure: str | None
    due_at: datetime


def list_stuck() -> list[StuckJob]:
    """Jobs that have failed three times or more and are not done. Ids and kinds only."""
    return [StuckJob(job.id, job.kind, job.attempts, job.failure, job.due_at) for job in jobs.stuck()]


def list_unsent(before: datetime, limit: int = 100) -> list[Any]:
    """Account mail that was due before a moment and is not sent: recipient, subject, created_at."""
    return list(
        db.session.execute(
            select(AccountMail.id, AccountMail.recipient, AccountMail.subject, AccountMail.created_at)
            .where(AccountMail.sent_at.is_(None), AccountMail.created_at < before)
            .order_by(AccountMail.created_at)
            .limit(limit)
        )
    )
