"""Finds what looks like a child's or family's data (domain.md, "Case data has no place here"), in linear time.

Looks for NHS numbers (check digit), unique pupil numbers (check letter), National Insurance numbers, and dates of
birth: a date beside the word, or beside what looks like a person's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GAP = "[ \\-\\t\u00a0\u2007\u2009\u2010-\u2013\u202f]?"
"""What stands between groups of digits, also as Word and Excel paste it."""
_DIGITS = re.compile(rf"(?<![\w.])[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}(?![\w]|\.\d)")
_UPN = re.compile(r"(?<!\w)([A-HJ-NP-RT-Z])(\d{11})([\dA-HJ-NP-RT-Z])(?!\w)", re.IGNORECASE)
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    rf"{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[0-9]{{2}}{_GAP}[A-D](?!\w)",
    re.IGNORECASE,
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DATE = re.compile(
    rf"(?<![\w./-])(?:[0-9]{{1,2}}[/.\-][0-9]{{1,2}}[/.\-](?:[0-9]{{4}}|[0-9]{{2}})|[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -](?:{_MONTHS}),?[ -](?:[0-9]{{4}}|[0-9]{{2}})"
    rf"|(?:{_MONTHS}) [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}})(?![\w/]|[.\-][0-9])",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?<!\w)(?:d\.? ?o\.? ?b\.?|date[ _-]of[ _-]birth|born(?: on)?|birth[ _-]?da(?:te|y))(?!\w)",
    re.IGNORECASE,
)
_WORD = "(?:[A-ZÀ-ÖØ-Þ]['’])?[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{1,20}(?:[A-Z][a-z]{1,20})?(?:[-'’][A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{1,20})?"
_NAME = re.compile(rf"(?<!\w){_WORD}[ \u00a0]{_WORD}(?!\w)")
_ENDS = re.compile(rf"{_NAME.pattern}[\s\"'(,|:;–-]{{0,4}}$")
_BEGINS = re.compile(rf"^[\s\"'),|:;–-]{{0,4}}{_NAME.pattern}")
_PERSONAL = re.compile(
    r"(?<!\w)(?:aged?|child|sibling|brother|sister|baby|mother|father|carer)(?![\w'’])", re.IGNORECASE
)
_NOT_NAMES = frozenset(
    """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday supplier council county city group user
    working release version section core initial assessment record guidance note phase local
    authority annex appendix table figure dear kind best many the this that we our it in on at by
    for from to a an as if and or but test step case script act children every bill green white paper regulations
    department education school schools services strategy framework plan programme project board forum
    meeting minutes agenda review report consultation build patch update issue north south east west
    matters child young person people
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


def _issued(digits: str) -> bool:
    """Whether numbers begin so: England and Wales from 4, Northern Ireland 32 to 39, Scotland with a date of birth.

    Without this every ISBN of ten digits and 0123456789 would be one: they have the same check digit.
    """
    day, month = int(digits[:2]), int(digits[2:4])
    return digits[0] >= "4" or "32" <= digits[:2] <= "39" or (1 <= day <= 31 and 1 <= month <= 12)


def _nhs(digits: str) -> bool:
    if len(set(digits)) == 1 or not _issued(digits):
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


def _has_name(text: str, pattern: re.Pattern[str] = _NAME) -> bool:
    return any(
        not ({word.lower() for word in re.split(r"[\W_]+", match.group())} & _NOT_NAMES)
        for match in pattern.finditer(text)
    )


def _year(date: str) -> int:
    """Four digits where there are four; two are of this century up to 30."""
    numbers = re.findall(r"[0-9]+", date)
    year = next((int(number) for number in numbers if len(number) == 4), int(numbers[-1]))
    return year if year > 99 else year + (2000 if year <= 30 else 1900)


def _births(text: str) -> list[Finding]:
    """A date is one of birth near the word, or touching a name, or near a name and a word of family.

    From 2008 on a touching name needs the word of family too, and a near one does not count: people's names also
    stand by the dates of meetings, letters and releases.
    """
    found = []
    for date in _DATE.finditer(text):
        before = text[max(0, date.start() - NEAR) : date.start()]
        after = text[date.end() : date.end() + NEAR]
        left, right = before.rsplit("\n", 1)[-1], after.split("\n", 1)[0]
        born = _BORN.search(before) or _BORN.search(right[:20])
        beside = _has_name(left) or _has_name(right)
        personal = _PERSONAL.search(left) or _PERSONAL.search(right)
        touching = _has_name(left[-NEAR:], _ENDS) or _has_name(right, _BEGINS)
        early = _year(date.group()) < 2008
        if born or (touching and (early or personal)) or (beside and personal and early):
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
