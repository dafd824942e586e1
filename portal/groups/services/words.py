"""The short texts that people write about groups, checked before any transaction is open."""

from __future__ import annotations

from portal.core.casedata import find_case_data
from portal.core.errors import CaseDataFound, Invalid


def checked_words(
    text: str, field: str, *, most: int, least: int = 0, missing: str = "Write a reason"
) -> str:
    """``text`` without surrounding space.

    Raises ``Invalid`` at ``field``, and ``CaseDataFound`` where it holds case data.
    """
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(words) < least:
        raise Invalid({field: missing})
    if len(words) > most:
        raise Invalid({field: f"Use {most} characters or fewer. You have {len(words)}."})
    found = find_case_data(words)
    if found:
        raise CaseDataFound(tuple(finding.words for finding in found), field)
    return words
