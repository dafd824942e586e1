"""What survives a sign-in, and where one may go after it."""

from __future__ import annotations

import json

import pytest

from portal.accounts.carried import LONGEST, Carried, carry, load, safe_path


@pytest.mark.parametrize(
    "path", ["/", "/groups/alpha/?space=members", "/threads/1234567-a-title?page=2#post-3", "/search?q=a%20b"]
)
def test_a_path_of_this_site_may_follow(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "groups/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/a\\b",
        "/a\x00b",
        "/sign-out",
        "/sign-in?next=/",
        "/api/v1/me",
        "/" + "a" * 3000,
        "///evil.example",
        "//[",
    ],
)
def test_any_other_address_leads_home(path: str | None) -> None:
    assert safe_path(path) == "/"


def test_secrets_are_left_behind_and_text_is_kept() -> None:
    kept = carry(
        "/threads/1234567", [("csrf_token", "x"), ("new_password", "y"), ("body", "a\r\nb"), ("key", "k")]
    )
    assert kept == Carried("/threads/1234567", (("body", "a\r\nb"), ("key", "k")))
    assert load(kept.dump()) == kept


def test_too_much_is_not_carried() -> None:
    assert carry("/a", [("body", "x" * (LONGEST + 1))]) is None
    assert carry("/a", [(f"f{n}", "x") for n in range(101)]) is None
    assert carry("/a", []) is None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        "[" * 5000,
        json.dumps({"path": "//evil.example", "fields": [["a", "b"]]}),
        json.dumps({"path": "/a", "fields": [["a"]]}),
        json.dumps({"path": "/a", "fields": [["a", 1]]}),
        json.dumps({"path": 1, "fields": [["a", "b"]]}),
        json.dumps({"path": "/a", "fields": {"a": "b"}}),
        json.dumps({"path": "/a"}),
    ],
)
def test_what_is_no_carried_form_is_nothing(text: str | None) -> None:
    assert load(text) is None
