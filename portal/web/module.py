"""Plugs the edge and the page furniture into the application."""

from __future__ import annotations

from flask import Flask

from portal.web import assets, edge, errors, help, limits, metrics, navigation, security, templating, views


def init_app(app: Flask) -> None:
    """Register the edge first: it stands before every view."""
    metrics.init_app(app)
    limits.init_app(app, app.config["PORTAL_REDIS_URL"])
    edge.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    assets.init_app(app)
    templating.init_app(app)
    app.register_blueprint(views.bp)
    navigation.service_entry(10, "Home", "web.home", "web")
    app.register_blueprint(help.bp)
