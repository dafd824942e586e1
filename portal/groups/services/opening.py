"""Opening, describing and closing groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import func, select, update

from portal.core import audit, clock, ids
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.spaces import Space
from portal.directory.models import Organisation
from portal.groups.events import GroupArchived, GroupOpened
from portal.groups.models import Group, Membership
from portal.groups.policies import Managed
from portal.groups.queries.managed import get_managed, load_group
from portal.groups.services import standing
from portal.groups.services.words import checked_words

ACCENTS = ("teal", "plum", "ochre", "forest", "indigo", "brick", "rose", "olive", "cobalt", "umber")
"""Given to groups in this order; violet is the NLAR's, slate the national space's."""
OWN_ACCENT = {"nlar": "violet", "national": "slate"}
OPENED_BY_STAFF = ("sug", "inhouse", "nlar", "national")


@dataclass(frozen=True, slots=True)
class Opened:
    """A new group: its number and slug."""

    id: int
    slug: str
    replayed: bool = False


def _prepare_opening(actor: Actor, **given: Any) -> dict[str, Any]:
    name = checked_words(given.get("name", ""), "name", most=120, least=3, missing="Enter the group’s name")
    words = checked_words(given.get("how_to_join", ""), "how_to_join", most=500)
    return {**given, "name": " ".join(name.split()), "how_to_join": words}


@command(Action.GROUPS_GROUP_OPEN, prepare=_prepare_opening, result=Opened)
def open_group(
    actor: Actor,
    *,
    name: str,
    kind: str = "sug",
    supplier_id: int | None = None,
    how_to_join: str = "",
    invented: bool = False,
) -> Opened:
    """Open a group with its spaces; ``GroupOpened`` makes its forums. An administrator's or the operator's.

    A user group has a supplier, and a space with it. Raises ``Invalid`` at ``name``, ``kind`` or ``supplier_id``.
    """
    if kind not in OPENED_BY_STAFF:
        raise Invalid({"kind": "Choose what kind of group this is"})
    supplier = _supplier(kind, supplier_id)
    if kind in {"nlar", "national"} and db.session.scalar(select(Group.id).where(Group.kind == kind)):
        raise Invalid({"kind": "There is one already"})
    group = _new_group(name, kind, supplier_id=supplier_id, how_to_join=how_to_join, invented=invented)
    db.session.flush()
    _open_spaces(group, supplier)
    return _opened(actor, group)


def _supplier(kind: str, supplier_id: int | None) -> str | None:
    if kind != "sug":
        if supplier_id is not None:
            raise Invalid({"supplier_id": "Only a supplier user group has a supplier"})
        return None
    query = select(Organisation.short_name).where(
        Organisation.id == supplier_id, Organisation.kind == "supplier"
    )
    name = db.session.scalar(query)
    if name is None:
        raise Invalid({"supplier_id": "Choose the supplier"})
    return name


def _new_group(name: str, kind: str, **more: Any) -> Group:
    if db.session.scalar(select(Group.id).where(func.lower(Group.name) == name.lower())):
        raise Invalid({"name": "Another group has this name"})
    slug = base = ids.slugify(name)
    number = 2
    while db.session.scalar(select(Group.id).where(Group.slug == slug)):
        slug, number = f"{base}-{number}", number + 1
    group = Group(slug=slug, name=name, kind=kind, accent=_accent(kind), monogram=_monogram(name), **more)
    db.session.add(group)
    return group


def _accent(kind: str) -> str:
    if kind in OWN_ACCENT:
        return OWN_ACCENT[kind]
    given = db.session.scalar(select(func.count(Group.id)).where(Group.kind.not_in(sorted(OWN_ACCENT)))) or 0
    return ACCENTS[given % len(ACCENTS)]


def _monogram(name: str) -> str:
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "G"
    if len(words) > 1 and words[0].lower() == "supplier":
        words = words[1:]
    return words[0][: 2 if len(words[0]) > 1 else 1].upper()


def _open_spaces(group: Group, supplier: str | None) -> None:
    if group.kind == "national":
        db.session.add(Space(group_id=group.id, slug="authorities", kind="members", open_to="authorities"))
        db.session.add(Space(group_id=group.id, slug="suppliers", kind="members", open_to="everyone"))
        return
    db.session.add(Space(group_id=group.id, slug="members", kind="members"))
    if supplier is not None:
        db.session.add(
            Space(group_id=group.id, slug="supplier", kind="supplier", supplier_id=group.supplier_id)
        )
        _open_nlar_space(group.supplier_id, supplier)
    if group.kind == "nlar":
        suppliers = select(Organisation.id, Organisation.slug).where(
            Organisation.id.in_(select(Group.supplier_id).where(Group.supplier_id.is_not(None)))
        )
        for row in db.session.execute(suppliers).all():
            db.session.add(Space(group_id=group.id, slug=row.slug, kind="supplier", supplier_id=row.id))


def _open_nlar_space(supplier_id: int | None, name: str) -> None:
    """The NLAR has a space with each supplier that has a user group."""
    nlar = db.session.scalar(select(Group.id).where(Group.kind == "nlar"))
    known = select(Space.id).where(Space.group_id == nlar, Space.supplier_id == supplier_id)
    if nlar is None or db.session.scalar(known):
        return
    slug = db.session.scalar(select(Organisation.slug).where(Organisation.id == supplier_id)) or ids.slugify(
        name
    )
    space = Space(group_id=nlar, slug=slug, kind="supplier", supplier_id=supplier_id)
    db.session.add(space)
    db.session.flush()
    publish(GroupOpened(group_id=nlar, space_ids=(space.id,)))


def _opened(actor: Actor, group: Group) -> Opened:
    db.session.flush()
    made = tuple(db.session.scalars(select(Space.id).where(Space.group_id == group.id).order_by(Space.id)))
    _record(actor, "groups:group:opened", group.id)
    publish(GroupOpened(group_id=group.id, space_ids=made))
    return Opened(group.id, group.slug)


def _record(actor: Actor, action: str, group_id: int) -> None:
    audit.record(
        actor,
        action=action,
        group=g.transaction.group,
        group_id=group_id,
        subject="group",
        subject_id=group_id,
    )


@command(Action.GROUPS_GROUP_OPEN, target=get_managed, prepare=_prepare_opening, result=Opened)
def open_working_group(actor: Actor, parent: Managed, *, name: str, how_to_join: str = "") -> Opened:
    """Open a working group inside ``group_id``. Who opens it leads it, and names its members from the parent's."""
    group = _new_group(name, "working", parent_id=parent.id, how_to_join=how_to_join)
    db.session.flush()
    db.session.add(Space(group_id=group.id, slug="members", kind="members"))
    if actor.person_id is not None:
        standing.begin(actor, group_id=group.id, person_id=actor.person_id, role="lead", ground="opened it")
    return _opened(actor, group)


