"""The service navigation and the sub-navigation of a group: features add their entries at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from portal.core.identity import Actor


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry as the layout shows it."""

    label: str
    href: str
    current: bool = False
    count: int | None = None
    count_label: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a feature declares it: ``section`` is matched with the present view's section."""

    order: int
    label: str
    endpoint: str
    section: str
    shown: Callable[..., bool]
    also: frozenset[str] = frozenset()


_service: list[Entry] = []
_group: list[Entry] = []


def _add(entries: list[Entry], entry: Entry) -> None:
    if not any(known.endpoint == entry.endpoint and known.label == entry.label for known in entries):
        entries.append(entry)
        entries.sort(key=lambda known: known.order)


def service_entry(
    order: int,
    label: str,
    endpoint: str,
    section: str,
    *,
    shown: Callable[[Actor], bool] = lambda actor: True,
    also: frozenset[str] = frozenset(),
) -> None:
    """Add an entry to the navigation of every page; ``also`` names further sections that stand under it."""
    _add(_service, Entry(order, label, endpoint, section, shown, also))


def group_entry(
    order: int,
    label: str,
    endpoint: str,
    section: str,
    *,
    shown: Callable[[Actor, Any], bool] = lambda actor, group: True,
) -> None:
    """Add an entry to the navigation of a group's pages; its endpoint takes ``group`` (the slug)."""
    _add(_group, Entry(order, label, endpoint, section, shown))


def service_items(actor: Actor, section: str) -> list[NavItem]:
    """The service navigation for ``actor``, with ``section`` as the present one."""
    if actor.is_anonymous or actor.must:
        return []
    return [
        NavItem(entry.label, url_for(entry.endpoint), section == entry.section or section in entry.also)
        for entry in _service
        if entry.shown(actor)
    ]


def group_items(actor: Actor, group: Any, section: str, space: str | None = None) -> list[NavItem]:
    """The sub-navigation of ``group`` (which has ``slug``), keeping the reader in ``space`` where they stand."""
    more: dict[str, Any] = {"space": space} if space and space != "members" else {}
    return [
        NavItem(entry.label, url_for(entry.endpoint, group=group.slug, **more), entry.section == section)
        for entry in _group
        if entry.shown(actor, group)
    ]


def present_section() -> str:
    """The section of the present view: set with ``@section``, else the blueprint's name."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "portal_section", request.blueprint or "")
