"""Marks, drafts, preview and names to mention through the API."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask, current_app

from portal.core import tenancy
from portal.core.db import db
from portal.forums.services import reading
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import PEOPLE, POSTS, SPACES, THREADS

HERE = "alpha/members"
THREAD = f"/api/v1/threads/{THREADS[HERE]}"


@on_both
def test_a_read_mark_rises_and_never_falls(client: PortalClient) -> None:
    client.sign_in_as("member")
    for wanted, stands in ((1, 1), (2, 2), (1, 2), (99, 2), (0, 2)):
        assert client.json("POST", f"{THREAD}/read", {"position": wanted}).get_json() == {"position": stands}
    assert client.json("GET", THREAD).get_json()["read_position"] == 2


@pytest.mark.postgres
def test_read_marks_that_meet_leave_the_furthest(app: Flask) -> None:
    """Two pages of one reader: the slower one, further up, does not take the mark back."""
    start = threading.Barrier(2)
    failures: list[BaseException] = []

    def read(position: int) -> None:
        with app.app_context():
            me = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
            db.session.rollback()
            start.wait()
            try:
                reading.mark_read(me, thread_id=THREADS[HERE], position=position)
            except BaseException as error:
                failures.append(error)
            db.session.remove()

    workers = [threading.Thread(target=read, args=(position,)) for position in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures
    client = PortalClient(app).sign_in_as("member")
    assert client.json("GET", THREAD).get_json()["read_position"] == 2


@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_mark_set_meanwhile_is_not_taken_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, interleaved by hand: the other page's mark is set after this one has looked."""
    real = reading.upsert
    done: list[int] = []

    def slower(*rest: Any, **more: Any) -> None:
        if not done:
            done.append(1)
            other = threading.Thread(target=further)
            other.start()
            other.join()
        real(*rest, **more)

    def further() -> None:
        with app.app_context():
            me = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
            db.session.rollback()
            reading.mark_read(me, thread_id=THREADS[HERE], position=2)
            db.session.remove()

    monkeypatch.setattr(reading, "upsert", slower)
    with app.app_context():
        me = current_app.extensions["portal.find_actor"].of_person(PEOPLE["member"].id)
        with tenancy.acting_as(me):
            assert reading.mark_read(me, thread_id=THREADS[HERE], position=1) == 2
            db.session.rollback()


@on_both
def test_following_muting_and_bookmarks_are_given_and_taken_back(client: PortalClient) -> None:
    client.sign_in_as("member")
    for state in ("following", "muted", None, None):
        assert client.json("POST", f"{THREAD}/follow", {"state": state}).status_code == 204
    assert client.json("POST", f"{THREAD}/follow", {"state": "loudly"}).status_code == 422
    for on in (True, True, False, False):
        assert client.json("POST", f"{THREAD}/bookmark", {"position": 1, "on": on}).status_code == 204
    assert client.json("POST", f"{THREAD}/bookmark", {"position": 3}).status_code == 422


@on_both
def test_a_draft_is_kept_for_its_writer_alone(client: PortalClient) -> None:
    path = f"/api/v1/drafts/reply:{THREADS[HERE]}"
    client.sign_in_as("member")
    assert client.json("GET", path).status_code == 404
    kept = client.json(
        "PUT", path, {"body": "Half a", "thread": THREADS[HERE], "fields": {"title": "T", "x": 1}}
    )
    assert kept.status_code == 200
    assert kept.get_json()["words"] == []
    found = client.json("GET", path).get_json()
    assert (found["body"], found["fields"]) == ("Half a", {"title": "T"})
    assert client.sign_in_as("colleague").json("GET", path).status_code == 404
    assert client.json("DELETE", path).status_code == 204
    client.sign_in_as("member")
    assert client.json("GET", path).status_code == 200
    assert client.json("DELETE", path).status_code == 204
    assert client.json("GET", path).status_code == 404


