"""Break-glass: an administrator's way into a group, for a stated reason, for a limited time, on the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import g
from sqlalchemy import select

from portal.core import audit, clock, jobs, spaces
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.spaces import Space
from portal.groups.events import BreakGlassEnded, BreakGlassOpened
from portal.groups.models import BreakGlass
from portal.groups.policies import Managed, ManagedGlass
from portal.groups.queries.managed import get_break_glass, get_managed, load_group
from portal.groups.services.words import checked_words

LONGEST = timedelta(hours=8)
REASON = 20


@dataclass(frozen=True, slots=True)
class GlassOpened:
    """A break-glass access, by its number."""

    id: int
    replayed: bool = False


def _prepare_glass(actor: Actor, **given: Any) -> dict[str, Any]:
    reason = checked_words(
        given["reason"],
        "reason",
        most=500,
        least=REASON,
        missing=f"Say why in {REASON} characters or more. The group’s lead reads it",
    )
    until: datetime = given["until"]
    if until <= clock.now():
        raise Invalid({"until": "Choose an end in the future"})
    if until > clock.now() + LONGEST:
        raise Invalid({"until": "Choose an end within the next eight hours"})
    return {**given, "reason": reason, "until": until}


@command(Action.ADMIN_BREAK_GLASS_OPEN, target=get_managed, prepare=_prepare_glass, result=GlassOpened)
def open_break_glass(actor: Actor, group: Managed, *, reason: str, until: datetime) -> GlassOpened:
    """Let the administrator who asks read the group until ``until``. Its lead is told (``BreakGlassOpened``).

    Raises ``Invalid`` at ``reason`` or ``until``, ``Conflict`` where theirs is open already.
    """
    load_group(group.id, lock=True)
    standing = select(BreakGlass.id).where(
        BreakGlass.group_id == group.id,
        BreakGlass.person_id == actor.person_id,
        BreakGlass.ended_at.is_(None),
        BreakGlass.until > clock.now(),
    )
    if db.session.scalar(standing):
        raise Conflict("You have opened this group already.")
    glass = BreakGlass(group_id=group.id, person_id=actor.person_id or 0, reason=reason, until=until)
    db.session.add(glass)
    db.session.flush()
    _record(actor, "admin:break-glass:opened", group.id, glass.id, until.isoformat())
    jobs.enqueue(
        "groups.end-break-glass", f"groups.end-break-glass:{glass.id}", due_at=until, glass_id=glass.id
    )
    publish(BreakGlassOpened(group_id=group.id, person_id=glass.person_id, break_glass_id=glass.id))
    return GlassOpened(glass.id)


@command(Action.ADMIN_BREAK_GLASS_END, target=get_break_glass)
def end_break_glass(actor: Actor, glass: ManagedGlass) -> None:
    """End a break-glass access, at once. Raises ``NotFound`` where none is open by that number."""
    row = db.session.scalars(select(BreakGlass).where(BreakGlass.id == glass.id)).one()
    row.ended_at = clock.now()
    opened = select(Space.id).where(Space.group_id == glass.group_id, Space.open_to == "members")
    spaces.end_rights(glass.person_id, set(db.session.scalars(opened)))
    _record(actor, "admin:break-glass:ended", glass.group_id, glass.id, None)
    publish(BreakGlassEnded(group_id=glass.group_id, person_id=glass.person_id, break_glass_id=glass.id))


def _record(actor: Actor, action: str, group_id: int, glass_id: int, until: str | None) -> None:
    audit.record(
        actor,
        action=action,
        group=g.transaction.group,
        group_id=group_id,
        subject="break_glass",
        subject_id=glass_id,
        until=until,
    )
