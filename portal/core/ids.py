"""Numbers and tokens.

Numbers that people see are drawn at random: a sequence would tell one group how much another works
(architecture.md, "The fence").
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

NUMBER_MIN, NUMBER_MAX = 1_000_000, 999_999_999
LONG_MIN, LONG_MAX = 10**14, 9 * 10**15  # below 2**53, so that JavaScript keeps every digit


def number() -> int:
    """A random number of seven to nine digits for a thing people name (thread, person, file)."""
    return NUMBER_MIN + secrets.randbelow(NUMBER_MAX - NUMBER_MIN)


def long_number() -> int:
    """A random number of fifteen or sixteen digits for things of which there are millions (posts)."""
    return LONG_MIN + secrets.randbelow(LONG_MAX - LONG_MIN)


def token() -> str:
    """A secret of 256 bits, safe in an address or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a token: its SHA-256 in hex. A token has full entropy, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def slugify(text: str, limit: int = 60) -> str:
    """A short, readable part of an address from ``text``; the number beside it decides, never the slug."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower().replace("'", "")).strip("-")
    if len(words) > limit:
        words = words[:limit].rsplit("-", 1)[0] or words[:limit]
    return words or "untitled"
