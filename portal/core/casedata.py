"""Finds what looks like a child's or family's data (domain.md, "Case data has no place here"), in linear time.

Looks for NHS numbers (check digit), unique pupil numbers (check letter), National Insurance numbers, and dates of
birth: a date beside the word, or beside what looks like a person's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = re.compile(r"(?<![\w.])\d{3}[ \-]?\d{3}[ \-]?\d{4}(?![\w]|\.\d)")
_UPN = re.compile(r"(?<!\w)([A-HJ-NP-RT-Z])(\d{11})([\dA-HJ-NP-RT-Z])(?!\w)", re.IGNORECASE)
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)",
    re.IGNORECASE,
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DATE = re.compile(
    rf"(?<![\w./-])(?:\d{{1,2}}[/.\-]\d{{1,2}}[/.\-](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS}),? \d{{4}})(?![\w/]|[.\-]\d)",
    re.IGNORECASE,
)
_BORN = re.compile(r"(?<!\w)(?:d\.?o\.?b\.?|date of birth|born(?: on)?|birth ?date)(?!\w)", re.IGNORECASE)
_NAME = re.compile(
    r"(?<!\w)[A-Z][a-z]{1,20}(?:[-'’][A-Z][a-z]{1,20})? [A-Z][a-z]{1,20}(?:[-'’][A-Z][a-z]{1,20})?(?!\w)"
)
_PERSONAL = re.compile(
    r"(?<!\w)(?:aged?|child|children|sibling|brother|sister|baby|mother|father|carer)(?!\w)", re.IGNORECASE
)
_NOT_NAMES = frozenset(
    """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday supplier council county city group user
    working release version section core initial assessment record guidance note phase local
    authority annex appendix table figure dear kind best many the this that we our it in on at by
    for from to a an as if and or but test step case script
    """.split()  # noqa: SIM905
)
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NEAR = 40
"""How many characters a date may stand from the word or name that makes it a date of birth."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One passage: its kind ("NHS number", …), the words themselves, and where they stand."""

    kind: str
    words: str
    start: int
    end: int


def _nhs(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    check = (11 - total % 11) % 11
    return check != 10 and check == int(digits[9])


def _upn(match: re.Match[str]) -> bool:
    letter, digits, last = match.group(1).upper(), match.group(2), match.group(3).upper()
    values = [int(digit) for digit in digits]
    values.append(int(last) if last.isdigit() else _UPN_LETTERS.index(last))
    total = sum(value * weight for weight, value in enumerate(values, start=2))
    return _UPN_LETTERS[total % 23] == letter


def _has_name(text: str) -> bool:
    return any(
        not ({word.lower() for word in re.split(r"[ '’-]", match.group())} & _NOT_NAMES)
        for match in _NAME.finditer(text)
    )


def _births(text: str) -> list[Finding]:
    found = []
    for date in _DATE.finditer(text):
        before = text[max(0, date.start() - NEAR) : date.start()]
        after = text[date.end() : date.end() + NEAR]
        line = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
        born = _BORN.search(before) or _BORN.search(line[1][:20])
        year = int(
            re.findall(r"\d{4}|\d{2}", date.group())[-1]
            if not re.match(r"\d{4}", date.group())
            else date.group()[:4]
        )
        beside = _has_name(line[0][-24:]) or _has_name(line[1][:24])
        personal = _PERSONAL.search(line[0]) or _PERSONAL.search(line[1]) or re.search(r"[(,]\s*$", line[0])
        if born or (beside and personal and year not in range(2008, 2100)):
            found.append(Finding("date of birth", date.group(), date.start(), date.end()))
    return found


def find_case_data(text: str) -> tuple[Finding, ...]:
    """Every passage of ``text`` that looks like case data, in order; empty where there is none."""
    found: list[Finding] = []
    for match in _DIGITS.finditer(text):
        if _nhs(re.sub(r"\D", "", match.group())):
            found.append(Finding("NHS number", match.group(), match.start(), match.end()))
    for match in _UPN.finditer(text):
        if _upn(match):
            found.append(Finding("unique pupil number", match.group(), match.start(), match.end()))
    for match in _NINO.finditer(text):
        found.append(Finding("National Insurance number", match.group(), match.start(), match.end()))
    found += _births(text)
    return tuple(sorted(found, key=lambda finding: finding.start))
