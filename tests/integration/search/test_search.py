"""Searching: every hit is reached, page by page, in one order; broken words and cursors are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, current_app

from portal.core import clock, pagination, tenancy
from portal.core.db import begin_write, db
from portal.core.errors import Invalid
from portal.search import index
from portal.search.queries import list_hits, terms_of
from tests.support.marks import on_both
from tests.support.world import PEOPLE, SPACES


def many(space: str, count: int, word: str) -> None:
    """So many entries with a word, a minute apart."""
    begin_write()
    for number in range(count):
        at = clock.now() - timedelta(minutes=count - number)
        index.put(
            index.Entry(
                SPACES[space], "post", 500 + number, f"Title {number}", f"A {word} here", "/x", "Somebody", at
            )
        )
    db.session.commit()


@on_both
def test_every_hit_is_reached_page_by_page_and_none_twice(context: Flask) -> None:
    actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
    with tenancy.acting_as(actor):
        many("alpha/members", 130, "heffalump")
        many("alpha/supplier", 75, "heffalump")
        seen: list[tuple[int, str]] = []
        after: str | None = None
        for _ in range(20):
            page = list_hits(actor, "heffalump", after=after)
            seen += [(hit.space_id, str(hit.title)) for hit in page.items]
            after = page.next
            if after is None:
                break
    assert len(seen) == 205
    assert len(set(seen)) == 205


@on_both
def test_words_of_any_sort_are_answered(context: Flask) -> None:
    actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
    with tenancy.acting_as(actor):
        for words in (
            '"',
            "a* OR b",
            "NEAR(",
            "--",
            "'; drop",
            "\x00",
            "7.2.1",
            "s47",
            "ü",
            "🙂",
            "x" * 5000,
            "a:b",
        ):
            list_hits(actor, words)


def test_a_broken_cursor_is_told(context: Flask) -> None:
    actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
    with tenancy.acting_as(actor):
        for key in (["never", 1, 1], ["9999-99-99", 1, 1], [1, 1, 1]):
            with pytest.raises(Invalid):
                list_hits(actor, "marker", after=pagination.encode(key))


def test_quoted_words_belong_together() -> None:
    assert terms_of('one "two three" four') == (["one", "two three", "four"], True)
