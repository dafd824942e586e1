"""One full-text index a space: a partition on PostgreSQL, a table of its own on SQLite.

The SQL here is raw, because a table's name cannot be bound. Names are made from a space's number and nothing else,
and each function takes spaces from the fence or from a row that the fence has let through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, text

from portal.core.db import db, is_sqlite
from portal.core.tenancy import UNFENCED, OutsideFence, present_fence

RAW = {UNFENCED: "full-text tables are named by their space; the spaces come from the fence"}
CANDIDATES = 60
"""So many rows of each space are looked at for one page of twenty."""


def _table(space_id: int) -> str:
    return f"search_fts_{int(space_id)}" if is_sqlite() else f"search_row_{int(space_id)}"


def _run(statement: str, **values: Any) -> Any:
    clause: TextClause = text(statement)
    return db.session.execute(clause, values, execution_options=RAW)


def _exists(space_id: int) -> bool:
    if is_sqlite():
        return bool(_run("SELECT 1 FROM sqlite_master WHERE name = :name", name=_table(space_id)).first())
    return bool(_run("SELECT to_regclass(:name)", name=_table(space_id)).scalar())


def ensure(space_id: int) -> None:
    """Make the space's index where there is none yet, inside the present transaction."""
    if _exists(space_id):
        return
    name = _table(space_id)
    if is_sqlite():
        _run(
            f"CREATE VIRTUAL TABLE {name} USING fts5(title, body, tokenize='porter unicode61 remove_diacritics 2')"
        )
        return
    _run("SELECT pg_advisory_xact_lock(:number)", number=int(space_id))
    if not _exists(space_id):
        _run(f"CREATE TABLE {name} PARTITION OF search_row FOR VALUES IN ({int(space_id)})")


def put(space_id: int, row_id: int, title: str, body: str) -> None:
    """Keep the words of a row. PostgreSQL does it by itself, in the generated column."""
    if not is_sqlite():
        return
    name = _table(space_id)
    _run(f"DELETE FROM {name} WHERE rowid = :row", row=row_id)
    _run(
        f"INSERT INTO {name} (rowid, title, body) VALUES (:row, :title, :body)",
        row=row_id,
        title=title,
        body=body,
    )


def put_many(rows: Sequence[dict[str, Any]]) -> None:
    """As ``put``, for rows by the batch (bulk content): each has space_id, id, title and body."""
    if not is_sqlite():
        return
    by_space: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_space.setdefault(row["space_id"], []).append(
            {"row": row["id"], "title": row["title"], "body": row["body"]}
        )
    for space_id, batch in by_space.items():
        clause = text(f"INSERT INTO {_table(space_id)} (rowid, title, body) VALUES (:row, :title, :body)")
        db.session.execute(clause, batch, execution_options=RAW)


def remove(space_id: int, row_id: int) -> None:
    """Forget the words of a row."""
    if is_sqlite() and _exists(space_id):
        _run(f"DELETE FROM {_table(space_id)} WHERE rowid = :row", row=row_id)


def find(
    space_ids: Sequence[int], terms: Sequence[str], prefix: bool, before: Mapping[int, int]
) -> dict[int, list[int]]:
    """For each space, its newest ``CANDIDATES`` rows that hold all ``terms``, the last as a ``prefix``.

    ``before``: for some spaces, only rows with a smaller id.
    Raises ``OutsideFence`` for a space that the fence does not hold.
    """
    if not set(space_ids) <= present_fence().readable:
        raise OutsideFence("a search was asked over a space that may not be read")
    found: dict[int, list[int]] = {}
    for space_id in space_ids:
        if _exists(space_id):
            rows = _find_sqlite if is_sqlite() else _find_postgres
            found[space_id] = rows(space_id, terms, prefix, before.get(space_id))
    return found


def _find_sqlite(space_id: int, terms: Sequence[str], prefix: bool, before: int | None) -> list[int]:
    quoted = ['"' + term.replace('"', '""') + '"' for term in terms]
    if prefix:
        quoted[-1] += "*"
    name = _table(space_id)
    rows = _run(
        f"SELECT rowid FROM {name} WHERE {name} MATCH :words AND rowid < :before "
        f"ORDER BY rowid DESC LIMIT {CANDIDATES}",
        words=" AND ".join(quoted),
        before=before if before is not None else 2**62,
    )
    return [row[0] for row in rows]


def _find_postgres(space_id: int, terms: Sequence[str], prefix: bool, before: int | None) -> list[int]:
    parts = [f"phraseto_tsquery('english', :t{n})" for n in range(len(terms))]
    values: dict[str, Any] = {f"t{n}": term for n, term in enumerate(terms)}
    start = "".join(letter for letter in terms[-1] if letter.isalnum())
    if prefix and start == terms[-1]:
        values["start"] = f"{start}:*"
        parts[-1] = f"({parts[-1]} || to_tsquery('simple', :start) || to_tsquery('english', :start))"
    rows = _run(
        f"SELECT id FROM {_table(space_id)} WHERE tsv @@ ({' && '.join(parts)}) AND id < :before "
        f"ORDER BY id DESC LIMIT {CANDIDATES}",
        before=before if before is not None else 2**62,
        **values,
    )
    return [row[0] for row in rows]
