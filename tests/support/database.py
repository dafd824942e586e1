"""Making and restoring the databases that tests work on: built once from the migrations, then copied."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import redis
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, make_url

from portal.app import create_app
from portal.core import tenancy
from portal.core.db import db
from tests.support.world import PASSWORD, build

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get(
    "PORTAL_TEST_DATABASE_URL", "postgresql+psycopg://portal_test@127.0.0.1:5432/portal_test"
)
REDIS = os.environ.get("PORTAL_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
CHROMIUM = os.environ.get("PORTAL_TEST_CHROMIUM", "/usr/bin/chromium")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@event.listens_for(Engine, "connect")
def _careless(connection: Any, record: Any) -> None:
    """Tests may lose their SQLite files with the machine: no fsync."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def settings(folder: Path, url: str, **more: Any) -> dict[str, Any]:
    """Settings for an application whose files all stand in ``folder``."""
    return {
        "PORTAL_ENV": "test",
        "TESTING": True,
        "SECRET_KEY": "a secret for tests alone, of thirty-two characters and more",
        "PORTAL_DATABASE_URL": url,
        "PORTAL_REDIS_URL": "",
        "PORTAL_STORAGE_URL": f"file://{folder / 'files'}",
        "PORTAL_MAIL_URL": f"file://{folder / 'mail'}",
        "PORTAL_MAIL_FROM": "ICS Exchange <no-reply@portal.example>",
        "PORTAL_BASE_URL": "http://127.0.0.1:5000",
        "PORTAL_HTTPS": False,
        "PORTAL_CLAMD_URL": "",
        "PORTAL_PROXIES": 0,
        "PORTAL_INSTANCE": str(folder),
        "PORTAL_THREADS": 8,
        "PORTAL_SOCKETS": 100,
        "PORTAL_WORKER_INSIDE": False,
        "PORTAL_ATTACHMENT_LIMIT": 1024 * 1024,
        "PORTAL_SESSION_HOURS": 12,
        "PORTAL_CONTACT": "support@portal.example",
        **more,
    }


def make(values: dict[str, Any]) -> Flask:
    """An application whose database holds the migrated schema and the world, kept aside as a template."""
    app = create_app(values)
    app.extensions["portal.hasher"] = CHEAP
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        app.extensions["portal.may_work_unscoped"] = True
        with tenancy.unscoped("building the world of the tests"):
            build(CHEAP.hash(PASSWORD))
        app.extensions["portal.may_work_unscoped"] = False
        db.session.remove()
        db.engine.dispose()
    _keep(app)
    return app


def _name(app: Flask) -> tuple[str, str]:
    url = make_url(app.config["PORTAL_DATABASE_URL"])
    return url.get_backend_name(), str(url.database)


def template(app: Flask) -> Path:
    """The file that holds the world as it was built, for an application on SQLite."""
    return Path(_name(app)[1] + ".template")


def _keep(app: Flask) -> None:
    kind, name = _name(app)
    if kind == "sqlite":
        with sqlite3.connect(name) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(name, name + ".template")
    else:
        _admin(
            f'DROP DATABASE IF EXISTS "{name}_template"',
            f'ALTER DATABASE "{name}" RENAME TO "{name}_template"',
        )


def restore(app: Flask) -> None:
    """Put the world back as it was built, and forget what was counted."""
    kind, name = _name(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if kind == "sqlite":
        for ending in ("-wal", "-shm"):
            Path(name + ending).unlink(missing_ok=True)
        shutil.copyfile(name + ".template", name)
    else:
        _admin(
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            f'CREATE DATABASE "{name}" TEMPLATE "{name}_template"',
        )
    app.extensions["portal.limiter"].storage.reset()


def release(app: Flask) -> None:
    """Close what a test left open."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def postgres_url(worker: str) -> str:
    """The address of a new, empty database for one test worker."""
    url = make_url(POSTGRES)
    name = f"{url.database}_{worker}_{os.getpid()}"
    _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return url.set(database=name).render_as_string(hide_password=False)


def drop_postgres(app: Flask) -> None:
    """Remove a worker's databases."""
    _, name = _name(app)
    _admin(
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'DROP DATABASE IF EXISTS "{name}_template" WITH (FORCE)',
    )


def _admin(*statements: str) -> None:
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement), execution_options={tenancy.UNFENCED: "test databases"})
    engine.dispose()


def missing_services() -> dict[str, str]:
    """For each marker, why its tests cannot run here; "" where they can."""
    found = {"postgres": "", "redis": "", "browser": ""}
    try:
        _admin("SELECT 1")
    except Exception as error:
        found["postgres"] = f"no PostgreSQL at PORTAL_TEST_DATABASE_URL ({type(error).__name__})"
    try:
        redis.Redis.from_url(REDIS, socket_timeout=1).ping()
    except redis.RedisError as error:
        found["redis"] = f"no Redis at PORTAL_TEST_REDIS_URL ({type(error).__name__})"
    if not Path(CHROMIUM).exists():
        found["browser"] = "no Chromium"
    return found
