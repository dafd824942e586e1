"""Groups and their spaces as a reader may know of them (domain.md, "Tenancy: group and space").

A card is for every authority's person and the department; a supplier's representative knows the groups in which
they read a space; a working group is known to its members and to its parent's lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import AUTHORITY_SIDE, Actor
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.groups.models import Group, Membership

KINDS = {
    "sug": "Supplier user group",
    "inhouse": "In-house group",
    "nlar": "NLAR",
    "working": "Working group",
    "national": "National space",
}


@dataclass(frozen=True, slots=True)
class GroupCard:
    """What is known of a group from outside: its card, and nothing of its content."""

    id: int
    slug: str
    name: str
    kind: str
    accent: str
    monogram: str
    supplier_id: int | None
    supplier_name: str | None
    parent_id: int | None
    parent_name: str | None
    how_to_join: str
    archived: bool
    lead_name: str | None = None
    lead_organisation: str | None = None

    @property
    def kind_label(self) -> str:
        """The sort of group in words."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class SpaceView:
    """A space that the actor reads, with its group. Commands and policies take it as a thing in that space."""

    id: int
    slug: str
    kind: str
    open_to: str
    archived: bool
    supplier_id: int | None
    supplier_name: str | None
    group_id: int
    group_slug: str
    group_name: str
    group_kind: str
    accent: str
    monogram: str

    @property
    def space_id(self) -> int:
        """The space itself: what the fence and the policies ask of a thing."""
        return self.id

    @property
    def label(self) -> str:
        """The space's name in the switch."""
        return space_label(self.group_kind, self.kind, self.open_to, self.supplier_name)


@dataclass(frozen=True, slots=True)
class MyGroup:
    """A group in which the actor reads something: what they are there, and the spaces they read."""

    card: GroupCard
    roles: frozenset[str]
    spaces: tuple[SpaceView, ...]


def space_label(group_kind: str, kind: str, open_to: str, supplier: str | None) -> str:
    """A space's name beside its siblings: "Members", "With supplier", "With Supplier A", "With suppliers"."""
    if group_kind == "national":
        return "With suppliers" if open_to == "everyone" else "Authorities"
    if kind == "supplier":
        return f"With {supplier}" if group_kind == "nlar" else "With supplier"
    return "Delegates" if group_kind == "nlar" else "Members"


def is_authority_side(actor: Actor) -> bool:
    """Whether the actor stands for an authority or the department."""
    return actor.organisation_kind in AUTHORITY_SIDE


def is_insider(actor: Actor, group_id: int) -> bool:
    """Whether the actor belongs to the group on the authorities' or the department's side (or breaks the glass)."""
    return bool(actor.roles_in(group_id) - {"supplier"})


def groups_read(actor: Actor) -> frozenset[int]:
    """Ids of the groups in which the actor reads a space."""
    return frozenset(right.group_id for right in actor.spaces.values())


def standing() -> ColumnElement[bool]:
    """The condition of a membership that gives rights now (its person's suspension aside)."""
    return and_(Membership.ended_at.is_(None), Membership.suspended_at.is_(None))


def _known(actor: Actor) -> ColumnElement[bool]:
    read = sorted(groups_read(actor))
    led = sorted(group for group, roles in actor.group_roles.items() if "lead" in roles)
    if not is_authority_side(actor):
        return Group.id.in_(read)
    return or_(Group.kind != "working", Group.id.in_(read), Group.parent_id.in_(led))


def _cards() -> Any:
    supplier, parent, place = aliased(Organisation), aliased(Group), aliased(Membership)
    lead, authority = aliased(Person), aliased(Organisation)
    led = and_(
        place.group_id == Group.id,
        place.role == "lead",
        place.ended_at.is_(None),
        place.suspended_at.is_(None),
    )
    return (
        select(
            Group.id,
            Group.slug,
            Group.name,
            Group.kind,
            Group.accent,
            Group.monogram,
            Group.supplier_id,
            supplier.short_name.label("supplier_name"),
            Group.parent_id,
            parent.name.label("parent_name"),
            Group.how_to_join,
            Group.archived_at.is_not(None).label("archived"),
            lead.name.label("lead_name"),
            authority.name.label("lead_organisation"),
        )
        .outerjoin(supplier, supplier.id == Group.supplier_id)
        .outerjoin(parent, parent.id == Group.parent_id)
        .outerjoin(place, led)
        .outerjoin(lead, lead.id == place.person_id)
        .outerjoin(authority, authority.id == place.organisation_id)
    )


