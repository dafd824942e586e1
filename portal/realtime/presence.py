"""Which authorities have a thread open: told to authorities' people alone, never who.

Each process knows its own; what the others said is kept for a while, so that a process that died is forgotten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

REPEAT_EVERY = 10.0
FORGET_AFTER = 25.0


class Presence:
    """What this process and the others know of who is where."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._elsewhere: dict[int, dict[str, tuple[tuple[str, ...], float]]] = {}
        self._told: dict[int, tuple[tuple[str, ...], float]] = {}
        self._shown: dict[int, tuple[str, ...]] = {}

    def heard(self, process: str, thread_id: int, names: Iterable[str]) -> None:
        """Keep what another process says of a thread."""
        with self._guard:
            there = self._elsewhere.setdefault(thread_id, {})
            names = tuple(names)
            if names:
                there[process] = (names, time.monotonic() + FORGET_AFTER)
            else:
                there.pop(process, None)
            if not there:
                del self._elsewhere[thread_id]

    def everywhere(self, thread_id: int, here: Iterable[str]) -> tuple[str, ...]:
        """The authorities on a thread in all processes, sorted."""
        present = time.monotonic()
        with self._guard:
            there = self._elsewhere.get(thread_id, {})
            others = {name for names, until in there.values() if until > present for name in names}
        return tuple(sorted(others | set(here)))

    def to_tell(self, here: dict[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
        """What the other processes must hear now: what changed, and once in a while everything."""
        present = time.monotonic()
        telling = {
            thread: names
            for thread, names in here.items()
            if self._told.get(thread, ((), 0.0))[0] != names
            or (names and present - self._told[thread][1] > REPEAT_EVERY)
        }
        telling |= {thread: () for thread in self._told if thread not in here}
        for thread, names in telling.items():
            if names:
                self._told[thread] = (names, present)
            else:
                self._told.pop(thread, None)
        return telling

    def changed(self, thread_id: int, names: tuple[str, ...]) -> bool:
        """Whether the open pages were last told something else; from now on they were told this."""
        before = self._shown.get(thread_id, ())
        if names:
            self._shown[thread_id] = names
        else:
            self._shown.pop(thread_id, None)
        return before != names
