"""What groups do when something happens elsewhere, and the due jobs of memberships."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import g

from portal.accounts.events import InvitationAccepted
from portal.core import clock, jobs
from portal.core.commands import command
from portal.core.errors import NotFound
from portal.core.events import on
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.events import DeploymentEnded, DeploymentRecorded, PersonEmailChanged
from portal.groups import events
from portal.groups.services import glass, joining, notices, upkeep


@on(InvitationAccepted)
def _begin_membership(event: InvitationAccepted) -> None:
    """The membership that came with an invitation begins with the account, or not at all."""
    if event.group_id is None or event.role is None:
        return
    joining.accept_invited(
        g.transaction.actor,
        group_id=event.group_id,
        person_id=event.person_id,
        role=event.role,
        organisation_id=event.organisation_id,
        invited_by=event.invited_by,
    )


@jobs.handles("groups.upkeep")
def _keep_up(payload: dict[str, Any]) -> None:
    """The day's round, which queues the next day's."""
    upkeep.keep_up()
    _queue_tomorrow(upkeep.SYSTEM, at=clock.now() + timedelta(days=1))


@command(Action.GROUPS_MEMBER_REMOVE, audited=False)
def _queue_tomorrow(actor: Actor, *, at: datetime) -> None:
    """Queue the next day's upkeep; the same day is queued once."""
    jobs.enqueue("groups.upkeep", f"groups.upkeep:{at:%Y-%m-%d}", due_at=at)


@jobs.handles("groups.end-break-glass")
def _end_break_glass(payload: dict[str, Any]) -> None:
    """The time of a break-glass access is over; it may have been ended before."""
    try:
        glass.end_break_glass(upkeep.SYSTEM, break_glass_id=payload["glass_id"])
    except NotFound:
        return


@on(PersonEmailChanged)
def _wait_for_the_leads(event: PersonEmailChanged) -> None:
    """Another has changed the person's address: nothing is theirs until their leads confirm them."""
    upkeep.suspend_all(g.transaction.actor, event.person_id, "address changed")


@on(DeploymentEnded)
def _announce_ends(event: DeploymentEnded) -> None:
    """The authority's last deployment may have ended: those concerned are told at once."""
    upkeep.announce(g.transaction.actor)


@on(DeploymentRecorded)
def _take_back_ends(event: DeploymentRecorded) -> None:
    """The authority runs the product again."""
    upkeep.take_back(g.transaction.actor)


@on(events.MembershipBegan)
def _tell_begun(event: events.MembershipBegan) -> None:
    """Whoever is let in is told; who opened a group knows."""
    if event.granted_by != event.person_id:
        notices.tell_begun(event.group_id, event.person_id, event.role)


@on(events.MembershipEnded)
def _tell_ended(event: events.MembershipEnded) -> None:
    """Whoever is put out is told; who left knows."""
    if event.reason != "left":
        notices.tell_ended(event.group_id, event.person_id)


@on(events.MembershipSuspended)
def _tell_suspended(event: events.MembershipSuspended) -> None:
    notices.tell_suspended(event.group_id, event.person_id, event.reason)


@on(events.MembershipConfirmed)
def _tell_confirmed(event: events.MembershipConfirmed) -> None:
    notices.tell_confirmed(event.group_id, event.person_id)


@on(events.MembershipEndAnnounced)
def _tell_end_announced(event: events.MembershipEndAnnounced) -> None:
    notices.tell_end_announced(event.group_id, event.person_id)


@on(events.JoinRequested)
def _tell_asked(event: events.JoinRequested) -> None:
    notices.tell_asked(event.group_id, event.person_id)


@on(events.JoinDecided)
def _tell_refused(event: events.JoinDecided) -> None:
    """Who is let in hears of the membership itself."""
    if event.outcome == "refused":
        notices.tell_refused(event.group_id, event.person_id, event.request_id)


@on(events.BreakGlassOpened)
def _tell_glass_broken(event: events.BreakGlassOpened) -> None:
    notices.tell_glass_broken(event.group_id, event.break_glass_id)
