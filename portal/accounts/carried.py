"""What was being sent when a session had ended: carried through sign-in in hidden fields, stored nowhere.

And the one rule for addresses to go on to: a path of this site, nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_FIELDS = 100
LONGEST = 256 * 1024
LONGEST_PATH = 2000
SECRET = ("password", "present", "csrf_token", "code", "secret", "token")
NOT_AFTER = ("/sign-in", "/sign-out", "/reset", "/api/", "/socket.io")


def safe_path(text: str | None, otherwise: str = "/") -> str:
    """``text`` where it is a path of this site that may follow a sign-in, else ``otherwise``.

    Browsers read ``//host``, ``/\\host`` and a path with a tab or line break in it as another site's address.
    """
    if not text or len(text) > LONGEST_PATH or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    if "\\" in text or any(
        ord(letter) < 33 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text
    ):
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    if parts.scheme or parts.netloc or parts.path.startswith(NOT_AFTER):
        return otherwise
    return text


@dataclass(frozen=True, slots=True)
class Carried:
    """A form that could not be taken: its address and its fields of text, without secrets."""

    path: str
    fields: tuple[tuple[str, str], ...]

    def dump(self) -> str:
        """The one hidden field that holds all this."""
        return json.dumps({"path": self.path, "fields": self.fields}, ensure_ascii=True)


def carry(path: str, fields: Iterable[tuple[str, str]]) -> Carried | None:
    """What of a rejected form is carried; None where there is nothing, or too much, or its address is not ours."""
    kept = tuple(
        (name, value)
        for name, value in fields
        if name and len(name) <= 100 and not any(word in name.lower() for word in SECRET)
    )
    size = sum(len(name) + len(value) for name, value in kept)
    ours = safe_path(path, "")
    if not kept or not ours or len(kept) > MOST_FIELDS or size > LONGEST:
        return None
    return Carried(ours, kept)


def load(text: str | None) -> Carried | None:
    """Read the hidden field again, trusting nothing in it; None for what is not such a form."""
    if not text or len(text) > 7 * LONGEST:
        return None
    try:
        found = json.loads(text)
        fields = [(name, value) for name, value in found["fields"]]
        path = found["path"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(path, str) or not all(isinstance(part, str) for pair in fields for part in pair):
        return None
    return carry(path, fields)
