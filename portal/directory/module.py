"""Plugs directory into the application."""

from __future__ import annotations

from flask import Flask

from portal.core.identity import AUTHORITY_SIDE, Actor
from portal.directory import policies, views
from portal.web import navigation

__all__ = ["init_app", "policies"]


def _is_authority_side(actor: Actor) -> bool:
    return actor.organisation_kind in AUTHORITY_SIDE


def _is_supplier(actor: Actor) -> bool:
    return actor.organisation_kind == "supplier"


def init_app(app: Flask) -> None:
    """Register the directory's pages and its entry, which leads suppliers' people to what they may see."""
    app.register_blueprint(views.bp)
    navigation.service_entry(60, "Directory", "directory.index", "directory", shown=_is_authority_side)
    navigation.service_entry(60, "Directory", "directory.suppliers", "directory", shown=_is_supplier)
