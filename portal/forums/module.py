"""Plugs forums into the application."""

from __future__ import annotations

from flask import Flask

from portal.forums import listeners, models, panels, policies, views  # noqa: F401  (tables, rules and listeners register themselves)


def init_app(app: Flask) -> None:
    """Register what forums brings."""
    views.init_app(app)
