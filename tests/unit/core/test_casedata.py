"""What looks like case data, and what must not. The numbers are published examples or made for this test."""

from __future__ import annotations

import pytest

from portal.core.casedata import find_case_data
from tests.unit.core.corpora import CORPORA, needs_corpora


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("943\u00a0476\u00a05919", "NHS number", "943\u00a0476\u00a05919"),
        ("no. 943–476–5919.", "NHS number", "943–476–5919"),
        ("ab 12 34 56 c", "National Insurance number", "ab 12 34 56 c"),
        ("DoB: 12.03.04", "date of birth", "12.03.04"),
        ("D.O.B. 3rd of May 2001", "date of birth", "3rd of May 2001"),
        ("date-of-birth 2001-05-03", "date of birth", "2001-05-03"),
        ("birthday 3/4/09", "date of birth", "3/4/09"),
        ("born 3 May 2001", "date of birth", "3 May 2001"),
        ("Sean O'Arkwell 12/03/2004", "date of birth", "12/03/2004"),
        ("Zoë McTestcase, 12 Mar 2004", "date of birth", "12 Mar 2004"),
        ("| Tom Arkwell | 12/05/2003 |", "date of birth", "12/05/2003"),
        ("Tom Arkwell,12/05/2003", "date of birth", "12/05/2003"),
        ("12/05/2003 Tom Arkwell", "date of birth", "12/05/2003"),
        ("March 3, 2004 - Tom Arkwell", "date of birth", "March 3, 2004"),
        ("the child Tom Arkwell, 12/05/2012", "date of birth", "12/05/2012"),
    ],
)
def test_case_data_is_found_as_people_write_it(text: str, kind: str, words: str) -> None:
    (finding,) = find_case_data(text)
    assert (finding.kind, finding.words) == (kind, words)
    assert text[finding.start : finding.end] == words


@pytest.mark.parametrize(
    "text",
    [
        "0123456789", "ISBN 1983591254", "-2147483648", "1111111111", "9434765918",
        "020 7946 0018", "+44 20 7946 0018", "07700 900123", "0800 123 4567", "1234567", "thread 123456789",
        "version 7.1.2.2004", "192.168.100.200", "1,234,567,890", "QQ 12 34 56 C", "2010-03-24T10:00",
        "The Children Act, 15 November 2004", "Every Child Matters 12/09/2003", "Working Together 15/03/2006",
        "Ruth Sandmoor, 14 June 2010", "Meeting 24/03/2010 with Ruth Sandmoor",
        "Ruth Sandmoor, children’s services, 24 March 2010",
        "Ruth Sandmoor raised the child record issue on 24 March 2010",
        "Release 7.2 on 12/03/2010 by Northgate Systems",
    ],
)  # fmt: skip
def test_ordinary_numbers_and_dates_are_left_alone(text: str) -> None:
    assert find_case_data(text) == ()


def test_findings_come_in_the_order_of_the_text() -> None:
    found = find_case_data("born 3 May 2001, NHS 943 476 5919, NI AB123456C, born 4 May 2001")
    assert [finding.start for finding in found] == sorted(finding.start for finding in found)
    assert len(found) == 4


@needs_corpora
def test_the_whole_guide_holds_none() -> None:
    guide = CORPORA.parent / "guide" / "ics-strategic-managers-guide.txt"
    assert find_case_data(guide.read_text(errors="replace")) == ()


@needs_corpora
def test_the_demo_s_scripts_are_known_to_hold_invented_birth_dates() -> None:
    scripts = list((CORPORA.parent / "data").rglob("test_scripts.csv"))
    assert scripts
    assert {finding.kind for finding in find_case_data(scripts[0].read_text())} == {"date of birth"}
