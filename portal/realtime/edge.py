"""The edge of the sockets: for an event what ``web.edge`` does for a request.

Socket.IO events run in no ``before_request``, and whatever a connection remembers is as old as the connection. So for
each event the person is found anew from the digest kept at connect, the fence is set, the payload is checked against
a schema, and every refusal goes into the acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import current_app, request
from flask_socketio import ConnectionRefusedError
from limits import parse
from marshmallow import RAISE, Schema, ValidationError

from portal.core import ids, tenancy
from portal.core.db import db
from portal.core.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PortalError,
    RateLimited,
    Unauthenticated,
)
from portal.core.identity import Actor
from portal.realtime.connection import Connection, find_actor
from portal.realtime.hub import present_hub
from portal.web.edge import cookie_name
from portal.web.errors import reference
from portal.web.limits import POSTS, hit

log = structlog.get_logger(__name__)
EVENTS = parse("240/minute")
LONGEST_SECRET = 200
H = TypeVar("H", bound=Callable[[Actor, dict[str, Any]], dict[str, Any]])


@dataclass(frozen=True)
class Declared:
    """An event that clients may send: its payload's schema, who handles it, and whether it writes."""

    schema: type[Schema]
    handler: Callable[[Actor, dict[str, Any]], dict[str, Any]]
    writes: bool


_declared: dict[str, Declared] = {}


def known_events() -> dict[str, Declared]:
    """Every event that clients may send, for the role × route matrix and contract tests."""
    return dict(_declared)


def on_socket(event: str, schema: type[Schema], *, writes: bool = False) -> Callable[[H], H]:
    """Declare the handler of a client's event.

    The handler gets the present actor, inside their fence, and the checked payload; what it returns is added to the
    acknowledgement ``{"ok": true}``. It raises ``PortalError``. ``writes``: counted as a post, refused to tokens
    that may only read.
    """

    def register(handler: H) -> H:
        _declared[event] = Declared(schema, handler, writes)
        return handler

    return register


def present_sid() -> str:
    """The socket whose event is being handled."""
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def fresh_actor() -> Actor:
    """The person behind the present socket as they are now, with the fence set anew. Raises ``Unauthenticated``."""
    connection = present_hub().connections.find(present_sid())
    if connection is None:
        raise Unauthenticated()
    db.session.rollback()
    actor = connection.find_actor()
    tenancy.set_fence(actor)
    return actor


def connect(auth: Any = None) -> None:
    """Let a socket in: a fully signed-in person, by cookie or token, while there is room."""
    hub = present_hub()
    secret, by_token = _secret(auth)
    try:
        if len(hub.connections) >= current_app.config["PORTAL_SOCKETS"]:
            raise RateLimited("Too many pages are open. This one still works by reloading.")
        digest = ids.digest(secret) if secret else ""
        actor = find_actor(digest, by_token=by_token) if digest else None
        if actor is None or actor.person_id is None:
            raise Unauthenticated()
    except PortalError as error:
        hub.turn_away(present_sid())
        raise ConnectionRefusedError(error.title, problem_of(error)) from error
    finally:
        db.session.rollback()
        for name in ("HTTP_COOKIE", "HTTP_AUTHORIZATION"):
            request.environ.pop(name, None)  # the server keeps this environment as long as the socket
    hub.connections.add(Connection(present_sid(), digest, by_token, actor.person_id, actor.session_id))
    hub.start()


def _secret(auth: Any) -> tuple[str, bool]:
    """What was shown, and whether it is an API token. A token wins over the cookie."""
    token = auth.get("token") if isinstance(auth, Mapping) else None
    if token is not None:
        return (token, True) if isinstance(token, str) and 0 < len(token) <= LONGEST_SECRET else ("", True)
    cookie = request.cookies.get(cookie_name(), "")
    return (cookie, False) if len(cookie) <= LONGEST_SECRET else ("", False)


def disconnect(*_reason: Any) -> None:
    """A socket closed."""
    present_hub().gone(present_sid())


def dispatch(event: str, *payload: Any) -> dict[str, Any]:
    """Handle one event of a client; the acknowledgement."""
    try:
        return {"ok": True, **_handle(event, payload)}
    except PortalError as error:
        log.info("socket_refused", event_name=event[:40], status=error.status)
        return {"ok": False, "problem": problem_of(error)}
    except Exception:
        ref = reference()
        log.exception("socket_failed", event_name=event[:40], reference=ref)
        words = {
            "title": "Something went wrong",
            "status": 500,
            "detail": "Nothing was saved. Try again in a minute.",
        }
        return {"ok": False, "problem": {"type": "about:blank", **words, "reference": ref}}
    finally:
        db.session.rollback()
        tenancy.clear_fence()


def _handle(event: str, payload: tuple[Any, ...]) -> dict[str, Any]:
    actor = fresh_actor()
    hit(EVENTS, "socket", str(actor.person_id))
    declared = _declared.get(event)
    if declared is None:
        raise NotFound()
    if len(payload) != 1 or not isinstance(payload[0], dict):
        raise Malformed("Send one JSON object.")
    try:
        data = declared.schema(unknown=RAISE).load(payload[0])
    except ValidationError as error:
        raise Invalid(
            {str(name): _sentence(words) for name, words in error.normalized_messages().items()}
        ) from error
    if declared.writes:
        if actor.token_scope == "read":
            raise Forbidden("This token may read only.")
        hit(POSTS, "write", str(actor.person_id))
    return declared.handler(actor, data)


def _sentence(words: Any) -> str:
    return str(words[0]) if isinstance(words, list) and words else "This is not valid."


def problem_of(error: PortalError) -> dict[str, Any]:
    """A refusal as problem+json has it. Two refusals of one kind are the same, byte by byte."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if isinstance(error, Invalid):
        problem["errors"] = [{"field": name, "detail": text} for name, text in error.fields.items()]
    if isinstance(error, RateLimited):
        problem["retry_after"] = error.retry_after
    return problem
