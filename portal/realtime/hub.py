"""The hub: the only module that emits. It tells the open pages of this process what changed in their threads.

Changes are rows (``thread_event``), made in the same transaction as what they tell of. The hub is woken by this
process's commands, by the bell of the others, and once a second by the clock; it then reads what it has not told yet.
So a process can lose every message and still be right within a second (architecture.md, "Live").

Rooms are named ``thread:<id>:<audience>:<epoch>``. The epoch is read *after* what is emitted: whoever lost the right
before the change was written stands in a room of an earlier epoch, and hears nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import EnvironBuilder

from portal.core import tenancy
from portal.core.db import db
from portal.core.identity import AUTHORITY_SIDE, Actor, SpaceRight, system_actor
from portal.core.spaces import Space
from portal.realtime import eviction
from portal.realtime.bell import Bell
from portal.realtime.connection import Connections
from portal.realtime.presence import Presence

log = structlog.get_logger(__name__)
TICK = 1.0
SLICE = 50
SLICE_PAUSE = 0.05
TRIES = 3
LINGER = 2.0


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a thread, by its number; ``post_id`` where it is of a post."""

    number: int
    kind: str
    post_id: int | None


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a page is told of a change: finished HTML and a few plain values."""

    html: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """Where changes come from (registered by the package that keeps threads). All three run inside a fence.

    ``numbers(thread ids)`` the present change numbers; ``changes(thread, after)`` in order; ``render(thread, change,
    audience)`` from the present state.
    """

    numbers: Callable[[Iterable[int]], dict[int, int]]
    changes: Callable[[int, int], list[Change]]
    render: Callable[[int, Change, str], Fragment]


@dataclass(frozen=True, slots=True)
class Seat:
    """One socket's place at a thread. ``authority`` is empty for suppliers: they are not among those present."""

    audience: str
    epoch: int
    authority: str


@dataclass
class Watch:
    """A thread that pages of this process have open, and the last change that they were told."""

    thread_id: int
    space_id: int
    emitted: int
    seats: dict[str, Seat] = field(default_factory=dict)


_feeds: list[Feed] = []
_counters: list[Callable[[int], int]] = []


def feeds(feed: Feed) -> None:
    """Register where changes come from; the last registered stands."""
    _feeds[:] = [feed]


def counts_inbox(counter: Callable[[int], int]) -> Callable[[int], int]:
    """Register who knows how many unread notifications a person has."""
    _counters[:] = [counter]
    return counter


def feed() -> Feed:
    """The registered source of changes."""
    return _feeds[0]


def present_hub() -> Hub:
    """The application's hub."""
    found: Hub = current_app.extensions["portal.hub"]
    return found


def nudge(thread_id: int) -> None:
    """Say, after a commit, that a thread changed. Costs nothing where no server runs (command line, worker)."""
    present_hub().nudge(thread_id)


def to_person(person_id: int) -> None:
    """Say, after a commit, that a person's inbox changed: their open pages get ``inbox:changed``."""
    present_hub().to_person(person_id)


def room_of(thread_id: int, audience: str, epoch: int) -> str:
    """The name of a room; made from the actor's own rights, never from what a client says."""
    return f"thread:{thread_id}:{audience}:{epoch}"


def event_of(thread_id: int, change: Change, fragment: Fragment) -> dict[str, Any]:
    """A change as it goes over the wire."""
    return {
        "thread": thread_id,
        "seq": change.number,
        "kind": change.kind,
        "html": fragment.html,
        "data": dict(fragment.data),
    }


