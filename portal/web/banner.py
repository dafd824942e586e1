"""The space banner: whose space this is and who reads it, as the layout shows it (look.md, "Space banner")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from portal.web.navigation import NavItem

Piece = tuple[str, bool]
"""Some words, and whether they are strong."""


@dataclass(frozen=True, slots=True)
class SpaceBanner:
    """What a page inside a space says above its title, and the composer above its button."""

    group_name: str
    group_href: str
    monogram: str
    accent: str
    kind: Literal["members", "supplier", "nlar", "national"]
    icon: Literal["lock", "eye", "globe"]
    sentence: tuple[Piece, ...]
    composer_sentence: tuple[Piece, ...]
    reply_label: str
    """The button's words, naming the audience: "Reply to members", "Post where Supplier A reads it"."""
    post_label: str
    readers_href: str
    switch: tuple[tuple[str, str, bool], ...] = ()
    sub_nav: list[NavItem] = field(default_factory=list)
    archived: bool = False
