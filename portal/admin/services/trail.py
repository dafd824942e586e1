"""Reading the audit trail is itself an act on the record, written before the answer."""

from __future__ import annotations

from flask import g

from portal.admin.events import AuditTrailRead
from portal.core import audit
from portal.core.commands import command
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action


@command(Action.ADMIN_AUDIT_READ, audited=False)
def note_reading(actor: Actor, *, how: str, about_person_id: int | None = None) -> None:
    """Record that the actor reads the trail, how ("page", "file", "verify") and whose acts they look for."""
    audit.record(
        actor,
        action=str(Action.ADMIN_AUDIT_READ),
        group=g.transaction.group,
        subject="person" if about_person_id else "",
        subject_id=about_person_id,
        how=how,
    )
    publish(AuditTrailRead(person_id=actor.person_id, how=how))
