"""The marker sweep and the pair oracle (quality.md, P1 and P2), over the URL map itself.

Every text of a space carries its own marker. Whoever asks for whatever: no marker of a space that they do not read
may come back, and what they may not read answers exactly as what does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.web.edge import cookie_name
from tests.contract.matrix import (
    EVERYBODY,
    KEEPERS,
    KNOWS,
    LEADERS,
    MEMBERSHIPS,
    READERS,
    ROWS,
    SUPPLIERS,
    Row,
)
from tests.support.world import ATTACHMENTS, FORUMS, MARKERS, PEOPLE, POSTS, THREADS

ANYBODY = ("anonymous", *sorted(EVERYBODY - {"colleague", "neighbour"}))
"""One person for each role; those two are members like another."""
SOME_SPACES = (
    "alpha/members",
    "alpha/supplier",
    "beta/members",
    "nlar/members",
    "nlar/supplier-b",
    "national/authorities",
    "gamma/members",
)
SOMEBODY = {
    "alpha": "neighbour",
    "beta": "other_member",
    "inhouse": "inhouse_member",
    "nlar": "other_lead",
    "national": "moderator",
}
"""A member of each group."""
SAFE = frozenset({"GET"})
UNKNOWN = 987_654_321
CHANGING = re.compile(
    r'data-reference="[^"]*"|"reference":\s*"[^"]*"|<b class="px-num">[0-9a-f]{8}</b>|nonce="[\w-]+"'
    r'|(?:value|content)="I[jm][^"]*"|data-session-seconds="\d+"|[?&](?:next|space)=[^"&\s]*'
)


def rules(app: Flask, endpoint: str) -> list[Rule]:
    """The rules of an endpoint."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]


