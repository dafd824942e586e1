"""The bell of an open page: it rings for its own person, and falls silent when they have read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal.forums.services import posts
from portal.notifications.services import inbox
from tests.browser.conftest import Screens
from tests.support.live import LiveServer, acting
from tests.support.world import PEOPLE, THREADS

pytestmark = pytest.mark.browser
SUPPLIED, MEMBERS = THREADS["alpha/supplier"], THREADS["alpha/members"]


@pytest.fixture
def opened(screens: Screens) -> dict[str, Page]:
    """The thread shared with the supplier on two screens: the member's and the supplier's representative's."""
    pages = {person: screens.open(person, f"/threads/{SUPPLIED}") for person in ("member", "supplier")}
    expect(pages["member"].locator("[data-presence-names]")).to_contain_text("Here now")
    return pages


def test_the_bell_rings_on_the_open_page_of_whoever_is_named(
    live: LiveServer, opened: dict[str, Page]
) -> None:
    bells = {person: page.locator("[data-bell]") for person, page in opened.items()}
    expect(bells["member"]).to_have_text("Notifications, none new")
    me = PEOPLE["member"]
    for number in (1, 2):
        words = f"Number {number} for @[{me.name}](person:{me.id})"
        acting(live.app, "neighbour", posts.reply, thread_id=MEMBERS, body=words)
        told = "1 new notification" if number == 1 else "2 new notifications"
        expect(bells["member"]).to_have_text(told)
    live_words = bells["member"].inner_html()
    opened["member"].reload()
    assert bells["member"].inner_html() == live_words
    expect(opened["member"].locator("[data-presence-names]")).to_contain_text("Here now")
    acting(live.app, "member", inbox.mark_read)
    expect(bells["member"]).to_have_text("Notifications, none new")
    expect(bells["supplier"]).to_have_text("Notifications, none new")
