"""Runs the migrations inside the application's own engine; works without a fence, as only migrations may."""

from __future__ import annotations

from alembic import context
from flask import current_app

from portal.core import outbox  # noqa: F401  (maps its tables)
from portal.core.tenancy import UNFENCED
from portal.core.types import UtcDateTime

config = context.config
engine = current_app.extensions["migrate"].db.engine
metadata = current_app.extensions["migrate"].db.Model.metadata
IGNORED_PREFIXES = ("search_fts", "search_row_")  # tables that the search package makes for each space


def include_object(thing: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Leave out what is not described by a model: full-text tables, partitions and generated columns."""
    if name in {"tsv", "ix_search_row_tsv"}:
        return False
    return not (kind == "table" and (name or "").startswith(IGNORED_PREFIXES))


def render_item(kind: str, thing: object, autogen_context: object) -> str | bool:
    """Write our own column types as plain ones, so that a migration stands without our code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, UtcDateTime) else False


def run() -> None:
    """Bring the database from its revision to the one asked for, in one transaction where the database can."""
    with engine.connect().execution_options(**{UNFENCED: "migration"}) as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            include_object=include_object,
            render_item=render_item,
            compare_type=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
