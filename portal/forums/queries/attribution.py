"""How an author is shown: named, described or withheld (domain.md, "Attribution, graded per post").

Whoever writes a page of posts goes through ``shown_as``: no other function turns an author's row into words.
"""

from __future__ import annotations

from dataclasses import dataclass

WITHHELD = {
    "authority": "A member authority",
    "department": "Somebody in the department",
    "supplier": "A supplier’s representative",
}


@dataclass(frozen=True, slots=True)
class ShownAs:
    """An author in words. ``letters`` and ``kind`` draw the monogram; there is no id of anybody."""

    name: str
    place: str
    letters: str
    kind: str

    @property
    def whole(self) -> str:
        """Name and authority in one line, as in "Ruth Sandmoor, Thornhithe"."""
        return f"{self.name}, {self.place}" if self.kind not in {"withheld"} and self.place else self.name

    @property
    def origin(self) -> str:
        """Whom the author stands for, as in "from Thornhithe"."""
        return self.name if self.kind == "withheld" else self.place


def letters_of(short_name: str) -> str:
    """Two letters for an organisation; the department keeps its four."""
    words = short_name.split()
    if len(words) > 1:
        return (words[0][:1] + words[-1][:1]).upper()
    return short_name.upper() if short_name.isupper() else short_name[:2].upper()


def shown_as(
    attribution: str, described_as: str | None, name: str, organisation: str, organisation_kind: str
) -> ShownAs:
    """The author of a post as its readers see them; all of them see the same."""
    if attribution == "withheld":
        return ShownAs(WITHHELD[organisation_kind], "name withheld by the author", "", "withheld")
    if attribution == "described":
        words = (described_as or WITHHELD[organisation_kind]).strip()
        return ShownAs(words[:1].upper() + words[1:], "described by the author", "", "withheld")
    return ShownAs(name, organisation, letters_of(organisation), organisation_kind)
