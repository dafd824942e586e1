"""The one door for access facts: when a session was last seen, when a token was last used.

A GET changes nothing that another person can see; what is noted here is seen by its owner alone. Facts are gathered
while a request is answered and written when its answer is ready, in a short transaction of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import g
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.db import begin_write, db

log = structlog.get_logger(__name__)
EVERY = timedelta(minutes=5)
REMEMBERED = 20_000

Key = int | str
Writer = Callable[[Any, datetime], None]
_writers: dict[str, Writer] = {}
_last: dict[tuple[str, Key], datetime] = {}
_guard = threading.Lock()


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Register who writes facts of ``kind``: a function of the row's key and the moment, statements only."""

    def register(writer: Writer) -> Writer:
        _writers[kind] = writer
        return writer

    return register


def note(kind: str, key: Key, *, at_first_sight: bool = False) -> None:
    """Note that the row of ``key`` was used now; written at most once in five minutes by this process.

    The first sight of a row starts its five minutes, because a session has just been written when it begins;
    with ``at_first_sight`` it is written at once (tokens, which live for years and are used once a night).
    """
    present = clock.now()
    with _guard:
        before = _last.get((kind, key))
        if before is not None and abs(present - before) < EVERY:
            return
        if len(_last) >= REMEMBERED:
            _last.clear()
        _last[kind, key] = present
    if before is not None or at_first_sight:
        g.setdefault("access_facts", []).append((kind, key, present))


def write_noted() -> None:
    """Write what was noted in this request. A failure is logged and never shown: the answer stands without it."""
    facts = g.pop("access_facts", None)
    if not facts:
        return
    try:
        begin_write()
        for kind, key, moment in facts:
            _writers[kind](key, moment)
        db.session.commit()
    except DBAPIError:
        db.session.rollback()
        log.exception("access_facts_lost", count=len(facts))


def forget() -> None:
    """Forget what this process has seen (a new database under the same process: tests)."""
    with _guard:
        _last.clear()
