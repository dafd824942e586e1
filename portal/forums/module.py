"""Plugs forums into the application."""

from __future__ import annotations

from flask import Flask

from portal.forums import api, listeners, models, panels, policies, views  # noqa: F401  (some only register themselves)


def init_app(app: Flask) -> None:
    """Register what forums brings."""
    views.init_app(app)
    app.register_blueprint(api.bp)
