"""Plugs forums into the application."""

from __future__ import annotations

from flask import Flask

from portal.forums import (  # noqa: F401  (some only register themselves)
    api,
    listeners,
    live,
    models,
    notices,
    panels,
    policies,
    sockets,
    views,
)


def init_app(app: Flask) -> None:
    """Register what forums brings."""
    views.init_app(app)
    app.register_blueprint(api.bp)
