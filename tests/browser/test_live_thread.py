"""Two people on one thread in real browsers: what one does appears on the other's page, and nothing jumps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from portal.core import spaces
from portal.core.db import begin_write, db
from portal.forums.services import merging, posts, reactions
from tests.browser.conftest import Screens
from tests.support.live import LiveServer, acting, elsewhere, without_hover
from tests.support.world import MARKERS, PEOPLE, POSTS, SPACES, THREADS, end_membership

pytestmark = pytest.mark.browser
ALPHA, FIRST = THREADS["alpha/members"], POSTS["alpha/members"]
REFUSED = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onerror && this.onerror(new Event("error")), 10); }
  close() {}
};"""
LINES = "all => all.map(one => one.outerHTML)"


@pytest.fixture
def opened(screens: Screens) -> dict[str, Page]:
    """The thread on the member's and the neighbour's screen, by person, both connected."""
    pages = {person: screens.open(person, f"/threads/{ALPHA}") for person in ("member", "neighbour")}
    for page in pages.values():
        expect(page.locator("[data-presence-names]")).to_have_text("Here now: Castlemere, Northmoor")
    return pages


def say(live: LiveServer, words: str, person: str = "neighbour", **more: Any) -> int:
    """A reply sent from elsewhere; its id."""
    posted: int = acting(live.app, person, posts.reply, thread_id=ALPHA, body=words, **more).id
    return posted


def same_as_reloaded(page: Page) -> None:
    """What was put together live is what a reload shows."""
    posts_of = page.locator("#posts > [data-post]")
    live_html = [without_hover(text.replace(" px-arrived", "")) for text in posts_of.evaluate_all(LINES)]
    page.reload()
    assert live_html == [without_hover(text) for text in posts_of.evaluate_all(LINES)]


def test_a_reply_appears_on_the_other_screen_once(opened: dict[str, Page]) -> None:
    member, neighbour = opened["member"], opened["neighbour"]
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
    same_as_reloaded(member)


def test_changes_show_where_they_are(live: LiveServer, opened: dict[str, Page]) -> None:
    member = opened["member"]
    second = member.locator("#post-2")
    acting(live.app, "neighbour", posts.edit, post_id=FIRST, body="Other words")
    expect(member.locator("#post-1 .px-post__body")).to_have_text("Other words")
    acting(live.app, "colleague", reactions.react, post_id=FIRST, kind="thanks", on=True)
    expect(member.locator("#post-1 .px-post__foot")).to_contain_text(re.compile(r"Thank.*: ?1"))
    acting(live.app, "lead", posts.hide, post_id=FIRST + 1, reason="Not for this thread")
    expect(second).to_contain_text("A post is hidden by the lead")
    expect(second).not_to_contain_text("Body 2")
    acting(live.app, "lead", posts.unhide, post_id=FIRST + 1)
    expect(second).to_contain_text("Body 2")
    acting(live.app, "neighbour", posts.delete, post_id=FIRST + 1)
    expect(second).to_contain_text("A post was deleted")
    acting(live.app, "neighbour", posts.restore, post_id=FIRST + 1)
    expect(second).to_contain_text("Body 2")
    expect(member.locator("#posts > [data-post]")).to_have_count(2)
    same_as_reloaded(member)


def test_posts_that_move_away_and_come_back_move_on_the_open_page(
    live: LiveServer, opened: dict[str, Page]
) -> None:
    member, lines = opened["member"], opened["member"].locator("#posts > [data-post]")
    third = say(live, "It belongs elsewhere")
    expect(member.locator("#post-3")).to_contain_text("It belongs elsewhere")
    away = acting(
        live.app, "lead", merging.split, thread_id=ALPHA, title="A thread of its own", post_ids=[third]
    )
    expect(member.locator(f'[data-post="{third}"]')).to_have_count(0)
    expect(lines.last).to_contain_text("A thread of its own")
    acting(live.app, "lead", merging.merge, thread_id=away.id, into_id=ALPHA)
    expect(member.locator(f'[data-post="{third}"]')).to_contain_text("It belongs elsewhere")
    same_as_reloaded(member)


def test_who_withholds_the_name_is_not_betrayed_by_typing(opened: dict[str, Page]) -> None:
    member, neighbour = opened["member"], opened["neighbour"]
    neighbour.locator('#composer select[name="attribution"]').select_option("withheld")
    neighbour.locator("#composer-text").press_sequentially("Who is it?")
    member.locator("#composer-text").press_sequentially("Me")  # one that goes through, sent after it
    expect(neighbour.locator("[data-typing-words]")).to_have_text("Northmoor is writing")
    expect(member.locator("[data-presence-typing]")).to_be_hidden()


