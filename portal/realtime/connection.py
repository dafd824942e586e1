"""Who is behind an open socket: the digest of what they showed when they connected, and nothing that could grow old.

A socket outlives the request that opened it, so no right is kept here: whoever acts is found anew for each event.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from flask import current_app

from portal.core.errors import Unauthenticated
from portal.core.identity import Actor


@dataclass(slots=True)
class Connection:
    """One open socket. ``digest`` is of the cookie's token, or with ``by_token`` of an API token."""

    sid: str
    digest: str
    by_token: bool
    person_id: int
    session_id: int | None
    checked_at: float = field(default_factory=time.monotonic)

    def find_actor(self) -> Actor:
        """The person as they are now. Raises ``Unauthenticated`` where the sign-in ended or a step is owed."""
        actor = find_actor(self.digest, by_token=self.by_token)
        if actor is None or actor.person_id != self.person_id:
            raise Unauthenticated()
        return actor


def find_actor(digest: str, *, by_token: bool) -> Actor | None:
    """The fully signed-in person of a digest, or None (unknown, ended, half signed in, a first step owed)."""
    found = current_app.extensions["portal.find_actor"]
    if by_token:
        actor: Actor | None = found.by_token(digest)
    else:
        session = found.by_session(digest)
        actor = session[0] if session is not None and session[2] == "full" else None
    return None if actor is None or actor.must else actor


class Connections:
    """The open sockets of this process, by their own id and by person."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._by_sid: dict[str, Connection] = {}
        self._by_person: dict[int, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._by_sid)

    def add(self, connection: Connection) -> None:
        """Keep a socket that was let in."""
        with self._guard:
            self._by_sid[connection.sid] = connection
            self._by_person[connection.person_id].add(connection.sid)

    def remove(self, sid: str) -> None:
        """Forget a socket that closed; an unknown one is nothing."""
        with self._guard:
            connection = self._by_sid.pop(sid, None)
            if connection is None:
                return
            sids = self._by_person[connection.person_id]
            sids.discard(sid)
            if not sids:
                del self._by_person[connection.person_id]

    def find(self, sid: str) -> Connection | None:
        """The socket of an id, or None."""
        return self._by_sid.get(sid)

    def of_person(self, person_id: int) -> list[Connection]:
        """A person's open sockets."""
        with self._guard:
            return [self._by_sid[sid] for sid in self._by_person.get(person_id, ())]

    def all(self) -> list[Connection]:
        """Every open socket."""
        with self._guard:
            return list(self._by_sid.values())
