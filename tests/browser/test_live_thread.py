"""Two people on one thread in real browsers: what one does appears on the other's page, and nothing jumps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from portal.app import create_app
from portal.core import spaces
from portal.core.db import begin_write, db
from portal.forums.services import posts
from tests.support import database
from tests.support.live import LiveServer, acting, elsewhere, without_hover
from tests.support.world import PEOPLE, POSTS, SPACES, THREADS, end_membership

pytestmark = pytest.mark.browser
ALPHA = THREADS["alpha/members"]
BLOCKED = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onerror && this.onerror(new Event("error")), 10); }
  close() {}
};"""


@pytest.fixture
def live(app: Flask, tmp_path: Path) -> Iterator[LiveServer]:
    """The world of the test behind a real server."""
    served = create_app(database.settings(tmp_path, app.config["PORTAL_DATABASE_URL"], PORTAL_THREADS=24))
    with LiveServer(served) as server:
        yield server
    database.release(served)


@pytest.fixture
def opened(live: LiveServer) -> Iterator[dict[str, Page]]:
    """The thread on the member's and the neighbour's screen, by person; scripts running, no error on either."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=database.CHROMIUM, args=["--no-sandbox"])
        problems: list[str] = []
        pages = {
            person: _page(chromium.new_context(), live, person, problems)
            for person in ("member", "neighbour")
        }
        yield pages
        chromium.close()
        assert problems == []


def _page(context: BrowserContext, live: LiveServer, person: str, problems: list[str]) -> Page:
    context.add_cookies([{"name": "portal", "value": PEOPLE[person].token, "url": live.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"{person}: {error}"))
    page.goto(f"{live.url}/threads/{ALPHA}")
    expect(page.locator("[data-presence-names]")).to_contain_text("Here now")
    return page


def test_a_reply_appears_on_the_other_screen_once(opened: dict[str, Page]) -> None:
    member, neighbour = opened["member"], opened["neighbour"]
    expect(member.locator("[data-presence-names]")).to_have_text("Here now: Castlemere, Northmoor")
    member.locator("#composer-text").fill("I am writing something else")
    member.locator("#composer-text").evaluate("field => field.setSelectionRange(5, 5)")
    neighbour.locator("#composer-text").fill("It is back **again**")
    expect(member.locator("[data-typing-words]")).to_have_text("Castlemere is writing")
    neighbour.locator('#composer button[type="submit"]').click()
    expect(member.locator("#post-3")).to_contain_text("It is back again")
    expect(neighbour.locator("#post-3")).to_have_count(1)
    expect(neighbour.locator("#composer-text")).to_have_value("")
    assert "#" not in neighbour.url  # the page was not left
    assert member.evaluate("document.activeElement.id") == "composer-text"
    assert member.evaluate("document.activeElement.selectionStart") == 5
    expect(member.locator("[data-voice]")).to_have_text("1 new post")
    neighbour.locator("#composer-text").fill("And a second one")
    neighbour.locator('#composer button[type="submit"]').click()
    expect(member.locator("#post-4")).to_contain_text("And a second one")
    before = member.locator("#posts > [data-post]").evaluate_all("all => all.map(one => one.outerHTML)")
    member.reload()
    after = member.locator("#posts > [data-post]").evaluate_all("all => all.map(one => one.outerHTML)")
    assert [without_hover(text.replace(" px-arrived", "")) for text in before] == [
        without_hover(text) for text in after
    ]


def test_changes_and_removals_show_where_they_are(live: LiveServer, opened: dict[str, Page]) -> None:
    member, first = opened["member"], POSTS["alpha/members"]
    acting(live.app, "neighbour", posts.edit, post_id=first, body="Other words")
    expect(member.locator("#post-1")).to_contain_text("Other words")
    acting(live.app, "neighbour", posts.delete, post_id=first + 1)
    expect(member.locator("#post-2")).to_contain_text("A post was deleted")
    expect(member.locator("#posts > [data-post]")).to_have_count(2)


def test_a_dropped_line_catches_up(live: LiveServer, opened: dict[str, Page]) -> None:
    member = opened["member"]
    member.context.set_offline(True)
    for sid in [connection.sid for connection in live.hub.connections.of_person(PEOPLE["member"].id)]:
        live.hub.disconnect(sid)
    for number in range(3):
        acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body=f"While away, {number}")
    member.context.set_offline(False)
    expect(member.locator("#post-5")).to_contain_text("While away, 2", timeout=15_000)
    expect(member.locator("#posts > [data-post]")).to_have_count(5)


def test_who_loses_the_right_loses_the_page(live: LiveServer, opened: dict[str, Page]) -> None:
    def end() -> None:
        begin_write()
        end_membership("member", "alpha", commit=False)
        spaces.end_rights(PEOPLE["member"].id, {SPACES["alpha/members"], SPACES["alpha/supplier"]})
        db.session.commit()

    elsewhere(live.app, end)
    member = opened["member"]
    expect(member.locator("h1")).to_have_text("You can no longer read this", timeout=8_000)
    expect(member.locator("#posts")).to_have_count(0)


def test_it_works_where_websockets_are_blocked(live: LiveServer, opened: dict[str, Page]) -> None:
    neighbour = opened["neighbour"]
    neighbour.context.add_init_script(BLOCKED)
    neighbour.reload()
    expect(neighbour.locator("[data-presence-names]")).to_contain_text("Northmoor", timeout=10_000)
    acting(live.app, "colleague", posts.reply, thread_id=ALPHA, body="Over polling")
    expect(neighbour.locator("#post-3")).to_contain_text("Over polling")
