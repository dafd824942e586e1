"""Plugs admin into the application."""

from __future__ import annotations

from flask import Flask

from portal.admin import policies, views
from portal.core.identity import Actor
from portal.web import navigation

__all__ = ["init_app", "policies"]


def _is_administrator(actor: Actor) -> bool:
    return actor.is_administrator


def init_app(app: Flask) -> None:
    """Register the administration's pages, which are 404 to everybody else, and their entry."""
    app.register_blueprint(views.bp)
    navigation.service_entry(90, "Administration", "admin.index", "admin", shown=_is_administrator)
