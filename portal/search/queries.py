"""Reading the index: words in, marked results out, over the spaces that the reader reads and no others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape
from sqlalchemy import and_, or_, select, tuple_

from portal.core import pagination
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.search import partitions
from portal.search.models import SearchRow

PAGE = 20
MAX_TERMS = 8
WORDS = re.compile(r'"([^"]{1,80})"|([^\s"]{1,80})')


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: marked title and excerpt are safe HTML."""

    kind: str
    title: Markup
    excerpt: Markup
    path: str
    by: str
    at: datetime
    space_id: int


def terms_of(query: str) -> tuple[list[str], bool]:
    """The words and quoted phrases of a query (at most eight), and whether the last is still being typed."""
    cleaned = "".join(letter if letter.isprintable() else " " for letter in query)[:300]
    found = [phrase or word for phrase, word in WORDS.findall(cleaned)]
    terms = [term for term in found if any(letter.isalnum() for letter in term)][:MAX_TERMS]
    return terms, bool(terms) and not cleaned.rstrip().endswith('"')


def list_hits(
    actor: Actor,
    query: str,
    *,
    space_id: int | None = None,
    kind: str | None = None,
    after: str | None = None,
) -> pagination.Page[Hit]:
    """What the reader may read that holds all the words, newest first.

    Raises ``Invalid`` for a broken cursor. An empty query finds nothing.
    """
    key = pagination.decode(after, (str, int, int))
    terms, prefix = terms_of(query)
    spaces = [space_id] if space_id is not None and actor.reads(space_id) else sorted(actor.readable)
    if not terms or (space_id is not None and not actor.reads(space_id)):
        return pagination.Page(())
    moment = _moment(key[0]) if key else None
    bounds = _bounds(spaces, moment) if moment else {}
    candidates = partitions.find(spaces, terms, False, bounds)
    if prefix and not any(
        candidates.values()
    ):  # a beginning costs far more than a word: only where no word fits
        candidates = partitions.find(spaces, terms, True, bounds)
    wanted = [  # not IN over pairs: SQLite reads the whole table for that
        and_(SearchRow.space_id == space, SearchRow.id.in_(rows))
        for space, rows in candidates.items()
        if rows
    ]
    if not wanted:
        return pagination.Page(())
    found = select(
        SearchRow.space_id,
        SearchRow.id,
        SearchRow.kind,
        SearchRow.title,
        SearchRow.body,
        SearchRow.path,
        SearchRow.by,
        SearchRow.at,
    ).where(or_(*wanted))
    if kind:
        found = found.where(SearchRow.kind == kind)
    if key and moment:
        found = found.where(tuple_(SearchRow.at, SearchRow.space_id, SearchRow.id) < (moment, key[1], key[2]))
    rows = db.session.execute(
        found.order_by(SearchRow.at.desc(), SearchRow.space_id.desc(), SearchRow.id.desc()).limit(PAGE + 1)
    ).all()
    page = pagination.page(rows, PAGE, lambda row: (row.at.isoformat(), row.space_id, row.id))
    hits = [
        Hit(
            row.kind,
            mark(row.title, terms),
            mark(excerpt(row.body, terms), terms),
            row.path,
            row.by,
            row.at,
            row.space_id,
        )
        for row in page.items
    ]
    return pagination.Page(hits, page.next)


def _moment(text: str) -> datetime:
    """The moment of a cursor. Raises ``Invalid`` for what is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({"after": "This page address is broken. Start again from the first page."}) from error


def _bounds(spaces: Sequence[int], moment: datetime) -> dict[int, int]:
    """For each space an id below which a page's rows stand: ids rise with time, but for rows of one moment."""
    bounds: dict[int, int] = {}
    for space_id in spaces:
        newest = db.session.scalar(
            select(SearchRow.id)
            .where(SearchRow.space_id == space_id, SearchRow.at <= moment)
            .order_by(SearchRow.at.desc(), SearchRow.id.desc())
            .limit(1)
        )
        bounds[space_id] = (newest or 0) + 1
    return bounds


def excerpt(body: str, terms: Sequence[str], size: int = 220) -> str:
    """The part of a text around the first word that was looked for."""
    flat = " ".join(body.split())
    places = [at for term in terms if (at := flat.lower().find(term.lower())) >= 0]
    start = max(0, min(places, default=0) - size // 3)
    cut = flat[start : start + size]
    return ("…" if start else "") + cut + ("…" if start + size < len(flat) else "")


def mark(text: str, terms: Sequence[str]) -> Markup:
    """``text`` escaped, with the words looked for inside ``<mark>``."""
    stems = [re.escape(term if len(term) < 5 else term[: max(4, len(term) - 2)]) for term in terms]
    pattern = re.compile(r"\b(?:" + "|".join(stems) + r")[\w’'-]*", re.IGNORECASE)
    parts: list[Markup] = []
    last = 0
    for match in pattern.finditer(text):
        parts += [escape(text[last : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
        last = match.end()
    return Markup("").join([*parts, escape(text[last:])])