def _card(actor: Actor, row: Any) -> GroupCard:
    values = dict(row._mapping)
    values["archived"] = bool(row.archived)
    if not is_authority_side(actor):  # no list of the group's people, its lead among them, goes over the wall
        values["lead_name"] = values["lead_organisation"] = None
    return GroupCard(**values)


def get_group(actor: Actor, group: str) -> GroupCard:
    """The card of the group with the slug ``group``. Raises ``NotFound`` where the actor may not know of it."""
    row = db.session.execute(_cards().where(Group.slug == group, _known(actor))).first()
    if row is None:
        raise NotFound()
    return _card(actor, row)


def list_groups_known(actor: Actor, *, archived: bool = False) -> list[GroupCard]:
    """Every group's card that the actor may know of, by name; archives only where asked for or read."""
    query = _cards().where(_known(actor)).order_by(func.lower(Group.name))
    if not archived:
        query = query.where(or_(Group.archived_at.is_(None), Group.id.in_(sorted(groups_read(actor)))))
    return [_card(actor, row) for row in db.session.execute(query)]


def _space_views(actor: Actor, *conditions: ColumnElement[bool]) -> list[SpaceView]:
    supplier = aliased(Organisation)
    query = (
        select(
            Space.id,
            Space.slug,
            Space.kind,
            Space.open_to,
            Space.archived,
            Space.supplier_id,
            supplier.short_name.label("supplier_name"),
            Group.id.label("group_id"),
            Group.slug.label("group_slug"),
            Group.name.label("group_name"),
            Group.kind.label("group_kind"),
            Group.accent,
            Group.monogram,
        )
        .join(Group, Group.id == Space.group_id)
        .outerjoin(supplier, supplier.id == Space.supplier_id)
        .where(Space.id.in_(sorted(actor.readable)), *conditions)
        .order_by(case((Space.kind == "members", 0), else_=1), Space.open_to, Space.slug)
    )
    return [SpaceView(**row._mapping) for row in db.session.execute(query)]


def get_readable_space(actor: Actor, group: str, space: str | None) -> SpaceView:
    """The space ``space`` of the group with the slug ``group``; without one, the first that the actor reads.

    Raises ``NotFound`` for a group or a space that is not the actor's to read.
    """
    found = list_spaces_read(actor, group)
    if space:
        found = [one for one in found if one.slug == space]
    if not found:
        raise NotFound()
    return found[0]


def name_spaces_read(actor: Actor) -> dict[int, str]:
    """Each space that the actor reads in words: its group, and its name beside its siblings."""
    return {
        view.id: f"{view.group_name}, {view.label[:1].lower()}{view.label[1:]}"
        for view in _space_views(actor)
    }


def list_spaces_read(actor: Actor, group: str) -> list[SpaceView]:
    """The spaces of a group that the actor reads, the members' first."""
    return _space_views(actor, Group.slug == group)


def list_my_groups(actor: Actor) -> list[MyGroup]:
    """The groups in which the actor reads a space, user groups first, each with the spaces read."""
    read = sorted(groups_read(actor))
    if not read:
        return []
    spaces: dict[int, list[SpaceView]] = {}
    for view in _space_views(actor):
        spaces.setdefault(view.group_id, []).append(view)
    order = case({"sug": 0, "inhouse": 1, "working": 2, "nlar": 3}, value=Group.kind, else_=4)
    rows = db.session.execute(_cards().where(Group.id.in_(read)).order_by(order, func.lower(Group.name)))
    return [MyGroup(_card(actor, row), actor.roles_in(row.id), tuple(spaces.get(row.id, ()))) for row in rows]


def find_members_space(actor: Actor, group_id: int) -> int | None:
    """The group's own space, where the actor reads it."""
    own = [
        right.space_id
        for right in actor.spaces.values()
        if right.group_id == group_id and right.kind == "members"
    ]
    return min(own) if own else None
