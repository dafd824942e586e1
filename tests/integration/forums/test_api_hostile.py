"""Bad input of every sort ends in a problem at its field, never in a 500, with nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from portal.web import edge
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import POSTS, SPACES, THREADS
from tests.unit.core.corpora import CORPORA, needs_corpora

HERE = "alpha/members"
THREAD = f"/api/v1/threads/{THREADS[HERE]}"
POST = f"/api/v1/posts/{POSTS[HERE]}"
GROUP = "/api/v1/groups/alpha/threads"
BLNS: Path = CORPORA / "strings" / "blns" / "blns.json"
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    2**80,
    1e400,
    "",
    " ",
    "a\x00b",
    "\ud800",
    "x" * 70_000,
    [],
    ["a"],
    {},
    {"a": {"b": []}},
]
PAYLOADS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"{THREAD}/posts", {"body": "x", "attribution": "named", "reply_to": None, "attachments": []}),
    ("POST", f"{THREAD}/posts", {"body": "x", "attachments": [1], "invented": False}),
    ("POST", GROUP, {"title": "Title", "body": "x", "kind": "issue", "space": "members", "forum": None}),
    ("PATCH", POST, {"body": "x", "revision": 1, "invented": False}),
    ("POST", f"{POST}/reactions", {"kind": "thanks", "on": True}),
    ("POST", f"{THREAD}/read", {"position": 1}),
    ("POST", f"{THREAD}/follow", {"state": "muted"}),
    ("POST", f"{THREAD}/bookmark", {"position": 1, "on": True}),
    (
        "PUT",
        "/api/v1/drafts/new:1",
        {"body": "x", "space": SPACES[HERE], "thread": None, "fields": {"title": "a"}},
    ),
    ("POST", "/api/v1/preview", {"body": "x"}),
]


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many requests of one person are not what is looked at here."""
    monkeypatch.setattr(edge, "check_write_rate", lambda actor: None)


def answered(client: PortalClient, method: str, path: str, body: Any) -> None:
    answer = client.json(method, path, body)
    assert answer.status_code < 500, (method, path, body)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json", (method, path, body)


@on_both
@pytest.mark.parametrize(("method", "path", "good"), PAYLOADS, ids=lambda value: str(value)[:40])
def test_strange_values_in_every_field_are_answered(
    client: PortalClient, method: str, path: str, good: dict[str, Any]
) -> None:
    client.sign_in_as("neighbour")
    for name in good:
        for value in [*STRANGE, *([item] for item in STRANGE), {"title": "\x00"}, {"title": "\ud800"}]:
            answered(client, method, path, {**good, name: value})
        answered(client, method, path, {key: value for key, value in good.items() if key != name})


@on_both
def test_what_is_no_object_is_refused(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    headers = {"X-CSRFToken": client.token(), "Content-Type": "application/json"}
    for method, path, _ in PAYLOADS:
        for data in (b"", b"[]", b'"x"', b"null", b"{", b"\xff\xfe", b"[" * 5000, b'{"body": NaN}'):
            answer = client.http.open(path, method=method, data=data, headers=headers)
            assert answer.status_code in {400, 422}, (path, data)
            assert answer.mimetype == "application/problem+json"
        assert client.http.open(path, method=method, data="body=x", headers={"X-CSRFToken": client.token()})


@on_both
@pytest.mark.parametrize(
    "path",
    [
        GROUP + "?kind={}",
        GROUP + "?status={}",
        GROUP + "?space={}",
        GROUP + "?after={}",
        f"{THREAD}/posts?after={{}}",
        f"{THREAD}/posts?last={{}}",
        f"{THREAD}/events?since={{}}",
        f"/api/v1/mentions?thread={THREADS[HERE]}&q={{}}",
        "/api/v1/mentions?thread={}",
        "/api/v1/mentions?space={}",
        "/api/v1/drafts/{}",
        "/api/v1/threads/{}",
        "/api/v1/posts/{}",
        "/attachments/{}",
        "/api/v1/groups/{}/threads",
    ],
)
def test_strange_words_in_every_address_are_answered(client: PortalClient, path: str) -> None:
    client.sign_in_as("neighbour")
    for word in (
        "",
        "%00",
        "a%00b",
        "-1",
        "0",
        str(2**63),
        str(2**80),
        "1e9",
        "%FF",
        "%F0%9F%98%80",
        "..%2f",
        "%",
    ):
        answer = client.json("GET", path.format(word))
        assert answer.status_code < 500, path.format(word)


@on_both
def test_an_address_with_a_nul_names_nothing(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    for path in (
        "/groups/%00/",
        "/groups/a%00/card",
        "/directory/authorities/%00",
        "/api/v1/groups/%00/threads",
    ):
        assert client.get(path).status_code == 404, path
    for name in ("kind", "status", "space"):
        answer = client.json("GET", f"{GROUP}?{name}=a%00b")
        assert [error["field"] for error in answer.get_json()["errors"]] == [name]


@on_both
def test_a_draft_with_a_strange_name_is_refused(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    for key in ("%00", "a", "x" * 81, "abc%00", "abc%0A"):
        for method in ("GET", "PUT", "DELETE"):
            answer = client.json(method, f"/api/v1/drafts/{key}", {"body": "x", "space": SPACES[HERE]})
            assert answer.status_code in {204, 404, 422}, (method, key)


@needs_corpora
def test_naughty_strings_are_taken_or_refused_in_every_field(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    for text in json.loads(BLNS.read_text(encoding="utf-8")):
        answered(client, "POST", GROUP, {"title": text, "body": text})
        answered(client, "POST", f"{THREAD}/posts", {"body": text, "attribution": text})
        answered(
            client,
            "PUT",
            "/api/v1/drafts/new:1",
            {"body": text, "space": SPACES[HERE], "fields": {"title": text}},
        )
        assert (
            client.json("GET", f"/api/v1/mentions?thread={THREADS[HERE]}&q={quote(text)}").status_code < 500
        )
        assert client.json("GET", f"{GROUP}?kind={quote(text)}&after={quote(text)}").status_code < 500


def test_a_refused_post_leaves_nothing(client: PortalClient) -> None:
    client.sign_in_as("member")
    before = client.json("GET", THREAD).get_json()
    for bad in (
        {"body": "x", "attachments": [1]},
        {"body": "x", "reply_to": POSTS["beta/members"]},
        {"body": "x", "attribution": "described"},
    ):
        assert client.json("POST", f"{THREAD}/posts", bad).status_code == 422
    assert client.json("GET", THREAD).get_json() == before


def test_the_description_names_every_operation_and_its_payload(client: PortalClient) -> None:
    spec = client.sign_in_as("member").json("GET", "/api/v1/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    reply = spec["paths"]["/api/v1/threads/{number}/posts"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in reply["parameters"]]
    reference = reply["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert spec["components"]["schemas"][reference]["required"] == ["body"]
    upload = spec["paths"]["/api/v1/attachments"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert upload["schema"]["required"] == ["file"]
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
