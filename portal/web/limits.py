"""Rate limits: 60 writes and 120 uploads a minute a person; sign-in failures by account and address.

Counted in memory, or in Redis where several processes serve (contract.md, "Pages scripts may rely on").
"""

from __future__ import annotations

import time

from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from portal.core.errors import RateLimited
from portal.core.identity import Actor

POSTS = parse("60/minute")
UPLOADS = parse("120/minute")
SIGN_IN_BY_ACCOUNT = parse("8/15 minutes")
SIGN_IN_BY_ADDRESS = parse("60/15 minutes")
MAILS = parse("5/hour")


def init_app(app: Flask, redis_url: str) -> None:
    """Keep the counts in Redis where there is one, else in this process."""
    storage = storage_from_string(redis_url or "memory://")
    app.extensions["portal.limiter"] = MovingWindowRateLimiter(storage)


def _limiter() -> MovingWindowRateLimiter:
    found: MovingWindowRateLimiter = current_app.extensions["portal.limiter"]
    return found


def hit(limit: RateLimitItem, *keys: str) -> None:
    """Count one, raising ``RateLimited`` with the seconds to wait where the limit is reached."""
    if not _limiter().hit(limit, *keys):
        raise RateLimited(retry_after=_wait(limit, *keys))


def check(limit: RateLimitItem, *keys: str) -> None:
    """As ``hit``, without counting: for limits that count failures only."""
    if not _limiter().test(limit, *keys):
        raise RateLimited(retry_after=_wait(limit, *keys))


def forget(limit: RateLimitItem, *keys: str) -> None:
    """Start the count anew (a sign-in that worked)."""
    _limiter().clear(limit, *keys)


def _wait(limit: RateLimitItem, *keys: str) -> int:
    stats = _limiter().get_window_stats(limit, *keys)
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
