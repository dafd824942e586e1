"""The database: one engine, one session a context, and how a transaction begins.

On SQLite the driver's own transaction handling is switched off, because its plain BEGIN upgrades late and
then fails at once whatever the busy timeout: reading begins DEFERRED, writing IMMEDIATE.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

WRITE = "portal_write"
"""Execution option of a connection whose transaction will write."""


class Base(DeclarativeBase):
    """Base of every mapped class. Relationships raise unless loaded eagerly (``lazy="raise_on_sql"``)."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": True})


@event.listens_for(Engine, "connect")
def _set_up_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we write BEGIN ourselves, below
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get(WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def begin_write() -> None:
    """Begin the session's transaction as a writing one. Whatever was read before is let go first."""
    db.session.rollback()
    db.session.connection(execution_options={WRITE: True})


def init_app(app: Flask, *, url: str, pool: int) -> None:
    """Bind the session to ``url`` with ``pool`` connections at most."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options: dict[str, Any] = {"pool_pre_ping": True}
    if not url.startswith("sqlite"):
        options |= {"pool_size": pool, "max_overflow": 0, "pool_timeout": 15}
    elif ":memory:" not in url:
        options |= {"pool_size": pool, "max_overflow": 0, "connect_args": {"timeout": 10}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)


def is_sqlite() -> bool:
    """Whether the current application's database is SQLite."""
    return db.engine.dialect.name == "sqlite"
