"""Never lost: what was typed is found again after a reload, on another device, and after the session ended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.services import sessions
from tests.browser.conftest import Screens, sign_in
from tests.support.live import LiveServer, acting
from tests.support.world import THREADS

pytestmark = pytest.mark.browser
ALPHA = f"/threads/{THREADS['alpha/members']}"


def typed(page: Page, words: str) -> None:
    """Type, and wait until the server keeps it."""
    page.locator("#composer-text").press_sequentially(words)
    expect(page.locator("[data-draft-status]")).to_contain_text("Draft saved")


def test_a_draft_is_found_again_and_goes_when_it_is_sent(screens: Screens) -> None:
    page = screens.open("member", ALPHA)
    typed(page, "Half a sentence")
    page.reload()
    expect(page.locator("#composer-text")).to_have_value("Half a sentence")
    phone = screens.open("member", ALPHA, viewport={"width": 375, "height": 700})
    expect(phone.locator("#composer-text")).to_have_value("Half a sentence")
    phone.goto("/drafts/")
    expect(phone.locator("main")).to_contain_text("Half a sentence")
    other = screens.open("colleague", ALPHA)
    expect(other.locator("#composer-text")).to_have_value("")
    page.locator('#composer button[type="submit"]').click()
    expect(page.locator("#post-3")).to_contain_text("Half a sentence")
    page.reload()
    expect(page.locator("#composer-text")).to_have_value("")
    phone.reload()
    expect(phone.locator("main")).not_to_contain_text("Half a sentence")


def test_a_threads_draft_keeps_all_its_fields(screens: Screens) -> None:
    page = screens.open("member", "/groups/alpha/forum/new?space=members&kind=question")
    page.get_by_label("What do you want to know?").fill("A title begun")
    page.get_by_label("As “A member authority”").check()
    typed(page, "And some words")
    page.goto("/drafts/")
    page.get_by_role("link", name="A title begun").click()
    for _ in ("from the list", "after a reload"):
        expect(page.get_by_label("What do you want to know?")).to_have_value("A title begun")
        expect(page.locator("#composer-text")).to_have_value("And some words")
        expect(page.get_by_label("As “A member authority”")).to_be_checked()
        page.reload()


def test_a_new_thread_is_found_again_by_a_reload(screens: Screens) -> None:
    page = screens.open("member", "/groups/alpha/forum/new?space=supplier&kind=issue")
    typed(page, "Begun here")
    page.reload()
    expect(page.locator("#composer-text")).to_have_value("Begun here")
    expect(page.get_by_role("heading", level=1)).to_have_text("Raise an issue")
    expect(page.locator('input[name="space"]')).to_have_value("supplier")


def test_a_name_withheld_is_still_withheld_after_a_reload(screens: Screens) -> None:
    page = screens.open("member", ALPHA)
    typed(page, "Not in my name")
    with page.expect_response(lambda answer: "/api/v1/drafts/" in answer.url):
        page.get_by_label("Show your name as").select_option("withheld")
    page.reload()
    expect(page.locator("#composer-text")).to_have_value("Not in my name")
    expect(page.get_by_label("Show your name as")).to_have_value("withheld")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_session_that_ends_while_one_writes_does_not_lose_the_text(
    live: LiveServer, screens: Screens, scripts: bool
) -> None:
    page = screens.open("member", ALPHA, java_script_enabled=scripts)
    page.locator("#composer-text").fill("Written\n\nwhile the session ended")
    acting(live.app, "member", sessions.end_other_sessions)
    page.locator('#composer button[type="submit"]').click()
    expect(page.locator("main")).to_contain_text("Not sent yet.")
    sign_in(page, "member")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your text is here, not yet sent")
    text = page.locator("textarea[name=body]")
    expect(text).to_have_value("Written\n\nwhile the session ended")
    text.fill("Written while the session ended, and read again")
    page.get_by_role("button", name="Send it now").click()
    expect(page).to_have_url(re.compile("/threads/"))
    expect(page.locator("#post-3")).to_contain_text("and read again")
    expect(page.locator("#post-4")).to_have_count(0)
