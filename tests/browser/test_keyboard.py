"""Hands off the mouse: the order of the Tab key, what has focus is seen, the toolbar, naming somebody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.forums.services import posts
from tests.browser.conftest import Screens
from tests.support.live import LiveServer, acting
from tests.support.world import PEOPLE, THREADS

pytestmark = pytest.mark.browser
ALPHA = THREADS["alpha/members"]
MOST_STOPS = 60
FOCUS = """() => {
  const here = document.activeElement, look = getComputedStyle(here), box = here.getBoundingClientRect();
  const shape = here.closest("label") ? getComputedStyle(here.closest("label")) : look;
  return {
    name: here.id || here.dataset.command || here.textContent.trim().slice(0, 40) || here.tagName,
    seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
    marked: [look, shape].some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none"),
  };
}"""


@pytest.fixture
def page(screens: Screens) -> Page:
    """The thread on the member's screen, connected."""
    page = screens.open("member", f"/threads/{ALPHA}")
    expect(page.locator("[data-presence-names]")).to_contain_text("Northmoor")
    return page


def active(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id")
    return found


def tab_to(page: Page, wanted: str) -> list[str]:
    """Press Tab until ``wanted`` has focus; the stops on the way, each of them in view and marked."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        stops.append(focus["name"])
        assert focus["seen"], f"{focus['name']} has focus and is not in view"
        assert focus["marked"], f"{focus['name']} has focus and does not show it"
        if focus["name"] == wanted:
            return stops
    raise AssertionError(f"{wanted} is not among {stops}")


def test_from_the_skip_link_to_the_posted_reply(live: LiveServer, page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "px-skip"
    page.keyboard.press("Enter")
    assert active(page) == "main"
    stops = tab_to(page, "composer-text")
    assert "bold" in stops, "the toolbar is not before the text"
    assert len([stop for stop in stops if stop in {"italic", "list", "quote", "link", "preview"}]) == 0
    page.keyboard.type("Written without a mouse")
    acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body="In between")
    expect(page.locator("#post-3")).to_contain_text("In between")
    assert active(page) == "composer-text"
    page.keyboard.type(", and on")
    tab_to(page, "Reply to members")
    page.keyboard.press("Enter")
    expect(page.locator("#post-4")).to_contain_text("Written without a mouse, and on")
    assert active(page) == "composer-text"


def test_what_is_read_keeps_focus_when_it_changes(live: LiveServer, page: Page) -> None:
    link = page.locator("#post-1 [data-quote]")
    link.focus()
    mine = acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body="A new one")
    expect(page.locator("#post-3")).to_contain_text("A new one")
    expect(link).to_be_focused()
    quote = page.locator("#post-3 [data-quote]")
    quote.focus()
    acting(live.app, "neighbour", posts.edit, post_id=mine.id, body="Another one")
    expect(page.locator("#post-3")).to_contain_text("Another one")
    expect(quote).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()
    expect(page.locator("#composer-text")).to_have_value(re.compile("> Another one"))


def test_the_toolbar_is_one_stop_and_the_arrows_go_along_it(page: Page) -> None:
    text = page.locator("#composer-text")
    text.fill("plain")
    text.press("Control+a")
    page.keyboard.press("Shift+Tab")
    bar = page.get_by_role("toolbar", name="Formatting")
    expect(bar.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("Enter")
    expect(text).to_have_value("**plain**")
    expect(text).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    preview = bar.get_by_role("button", name="Preview")
    expect(preview).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-composer-preview] strong")).to_have_text("plain")
    page.keyboard.press("Enter")
    expect(text).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+i")
    expect(text).to_have_value("***plain***")


def test_naming_somebody(page: Page) -> None:
    text, people = page.locator("#composer-text"), page.get_by_role("listbox", name="People to name")
    text.focus()
    page.keyboard.type("Ask @Ne")
    expect(people.get_by_role("option")).to_contain_text([PEOPLE["neighbour"].name])
    chosen = people.locator('[aria-selected="true"]')
    expect(chosen).to_have_count(1)
    expect(text).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "none")
    page.keyboard.press("Escape")
    expect(people).to_be_hidden()
    page.keyboard.type("r")
    expect(people).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    me = PEOPLE["neighbour"]
    expect(text).to_have_value(f"Ask @[{me.name}](person:{me.id}) ")
    expect(text).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#post-3 .px-mention")).to_contain_text(me.name)


def test_nobody_who_does_not_read_the_space_is_offered(page: Page) -> None:
    page.locator("#composer-text").focus()
    page.keyboard.type("@Sa")  # Sam Alder, of the supplier; Ruth Sandmoor does not begin so
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((one) => one.name.includes('mentions?'))"
    )
    expect(page.locator(".px-mentions")).not_to_contain_text(PEOPLE["supplier"].name)