def test_who_is_higher_up_is_told_by_a_pill_and_stays_there(
    live: LiveServer, opened: dict[str, Page]
) -> None:
    member = opened["member"]
    for number in range(12):
        say(live, f"Line {number}\n\nand more\n\nof it")
    expect(member.locator("#post-14")).to_be_attached()
    member.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(member.locator("[data-pill] a")).to_be_hidden()
    member.evaluate("scrollTo(0, 0)")
    say(live, "Far below")
    expect(member.locator("[data-pill-words]")).to_have_text("1 new post")
    say(live, "And farther")
    expect(member.locator("[data-pill-words]")).to_have_text("2 new posts")
    expect(member.locator("[data-pill] a")).to_be_in_viewport()
    assert member.evaluate("scrollY") == 0
    member.locator("[data-pill] a").click()
    expect(member.locator("#post-16")).to_be_in_viewport()
    expect(member.locator("[data-pill] a")).to_be_hidden()


def test_a_dropped_line_catches_up_exactly(live: LiveServer, opened: dict[str, Page]) -> None:
    member = opened["member"]
    member.context.set_offline(True)
    for sid in [connection.sid for connection in live.hub.connections.of_person(PEOPLE["member"].id)]:
        live.hub.disconnect(sid)
    expect(opened["neighbour"].locator("[data-presence-names]")).to_have_text("Here now: Castlemere")
    for number in range(3):
        say(live, f"While away, {number}")
    acting(live.app, "neighbour", posts.edit, post_id=FIRST, body="Changed while away")
    expect(opened["neighbour"].locator("#post-5")).to_be_attached()
    expect(member.locator("#posts > [data-post]")).to_have_count(2)
    member.context.set_offline(False)
    bodies = member.locator("#posts > [data-post] .px-post__body")
    expect(bodies).to_have_text(
        ["Changed while away", re.compile("Body 2"), *(f"While away, {number}" for number in range(3))],
        timeout=15_000,
    )
    same_as_reloaded(member)


def test_who_loses_the_right_loses_the_page(live: LiveServer, opened: dict[str, Page]) -> None:
    def end() -> None:
        begin_write()
        end_membership("member", "alpha", commit=False)
        spaces.end_rights(PEOPLE["member"].id, {SPACES["alpha/members"], SPACES["alpha/supplier"]})
        db.session.commit()

    elsewhere(live.app, end)
    member = opened["member"]
    expect(member.locator("h1")).to_have_text("You can no longer read this", timeout=8_000)
    say(live, "Not for who has left")
    expect(opened["neighbour"].locator("#post-3")).to_be_attached()
    assert "Not for who has left" not in member.content()
    assert MARKERS["alpha/members"] not in member.content()
    assert live.hub.connections.of_person(PEOPLE["member"].id) == []


@pytest.mark.parametrize("way", ["refused", "lost"])
def test_it_works_where_websockets_do_not(live: LiveServer, screens: Screens, way: str) -> None:
    """A proxy refuses the upgrade, or it takes the WebSocket and nothing sent through it ever arrives."""
    browser = screens.browser("neighbour")
    if way == "refused":
        browser.add_init_script(REFUSED)
    else:
        browser.route_web_socket(re.compile("/socket.io"), _swallow)
    neighbour = browser.new_page()
    neighbour.goto(f"/threads/{ALPHA}")
    expect(neighbour.locator("[data-presence-names]")).to_contain_text("Castlemere", timeout=15_000)
    say(live, "Over polling", "colleague")
    expect(neighbour.locator("#post-3")).to_contain_text("Over polling")


def _swallow(route: WebSocketRoute) -> None:
    route.on_message(lambda message: None)


def test_a_suppliers_representative_sees_posts_but_nobodys_presence(
    live: LiveServer, screens: Screens
) -> None:
    path = f"/threads/{THREADS['alpha/supplier']}"
    supplier, member = screens.open("supplier", path), screens.open("member", path)
    expect(member.locator("[data-presence-names]")).to_contain_text("Northmoor")
    member.locator("#composer-text").press_sequentially("We write")
    acting(live.app, "member", posts.reply, thread_id=THREADS["alpha/supplier"], body="To the supplier")
    expect(supplier.locator("#post-3")).to_contain_text("To the supplier")  # connected, and told of posts
    expect(supplier.locator("[data-presence-here]")).to_be_hidden()
    expect(supplier.locator("[data-presence-typing]")).to_be_hidden()
    assert "Here now: N" not in supplier.content()
