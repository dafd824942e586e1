"""Writing to the index, in the same transaction as the thing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from portal.core.db import db
from portal.search import partitions
from portal.search.models import SearchRow

_kinds: dict[str, str] = {}
Source = Callable[[int], Iterable["Entry"]]
_sources: list[Source] = []


@dataclass(frozen=True, slots=True)
class Entry:
    """All that a result needs. ``path`` is our own address; ``by`` the attribution as readers see it."""

    space_id: int
    kind: str
    subject_id: int
    title: str
    body: str
    path: str
    by: str
    at: datetime


def register_kind(kind: str, name: str) -> None:
    """Say what a kind is called in the plural ("Posts")."""
    _kinds[kind] = name


def kinds() -> dict[str, str]:
    """Registered kinds with their names."""
    return dict(_kinds)


def register_source(source: Source) -> None:
    """Register a function that yields all entries of a space, for re-indexing."""
    if source not in _sources:
        _sources.append(source)


def put(entry: Entry) -> None:
    """Add or replace an entry, inside a command."""
    partitions.ensure(entry.space_id)
    same = (
        SearchRow.kind == entry.kind,
        SearchRow.subject_id == entry.subject_id,
        SearchRow.space_id == entry.space_id,
    )
    row_id = db.session.scalar(select(SearchRow.id).where(*same))
    values = {
        "title": entry.title[:300],
        "body": entry.body,
        "path": entry.path,
        "by": entry.by,
        "at": entry.at,
    }
    if row_id is None:
        newest = (
            db.session.scalar(select(func.max(SearchRow.id)).where(SearchRow.space_id == entry.space_id)) or 0
        )
        row_id = newest + 1
        db.session.add(
            SearchRow(
                space_id=entry.space_id, id=row_id, kind=entry.kind, subject_id=entry.subject_id, **values
            )
        )
        db.session.flush()
    else:
        db.session.execute(
            update(SearchRow).where(*same).values(**values).execution_options(synchronize_session=False)
        )
    partitions.put(entry.space_id, row_id, entry.title, entry.body)


def remove(space_id: int, kind: str, subject_id: int) -> None:
    """Take an entry out, inside a command."""
    same = (SearchRow.kind == kind, SearchRow.subject_id == subject_id, SearchRow.space_id == space_id)
    row_id = db.session.scalar(select(SearchRow.id).where(*same))
    if row_id is not None:
        db.session.execute(delete(SearchRow).where(*same).execution_options(synchronize_session=False))
        partitions.remove(space_id, row_id)


def entries_of(space_id: int) -> Iterable[Entry]:
    """Everything that the features would have found in a space, oldest first."""
    for source in _sources:
        yield from source(space_id)
