"""The edge of HTTP: who asks, may they know of this address, is the request genuine — in that order.

Every view declares how it is reached with ``@access``. A view without a declaration answers 404. What one may not
read answers 404 for any method, before CSRF, rate or form are looked at (architecture.md, "The edge").
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import LoginManager
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.routing import IntegerConverter, Map

from portal.core import ids, tenancy
from portal.core.db import db
from portal.core.errors import Forbidden, Malformed, NotFound, Unauthenticated
from portal.core.identity import ANONYMOUS, Actor, current_actor
from portal.web.limits import check_write_rate

V = TypeVar("V", bound=Callable[..., Any])
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
csrf = CSRFProtect()
login_manager = LoginManager()


class Access(StrEnum):
    """How a view is reached."""

    PUBLIC = "public"
    """Anybody, signed in or not."""
    STARTING = "starting"
    """Signed in, first-time steps still owed (terms, second factor)."""
    SIGNED_IN = "signed in"
    """Signed in and through all first-time steps."""
    ADMINISTRATOR = "administrator"
    """Staff; 404 to everybody else."""


@dataclass(frozen=True)
class Declared:
    """What ``@access`` says of a view."""

    access: Access
    resolve: Callable[..., Any] | None
    csrf: bool


def access(
    level: Access, *, resolve: Callable[..., Any] | None = None, csrf: bool = True
) -> Callable[[V], V]:
    """Declare how a view is reached.

    ``resolve(actor, **arguments)`` finds the thing that the address names, through the fence, and raises
    ``NotFound``; it takes the address's arguments that it names, and the view gets the thing first.
    ``csrf=False`` only for what carries its own proof.
    """

    def decorate(view: V) -> V:
        wanted = inspect.signature(view).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in wanted.values())

        @functools.wraps(view)
        def call(**arguments: Any) -> Any:
            kept = arguments if takes_all else {k: v for k, v in arguments.items() if k in wanted}
            return view(g.target, **kept) if resolve else view(**kept)

        call.portal_access = Declared(level, resolve, csrf)  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


class DatabaseNumber(IntegerConverter):
    """A number in an address that a database can hold: a longer one names nothing, so it matches nothing."""

    def __init__(self, map: Map, **more: Any) -> None:
        super().__init__(map, **{"max": 2**63 - 1, **more})


def is_api() -> bool:
    """Whether the present request is for the JSON API."""
    return request.path.startswith("/api/")


def wants_json() -> bool:
    """Whether the answer, errors included, is JSON: the API, or a script of our page that asks for it."""
    return is_api() or request.accept_mimetypes.best == "application/json"


def cookie_name() -> str:
    """The name of the sign-in cookie: host-bound and Secure wherever the portal runs on https."""
    return "__Host-portal" if current_app.config["PORTAL_HTTPS"] else "portal"


def _identify() -> Actor:
    """The actor of the request: by its bearer token in the API, else by its cookie."""
    found = current_app.extensions["portal.find_actor"]
    header = request.headers.get("Authorization", "")
    if is_api() and header:
        kind, _, secret = header.partition(" ")
        actor = found.by_token(ids.digest(secret.strip())) if kind.lower() == "bearer" and secret else None
        return actor or ANONYMOUS
    cookie = request.cookies.get(cookie_name())
    if not cookie or len(cookie) > 200:
        return ANONYMOUS
    session = found.by_session(ids.digest(cookie))
    if session is None:
        return ANONYMOUS
    actor, g.session_expires, passed = session
    if passed != "full":
        g.half_signed_in = actor
        return ANONYMOUS
    return actor


def _enter() -> Any:
    """Before every request: actor, fence, address, then genuineness."""
    if request.endpoint == "static":
        return None
    actor = _identify()
    tenancy.set_fence(actor)
    view = current_app.view_functions.get(request.endpoint or "")
    declared: Declared | None = getattr(view, "portal_access", None)
    level = declared.access if declared else None
    if level is not Access.PUBLIC:
        if actor.is_anonymous:
            return _ask_to_sign_in()
        if actor.must and level is not Access.STARTING and not is_api():
            return redirect(url_for(current_app.extensions["portal.first_steps"][actor.must]))
        if actor.must and is_api():
            raise Unauthenticated()
    if "\x00" in request.path:
        raise NotFound()  # no name of ours holds a NUL, and PostgreSQL takes none
    if declared is None or request.routing_exception is not None:
        if request.routing_exception is not None and getattr(request.routing_exception, "code", 0) in {
            308,
            405,
        }:
            return None  # Flask raises it: a redirect to the canonical address, or a wrong method
        raise NotFound()
    if level is Access.ADMINISTRATOR and not actor.is_administrator:
        raise NotFound()
    if declared.resolve is not None:
        g.target = _resolve(declared.resolve, actor)
    if request.method not in SAFE:
        if declared.csrf and not (is_api() and "Authorization" in request.headers):
            csrf.protect()
        if actor.token_scope == "read":
            raise Forbidden("This token may read only.")
        check_write_rate(actor)
    return None


def _resolve(resolve: Callable[..., Any], actor: Actor) -> Any:
    wanted = inspect.signature(resolve).parameters
    arguments = {name: value for name, value in (request.view_args or {}).items() if name in wanted}
    return resolve(actor, **arguments)


def _ask_to_sign_in() -> Any:
    """Pages go to sign-in, the API answers 401, for every address alike, existing or not."""
    if wants_json():
        raise Unauthenticated()
    if request.method in SAFE:
        here = request.full_path.rstrip("?")
        return redirect(
            f"{url_for('accounts.sign_in')}?next={quote(here, safe='/')}"
            if here != "/"
            else url_for("accounts.sign_in")
        )
    return current_app.extensions["portal.sign_in_during_post"]()


def _leave(error: BaseException | None) -> None:
    """After every request: end what was read, leave the fence."""
    db.session.rollback()
    tenancy.clear_fence()


def init_app(app: Flask) -> None:
    """Put the edge before every view of ``app``."""
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)  # the session cookie is SameSite and host-bound
    app.url_map.converters["int"] = DatabaseNumber
    csrf.init_app(app)
    login_manager.init_app(app)
    login_manager.request_loader(lambda _request: None if current_actor().is_anonymous else current_actor())
    login_manager.user_loader(lambda _id: None)
    app.before_request(_enter)
    app.teardown_request(_leave)


def json_body() -> dict[str, Any]:
    """The request's JSON object. Raises ``Malformed`` for anything else."""
    if not request.is_json:
        raise Malformed("Send a JSON object with Content-Type: application/json.")
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # thousands of brackets
        body = None
    if not isinstance(body, dict):
        raise Malformed("The body is not a JSON object.")
    return body


__all__ = [
    "Access",
    "CSRFError",
    "access",
    "cookie_name",
    "csrf",
    "init_app",
    "is_api",
    "json_body",
    "wants_json",
]
