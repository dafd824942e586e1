"""Kinds of notifications: packages that own what is told register here how it reads.

This package knows no post and no thread. Whoever tells of something registers its kind, with a function that describes
many of them at once *as the reader*: what the reader may not read, or what no longer stands, is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.core.identity import Actor


@dataclass(frozen=True, slots=True)
class Subject:
    """What one notification is about."""

    kind: str
    thread_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Described:
    """A notification in words, as its reader may have them."""

    line: str
    """What happened, as in "Ruth Sandmoor, Thornhithe, names you"."""
    title: str
    path: str
    first_path: str
    """Where several of them begin: the first one that the reader has not read."""
    place: str
    """The space in words, as in "Supplier A user group, members only"."""


Describer = Callable[[Actor, Sequence[Subject]], Mapping[Subject, Described]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind. ``several(n)`` says many of one thread in one line; ``mailed``: it comes by e-mail too."""

    describer: Describer
    several: Callable[[int], str]
    mailed: bool


_kinds: dict[str, Kind] = {}


def register(kind: str, describer: Describer, *, several: Callable[[int], str], mailed: bool = False) -> None:
    """Register a kind of notification; the last registered stands."""
    _kinds[kind] = Kind(describer, several, mailed)


def is_mailed(kind: str) -> bool:
    """Whether notifications of a kind come by e-mail too. Raises ``KeyError`` for a kind that nobody registered."""
    return _kinds[kind].mailed


def in_one_line(kind: str, number: int) -> str:
    """Several notifications of one kind and thread in one line."""
    return _kinds[kind].several(number)


def describe(actor: Actor, subjects: Iterable[Subject]) -> dict[Subject, Described]:
    """All that the reader may know of these subjects; each package is asked once."""
    asked: dict[Describer, list[Subject]] = defaultdict(list)
    for subject in subjects:
        if subject.kind in _kinds:
            asked[_kinds[subject.kind].describer].append(subject)
    found: dict[Subject, Described] = {}
    for describer, some in asked.items():
        found |= describer(actor, some)
    return found
