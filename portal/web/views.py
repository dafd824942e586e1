"""Home, filled by the features' slots, and the addresses that watch over the service."""

from __future__ import annotations

from typing import Any

import redis
from flask import Blueprint, current_app, jsonify, render_template
from sqlalchemy import text

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import current_actor
from portal.core.tenancy import UNFENCED
from portal.web.edge import Access, access
from portal.web.metrics import exposition, is_local

bp = Blueprint("web", __name__)


@bp.get("/")
@access(Access.SIGNED_IN)
def home() -> str:
    """What waits for me and what changed since I was last here."""
    return render_template("pages/home.html", actor=current_actor())


@bp.get("/healthz")
@access(Access.PUBLIC)
def healthz() -> Any:
    """Whether the process answers; touches nothing else."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access(Access.PUBLIC)
def readyz() -> Any:
    """Whether database, storage and broker answer; 503 naming those that do not."""
    state: dict[str, str] = {}
    try:
        db.session.execute(text("SELECT 1"), execution_options={UNFENCED: "a probe"})
        state["database"] = "ok"
    except Exception:
        state["database"] = "down"
    try:
        state["storage"] = "ok" if current_app.extensions["portal.storage"].healthy() else "down"
    except OSError:
        state["storage"] = "down"
    if url := current_app.config["PORTAL_REDIS_URL"]:
        try:
            redis.Redis.from_url(url, socket_timeout=1).ping()
            state["broker"] = "ok"
        except redis.RedisError:
            state["broker"] = "down"
    ready = "down" not in state.values()
    return jsonify(status="ok" if ready else "down", **state), 200 if ready else 503


@bp.get("/metrics")
@access(Access.PUBLIC)
def metrics() -> Any:
    """Prometheus text for callers on this machine and for administrators; 404 to others."""
    if not is_local() and not current_actor().is_administrator:
        raise NotFound()
    return exposition()
