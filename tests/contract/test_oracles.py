"""P2: wherever a number or a name is taken, in the query, the body or an event, a foreign one answers as none does."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.accounts.services import tokens
from portal.core import clock, pagination
from portal.forums.services import drafts, merging, posts
from tests.contract import checks
from tests.contract.checks import ALPHA, BETA, SOCKET_SHAPES, acknowledge, do, join_request, refusal, rooms_of
from tests.contract.sweep import CHANGING, UNKNOWN
from tests.support.client import PortalClient
from tests.support.world import ATTACHMENTS, FORUMS, MARKERS, PEOPLE, POSTS, SPACES, THREADS

NUMBER = object()
"""Stands in a case's body for the number that is asked for."""
UNKNOWN_POST = UNKNOWN * 10**7
DRAWN = re.compile(
    r'name="(?:key|draft)"[^>]*>|value="[\w-]{20,}"|data-draft[^ >]*|new:\d+:\d+|data-key="[^"]*"'
)
HERE = f"/threads/{THREADS[ALPHA]}"
API = f"/api/v1{HERE}"


@dataclass(frozen=True)
class Case:
    """One place that takes a number: asked with a foreign one and with one that names nothing."""

    person: str
    method: str
    path: str
    foreign: Any
    unknown: Any = UNKNOWN
    body: dict[str, Any] = field(default_factory=dict)
    reads: str = "json"
    """How the body is sent: "json", "form" or "file"."""


