"""Rate limits: 60 writes and 120 uploads a minute a person; sign-in failures by account and address.

Counted in memory, or in Redis where several processes serve (contract.md, "Pages scripts may rely on").
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from portal.core.errors import RateLimited
from portal.core.identity import Actor

log = structlog.get_logger(__name__)
T = TypeVar("T")
REDIS_PAUSE = 5.0
POSTS = parse("60/minute")
UPLOADS = parse("120/minute")
SIGN_IN_BY_ACCOUNT = parse("8/15 minutes")
SIGN_IN_BY_ADDRESS = parse("60/15 minutes")
MAILS = parse("5/hour")


class Limiter:
    """Counts in Redis where there is one, and in this process while Redis does not answer.

    Redis only makes things better: with it stopped, people still write, and each process limits by itself.
    """

    def __init__(self, redis_url: str) -> None:
        self.own = MovingWindowRateLimiter(MemoryStorage())
        self.shared: MovingWindowRateLimiter | None = None
        self._trusted_from = 0.0
        if redis_url:
            waits: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1}
            self.shared = MovingWindowRateLimiter(
                storage_from_string(redis_url, wrap_exceptions=True, **waits)
            )

    def ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        """Put a question to the shared counts, or to our own where those do not answer."""
        if self.shared is not None and time.monotonic() >= self._trusted_from:
            try:
                return question(self.shared)
            except StorageError as error:
                self._trusted_from = time.monotonic() + REDIS_PAUSE
                log.warning("limits_count_alone", error=type(error.storage_error).__name__)
        return question(self.own)

    @property
    def storage(self) -> Storage:
        """The counts of this process alone."""
        return self.own.storage


def init_app(app: Flask, redis_url: str) -> None:
    """Keep the counts in Redis where there is one, else in this process."""
    app.extensions["portal.limiter"] = Limiter(redis_url)


def _limiter() -> Limiter:
    found: Limiter = current_app.extensions["portal.limiter"]
    return found


def hit(limit: RateLimitItem, *keys: str) -> None:
    """Count one, raising ``RateLimited`` with the seconds to wait where the limit is reached."""
    if not _limiter().ask(lambda counts: counts.hit(limit, *keys)):
        raise RateLimited(retry_after=_wait(limit, *keys))


def check(limit: RateLimitItem, *keys: str) -> None:
    """As ``hit``, without counting: for limits that count failures only."""
    if not _limiter().ask(lambda counts: counts.test(limit, *keys)):
        raise RateLimited(retry_after=_wait(limit, *keys))


def forget(limit: RateLimitItem, *keys: str) -> None:
    """Start the count anew (a sign-in that worked)."""
    _limiter().ask(lambda counts: counts.clear(limit, *keys))


def _wait(limit: RateLimitItem, *keys: str) -> int:
    stats = _limiter().ask(lambda counts: counts.get_window_stats(limit, *keys))
    return max(1, int(stats.reset_time - time.time()))


LIGHT = "portal_light"  # a view that autosaves or marks read: many small writes are its nature


def check_write_rate(actor: Actor) -> None:
    """Count one write of the actor: an upload where the request carries files, a post otherwise."""
    view = current_app.view_functions.get(request.endpoint or "")
    if actor.person_id is None or getattr(view, LIGHT, False):
        return
    upload = (request.mimetype or "") == "multipart/form-data" and getattr(view, "portal_upload", False)
    kind, limit = ("upload", UPLOADS) if upload else ("write", POSTS)
    hit(limit, kind, str(actor.person_id))
