"""Threads and posts through the API (contract.md, "API")."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from portal.core import clock
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import FORUMS, MARKERS, PEOPLE, POSTS, THREADS

HERE, THERE = "alpha/members", "beta/members"
THREAD = f"/api/v1/threads/{THREADS[HERE]}"
POST = f"/api/v1/posts/{POSTS[HERE]}"
GROUP = "/api/v1/groups/alpha/threads"


@on_both
def test_a_thread_is_started_and_found_in_its_list(client: PortalClient) -> None:
    client.sign_in_as("member")
    made = client.json("POST", GROUP, {"kind": "issue", "title": "It prints twice", "body": "Since *7.1*"})
    assert made.status_code == 201
    thread = made.get_json()
    assert (thread["status"], thread["space"], thread["posts"]) == ("raised", "members", 1)
    assert thread["author"] == {"name": "Asha Fenn", "organisation": "Northmoor"}
    items = client.json("GET", f"{GROUP}?kind=issue&space=members&status=raised").get_json()["items"]
    assert [item["number"] for item in items] == [thread["number"], THREADS[HERE]]
    assert all(item["can_reply"] for item in items)
    assert not client.json("GET", f"{GROUP}?kind=question").get_json()["items"]
    assert client.json("GET", f"{GROUP}?space=nowhere").status_code == 404


@on_both
def test_the_pages_of_a_list_have_each_thread_once(
    client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.forums.queries.api.PAGE", 2)
    client.sign_in_as("member")
    for number in range(4):
        client.json("POST", GROUP, {"title": f"Number {number}", "body": "x"})
    seen: list[int] = []
    after = ""
    for _ in range(10):
        page = client.json("GET", f"{GROUP}?space=members&after={after}").get_json()
        seen += [item["number"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 5


@on_both
def test_a_repeated_key_returns_the_first_answer_and_another_body_is_refused(client: PortalClient) -> None:
    client.sign_in_as("member")
    key = {"Idempotency-Key": "abc"}
    first = client.json("POST", f"{THREAD}/posts", {"body": "Once"}, headers=key)
    again = client.json("POST", f"{THREAD}/posts", {"body": "Once"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert client.json("POST", f"{THREAD}/posts", {"body": "Twice"}, headers=key).status_code == 422
    long_key = {"Idempotency-Key": "x" * 201}
    assert client.json("POST", f"{THREAD}/posts", {"body": "x"}, headers=long_key).status_code == 422
    assert client.json("GET", THREAD).get_json()["posts"] == 3


@on_both
def test_posts_come_in_order_a_page_at_a_time_or_the_newest(
    client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.forums.queries.api.POSTS", 2)
    client.sign_in_as("member")
    client.json("POST", f"{THREAD}/posts", {"body": "Third", "reply_to": POSTS[HERE]})
    first = client.json("GET", f"{THREAD}/posts").get_json()
    assert [post["position"] for post in first["items"]] == [1, 2]
    rest = client.json("GET", f"{THREAD}/posts?after={first['next']}").get_json()
    assert [(post["position"], post["own"], post["reply_to"]) for post in rest["items"]] == [(3, True, 1)]
    assert rest["next"] is None
    newest = client.json("GET", f"{THREAD}/posts?last=1").get_json()["items"]
    assert [post["position"] for post in newest] == [3]


@on_both
def test_events_are_the_changes_after_a_number_without_words(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    client.json("PATCH", POST, {"body": "Said better"})
    client.json("DELETE", POST)
    client.json("POST", f"{POST}/restore")
    answer = client.json("GET", f"{THREAD}/events?since=2").get_json()
    assert [(item["seq"], item["kind"]) for item in answer["items"]] == [
        (3, "post.edited"),
        (4, "post.removed"),
        (5, "post.restored"),
    ]
    assert (answer["seq"], answer["next"]) == (5, None)
    assert not client.json("GET", f"{THREAD}/events?since=5").get_json()["items"]


@on_both
def test_a_stale_edit_is_a_conflict_and_changes_nothing(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    assert client.json("PATCH", POST, {"body": "First", "revision": 1}).status_code == 200
    assert client.json("PATCH", POST, {"body": "Second", "revision": 1}).status_code == 409
    shown = client.json("GET", f"{THREAD}/posts").get_json()["items"][0]
    assert (shown["html"], shown["edited_at"] is not None) == ("<p>First</p>", True)


@on_both
def test_a_deleted_post_shows_no_words_and_comes_back_for_ten_minutes(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    assert client.json("DELETE", POST).status_code == 204
    assert client.json("DELETE", POST).status_code == 204
    gone = client.json("GET", f"{THREAD}/posts").get_json()["items"][0]
    assert gone["state"] == "deleted"
    assert MARKERS[HERE] not in json.dumps(gone)
    with clock.shifted(timedelta(minutes=11)):
        late = client.json("POST", f"{POST}/restore")
    assert (late.status_code, late.mimetype) == (403, "application/problem+json")
    assert client.json("POST", f"{POST}/restore").status_code == 204


@on_both
def test_reactions_are_counted_and_taken_back(client: PortalClient) -> None:
    client.sign_in_as("member")
    for on, expected in ((True, 1), (True, 1), (False, 0)):
        answer = client.json("POST", f"{POST}/reactions", {"kind": "thanks", "on": on})
        assert answer.status_code == 204
        shown = client.json("GET", f"{THREAD}/posts").get_json()["items"][0]
        assert shown["reactions"].get("thanks", 0) == expected
    assert client.json("POST", f"{POST}/reactions", {"kind": "anger"}).status_code == 422


@on_both
def test_no_id_of_an_author_stands_in_any_answer(client: PortalClient) -> None:
    """Named or not, an answer about threads and posts holds no person's number, and a withheld one no name."""
    me = PEOPLE["member"]
    client.sign_in_as("member")
    sent = {"title": "Without my name", "body": "x", "attribution": "withheld"}
    number = client.json("POST", GROUP, sent).get_json()["number"]
    client.json(
        "POST", f"/api/v1/threads/{number}/posts", {"body": "And so is this", "attribution": "withheld"}
    )
    client.sign_in_as("colleague")
    told = ""
    for path in (
        f"/api/v1/threads/{number}",
        f"/api/v1/threads/{number}/posts",
        f"/api/v1/threads/{number}/events",
        GROUP,
        "/api/v1/search?q=without",
    ):
        answer = client.json("GET", path)
        assert answer.status_code == 200
        told += answer.get_data(as_text=True)
    assert "A member authority" in told
    assert str(me.id) not in told
    assert me.name not in told
    assert '"Northmoor"' not in told


