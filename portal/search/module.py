"""Plugs search into the application."""

from __future__ import annotations

from flask import Flask

from portal.search import views


def init_app(app: Flask) -> None:
    """Register the search page."""
    app.register_blueprint(views.bp)
