"""Every refusal becomes a page or a problem+json (RFC 9457), logged with the reference that it shows."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, TimeoutError
from werkzeug.exceptions import HTTPException

from portal.core.db import db
from portal.core.errors import CaseDataFound, Invalid, PortalError, RateLimited
from portal.web.edge import wants_json

log = structlog.get_logger(__name__)
PAGES = {400, 401, 403, 404, 409, 413, 422, 429, 500}
TITLES = {405: "This address does not take that", 415: "That type of content is not understood"}


def reference() -> str:
    """A short reference for the log and the page."""
    return secrets.token_hex(4)


def problem(status: int, title: str, detail: str, ref: str, **more: Any) -> Response:
    """A problem+json answer."""
    response = jsonify(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, "reference": ref, **more}
    )
    response.status_code = status
    response.headers["Content-Type"] = "application/problem+json"
    return response


def _answer(
    status: int, title: str, detail: str, page: dict[str, Any] | None = None, **more: Any
) -> Response:
    ref = reference()
    db.session.rollback()
    level = log.error if status >= 500 else log.info
    level("refused", status=status, reference=ref, endpoint=request.endpoint, method=request.method)
    if wants_json():
        return problem(status, title, detail, ref, **more)
    name = status if status in PAGES else (500 if status >= 500 else 400)
    g.pop("banner", None)  # no page furniture of a space on an error page: nothing leaks
    body = render_template(f"errors/{name}.html", title=title, detail=detail, reference=ref, **(page or {}))
    return Response(body, status=status, mimetype="text/html")


def _wait_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 90 else f"{-(-seconds // 60)} minutes"


def _portal_error(error: PortalError) -> Response:
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        more["errors"] = [{"field": name, "detail": text} for name, text in error.fields.items()]
    if isinstance(error, CaseDataFound):
        more["words"] = list(error.words)
    page = {"retry_after": _wait_words(error.retry_after)} if isinstance(error, RateLimited) else None
    response = _answer(error.status, error.title, error.detail, page, **more)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    if code == 404:
        return _answer(404, "Page not found", "Page not found")
    title = TITLES.get(code, error.name)
    response = _answer(code, title, error.description or title)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _csrf_error(error: CSRFError) -> Response:
    return _answer(400, "This form has expired", "Go back, reload the page and send the form again.")


def _database_error(error: DBAPIError | TimeoutError) -> Response:
    log.exception("database_error")
    return _answer(500, "Something went wrong", "Nothing was saved. Try again in a minute.")


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected_error")
    return _answer(500, "Something went wrong", "Nothing was saved. Try again in a minute.")


def init_app(app: Flask) -> None:
    """Register the handlers on ``app``."""
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(TimeoutError, _database_error)
    if not app.config.get("PORTAL_PROPAGATE"):
        app.register_error_handler(Exception, _unexpected)
