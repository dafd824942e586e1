"""Entry points: ``application`` for a WSGI server, ``main`` for the ``portal`` command."""

from __future__ import annotations

from typing import Any

from flask import Flask

import config
from portal.app import create_app
from portal.cli import run


def application(environ: Any, start_response: Any) -> Any:
    """The WSGI application, made at its first request."""
    return _app()(environ, start_response)


_made: Flask | None = None


def _app() -> Flask:
    global _made
    if _made is None:
        _made = create_app(config.load())
    return _made


def main() -> None:
    """The ``portal`` command."""
    run(lambda: create_app(config.load(), command_line=True), config.load)
