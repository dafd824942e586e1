"""JavaScript off: signing in, reading, writing and finding by forms and reload alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens, sign_in
from tests.support.world import MARKERS

pytestmark = pytest.mark.browser
EXAMPLE_NUMBER = "943 476 5919"
"""The NHS number that the NHS publishes as an example."""


@pytest.fixture
def page(screens: Screens) -> Page:
    """The forum of the members' space, reached from the sign-in form by links."""
    page = screens.open(None, "/", java_script_enabled=False)
    expect(page).to_have_url(re.compile("/sign-in"))
    sign_in(page, "member")
    page.get_by_role("link", name=re.compile("^Members ?, Supplier A user group")).click()
    return page


def reply(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Your reply").fill(words)
    page.get_by_role("button", name="Reply to members").click()


def test_reading_replying_changing_deleting_and_bringing_back(page: Page) -> None:
    page.get_by_role("link", name=f"Title {MARKERS['alpha/members']}").click()
    expect(page.locator("#post-1")).to_contain_text("Body 1")
    reply(page, "By **form** alone")
    third = page.locator("#post-3")
    expect(third).to_contain_text("By form alone")
    expect(page.get_by_role("textbox", name="Your reply")).to_have_value("")

    third.get_by_role("link", name="More").click()
    page.get_by_role("link", name="Change this post").click()
    page.get_by_role("textbox", name="Your post").fill("Changed by form")
    page.get_by_role("button", name="Save the change").click()
    expect(third).to_contain_text("Changed by form")
    expect(third).not_to_contain_text("alone")

    third.get_by_role("link", name="More").click()
    page.get_by_role("button", name="Delete this post").click()
    expect(third).to_contain_text("A post was deleted")
    page.get_by_role("button", name="Undo").click()
    expect(third).to_contain_text("Changed by form")


def test_a_refused_reply_keeps_what_was_typed(page: Page) -> None:
    page.get_by_role("link", name=f"Title {MARKERS['alpha/members']}").click()
    words = f"The record of {EXAMPLE_NUMBER}, as an example"
    reply(page, words)
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("textbox", name="Your reply")).to_have_value(
        f"The record of {EXAMPLE_NUMBER}, as an example"
    )
    expect(page.locator("main")).to_contain_text(EXAMPLE_NUMBER)
    expect(page.locator("#post-3")).to_have_count(0)
    page.get_by_label("These details are invented").check()
    page.get_by_role("button", name="Reply to members").click()
    expect(page.locator("#post-3")).to_contain_text(EXAMPLE_NUMBER)


def test_starting_a_thread_and_finding_it(page: Page) -> None:
    page.get_by_role("link", name="Ask a question").click()
    page.get_by_label("What do you want to know?").fill("Where is the xylophone kept?")
    page.get_by_label("What have you tried, and what would help?").fill("Looked in every cupboard.")
    page.get_by_role("button", name="Post to members").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where is the xylophone kept?")
    page.get_by_label("Search everything you may read").fill("xylophone")
    page.get_by_label("Search everything you may read").press("Enter")
    hit = page.locator(".px-results > li")
    expect(hit.first).to_contain_text("Supplier A user group, members")
    hit.get_by_role("link", name="Where is the xylophone kept?").first.click()
    expect(page.locator("#post-1")).to_contain_text("Looked in every cupboard.")


def test_signing_out_ends_it(page: Page) -> None:
    page.get_by_role("button", name="Sign out").first.click()
    page.goto("/groups/alpha/forum/?space=members")
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.locator("main")).not_to_contain_text(MARKERS["alpha/members"])
