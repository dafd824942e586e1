"""Plugs the API's description into the application."""

from __future__ import annotations

from flask import Flask

from portal.api import views


def init_app(app: Flask) -> None:
    """Register the description."""
    app.register_blueprint(views.bp)