REPLY = {"body": "Words of mine", "key": "key-of-the-pair-oracle"}
START = {"title": "A title of mine", "kind": "discussion", "body": "Words of mine"}
CASES: dict[str, Case] = {
    # the API's bodies
    "reply_to": Case(
        "member", "POST", f"{API}/posts", POSTS[BETA], UNKNOWN_POST, {"body": "x", "reply_to": NUMBER}
    ),
    "reply_to of a sibling space": Case(
        "member",
        "POST",
        f"{API}/posts",
        POSTS["alpha/supplier"],
        UNKNOWN_POST,
        {"body": "x", "reply_to": NUMBER},
    ),
    "attachments": Case(
        "member", "POST", f"{API}/posts", ATTACHMENTS[BETA], body={"body": "x", "attachments": [NUMBER]}
    ),
    "a colleague's attachment": Case(
        "member", "POST", f"{API}/posts", ATTACHMENTS[ALPHA], body={"body": "x", "attachments": [NUMBER]}
    ),
    "forum of a new thread": Case(
        "member", "POST", "/api/v1/groups/alpha/threads", FORUMS[BETA], body={**START, "forum": NUMBER}
    ),
    "forum of a sibling space": Case(
        "supplier",
        "POST",
        "/api/v1/groups/alpha/threads",
        FORUMS[ALPHA],
        body={**START, "space": "supplier", "forum": NUMBER},
    ),
    "space of a new thread": Case(
        "supplier",
        "POST",
        "/api/v1/groups/nlar/threads",
        "supplier-b",
        "supplier-z",
        {**START, "space": NUMBER},
    ),
    "attachments of a new thread": Case(
        "member",
        "POST",
        "/api/v1/groups/alpha/threads",
        ATTACHMENTS[BETA],
        body={**START, "attachments": [NUMBER]},
    ),
    "draft's thread": Case(
        "member", "PUT", "/api/v1/drafts/my-draft", THREADS[BETA], body={"body": "x", "thread": NUMBER}
    ),
    "draft's space": Case(
        "member", "PUT", "/api/v1/drafts/my-draft", SPACES[BETA], body={"body": "x", "space": NUMBER}
    ),
    "draft's key": Case("member", "GET", "/api/v1/drafts/{}", "their-draft", "nobodys-key"),
    "file's thread": Case(
        "member", "POST", "/api/v1/attachments", THREADS[BETA], body={"thread": NUMBER}, reads="file"
    ),
    "file's space": Case(
        "member", "POST", "/api/v1/attachments", SPACES[BETA], body={"space": NUMBER}, reads="file"
    ),
    # the API's queries
    "mentions by thread": Case("member", "GET", "/api/v1/mentions?q=o&thread={}", THREADS[BETA]),
    "mentions by space": Case("supplier", "GET", "/api/v1/mentions?q=a&space={}", SPACES[ALPHA]),
    "group of a list": Case("supplier", "GET", "/api/v1/groups/{}/threads", "beta", "zeta"),
    "space of a list": Case(
        "supplier", "GET", "/api/v1/groups/nlar/threads?space={}", "supplier-b", "supplier-z"
    ),
    "group's card in the API": Case("supplier", "GET", "/api/v1/groups/{}", "beta", "zeta"),
    "kind of a search": Case("member", "GET", "/api/v1/search?q=title&kind={}", "note", "nope"),
    "cursor of a search": Case(
        "member",
        "GET",
        f"/api/v1/search?q={MARKERS[BETA]}&after={{}}",
        pagination.encode([clock.now().isoformat(), SPACES[BETA], 1]),
        pagination.encode([clock.now().isoformat(), UNKNOWN, 1]),
    ),
    "words of a search": Case("member", "GET", "/api/v1/search?q={}", MARKERS[BETA], "zq9999999marker"),
    "words of the search page": Case("supplier", "GET", "/search?q={}", MARKERS[ALPHA], "zq9999999marker"),
    # the pages' queries
    "quoted post": Case(
        "member", "GET", f"{HERE}-title-{MARKERS[ALPHA]}?quote={{}}", POSTS[BETA], UNKNOWN_POST
    ),
    "answered post": Case(
        "member", "GET", f"{HERE}-title-{MARKERS[ALPHA]}?reply={{}}", POSTS[BETA], UNKNOWN_POST
    ),
    "undone post": Case(
        "member", "GET", f"{HERE}-title-{MARKERS[ALPHA]}?undo={{}}", POSTS[BETA], UNKNOWN_POST
    ),
    "forum of a filter": Case("member", "GET", "/groups/alpha/forum/?forum={}", FORUMS[BETA]),
    "forum of a filter in a sibling space": Case(
        "supplier", "GET", "/groups/alpha/forum/?forum={}", FORUMS[ALPHA]
    ),
    "space of a forum": Case("supplier", "GET", "/groups/nlar/forum/?space={}", "supplier-b", "supplier-z"),
    "members' space to a supplier": Case(
        "supplier", "GET", "/groups/alpha/forum/?space={}", "members", "nothing"
    ),
    "space of a group's home": Case("supplier", "GET", "/groups/nlar/?space={}", "supplier-b", "supplier-z"),
    "space of its readers": Case("supplier", "GET", "/groups/alpha/readers?space={}", "members", "nothing"),
    "space of its issues": Case("supplier", "GET", "/groups/alpha/issues.csv?space={}", "members", "nothing"),
    "forum of the form": Case("member", "GET", "/groups/alpha/forum/new?forum={}", FORUMS[BETA]),
    "draft of the form": Case(
        "member", "GET", "/groups/alpha/forum/new?draft={}", "their-draft", "nobodys-key"
    ),
    "organisation of the members": Case("member", "GET", "/groups/alpha/members/?organisation={}", 1_000_004),
    "person": Case("supplier", "GET", "/people/{}", PEOPLE["member"].id),
    "person of the other group": Case("member", "GET", "/people/{}", PEOPLE["other_member"].id),
    # the pages' forms
    "reply_to of the form": Case(
        "member", "POST", f"{HERE}/reply", POSTS[BETA], UNKNOWN_POST, {**REPLY, "reply_to": NUMBER}, "form"
    ),
    "attachment of the form": Case(
        "member",
        "POST",
        f"{HERE}/reply",
        ATTACHMENTS[BETA],
        body={"body": "", "attachment": NUMBER},
        reads="form",
    ),
    "forum_id of the form": Case(
        "member",
        "POST",
        "/groups/alpha/forum/new",
        FORUMS[BETA],
        body={**START, **REPLY, "forum_id": NUMBER},
        reads="form",
    ),
    "forum_id of a sibling space": Case(
        "member",
        "POST",
        "/groups/alpha/forum/new",
        FORUMS["alpha/supplier"],
        body={**START, **REPLY, "forum_id": NUMBER},
        reads="form",
    ),
    "discarded draft": Case(
        "member", "POST", "/drafts/discard", "their-draft", "nobodys-key", {"draft": NUMBER}, "form"
    ),
    "moved to": Case("lead", "POST", f"{HERE}/move", FORUMS[BETA], body={"forum_id": NUMBER}, reads="form"),
    "moved to a sibling space": Case(
        "lead", "POST", f"{HERE}/move", FORUMS["alpha/supplier"], body={"forum_id": NUMBER}, reads="form"
    ),
    "merged into": Case(
        "lead", "POST", f"{HERE}/merge", THREADS[BETA], body={"merge-words": NUMBER}, reads="form"
    ),
    "merged into a sibling space": Case(
        "lead", "POST", f"{HERE}/merge", THREADS["alpha/supplier"], body={"merge-words": NUMBER}, reads="form"
    ),
    "split posts": Case(
        "lead",
        "POST",
        f"{HERE}/split",
        POSTS[BETA],
        UNKNOWN_POST,
        {"words": "Apart", "post": [POSTS[ALPHA] + 1, NUMBER]},
        "form",
    ),
    "changed forum": Case(
        "lead",
        "POST",
        "/groups/alpha/forum/boards/{}?space=members",
        FORUMS[BETA],
        body={"name": "Mine"},
        reads="form",
    ),
    "removed member": Case(
        "lead",
        "POST",
        "/groups/alpha/members/{}/remove",
        PEOPLE["other_member"].id,
        body={"reason": "Gone"},
        reads="form",
    ),
    "heir of the lead": Case(
        "lead", "POST", "/groups/alpha/members/{}/lead", PEOPLE["other_member"].id, reads="form"
    ),
    "deputy": Case("lead", "POST", "/groups/alpha/members/{}/deputy", PEOPLE["officer"].id, reads="form"),
    "join request": Case(
        "lead",
        "POST",
        "/groups/alpha/members/requests/{}",
        "request",
        body={"decision": "accept"},
        reads="form",
    ),
    "ended session": Case(
        "member", "POST", "/account/sessions/{}/end", PEOPLE["other_member"].id, reads="form"
    ),
    "revoked token": Case("member", "POST", "/account/tokens/{}/revoke", "token", reads="form"),
}