@on_both
def test_the_choice_of_attribution_is_the_authorities_alone(client: PortalClient) -> None:
    shared = f"/api/v1/threads/{THREADS['alpha/supplier']}/posts"
    delegates = f"/api/v1/threads/{THREADS['nlar/members']}/posts"
    for person, path in (("supplier", shared), ("moderator", delegates)):
        client.sign_in_as(person)
        for attribution in ("withheld", "described"):
            refused = client.json("POST", path, {"body": "x", "attribution": attribution})
            assert refused.status_code == 422
            assert [error["field"] for error in refused.get_json()["errors"]] == ["attribution"]
        assert client.json("POST", path, {"body": "x"}).status_code == 201


@on_both
def test_an_author_learns_how_many_of_those_named_are_not_reached(client: PortalClient) -> None:
    names = " ".join(f"@[A](person:{PEOPLE[who].id})" for who in ("lead", "other_member", "administrator"))
    client.sign_in_as("member")
    sent = client.json("POST", f"{THREAD}/posts", {"body": names}).get_json()
    assert sent["unreadable_mentions"] == 2


@on_both
def test_naming_somebody_does_not_tell_a_supplier_whether_they_are_a_member(client: PortalClient) -> None:
    path = f"/api/v1/threads/{THREADS['alpha/supplier']}/posts"
    client.sign_in_as("supplier")
    told = [
        client.json("POST", path, {"body": f"@[A](person:{PEOPLE[who].id})"}).get_json()[
            "unreadable_mentions"
        ]
        for who in ("member", "other_member")
    ]
    assert told == [0, 0]


@pytest.mark.parametrize("person", ["other_member", "administrator", "former", "supplier"])
def test_whoever_does_not_read_the_space_gets_the_answer_for_what_is_not_there(
    client: PortalClient, person: str
) -> None:
    client.sign_in_as(person)
    for method, path, body in (
        ("GET", "/api/v1/threads/{thread}", None),
        ("GET", "/api/v1/threads/{thread}/posts", None),
        ("GET", "/api/v1/threads/{thread}/events", None),
        ("POST", "/api/v1/threads/{thread}/posts", {"body": "x"}),
        ("POST", "/api/v1/threads/{thread}/posts", {}),
        ("POST", "/api/v1/threads/{thread}/read", {"position": 1}),
        ("PATCH", "/api/v1/posts/{post}", {"body": "x"}),
        ("DELETE", "/api/v1/posts/{post}", None),
        ("POST", "/api/v1/posts/{post}/restore", None),
        ("POST", "/api/v1/posts/{post}/reactions", {"kind": "thanks"}),
    ):
        answers = [
            client.json(method, path.format(thread=thread, post=post), body)
            for thread, post in ((THREADS[HERE], POSTS[HERE]), (999_999_999, 10**15))
        ]
        bodies = [{**answer.get_json(), "reference": ""} for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert bodies[0] == bodies[1], path


def test_a_forum_of_another_space_is_no_forum_here(client: PortalClient) -> None:
    client.sign_in_as("member")
    for forum in (FORUMS["alpha/supplier"], FORUMS[THERE], 1, 2**80):
        answer = client.json("POST", GROUP, {"title": "Title", "body": "x", "forum": forum})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.get_json()["errors"]] == ["forum"]