def _prepare_card(actor: Actor, **given: Any) -> dict[str, Any]:
    words = checked_words(given["how_to_join"], "how_to_join", most=500)
    return {**given, "how_to_join": words}


@command(Action.GROUPS_GROUP_CHANGE, target=get_managed, prepare=_prepare_card)
def change_card(actor: Actor, group: Managed, *, how_to_join: str) -> None:
    """Say on the group's card how to ask to join. Raises ``Invalid`` at ``how_to_join``."""
    db.session.execute(update(Group).where(Group.id == group.id).values(how_to_join=how_to_join))
    _record(actor, "groups:card:changed", group.id)


@command(Action.GROUPS_GROUP_ARCHIVE, target=get_managed)
def archive_group(actor: Actor, group: Managed) -> None:
    """Close a group: all its spaces, and those of its working groups, are read-only from now on. Seats end."""
    if load_group(group.id, lock=True).archived:
        raise Conflict("This group has been archived already.")
    inner = db.session.scalars(
        select(Group.id).where(Group.parent_id == group.id, Group.archived_at.is_(None)).order_by(Group.id)
    )
    for group_id in (group.id, *inner):
        _archive(actor, group_id)


def _archive(actor: Actor, group_id: int) -> None:
    db.session.execute(update(Group).where(Group.id == group_id).values(archived_at=clock.now()))
    db.session.execute(
        update(Space)
        .where(Space.group_id == group_id)
        .values(archived=True, epoch=Space.epoch + 1)
        .execution_options(synchronize_session=False)
    )
    closed = tuple(db.session.scalars(select(Space.id).where(Space.group_id == group_id).order_by(Space.id)))
    _record(actor, "groups:group:archived", group_id)
    publish(GroupArchived(group_id=group_id, space_ids=closed))
    holders = select(Membership.person_id).where(
        Membership.group_id == group_id,
        Membership.ended_at.is_(None),
        Membership.role.in_(sorted(standing.SEAT_ROLES)),
    )
    for person_id in db.session.scalars(holders).all():
        standing.settle_seat(actor, person_id)