def sent(client: PortalClient, case: Case, number: Any) -> TestResponse:
    """Ask with one number."""
    client.app.extensions["portal.limiter"].storage.reset()
    path = case.path.format(number)

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(one) for one in value]
        return number if value is NUMBER else value

    body = {name: put(value) for name, value in case.body.items()}
    if case.method == "GET":
        return client.get(path)
    if case.reads == "json":
        return client.json(case.method, path, body)
    if case.reads == "file":
        given = {**body, "file": (io.BytesIO(b"Some words"), "notes.txt")}
        return client.http.post(
            path, data=given, headers={"X-CSRFToken": client.token(), "Accept": "application/json"}
        )
    return client.post(path, body, form_at=HERE)


def said(answer: TestResponse, number: Any) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, body and headers of an answer, without what is drawn anew each time and without the number itself."""
    text = CHANGING.sub("", DRAWN.sub("", answer.get_data(as_text=True)))
    text = (
        text.replace(str(number), "N")
        if len(str(number)) > 7 or (isinstance(number, int) and number > 99)
        else text
    )
    headers = [
        (name, re.sub(r"nonce-[\w-]+", "", value).replace(str(number), "N"))
        for name, value in answer.headers
        if name not in {"Content-Length", "Set-Cookie", "ETag"}
    ]
    return answer.status_code, text, sorted(headers)


@pytest.fixture
def foreign(app: Flask) -> dict[str, int]:
    """What stands in no world yet: a draft, a token and a request to join of others."""
    do(app, "other_member", drafts.save, key="their-draft", space_id=SPACES[BETA], body="Unsent words")
    token = do(app, "other_member", tokens.create_token, name="Theirs")
    return {"token": token.id, "request": join_request(app, "former", "beta")}


@pytest.mark.parametrize("name", CASES)
def test_a_foreign_number_answers_as_one_that_names_nothing(
    app: Flask, foreign: dict[str, int], name: str
) -> None:
    case = CASES[name]
    theirs = foreign.get(case.foreign, case.foreign) if isinstance(case.foreign, str) else case.foreign
    client = PortalClient(app).sign_in_as(case.person)
    answers = [said(sent(client, case, number), number) for number in (theirs, case.unknown)]
    assert answers[0] == answers[1]
    assert answers[0][0] < 500


@pytest.mark.parametrize("event", SOCKET_SHAPES)
@pytest.mark.parametrize(
    ("person", "space"), [("member", BETA), ("supplier", ALPHA), ("administrator", ALPHA)]
)
def test_an_event_for_a_foreign_thread_is_acknowledged_as_for_none(
    app: Flask, event: str, person: str, space: str
) -> None:
    with rooms_of(app):
        answers = [
            acknowledge(app, person, event, {"thread": number, **SOCKET_SHAPES[event]})
            for number in (THREADS[space], UNKNOWN)
        ]
    assert answers[0] == answers[1]
    assert answers[0]["ok"] is (event == "thread:leave")


def test_commands_refuse_foreign_numbers_in_the_words_for_unknown_ones(app: Flask) -> None:
    assert list(checks.every_action_is_refused_to_nobody_in_particular(app)) == []


def test_a_split_with_a_foreign_post_among_ones_own_changes_nothing(app: Flask) -> None:
    given = {"thread_id": THREADS[ALPHA], "title": "Apart"}
    mine = POSTS[ALPHA] + 1
    answers = [
        refusal(app, "lead", merging.split, post_ids=[mine, n], **given) for n in (POSTS[BETA], UNKNOWN_POST)
    ]
    assert answers[0] == answers[1] != ""
    posted = do(app, "lead", posts.reply, thread_id=THREADS[ALPHA], body="Still position 3")
    assert posted.position == 3


def test_a_link_to_a_foreign_thread_renders_as_one_to_none(app: Flask) -> None:
    client = PortalClient(app).sign_in_as("member")
    texts = []
    for number in (THREADS[BETA], UNKNOWN):
        body = (
            f"See [this](/threads/{number}) and /threads/{number} and http://127.0.0.1:5000/threads/{number}"
        )
        answer = client.json("POST", "/api/v1/preview", {"body": body})
        texts.append(answer.get_data(as_text=True).replace(str(number), "N"))
    assert texts[0] == texts[1]
    assert MARKERS[BETA] not in texts[0]
