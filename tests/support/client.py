"""A browser without a window that checks every page it opens.

Each HTML answer must be valid enough to build on: one h1, a title, unique ids, labelled fields, no inline script
or style, no address of another host.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.web.edge import cookie_name
from tests.support.world import PEOPLE

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


class PortalClient:
    """Opens pages and sends forms as one person (``sign_in_as``) or nobody."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http: FlaskClient = app.test_client()
        self.csrf = ""

    def sign_in_as(self, person: str) -> PortalClient:
        """Carry the standing session of a person of the world."""
        with self.app.app_context():
            name = cookie_name()
        self.http.set_cookie(name, PEOPLE[person].token, domain="localhost")
        return self

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open an address and check the page."""
        return self._checked(self.http.get(path, **more))

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, form_at: str | None = None, **more: Any
    ) -> TestResponse:
        """Send a form, with the CSRF field of the page at ``form_at`` (default: the same address, else Home)."""
        fields = dict(data or {})
        if "csrf_token" not in fields:
            fields["csrf_token"] = self.token(form_at or path)
        return self._checked(self.http.post(path, data=fields, **more))

    def token(self, path: str = "/") -> str:
        """The CSRF field of a page, remembered for this browser."""
        if not self.csrf:
            for address in (path, "/", "/sign-in"):
                page = self.http.get(address, follow_redirects=True)
                found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))
                if found:
                    self.csrf = found.group(1)
                    break
        return self.csrf

    def json(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """Call the API as our own pages' scripts do: by cookie, with the CSRF header."""
        headers = {"X-CSRFToken": self.token(), "Accept": "application/json", **more.pop("headers", {})}
        return self.http.open(path, method=method, json=body, headers=headers, **more)

    def _checked(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 307, 308}:
            check_page(response.get_data(as_text=True), str(response.request.path))
        return response


def check_page(html: str, where: str) -> None:
    """Assert the house rules for one page."""
    tree = html5lib.parse(html, namespaceHTMLElements=True)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]

    def named(tag: str) -> list[Any]:
        return [element for element in elements if element.tag == NAMESPACE + tag]

    assert len(named("h1")) == 1, f"{where}: {len(named('h1'))} h1"
    title = "".join(named("title")[0].itertext()).strip() if named("title") else ""
    assert title.endswith("ICS Exchange"), f"{where}: title {title!r}"
    ids = [element.get("id") for element in elements if element.get("id")]
    doubled = {value for value in ids if ids.count(value) > 1}
    assert not doubled, f"{where}: ids twice: {doubled}"
    labelled = {element.get("for") for element in named("label")}
    for element in named("input") + named("select") + named("textarea"):
        if element.get("type") in {"hidden", "submit", "button"}:
            continue
        named_somehow = (
            element.get("id") in labelled or element.get("aria-label") or element.get("aria-labelledby")
        )
        assert named_somehow or _inside_label(tree, element), f"{where}: no label for {element.get('name')}"
    for element in elements:
        assert element.get("style") is None, f"{where}: style attribute on {element.tag}"
        handlers = [name for name in element.attrib if isinstance(name, str) and name.startswith("on")]
        assert not handlers, f"{where}: inline handler {handlers}"
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            value = element.get(name) or ""
            outside = bool(urlsplit(value).netloc) and not (name == "href" and element.tag == NAMESPACE + "a")
            assert not outside, f"{where}: {name} to another host: {value}"
    for element in named("script"):
        assert element.get("src") or element.get("type") == "application/json", f"{where}: inline script"
        assert element.get("nonce") or element.get("type") == "application/json", (
            f"{where}: script without nonce"
        )
    for element in named("form"):
        if (element.get("method") or "get").lower() == "post":
            fields = [e.get("name") for e in element.iter() if isinstance(e.tag, str)]
            assert "csrf_token" in fields, f"{where}: a form without its CSRF field"


def _inside_label(tree: Any, wanted: Any) -> bool:
    return any(wanted in list(label.iter()) for label in tree.iter(NAMESPACE + "label"))
