"""Named slots that features fill, so that a page of a lower package can show what a higher one knows.

``home.waiting``, ``home.changed``, ``home.side``, ``group.home``, ``group.side``, ``search.kinds`` …
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

Panel = Callable[..., Markup | str | None]
_slots: dict[str, list[tuple[int, Panel]]] = defaultdict(list)


def fills(slot: str, order: int = 50) -> Callable[[Panel], Panel]:
    """Register a panel for ``slot``. It gets the slot's context and returns markup, or None to stay away."""

    def register(panel: Panel) -> Panel:
        if not any(known is panel for _, known in _slots[slot]):
            _slots[slot].append((order, panel))
            _slots[slot].sort(key=lambda entry: entry[0])
        return panel

    return register


def render(slot: str, **context: Any) -> list[Markup]:
    """The markup of every panel in ``slot`` that has something to show, in order."""
    shown = (panel(**context) for _, panel in _slots[slot])
    return [Markup(text) for text in shown if text]  # noqa: S704  (panels render templates)


def has(slot: str) -> bool:
    """Whether any feature fills ``slot``."""
    return bool(_slots[slot])
