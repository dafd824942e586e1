"""Keyset pages: the next page begins after the last row seen, never at an offset."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from portal.core.errors import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the page after them (None: this is the last)."""

    items: Sequence[T]
    next: str | None = None


def encode(key: Sequence[Any]) -> str:
    """An opaque cursor for a sort key of numbers and strings."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode(cursor: str | None, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """The sort key of ``cursor``; None for none. Raises ``Invalid`` where it is not one that ``encode`` made."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Invalid({"after": "This page address is broken. Start again from the first page."}) from error
    fits = isinstance(key, list) and len(key) == len(kinds)
    if not fits or not all(_fits(value, kind) for value, kind in zip(key, kinds, strict=True)):
        raise Invalid({"after": "This page address is broken. Start again from the first page."})
    return tuple(key)


def _fits(value: Any, kind: type) -> bool:
    """Whether a value is of the kind, and one that a database can hold: no giant number, no NUL, no lone surrogate."""
    if type(value) is not kind:
        return False
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, str):
        return not any(letter == "\0" or 0xD800 <= ord(letter) <= 0xDFFF for letter in value)
    return True


def page(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """A page from ``limit + 1`` rows: the extra one only says that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(shown, encode(key(shown[-1])) if more and shown else None)


def moment(seconds: float) -> datetime:
    """The moment in a cursor's sort key, from seconds since 1970. Raises ``Invalid`` for what is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise Invalid({"after": "This page address is broken. Start again from the first page."}) from error
