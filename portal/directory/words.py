"""Short texts of the directory, checked before any transaction: names, posts, telephone numbers, addresses."""

from __future__ import annotations

import re

from portal.core.casedata import find_case_data
from portal.core.errors import CaseDataFound, Invalid

TELEPHONE = re.compile(r"^[0-9+()./ extEXT-]{3,40}$")
ADDRESS = re.compile(r"^[^\s@<>\"(),;:\\]{1,64}@[^\s@<>\"(),;:\\]+\.[^\s@<>\"(),;:\\]+$")


def is_one_line(text: str) -> bool:
    """Whether a text holds no control character and no lone surrogate: what a name, and a database, can take."""
    return not any(
        ord(letter) < 32 or 127 <= ord(letter) < 160 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text
    )


def find_problem(text: str, *, most: int, least: int = 0, missing: str = "Enter a text") -> str | None:
    """What is wrong with a short text, as a sentence; None where nothing is."""
    if len(text) < least:
        return missing
    if len(text) > most:
        return f"Use {most} characters or fewer. There are {len(text)}"
    if not is_one_line(text):
        return "Leave out line breaks and other characters that cannot be seen"
    return None


def checked(text: str | None, field: str, *, most: int, least: int = 0, missing: str = "Enter a text") -> str:
    """``text`` with single spaces. Raises ``Invalid`` at ``field``, ``CaseDataFound`` where it holds case data."""
    words = " ".join(part for part in (text or "").split(" ") if part)
    problem = find_problem(words, most=most, least=least, missing=missing)
    if problem:
        raise Invalid({field: problem})
    found = find_case_data(words)
    if found:
        raise CaseDataFound(tuple(finding.words for finding in found), field)
    return words


def normal_address(text: str) -> str | None:
    """An e-mail address as it is stored, or None for what cannot be one."""
    address = text.strip().lower()
    return address if len(address) <= 254 and is_one_line(address) and ADDRESS.match(address) else None


def checked_address(text: str | None, field: str = "email") -> str:
    """As ``normal_address``. Raises ``Invalid`` at ``field``."""
    address = normal_address(text or "")
    if address is None:
        raise Invalid({field: "Enter an e-mail address, like name@council.gov.uk"})
    return address
