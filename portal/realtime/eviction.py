"""Whose sockets must end: revocations written by any process, and what ends by the clock alone."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from portal.core.db import db
from portal.core.errors import Unauthenticated
from portal.core.spaces import Revocation
from portal.realtime.connection import Connection, Connections

LATE = 15.0
"""Seconds for which rows below the newest are looked for again: ids are drawn before the commit, not at it."""
CHECK_EVERY = 60.0


@dataclass
class Revocations:
    """The revocation rows that this process has not acted on yet."""

    floor: int | None = None
    seen: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Start at the rows that stand now: whoever connects later has rights read later."""
        self.floor = db.session.scalar(select(func.max(Revocation.id))) or 0

    def unseen(self) -> list[tuple[int, int | None]]:
        """(person, sign-in session or None for all) of each new row."""
        if self.floor is None:
            self.begin()
            return []
        rows = db.session.execute(
            select(Revocation.id, Revocation.person_id, Revocation.session_id)
            .where(Revocation.id > self.floor)
            .order_by(Revocation.id)
        ).all()
        present = time.monotonic()
        fresh = [row for row in rows if row.id not in self.seen]
        self.seen.update({row.id: present for row in fresh})
        settled = [number for number, at in self.seen.items() if present - at > LATE]
        if settled:
            self.floor = max(self.floor, *settled)
            self.seen = {number: at for number, at in self.seen.items() if number > self.floor}
        return [(row.person_id, row.session_id) for row in fresh]


def ended_by(revoked: Iterable[tuple[int, int | None]], connections: Connections) -> set[str]:
    """The sockets that the given revocations end."""
    return {
        connection.sid
        for person_id, session_id in revoked
        for connection in connections.of_person(person_id)
        if session_id is None or connection.session_id == session_id
    }


def due_for_check(connections: Connections) -> list[Connection]:
    """The sockets whose sign-in was not looked at for a minute: sessions and tokens also end by the clock."""
    limit = time.monotonic() - CHECK_EVERY
    return [connection for connection in connections.all() if connection.checked_at < limit]


def still_signed_in(connection: Connection) -> bool:
    """Whether the person behind a socket may still be connected."""
    try:
        connection.find_actor()
    except Unauthenticated:
        return False
    connection.checked_at = time.monotonic()
    return True
