"""Plugs forums into the application."""

from __future__ import annotations

from flask import Flask

from portal.forums import listeners, models, policies  # noqa: F401  (tables, rules and listeners register themselves)


def init_app(app: Flask) -> None:
    """Register what forums brings."""
