"""Settings from the environment (contract.md, "Settings"). Imports nothing of ours; ``portal`` never imports it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
DEMO_SECRET = "demonstration-only-never-in-production"


class BadSettings(SystemExit):
    """Settings that the portal refuses to start with; the message is one line."""


def _flag(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def read_dotenv(path: Path) -> dict[str, str]:
    """``NAME=value`` lines of a .env file; missing file, comments and blank lines are nothing."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The settings as a mapping for ``portal.app.create_app``. Raises ``BadSettings`` with one clear line.

    The environment wins over ``.env``. In production a missing secret key, a demo secret, plain http and a debug
    switch stop the start.
    """
    if environ is None:
        environ = {**read_dotenv(ROOT / ".env"), **os.environ}
    env = environ.get("PORTAL_ENV", "demo")
    if env not in {"demo", "production", "test"}:
        raise BadSettings("PORTAL_ENV must be demo, production or test.")
    instance = Path(environ.get("PORTAL_INSTANCE", ROOT / "instance"))
    base_url = environ.get("PORTAL_BASE_URL", "http://127.0.0.1:5000").rstrip("/")
    secret = environ.get("PORTAL_SECRET_KEY", "")
    if env == "production":
        if len(secret) < 32 or secret == DEMO_SECRET:
            raise BadSettings("PORTAL_SECRET_KEY must be set to at least 32 random characters in production.")
        if not base_url.startswith("https://"):
            raise BadSettings("PORTAL_BASE_URL must be an https address in production.")
        if _flag(environ.get("FLASK_DEBUG")) or _flag(environ.get("PORTAL_DEBUG")):
            raise BadSettings("FLASK_DEBUG must not be on in production.")
    if not secret:
        secret = DEMO_SECRET
    threads = int(environ.get("PORTAL_THREADS", "48"))
    return {
        "PORTAL_ENV": env,
        "SECRET_KEY": secret,
        "PORTAL_DATABASE_URL": environ.get("PORTAL_DATABASE_URL", f"sqlite:///{instance / 'portal.sqlite'}"),
        "PORTAL_REDIS_URL": environ.get("PORTAL_REDIS_URL", ""),
        "PORTAL_STORAGE_URL": environ.get("PORTAL_STORAGE_URL", f"file://{instance / 'files'}"),
        "PORTAL_MAIL_URL": environ.get(
            "PORTAL_MAIL_URL", f"file://{instance / 'mail'}" if env == "demo" else "console:"
        ),
        "PORTAL_MAIL_FROM": environ.get("PORTAL_MAIL_FROM", "ICS Exchange <no-reply@portal.example>"),
        "PORTAL_BASE_URL": base_url,
        "PORTAL_HTTPS": base_url.startswith("https://"),
        "PORTAL_CLAMD_URL": environ.get("PORTAL_CLAMD_URL", ""),
        "PORTAL_PROXIES": int(environ.get("PORTAL_PROXIES", "0")),
        "PORTAL_INSTANCE": str(instance),
        "PORTAL_THREADS": threads,
        "PORTAL_SOCKETS": int(environ.get("PORTAL_SOCKETS", str(max(4, threads - 16)))),
        "PORTAL_WORKER_INSIDE": _flag(environ.get("PORTAL_WORKER_INSIDE", "1" if env == "demo" else "0")),
        "PORTAL_ATTACHMENT_LIMIT": int(environ.get("PORTAL_ATTACHMENT_LIMIT", str(10 * 1024 * 1024))),
        "PORTAL_SESSION_HOURS": int(environ.get("PORTAL_SESSION_HOURS", "12")),
        "PORTAL_CONTACT": environ.get("PORTAL_CONTACT", "support@portal.example"),
    }