class Hub:
    """The live half of one server process."""

    def __init__(self, app: Flask, socketio: Any) -> None:
        self.app = app
        self.connections = Connections()
        self.presence = Presence()
        self._socketio = socketio
        self._bell = Bell(app.config["PORTAL_REDIS_URL"], self._hear)
        self._revocations = eviction.Revocations()
        self._guard = threading.RLock()
        self._watches: dict[int, Watch] = {}
        self._nudged: set[int] = set()
        self._people: set[int] = set()
        self._typing: list[tuple[int, str, str | None]] = []
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # --- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look after open pages; again is nothing."""
        with self._guard:
            if self._thread is None and not self._stop.is_set():
                with suppress(SQLAlchemyError), self._inside():  # without a database nobody connects either
                    self._revocations.begin()
                self._bell.start()
                self._thread = threading.Thread(target=self._run, name="portal-hub", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Close every socket and stop: the pages reconnect to whichever process comes next."""
        self._stop.set()
        self._wake.set()
        self._bell.stop()
        for line in list(self._socketio.server.eio.sockets.values()):
            line.close(wait=False)  # nobody may be at the other end to take what is queued
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._wake.wait(max(0.0, due - time.monotonic()))
            self._wake.clear()
            whole = time.monotonic() >= due
            if whole:
                due = time.monotonic() + TICK
            try:
                self.look(whole=whole)
            except SQLAlchemyError as error:
                log.warning("hub_waits_for_the_database", error=type(error).__name__)
                self._stop.wait(TICK)
            except Exception:
                log.exception("hub_failed")

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """A request's context, because templates make addresses; nobody's fence."""
        builder = EnvironBuilder(path="/", base_url=self.app.config["PORTAL_BASE_URL"])
        with self.app.request_context(builder.get_environ()):
            try:
                yield
            finally:
                db.session.rollback()
                tenancy.clear_fence()

    # --- what others say --------------------------------------------------------------------------------------

    def nudge(self, thread_id: int) -> None:
        """A thread changed in this process: tell our pages and the other processes."""
        if self._thread is not None:
            with self._guard:
                self._nudged.add(thread_id)
            self._wake.set()
            self._bell.ring(threads=[thread_id])

    def to_person(self, person_id: int) -> None:
        """A person's inbox changed in this process."""
        if self._thread is not None:
            with self._guard:
                self._people.add(person_id)
            self._wake.set()
            self._bell.ring(people=[person_id])

    def typing(self, thread_id: int, authority: str, sid: str) -> None:
        """Somebody of an authority writes."""
        with self._guard:
            self._typing.append((thread_id, authority, sid))
        self._wake.set()
        self._bell.ring(typing=[[thread_id, authority]])

    def _hear(self, message: dict[str, Any]) -> None:
        with self._guard:
            self._nudged.update(message.get("threads", ()))
            self._people.update(message.get("people", ()))
            self._typing.extend((thread, name, None) for thread, name in message.get("typing", ()))
        for thread, names in message.get("present", ()):
            self.presence.heard(message["from"], thread, names)
        self._wake.set()

    # --- who sits where ---------------------------------------------------------------------------------------

    def enter(self, sid: str, thread_id: int, space_id: int, number: int, actor: Actor) -> int:
        """Seat a socket at a thread, in the room of its actor's audience; the epoch of that room.

        ``number`` is the thread's change number read before: what comes after it will be emitted.
        """
        epoch = actor.spaces[space_id].epoch
        authority = actor.organisation_short if actor.audience in AUTHORITY_SIDE else ""
        with self._guard:
            self.leave(sid, thread_id)
            watch = self._watches.get(thread_id)
            if watch is None:
                watch = self._watches[thread_id] = Watch(thread_id, space_id, number)
            watch.seats[sid] = Seat(actor.audience, epoch, authority)
            self._socketio.server.enter_room(sid, room_of(thread_id, actor.audience, epoch), namespace="/")
        return epoch

    def leave(self, sid: str, thread_id: int) -> None:
        """Take a socket from a thread; no place is nothing."""
        with self._guard:
            watch = self._watches.get(thread_id)
            seat = watch.seats.pop(sid, None) if watch else None
            if watch is None or seat is None:
                return
            self._socketio.server.leave_room(
                sid, room_of(thread_id, seat.audience, seat.epoch), namespace="/"
            )
            if not watch.seats:
                del self._watches[thread_id]

    def gone(self, sid: str) -> None:
        """Forget a socket that closed."""
        self.connections.remove(sid)
        with self._guard:
            for thread_id in [thread for thread, watch in self._watches.items() if sid in watch.seats]:
                self.leave(sid, thread_id)

    def seated(self, sid: str, thread_id: int) -> bool:
        """Whether a socket has the thread open."""
        watch = self._watches.get(thread_id)
        return watch is not None and sid in watch.seats

    def present(self, thread_id: int) -> tuple[str, ...]:
        """The authorities that have a thread open, in all processes."""
        return self.presence.everywhere(thread_id, self._here(thread_id))

    def _here(self, thread_id: int) -> tuple[str, ...]:
        with self._guard:
            watch = self._watches.get(thread_id)
            return tuple(sorted({s.authority for s in watch.seats.values() if s.authority})) if watch else ()

    # --- looking and telling ----------------------------------------------------------------------------------

    def look(self, *, whole: bool = True) -> None:
        """Read what changed and tell it: of the nudged threads, or with ``whole`` of all that are open."""
        with self._guard:
            nudged, self._nudged = self._nudged, set()
            people, self._people = self._people, set()
            typing, self._typing = self._typing, []
            wanted = nudged | {thread for thread, _, _ in typing}
            watches = [w for w in self._watches.values() if whole or w.thread_id in wanted]
        with self._inside():
            if whole:
                self._evict()
            if watches:
                self._tell(watches)
            for thread_id, authority, sid in typing:
                watch = self._watches.get(thread_id)
                if watch is not None:
                    words = {"thread": thread_id, "authority": authority}
                    self._emit_to_authorities("thread:typing", words, watch, skip=sid)
            for person_id in people:
                self._tell_person(person_id)
            if whole:
                self._tell_presence(watches)

    def _evict(self) -> None:
        revoked = self._revocations.unseen()
        db.session.rollback()
        ended = eviction.ended_by(revoked, self.connections)
        for connection in eviction.due_for_check(self.connections):
            if not eviction.still_signed_in(connection):
                ended.add(connection.sid)
        for sid in ended:
            self.disconnect(sid)

    def disconnect(self, sid: str) -> None:
        """End a socket, and soon after the line under it if its client keeps that open."""
        self.turn_away(sid)
        self.gone(sid)
        self._socketio.server.disconnect(sid, namespace="/")

    def turn_away(self, sid: str) -> None:
        """Close the line under a socket that is not let in, once the refusal is on its way."""
        line = self._socketio.server.manager.eio_sid_from_sid(sid, "/")
        if line:
            self._socketio.start_background_task(self._close_line, line)

    def _close_line(self, line: str) -> None:
        self._stop.wait(LINGER)
        with suppress(KeyError):
            self._socketio.server.eio.sockets[line].close(wait=False)

    def _epochs(self, space_ids: Iterable[int]) -> dict[int, int]:
        rows = db.session.execute(select(Space.id, Space.epoch).where(Space.id.in_(sorted(set(space_ids)))))
        return {row.id: row.epoch for row in rows}

    def _tell(self, watches: list[Watch]) -> None:
        spaces = {watch.space_id for watch in watches}
        with tenancy.acting_as(_reader_of(spaces)):
            numbers = feed().numbers([watch.thread_id for watch in watches])
        epochs = self._epochs(spaces)
        db.session.rollback()
        for watch in watches:
            if numbers.get(watch.thread_id, 0) > watch.emitted:
                self._tell_changes(watch)
            self._move_on(watch, epochs.get(watch.space_id, 0))

    def _tell_changes(self, watch: Watch) -> None:
        """Emit what pages of a thread have not heard, rendered from a state that no later change has overtaken."""
        with self._guard:
            audiences = sorted({seat.audience for seat in watch.seats.values()})
        events: dict[str, list[dict[str, Any]]] = {}
        epoch, told = 0, watch.emitted
        for _ in range(TRIES):
            with tenancy.acting_as(_reader_of({watch.space_id})):
                changes = feed().changes(watch.thread_id, watch.emitted)
                events = {
                    audience: [
                        event_of(watch.thread_id, change, feed().render(watch.thread_id, change, audience))
                        for change in changes
                    ]
                    for audience in audiences
                }
                db.session.rollback()
                number = feed().numbers([watch.thread_id]).get(watch.thread_id, 0)
            epoch = self._epochs({watch.space_id}).get(watch.space_id, 0)  # last of all: see above
            db.session.rollback()
            told = changes[-1].number if changes else number
            if told >= number:
                break
        for audience, list_of_events in events.items():
            for event in list_of_events:
                self._emit("thread:event", event, room_of(watch.thread_id, audience, epoch))
        watch.emitted = told

    def _move_on(self, watch: Watch, epoch: int) -> None:
        """Empty the rooms of earlier epochs and ask their pages to prove their right again."""
        with self._guard:
            stale = {sid: seat for sid, seat in watch.seats.items() if seat.epoch < epoch}
            for sid, seat in stale.items():
                room = room_of(watch.thread_id, seat.audience, seat.epoch)
                self._socketio.server.leave_room(sid, room, namespace="/")
                watch.seats[sid] = Seat(seat.audience, epoch, "")
        if stale:
            sids = sorted(stale)
            self._socketio.start_background_task(self._ask_to_rejoin, watch.thread_id, sids)

    def _ask_to_rejoin(self, thread_id: int, sids: list[str]) -> None:
        for begin in range(0, len(sids), SLICE):
            for sid in sids[begin : begin + SLICE]:
                self._emit("thread:rejoin", {"thread": thread_id}, sid)
            self._stop.wait(SLICE_PAUSE)

    def _tell_person(self, person_id: int) -> None:
        connections = self.connections.of_person(person_id)
        if connections and _counters:
            words = {"unread": _counters[0](person_id)}
            db.session.rollback()
            for connection in connections:
                self._emit("inbox:changed", words, connection.sid)

    def _tell_presence(self, watches: list[Watch]) -> None:
        here = {watch.thread_id: self._here(watch.thread_id) for watch in watches}
        telling = self.presence.to_tell(here)
        if telling:
            self._bell.ring(present=[[thread, list(names)] for thread, names in telling.items()])
        for watch in watches:
            names = self.present(watch.thread_id)
            if self.presence.changed(watch.thread_id, names):
                words = {"thread": watch.thread_id, "present": list(names)}
                self._emit_to_authorities("thread:present", words, watch)

    def _emit_to_authorities(
        self, event: str, words: dict[str, Any], watch: Watch, skip: str | None = None
    ) -> None:
        epoch = self._epochs({watch.space_id}).get(watch.space_id, 0)
        db.session.rollback()
        for audience in sorted(AUTHORITY_SIDE):
            self._emit(event, words, room_of(watch.thread_id, audience, epoch), skip)

    def _emit(self, event: str, words: dict[str, Any], to: str, skip: str | None = None) -> None:
        self._socketio.emit(event, words, to=to, namespace="/", skip_sid=skip)


def _reader_of(space_ids: set[int]) -> Actor:
    """A system actor that reads some spaces and writes nothing; of one space wherever words are read."""
    rights = {
        space_id: SpaceRight(space_id, 0, "", "", "members", 0, False, frozenset()) for space_id in space_ids
    }
    if len(rights) == 1:
        return system_actor(next(iter(rights.values())))
    return Actor(kind="system", name="The hub", spaces=MappingProxyType(rights))
