"""Plugs notifications into the application."""

from __future__ import annotations

from flask import Flask

from portal.core.identity import Actor
from portal.notifications import (  # noqa: F401  (some only register themselves)
    listeners,
    models,
    panels,
    policies,
    queries,
    views,
)


def _bell(actor: Actor) -> int:
    return queries.count_unread(actor)


def init_app(app: Flask) -> None:
    """Register the pages and the bell's number."""
    app.register_blueprint(views.bp)
    app.extensions["portal.bell"] = _bell
