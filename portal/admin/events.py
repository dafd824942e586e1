"""What has happened in the administration."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTrailRead(Event):
    """Somebody has looked into the audit trail: as a "page", as a "file", or to "verify" it."""

    person_id: int | None
    how: str
