"""Facts in the past tense, and who listens.

``publish`` is called inside a command. ``@on`` listeners run at once, in the same transaction (audit, inbox,
search row, counters); ``@after_commit`` listeners run when it is over (live push, waking the mailer).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import g

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all facts. Fields are ids, numbers and short strings; never a model, never a person's words."""


E = TypeVar("E", bound=Event)
_on: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)
_after: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def on(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Listen inside the transaction: what must be true together is written together."""

    def register(listener: Callable[[E], None]) -> Callable[[E], None]:
        if listener not in _on[kind]:
            _on[kind].append(listener)
        return listener

    return register


def after_commit(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Listen after the commit: what touches the network. A failure is logged, never shown."""

    def register(listener: Callable[[E], None]) -> Callable[[E], None]:
        if listener not in _after[kind]:
            _after[kind].append(listener)
        return listener

    return register


def publish(event: Event) -> None:
    """Tell, inside a command, that something happened. Raises ``RuntimeError`` outside one."""
    transaction = g.get("transaction")
    if transaction is None:
        raise RuntimeError("an event is published inside a command")
    transaction.events.append(event)
    for listener in _on[type(event)]:
        listener(event)


def deliver(events: list[Event]) -> None:
    """Run the after-commit listeners of ``events``, in order."""
    for event in events:
        for listener in _after[type(event)]:
            try:
                listener(event)
            except Exception:
                log.exception(
                    "after_commit_failed", listener=listener.__qualname__, event_kind=type(event).__name__
                )


def known_events() -> list[type[Event]]:
    """Every event class that has been defined, by name, for the generated documentation."""

    def below(kind: type[Event]) -> list[type[Event]]:
        return [kind, *(lower for direct in kind.__subclasses__() for lower in below(direct))]

    return sorted({kind for kind in below(Event) if kind is not Event}, key=lambda kind: kind.__name__)
