"""What the addresses of groups name, for those who may know of it; ``NotFound`` for everybody else."""

from __future__ import annotations

from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.groups.policies import Managed
from portal.groups.queries.groups import GroupCard, get_group
from portal.groups.queries.managed import load_group
from portal.groups.queries.members import MemberRow, get_member, require_insider


def find_card(actor: Actor, group: str) -> GroupCard:
    """The group's card."""
    return get_group(actor, group)


def find_group_inside(actor: Actor, group: str) -> GroupCard:
    """The group, for those who belong to it on the authorities' or the department's side."""
    card = get_group(actor, group)
    require_insider(actor, card.id)
    return card


def find_managed(actor: Actor, group: str) -> Managed:
    """The group, for those who look after its people: insiders, and the lead of a working group's parent."""
    card = get_group(actor, group)
    managed = load_group(card.id)
    inside = bool(actor.roles_in(card.id) - {"supplier"})
    above = managed.parent_id is not None and bool({"lead", "moderator"} & actor.roles_in(managed.parent_id))
    if not (inside or above):
        raise NotFound()
    return managed


def find_managed_member(actor: Actor, group: str, person_id: int) -> tuple[Managed, MemberRow]:
    """One person of a group, for those who look after its people."""
    managed = find_managed(actor, group)
    return managed, get_member(actor, get_group(actor, group), person_id)