def methods(rule: Rule) -> list[str]:
    """The methods of a rule that are worth asking."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def address(app: Flask, rule: Rule, space: str | None) -> str:
    """The address of a rule for the things of a space; for None, of things that do not exist."""
    group, slug = (space or "no-such-group/members").split("/")
    thing = UNKNOWN
    if space is not None:
        files = rule.endpoint in {
            "forums_api.download",
            "forums_api.download_named",
            "forums_api.remove_attachment",
        }
        thing = ATTACHMENTS[space] if files else THREADS[space]
    values: dict[str, Any] = {
        "number": thing,
        "post_id": POSTS[space] if space else UNKNOWN * 10**7,
        "board": FORUMS[space] if space else UNKNOWN,
        "person_id": PEOPLE[SOMEBODY.get(group, "officer")].id if space else UNKNOWN,
        "position": 1,
        "group": group,
        "slug": "x" if "number" in rule.arguments else ("northmoor" if space else "no-such-thing"),
        "name": "file.txt",
        "filename": "css/portal.css",
    }
    arguments = {name: values.get(name, 1 if name.endswith("_id") else "x-y-z") for name in rule.arguments}
    with app.test_request_context():
        path = rule.build(arguments, append_unknown=False)
    assert path is not None
    by_space = "group" in rule.arguments and ROWS[rule.endpoint].scope == "group"
    return f"{path[1]}?space={slug}" if by_space else path[1]


def browser(app: Flask, person: str) -> FlaskClient:
    """A browser signed in as somebody of the world, or as nobody."""
    client = app.test_client()
    if person != "anonymous":
        with app.app_context():
            client.set_cookie(cookie_name(), PEOPLE[person].token, domain="localhost")
    return client


def ask(client: FlaskClient, method: str, path: str) -> TestResponse:
    """Send a bare request: no form, no CSRF field."""
    body = {"json": {}} if path.startswith("/api/") and method not in SAFE else {}
    return client.open(path, method=method, **body)  # type: ignore[arg-type]


def foreign_markers(person: str, response: TestResponse) -> list[str]:
    """The spaces whose marker came back to somebody who does not read them."""
    text = response.get_data(as_text=True) + str(response.headers)
    return [space for space, marker in MARKERS.items() if marker in text and person not in READERS[space]]


def alike(first: TestResponse, second: TestResponse) -> bool:
    """Whether two answers say the same, but for what changes in every answer and the number that was asked for."""
    texts = [CHANGING.sub("", response.get_data(as_text=True)) for response in (first, second)]
    headers = [
        sorted(name for name, _ in response.headers if name not in {"Content-Length", "Set-Cookie"})
        for response in (first, second)
    ]
    return first.status_code == second.status_code and texts[0] == texts[1] and headers[0] == headers[1]


def walk(
    app: Flask, endpoint: str, *, people: Iterable[str] = ANYBODY, spaces: Iterable[str] = SOME_SPACES
) -> Iterator[str]:
    """Every way in which an endpoint does otherwise than the matrix says, in words."""
    row = ROWS[endpoint]
    named = row.scope in {"space", "group", "card", "membership"}
    for person in people:
        client = browser(app, person)
        for rule in rules(app, endpoint):
            for method in methods(rule):
                unknown = ask(client, method, address(app, rule, None))
                for space in spaces if named else ("alpha/members",):
                    path = address(app, rule, space)
                    response = ask(client, method, path)
                    where = f"{person} {method} {path} ({space}): {response.status_code}"
                    leaks = foreign_markers(person, response)
                    if leaks:
                        yield f"{where}: markers of {leaks}"
                    problem = _judge(row, person, method, space, response, unknown)
                    if problem:
                        yield f"{where}: {problem}"


def _judge(
    row: Row, person: str, method: str, space: str, response: TestResponse, unknown: TestResponse
) -> str:
    status = response.status_code
    if status >= 500:
        return "an error"
    if row.scope == "public":
        return "asks to sign in" if "/sign-in?next" in response.headers.get("Location", "") else ""
    if person == "anonymous":
        return _judge_anonymous(method, response, unknown)
    if row.scope == "administrator":
        return _judge_staff(person, response)
    if row.scope == "authorities":
        return (
            ""
            if (status == 404) == (person in SUPPLIERS)
            else "directory entries are the authorities' and the department's"
        )
    if row.scope in {"card", "membership"}:
        known = (KNOWS if row.scope == "card" else MEMBERSHIPS)[space.split("/")[0]]
        return _judge_known(person in known, method, response, unknown)
    if row.scope in {"self", "half"}:
        return "refuses whoever is signed in" if status in {401} else ""
    readers = READERS[space]
    if row.any_space:
        group = space.split("/")[0]
        readers = frozenset().union(
            *(people for name, people in READERS.items() if name.split("/")[0] == group)
        )
    if row.hidden_from_suppliers and space.startswith("national/"):
        readers = frozenset({"moderator"})  # everybody reads it, so nobody is let in or listed
    if row.keeps and person in KEEPERS[space.split("/")[0]] and not space.startswith("alpha/"):
        return (
            "" if status not in {401} else "its keeper is refused"
        )  # a closed group, or one without a lead: why not
    keeps = row.keeps and person in KEEPERS[space.split("/")[0]]
    reads = keeps or (person in readers and not (row.hidden_from_suppliers and person in SUPPLIERS))
    if not reads:
        if status != 404:
            return "is not a reader and does not get 404"
        return "" if alike(response, unknown) else "the answer differs from that for what does not exist"
    if method not in SAFE:
        return "" if status == 400 else "a reader's request without a CSRF field is not refused with 400"
    if row.keeps and not keeps:
        return "" if status == 403 else "its keeper alone may, and it does not answer 403"
    if row.own:
        return "" if status in {200, 403} else "a reader gets neither the page nor the reason why not"
    wanted = 403 if row.lead and person not in LEADERS[space] else None
    if wanted == 403:
        return "" if status == 403 else "leads alone may, and it does not answer 403"
    return "a reader gets no page" if status in {401, 403, 404} else ""


def _judge_known(known: bool, method: str, response: TestResponse, unknown: TestResponse) -> str:
    if not known:
        if response.status_code != 404:
            return "may not know of it and does not get 404"
        return "" if alike(response, unknown) else "the answer differs from that for what does not exist"
    if method not in SAFE:
        return "" if response.status_code == 400 else "a request without a CSRF field is not refused with 400"
    return "no page for whoever may know" if response.status_code in {401, 404} else ""


def _judge_anonymous(method: str, response: TestResponse, unknown: TestResponse) -> str:
    api = response.request.path.startswith("/api/")
    if api or method not in SAFE:
        return "" if response.status_code == 401 else "nobody is signed in and it does not answer 401"
    to_sign_in = response.status_code == 302 and response.headers["Location"].startswith("/sign-in")
    return (
        ""
        if to_sign_in and unknown.status_code == 302
        else "nobody is signed in and it does not lead to sign-in"
    )


def _judge_staff(person: str, response: TestResponse) -> str:
    if person == "administrator":
        return "the administrator is refused" if response.status_code in {401, 403} else ""
    return "" if response.status_code == 404 else "a staff page is not 404 to others"
