"""Real browsers on a real server: one Chromium a module; a server, and screens of their own, a test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    sync_playwright,
)

from portal.app import create_app
from tests.support import database
from tests.support.live import LiveServer
from tests.support.world import PASSWORD, PEOPLE

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PASTE = """(field, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
"""Pastes HTML into a field, as from another program."""


class Screens:
    """People's browsers on one server. What no page of ours may ever do is kept in ``problems``: an error in a
    script, a breach of the content security policy, a request to another host, a dialog."""

    def __init__(self, chromium: Browser, server: LiveServer) -> None:
        self.chromium = chromium
        self.url = server.url
        self.problems: list[str] = []
        self.contexts: list[BrowserContext] = []

    def browser(self, person: str | None, **options: Any) -> BrowserContext:
        """A browser of a person, signed in, or of nobody; ``options`` are those of Playwright's contexts."""
        context = self.chromium.new_context(base_url=self.url, **options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        if person is not None:
            context.add_cookies([{"name": "portal", "value": PEOPLE[person].token, "url": self.url}])
        context.on("weberror", lambda error: self.problems.append(f"{person}: {error.error}"))
        context.on("console", self._said)
        context.on("request", self._asked)
        context.on("dialog", self._opened)
        return context

    def open(self, person: str | None, path: str = "/", **options: Any) -> Page:
        """A page at ``path`` in a browser of the person's own."""
        page = self.browser(person, **options).new_page()
        page.goto(path)
        return page

    def close(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.problems.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.netloc != urlsplit(self.url).netloc:
            self.problems.append(f"a request to {request.url}")

    def _opened(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.problems.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


def sign_in(page: Page, person: str) -> None:
    """Fill in the sign-in form as a person does, and send it."""
    page.get_by_label("E-mail address").fill(PEOPLE[person].email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=database.CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def live(sqlite_app: Flask, tmp_path: Path) -> Iterator[LiveServer]:
    """The world behind a real server, in a database file of this test's own: what a closing page still sends (a
    draft, how far one has read) may arrive after the test."""
    world = database.template(sqlite_app)
    shutil.copyfile(world, tmp_path / "test.sqlite")
    values = database.settings(
        tmp_path,
        f"sqlite:///{tmp_path / 'test.sqlite'}",
        PORTAL_THREADS=24,
        PORTAL_STORAGE_URL=sqlite_app.config["PORTAL_STORAGE_URL"],
    )
    served = create_app(values)
    served.extensions["portal.hasher"] = database.CHEAP
    with LiveServer(served) as server:
        yield server
    database.release(served)


@pytest.fixture
def screens(chromium: Browser, live: LiveServer) -> Iterator[Screens]:
    """Browsers on the test's server; when they are closed, nothing forbidden has happened in any."""
    opened = Screens(chromium, live)
    yield opened
    opened.close()
    assert opened.problems == []
