"""The composition root: the ordered list of modules and the wiring between features, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import portal.accounts.module
import portal.admin.module
import portal.api.module
import portal.directory.module
import portal.forums.module
import portal.groups.module
import portal.notifications.module
import portal.realtime.module
import portal.search.module
import portal.web.module
from portal.core import db, logs, mail, tenancy
from portal.core.identity import Loaders
from portal.core.storage import storage_from_url
from portal.demo.cast import accounts
from portal.groups.queries import actors
from portal.web import FindActor

MODULES: tuple[ModuleType, ...] = (
    portal.web.module,
    portal.api.module,
    portal.search.module,
    portal.directory.module,
    portal.accounts.module,
    portal.notifications.module,
    portal.groups.module,
    portal.forums.module,
    portal.realtime.module,
    portal.admin.module,
)
"""Each has ``init_app(app)``, which registers its blueprints, listeners, panels and entries; in order of import."""


def create_app(settings: Mapping[str, Any], *, command_line: bool = False) -> Flask:
    """The application for ``settings`` (``config.load``).

    ``command_line``: may work unscoped (``tenancy.unscoped``); never given to a server or a worker.
    """
    app = Flask("portal", static_folder="static", template_folder="templates")
    app.config.update(settings)
    app.config.update(
        SESSION_COOKIE_NAME="__Host-form" if settings["PORTAL_HTTPS"] else "form",
        SESSION_COOKIE_SECURE=settings["PORTAL_HTTPS"],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=settings["PORTAL_ATTACHMENT_LIMIT"] + 512 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        TEMPLATES_AUTO_RELOAD=False,
    )
    if settings["PORTAL_PROXIES"]:
        hops = settings["PORTAL_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    logs.init_app(app)
    db.init_app(app, url=settings["PORTAL_DATABASE_URL"], pool=settings["PORTAL_THREADS"])
    Migrate(app, db.db, render_as_batch=True)
    with app.app_context():
        tenancy.install_proof(db.db.engine)
    mail.init_app(app)
    app.extensions["portal.storage"] = storage_from_url(settings["PORTAL_STORAGE_URL"])
    app.extensions["portal.loaders"] = Loaders(reload=actors.reload)
    app.extensions["portal.find_actor"] = FindActor(
        by_session=actors.find_actor_by_session,
        by_token=actors.find_actor_by_token,
        of_person=actors.find_actor_of_person,
    )
    app.extensions["portal.may_work_unscoped"] = command_line
    if settings["PORTAL_ENV"] == "demo":
        app.extensions["portal.demo_accounts"] = accounts
    for module in MODULES:
        module.init_app(app)
    return app
