"""Who may do what to a group and its people. Pure: values in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy


@dataclass(frozen=True, slots=True)
class Managed:
    """A group with who leads it now: what the policies of its management look at."""

    id: int
    slug: str
    name: str
    kind: str
    supplier_id: int | None
    parent_id: int | None
    archived: bool
    lead_id: int | None
    ever_led: bool
    parent_lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class ManagedRequest:
    """An open request to join, with the group that it is for."""

    id: int
    person_id: int
    group: Managed


@dataclass(frozen=True, slots=True)
class ManagedGlass:
    """An open break-glass access."""

    id: int
    person_id: int
    group_id: int


ONLY_THE_LEAD = denied("Only the group’s lead can do this; its deputy while there is no lead.")
ARCHIVED = denied("This group is archived: it can be read, and no longer changed.")
STAFF_ONLY = denied("Only an administrator can do this.")


def _is_machine(actor: Actor) -> bool:
    return actor.kind in {"operator", "system"}


def manages(actor: Actor, group: Managed) -> bool:
    """Whether the actor looks after the group's people: its lead; its deputy while vacant; the NLAR's moderators."""
    roles = actor.roles_in(group.id)
    if group.kind in {"nlar", "national"}:
        return "moderator" in roles
    if "lead" in roles or ("deputy" in roles and group.lead_id is None):
        return True
    return group.parent_id is not None and group.lead_id is None and _leads_parent(actor, group)


def _leads_parent(actor: Actor, group: Managed) -> bool:
    return bool({"lead", "moderator"} & actor.roles_in(group.parent_id or 0))


def _management(actor: Actor, group: Managed) -> Decision:
    if _is_machine(actor):
        return ALLOWED
    if group.archived:
        return ARCHIVED
    return ALLOWED if manages(actor, group) else ONLY_THE_LEAD


@policy(Action.GROUPS_GROUP_OPEN)
def may_open_group(actor: Actor, target: Managed | None) -> Decision:
    """An administrator opens groups; a lead (in the NLAR a moderator) opens working groups inside theirs."""
    if target is not None:
        if target.kind not in {"sug", "inhouse", "nlar"}:
            return denied("A working group stands inside a user group or the NLAR.")
        return _management(actor, target)
    return ALLOWED if actor.is_administrator or _is_machine(actor) else STAFF_ONLY


@policy(Action.GROUPS_GROUP_CHANGE)
def may_change_group(actor: Actor, target: Managed) -> Decision:
    """The lead writes the group's card."""
    return _management(actor, target)


@policy(Action.GROUPS_GROUP_ARCHIVE)
def may_archive_group(actor: Actor, target: Managed) -> Decision:
    """An administrator archives a user group; a working group is archived by its lead or its parent's."""
    if target.archived:
        return ARCHIVED
    if target.kind in {"nlar", "national"}:
        return denied("This group does not close.")
    if _is_machine(actor) or actor.is_administrator:
        return ALLOWED
    if target.kind == "working" and (manages(actor, target) or _leads_parent(actor, target)):
        return ALLOWED
    return STAFF_ONLY


@policy(Action.GROUPS_MEMBER_ADD)
def may_add_member(actor: Actor, target: Managed) -> Decision:
    """The lead adds people; an administrator does not."""
    return _management(actor, target)


@policy(Action.GROUPS_MEMBER_REMOVE)
def may_remove_member(actor: Actor, target: Managed | None) -> Decision:
    """The lead removes people. Without a group: the due upkeep, which is the machine's."""
    if target is None:
        return ALLOWED if _is_machine(actor) else STAFF_ONLY
    return _management(actor, target)


@policy(Action.GROUPS_MEMBER_CONFIRM)
def may_confirm_member(actor: Actor, target: Managed) -> Decision:
    """The lead confirms a suspended membership and prolongs one that is to end."""
    return _management(actor, target)


@policy(Action.GROUPS_MEMBER_LEAVE)
def may_leave(actor: Actor, target: Managed) -> Decision:
    """Everybody may leave what they belong to; a seat is left by handing it over or leaving the user group."""
    roles = actor.roles_in(target.id)
    if not roles or roles == {"break-glass"}:
        return denied("You do not belong to this group.")
    if "delegate" in roles:
        return denied(
            "You are here because of your seat. It ends when you hand it over, or leave your user group."
        )
    return ALLOWED


@policy(Action.GROUPS_ROLE_CHANGE)
def may_change_role(actor: Actor, target: Managed) -> Decision:
    """The lead appoints deputies and hands the lead over; an operator names the NLAR's moderators."""
    if target.kind in {"nlar", "national"}:
        staff = _is_machine(actor) or actor.is_administrator
        return ALLOWED if staff else denied("Only an administrator of another organisation names moderators.")
    return _management(actor, target)


@policy(Action.GROUPS_LEAD_APPOINT)
def may_appoint_first_lead(actor: Actor, target: Managed) -> Decision:
    """An administrator appoints a group's first lead, and nobody else in it."""
    if target.archived:
        return ARCHIVED
    if target.kind not in {"sug", "inhouse"}:
        return denied("This group has no lead of its own.")
    if _is_machine(actor):
        return ALLOWED if target.lead_id is None else denied("This group has a lead.")
    if not actor.is_administrator:
        return STAFF_ONLY
    if target.ever_led:
        return denied("An administrator appoints a group’s first lead only. From then on the group decides.")
    return ALLOWED


@policy(Action.GROUPS_JOIN_REQUEST)
def may_ask_to_join(actor: Actor, target: Managed | ManagedRequest) -> Decision:
    """An authority's person asks to join a user group; who asked may take it back."""
    if isinstance(target, ManagedRequest):
        return ALLOWED if target.person_id == actor.person_id else denied("Only who asked can take it back.")
    if target.archived:
        return ARCHIVED
    if actor.organisation_kind != "authority":
        return denied("Only people of authorities belong to a user group.")
    if target.kind not in {"sug", "inhouse"}:
        return denied("This group cannot be asked to join: its people come by their seat or are named.")
    if actor.roles_in(target.id) - {"break-glass"}:
        return denied("You belong to this group already.")
    return ALLOWED


@policy(Action.GROUPS_JOIN_DECIDE)
def may_decide_request(actor: Actor, target: ManagedRequest) -> Decision:
    """The lead decides; nobody decides on their own request."""
    if target.person_id == actor.person_id:
        return denied("Nobody lets themselves in.")
    return _management(actor, target.group)


@policy(Action.ADMIN_BREAK_GLASS_OPEN)
def may_open_break_glass(actor: Actor, target: Managed) -> Decision:
    """An administrator, for a group they do not belong to."""
    if not actor.is_administrator:
        return STAFF_ONLY
    if actor.roles_in(target.id) - {"break-glass"}:
        return denied("You belong to this group: there is nothing to break.")
    return ALLOWED


@policy(Action.ADMIN_BREAK_GLASS_END)
def may_end_break_glass(actor: Actor, target: ManagedGlass) -> Decision:
    """Any administrator ends it at any time; the machine when its time is over."""
    return ALLOWED if actor.is_administrator or _is_machine(actor) else STAFF_ONLY
