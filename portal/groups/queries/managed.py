"""A group as its management acts on it, and the organisations whose people may belong to it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, or_, select

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.directory.models import Deployment, Organisation, Person, Product
from portal.groups.models import BreakGlass, Group, JoinRequest, Membership
from portal.groups.policies import Managed, ManagedGlass, ManagedRequest


def load_group(group_id: int, *, lock: bool = False) -> Managed:
    """The group with its present lead. ``lock``: hold its row, so that changes of its people come one by one.

    Raises ``NotFound`` where there is none.
    """
    if lock:
        db.session.execute(select(Group.id).where(Group.id == group_id).with_for_update(key_share=True))
    row = db.session.execute(
        select(
            Group.id,
            Group.slug,
            Group.name,
            Group.kind,
            Group.supplier_id,
            Group.parent_id,
            Group.archived_at,
        ).where(Group.id == group_id)
    ).first()
    if row is None:
        raise NotFound()
    ever = db.session.scalar(
        select(exists().where(Membership.group_id == group_id, Membership.role == "lead"))
    )
    return Managed(
        row.id,
        row.slug,
        row.name,
        row.kind,
        row.supplier_id,
        row.parent_id,
        row.archived_at is not None,
        acting_lead(group_id),
        bool(ever),
        acting_lead(row.parent_id) if row.parent_id else None,
    )


def acting_lead(group_id: int) -> int | None:
    """The person who leads a group now; None while the lead is vacant, suspended or themselves suspended."""
    return db.session.scalar(
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.group_id == group_id,
            Membership.role == "lead",
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Person.suspended_at.is_(None),
        )
    )


def _may_know(actor: Actor, group: Managed) -> bool:
    if actor.kind in {"operator", "system"} or actor.is_administrator:
        return True
    if actor.roles_in(group.id):
        return True
    return group.parent_id is not None and bool({"lead", "moderator"} & actor.roles_in(group.parent_id))


def get_managed(actor: Actor, group_id: int) -> Managed:
    """The group, for those who belong to it, its parent's lead, administrators and the machine; else ``NotFound``."""
    group = load_group(group_id)
    if not _may_know(actor, group):
        raise NotFound()
    return group


def get_joinable(actor: Actor, group_id: int) -> Managed:
    """The group, for those who know its card and might ask to join. Raises ``NotFound``."""
    group = load_group(group_id)
    narrow = group.kind == "working" or actor.organisation_kind == "supplier"
    if narrow and not actor.roles_in(group.id):
        raise NotFound()
    return group


def get_request(actor: Actor, request_id: int) -> ManagedRequest:
    """An open request to join, for those who know the group's people. Raises ``NotFound``."""
    row = db.session.execute(
        select(JoinRequest.id, JoinRequest.person_id, JoinRequest.group_id).where(
            JoinRequest.id == request_id, JoinRequest.decided_at.is_(None)
        )
    ).first()
    if row is None:
        raise NotFound()
    own = row.person_id == actor.person_id
    group = load_group(row.group_id) if own else get_managed(actor, row.group_id)
    if not own and "supplier" in actor.roles_in(group.id):
        raise NotFound()
    return ManagedRequest(row.id, row.person_id, group)


def get_break_glass(actor: Actor, break_glass_id: int) -> ManagedGlass:
    """An open break-glass access, for administrators and the machine. Raises ``NotFound``."""
    row = db.session.execute(
        select(BreakGlass.id, BreakGlass.person_id, BreakGlass.group_id).where(
            BreakGlass.id == break_glass_id, BreakGlass.ended_at.is_(None)
        )
    ).first()
    if row is None or not (actor.is_administrator or actor.kind in {"operator", "system"}):
        raise NotFound()
    return ManagedGlass(row.id, row.person_id, row.group_id)


def runs_the_product(group: Managed, authority_id: int) -> bool:
    """Whether an authority runs a product that the group is about: operational or in review, not ended."""
    return bool(
        db.session.scalar(
            select(
                exists()
                .where(Deployment.product_id == Product.id)
                .where(
                    Deployment.authority_id == authority_id,
                    Deployment.ended_at.is_(None),
                    Deployment.stage != "procurement",
                    _product_of(group),
                )
            )
        )
    )


def _product_of(group: Managed) -> ColumnElement[bool]:
    return Product.supplier_id == group.supplier_id if group.supplier_id else Product.supplier_id.is_(None)


def list_authorities_running(group: Managed) -> list[tuple[int, str]]:
    """The authorities whose people may belong to a user group, as (id, name), by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            exists()
            .where(Deployment.product_id == Product.id)
            .where(
                Deployment.authority_id == Organisation.id,
                Deployment.ended_at.is_(None),
                Deployment.stage != "procurement",
                _product_of(group),
            )
        )
        .order_by(Organisation.name)
    )
    return [(row.id, row.name) for row in rows]


def list_suppliers_of(group: Managed) -> list[tuple[int, str]]:
    """The suppliers with whom the group shares a space, as (id, name), by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .join(Space, Space.supplier_id == Organisation.id)
        .where(Space.group_id == group.id)
        .order_by(Organisation.name)
    )
    return [(row.id, row.name) for row in rows]


def list_addable_organisations(group: Managed) -> list[tuple[int, str]]:
    """The organisations whose people can be added to the group, as (id, name), by name."""
    if group.kind == "working":
        held = select(Membership.organisation_id).where(
            Membership.group_id == group.parent_id,
            Membership.ended_at.is_(None),
            Membership.side != "supplier",
        )
        rows = db.session.execute(
            select(Organisation.id, Organisation.name)
            .where(Organisation.id.in_(held))
            .order_by(Organisation.name)
        )
        return [(row.id, row.name) for row in rows]
    authorities = list_authorities_running(group) if group.kind in {"sug", "inhouse"} else []
    return authorities + list_suppliers_of(group)


def find_role_for(group: Managed, organisation_id: int, person_id: int | None) -> tuple[str | None, str]:
    """The role that somebody of an organisation takes in the group; (None, why not) where there is none."""
    kind = db.session.scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    if kind is None:
        return None, "Choose an organisation from the list"
    if group.archived:
        return None, "This group is archived: nobody can be added"
    if kind == "supplier":
        shared = any(supplier == organisation_id for supplier, _ in list_suppliers_of(group))
        return ("supplier", "") if shared else (None, "This supplier has no space in the group")
    if group.kind == "working":
        return _role_in_working_group(group, person_id)
    if group.kind in {"nlar", "national"}:
        return None, "Delegates come here by the seat of their user group"
    if kind != "authority":
        return None, "Only people of authorities belong to a user group"
    if not runs_the_product(group, organisation_id):
        return None, "This authority does not run the group’s product"
    return "member", ""


def _role_in_working_group(group: Managed, person_id: int | None) -> tuple[str | None, str]:
    inside = person_id is not None and db.session.scalar(
        select(
            exists().where(
                and_(
                    Membership.group_id == group.parent_id,
                    Membership.person_id == person_id,
                    Membership.ended_at.is_(None),
                    Membership.suspended_at.is_(None),
                    or_(Membership.side == "authority", Membership.side == "department"),
                )
            )
        )
    )
    return (
        ("member", "")
        if inside
        else (None, "Only members of the parent group can be named in a working group")
    )


def list_standing_places(person_id: int) -> list[Membership]:
    """A person's memberships that give rights now, by group, but for seats, which follow their user group's."""
    query = (
        select(Membership)
        .where(
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
            Membership.role != "delegate",
        )
        .order_by(Membership.group_id, Membership.id)
    )
    return list(db.session.scalars(query))
