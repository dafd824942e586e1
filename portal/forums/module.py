"""Plugs forums into the application."""

from __future__ import annotations

from flask import Flask

from portal.forums import models  # noqa: F401  (maps the tables)


def init_app(app: Flask) -> None:
    """Register what forums brings."""
