"""The door of ``/socket.io``, which no ``before_request`` and no ``after_request`` guards: origin, room, headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask

PATH = "/socket.io"
HEADERS = [
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store, private"),
]
TRANSPORT = [*HEADERS, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")]


def origin_of(address: str) -> str:
    """Scheme, host and port of an address; empty where it has none."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


class Door:
    """Stands before the Socket.IO server. Every other path goes on untouched."""

    def __init__(self, app: Flask, inner: Callable[..., Any], room: Callable[[], bool]) -> None:
        self._inner = inner
        self._room = room
        self._own = origin_of(app.config["PORTAL_BASE_URL"])
        self._strict = app.config["PORTAL_ENV"] == "production"
        self._headers = TRANSPORT if app.config["PORTAL_HTTPS"] else HEADERS

    def is_own(self, origin: str | None, environ: dict[str, Any]) -> bool:
        """Whether a page of ours asks. Outside production the address in the browser's bar counts as ours too."""
        if not origin:
            return False
        here = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST')}"
        return origin == self._own or (not self._strict and origin == here)

    def _comes_from_us(self, environ: dict[str, Any]) -> bool:
        """A cookie is believed only where the browser says that our own page sends it.

        Browsers leave the Origin out of a page's requests to its own host, and then say so in another header.
        """
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            return self.is_own(origin, environ)
        if not environ.get("HTTP_COOKIE"):
            return True  # a program with a token
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site is not None:
            return bool(site == "same-origin")
        return self.is_own(origin_of(environ.get("HTTP_REFERER", "")), environ)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != PATH and not path.startswith(PATH + "/"):
            page: Iterable[bytes] = self._inner(environ, start_response)
            return page

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            more = [(name, value) for name, value in self._headers if name.lower() not in given]
            return start_response(status, headers + more, *rest)

        if not self._comes_from_us(environ):
            return _refuse(start, "403 Forbidden", b"This origin may not connect.")
        begins = "sid" not in parse_qs(environ.get("QUERY_STRING", ""))
        if begins and not self._room():
            return _refuse(start, "503 Service Unavailable", b"Too many pages are open.")
        rest: Iterable[bytes] = self._inner(environ, start)
        return rest


def _refuse(start: Callable[..., Any], status: str, words: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(words)))])
    return [words]