@on_both
def test_a_draft_with_case_data_names_the_words_and_the_last_clean_one_stays(client: PortalClient) -> None:
    path = "/api/v1/drafts/new:1"
    client.sign_in_as("member")
    space = SPACES[HERE]
    client.json("PUT", path, {"body": "clean", "space": space})
    for data in ({"body": "943 476 5919"}, {"body": "x", "fields": {"title": "943 476 5919"}}):
        answer = client.json("PUT", path, {**data, "space": space}).get_json()
        assert answer == {"saved_at": None, "words": ["943 476 5919"]}
    assert client.json("GET", path).get_json()["body"] == "clean"


@on_both
def test_a_draft_is_of_a_space_that_one_reads(client: PortalClient) -> None:
    client.sign_in_as("member")
    path = "/api/v1/drafts/new:1"
    for place in ({"space": SPACES["beta/members"]}, {"space": 5}, {"thread": 5}):
        assert client.json("PUT", path, {"body": "x", **place}).status_code == 404
    assert client.json("PUT", path, {"body": "x", "thread": THREADS["beta/members"]}).status_code == 404
    for place in ({}, {"space": 2**70}, {"thread": -1}):
        assert client.json("PUT", path, {"body": "x", **place}).status_code == 422


@on_both
def test_a_preview_is_the_text_alone_and_names_case_data(client: PortalClient) -> None:
    client.sign_in_as("member")
    body = f"**a** @[Z](person:{PEOPLE['other_member'].id}) <script>x</script> 943 476 5919"
    answer = client.json("POST", "/api/v1/preview", {"body": body}).get_json()
    assert "<strong>a</strong>" in answer["html"]
    assert "<script" not in answer["html"]
    assert PEOPLE["other_member"].name not in answer["html"]
    assert answer["words"] == ["943 476 5919"]
    assert client.json("POST", "/api/v1/preview", {"body": "x" * 70_000}).status_code == 422


def names(client: PortalClient, query: str) -> set[str]:
    answer = client.json("GET", f"/api/v1/mentions?{query}")
    assert answer.status_code == 200
    return {item["name"] for item in answer.get_json()["items"]}


@on_both
def test_members_are_offered_those_who_read_the_thread(client: PortalClient) -> None:
    client.sign_in_as("member")
    assert names(client, f"thread={THREADS[HERE]}") == {
        "Colin Brook",
        "Nerys Vale",
        "Ruth Sandmoor",
        "Dev Marsh",
    }
    assert names(client, f"thread={THREADS['alpha/supplier']}&q=ald") == {"Sam Alder"}
    assert names(client, f"thread={THREADS[HERE]}&q=ald") == set()
    assert names(client, f"thread={THREADS[HERE]}&q=%25") == set()
    assert client.json("GET", f"/api/v1/mentions?thread={THREADS['beta/members']}").status_code == 404


@on_both
def test_another_supplier_is_not_offered_where_it_does_not_read(client: PortalClient) -> None:
    client.sign_in_as("moderator")
    offered = names(client, f"thread={THREADS['nlar/supplier-a']}")
    assert "Sam Alder" in offered
    assert "Una Birch" not in offered


@on_both
def test_a_supplier_is_offered_those_who_wrote_there_under_their_names(client: PortalClient) -> None:
    shared = THREADS["alpha/supplier"]
    client.sign_in_as("member")
    hidden = {"body": "x", "attribution": "withheld"}
    assert client.json("POST", f"/api/v1/threads/{shared}/posts", hidden).status_code == 201
    client.sign_in_as("supplier")
    assert names(client, f"thread={shared}") == {"Nerys Vale"}
    client.sign_in_as("member").json("POST", f"/api/v1/threads/{shared}/posts", {"body": "x"})
    client.sign_in_as("supplier")
    assert names(client, f"thread={shared}") == {"Nerys Vale", "Asha Fenn"}
    client.sign_in_as("neighbour")
    for post in (POSTS["alpha/supplier"], POSTS["alpha/supplier"] + 1):
        assert client.json("DELETE", f"/api/v1/posts/{post}").status_code == 204
    client.sign_in_as("supplier")
    assert names(client, f"thread={shared}") == {"Asha Fenn"}
