"""Twelve characters, not a common one, not made of who one is."""

from __future__ import annotations

import pytest

from portal.accounts.password_rules import problem_with

KNOWN = ("Asha Fenn", "asha.fenn@northmoor.example")


@pytest.mark.parametrize(
    "password",
    ["", "short", "elevenchars", "Password1234", "p a s s w o r d 1 2 3 4", "aaaaaaaaaaaaaaaa", "ICS Exchange 1",
     "northmoor2010!", "NorthMoor-1234", "x" * 201, "tab\tand twelve more", "qwertyuiop123"],
)  # fmt: skip
def test_these_are_refused_with_a_sentence(password: str) -> None:
    assert (problem_with(password, known=KNOWN) or "").endswith(".")


@pytest.mark.parametrize(
    "password",
    ["ladder violet thursday", "kettle-pond-nine-oars", "ÄÖÜ zwölf Zeichen", "我们喜欢安静的花园和很多书"],
)
def test_these_are_taken(password: str) -> None:
    assert problem_with(password, known=KNOWN) is None
