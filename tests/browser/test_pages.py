"""Every page that somebody can open, in a real browser: axe finds nothing, the policy is kept, nothing runs over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.models import Invitation, OneTimeLink
from portal.core import clock, ids
from portal.core.db import begin_write, db
from portal.forums.services import posts, threads
from portal.notifications.services.preferences import unsubscribe_path
from tests.browser.conftest import Screens
from tests.contract.sweep import address, browser
from tests.support.live import LiveServer, acting, elsewhere
from tests.support.world import FORUMS, GROUPS, ORGANISATIONS, PEOPLE, THREADS

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """rules => axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
  .then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3)}`))"""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 750}
ALPHA = THREADS["alpha/members"]
READS: dict[str, tuple[str, ...]] = {
    "anonymous": ("alpha/members",),
    "lead": ("alpha/members", "nlar/supplier-a"),
    "member": ("alpha/supplier", "national/authorities"),
    "supplier": ("alpha/supplier", "national/suppliers"),
    "moderator": ("nlar/members", "national/suppliers"),
    "administrator": ("national/authorities",),
}
"""Whose pages are opened, and over the things of which spaces. The lead comes early: their pages hold most."""
KEY = "a-key-of-the-tests"
NAMED = {
    "administrator": (f"/admin/organisations/{ORGANISATIONS['northmoor']}",),
    "anonymous": (f"/invitations/{KEY}", f"/reset/{KEY}-reset"),
    "member": (f"/account/email/{KEY}-email",),
}
"""Addresses that the ids of the world's spaces do not give."""
NO_PAGE = re.compile(r"\.csv$|^/api/|^/attachments/|^/static/|^/(healthz|readyz|metrics)$")
NOT_OPENED = {
    "forums.post_address": "leads to the thread",
    "forums.unread": "leads to the thread",
    "accounts.sign_in_code": "stands in the middle of a sign-in with a second factor",
}


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate(AXE + ";0")
    found: list[str] = page.evaluate(RUN_AXE, RULES)
    return found


def runs_over(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    over: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return over


def addresses(app: Flask, person: str) -> Iterator[str]:
    """The address of every page over the things that a person reads, whether it is theirs to open or not."""
    yield from NAMED.get(person, ())
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not NO_PAGE.search(rule.rule):
            yield from (address(app, rule, space) for space in READS[person])


def pages_of(app: Flask, person: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Endpoint and address of the pages that a person can open, but for those that look like one already seen: the
    same elements with the same classes, under other words."""
    client = browser(app, person)
    known = app.url_map.bind("127.0.0.1")
    for path in addresses(app, person):
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        endpoint = str(known.match(answer.request.path)[0])
        html = answer.get_data(as_text=True).partition("<body")[2]
        drawn = set(re.findall(r'<[a-z][^\s>]*(?: class="[^"]*")?|role="\w+"|aria-[a-z]+(?==)', html))
        look = f"{endpoint}: {sorted(drawn)}"
        if look not in seen:
            seen.add(look)
            yield endpoint, answer.request.full_path


def test_axe_the_policy_and_a_phones_width_on_every_page(live: LiveServer, screens: Screens) -> None:
    _fill(live)
    _send_links(live)
    seen: set[str] = set()
    opened: set[str] = set()
    problems: list[str] = []
    for person in READS:
        page = screens.browser(None if person == "anonymous" else person, viewport=WIDE).new_page()
        for endpoint, path in pages_of(live.app, person, seen):
            answer = page.goto(path, wait_until="load")
            assert answer is not None
            assert answer.status == 200, f"{person} {path}: {answer.status}"
            opened.add(endpoint)
            problems += [f"{person} {path}: {one}" for one in violations(page)]
            page.set_viewport_size(NARROW)
            if runs_over(page):
                problems.append(f"{person} {path}: wider than a phone")
            page.set_viewport_size(WIDE)
        page.close()
    assert problems == [], "\n".join(problems)
    pages = {
        rule.endpoint
        for rule in live.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not NO_PAGE.search(rule.rule)
    }
    assert pages - opened == set(NOT_OPENED)


def _send_links(live: LiveServer) -> None:
    """An invitation, a link to a new password and one to a new address, not yet used."""
    until = clock.now() + timedelta(days=1)
    me = PEOPLE["member"].id

    def write() -> None:
        begin_write()
        db.session.add(
            Invitation(
                email="new@northmoor.example",
                organisation_id=ORGANISATIONS["northmoor"],
                group_id=GROUPS["alpha"],
                role="member",
                token_digest=ids.digest(KEY),
                expires_at=until,
            )
        )
        for purpose in ("reset", "email"):
            link = OneTimeLink(person_id=me, purpose=purpose, expires_at=until)
            link.token_digest = ids.digest(f"{KEY}-{purpose}")
            link.new_email = "other@northmoor.example" if purpose == "email" else None
            db.session.add(link)
        db.session.commit()

    elsewhere(live.app, write)


def _fill(live: LiveServer) -> None:
    """Something of everything on the thread: a table, code, a quotation, a mention, a hidden and a deleted post."""
    me = PEOPLE["lead"]
    rich = f"""@[{me.name}](person:{me.id})

> said

| a | b |
| - | - |
| 1 | {"wide " * 40} |

```
{"x" * 300}
```

- one
- two

[link](https://example.org/{"y" * 200})"""
    first = acting(live.app, "member", posts.reply, thread_id=ALPHA, body=rich)
    second = acting(live.app, "member", posts.reply, thread_id=ALPHA, body="hidden", attribution="withheld")
    third = acting(live.app, "lead", posts.reply, thread_id=ALPHA, body="deleted")
    acting(live.app, "lead", posts.hide, post_id=second.id, reason="Not for here")
    acting(live.app, "lead", posts.delete, post_id=third.id)
    acting(live.app, "member", posts.edit, post_id=first.id, body=rich + "\n\nchanged")


STATES: dict[str, tuple[str | None, str]] = {
    "not found": ("member", "/nothing/here"),
    "refused": ("member", f"/threads/{ALPHA}/tools"),
    "print view": ("lead", f"/threads/{ALPHA}?print=1"),
    "filtered to nothing": ("member", "/groups/alpha/forum/?space=members&q=zzzz"),
    "found": ("member", "/search?q=body"),
    "nothing found": ("member", "/search?q=zzzz"),
    "a reply to a post": ("member", f"/threads/{ALPHA}?quote=1"),
}


def test_axe_in_states_that_an_address_alone_does_not_show(live: LiveServer, screens: Screens) -> None:
    _fill(live)
    problems: list[str] = []

    def look(page: Page, what: str) -> None:
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            problems.extend(f"{what} at {size['width']}: {one}" for one in violations(page))
            if runs_over(page):
                problems.append(f"{what} at {size['width']}: runs over")

    for what, (person, path) in STATES.items():
        look(screens.open(person, path), what)

    page = screens.open("member", f"/threads/{ALPHA}")
    expect(page.locator("[data-presence-names]")).to_contain_text("Northmoor")
    acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body="Live")
    page.locator("#composer-text").press_sequentially("**Words** for @Ne")
    expect(page.locator(".px-mentions")).to_be_visible()
    look(page, "the list of people to name")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-composer-preview] strong")).to_be_visible()
    look(page, "the preview")
    page.get_by_role("button", name="Preview").click()
    page.locator("#composer-text").fill("943 476 5919")
    page.locator('#composer button[type="submit"]').click()
    expect(page).to_have_title(re.compile("^Error: "))
    look(page, "a refused reply")

    page = screens.open(None, "/sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Error: "))
    look(page, "a refused sign-in")

    path = elsewhere(live.app, lambda: unsubscribe_path(PEOPLE["member"].id))
    look(screens.open(None, path), "no more e-mail")

    page = screens.open("member", "/")
    page.set_viewport_size(NARROW)
    page.locator("details[data-menu] summary").click()
    look(page, "the phone's menu")
    assert problems == [], "\n".join(problems)


def test_long_words_do_not_push_a_phone_sideways(live: LiveServer, screens: Screens) -> None:
    long = "Donaudampfschifffahrt" * 9

    body = f"{long}\n\n`{long}`"
    forum = FORUMS["alpha/members"]
    started = acting(live.app, "member", threads.start, forum_id=forum, kind="issue", title=long, body=body)
    page = screens.browser("member", viewport=NARROW).new_page()
    over: list[str] = []
    for path in (
        f"/threads/{started.id}",
        "/",
        "/groups/alpha/",
        "/groups/alpha/forum/?space=members",
        "/groups/alpha/issues/",
        "/groups/alpha/forum/new?space=members",
        "/groups/alpha/members/",
        f"/search?q={long}",
        "/notifications/",
        "/account/",
    ):
        page.goto(path)
        if runs_over(page):
            over.append(path)
    assert over == []
