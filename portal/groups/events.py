"""What has happened to groups and their people."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOpened(Event):
    """A group exists, with these spaces. The forums begin and the search partitions are made on hearing it."""

    group_id: int
    space_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupArchived(Event):
    """A group is closed: its spaces can be read and no longer written."""

    group_id: int
    space_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipBegan(Event):
    """A person belongs to a group from now on, in this role, on this ground."""

    group_id: int
    person_id: int
    role: str
    ground: str
    granted_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEnded(Event):
    """A person no longer belongs to a group; ``space_ids`` are the spaces they can no longer read."""

    group_id: int
    person_id: int
    reason: str
    space_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipSuspended(Event):
    """A membership gives no rights until the lead confirms it."""

    group_id: int
    person_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipConfirmed(Event):
    """A suspended membership gives its rights again."""

    group_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEndAnnounced(Event):
    """The authority's last deployment has ended: the membership ends in 90 days unless the lead prolongs it."""

    group_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(Event):
    """A member's role in a group is another now (lead, deputy or member)."""

    group_id: int
    person_id: int
    before: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPassed(Event):
    """The lead of a group, and with it the seat in the NLAR, has passed on."""

    group_id: int
    from_person_id: int | None
    to_person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequested(Event):
    """Somebody asks to be let into a group."""

    group_id: int
    person_id: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinDecided(Event):
    """The lead has decided on a request to join: "accepted" or "refused"."""

    group_id: int
    person_id: int
    request_id: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassOpened(Event):
    """An administrator has opened a group's content to themselves, for a recorded reason and a limited time."""

    group_id: int
    person_id: int
    break_glass_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassEnded(Event):
    """A break-glass access is over."""

    group_id: int
    person_id: int
    break_glass_id: int
