"""The edge of the sockets: who is let in, and what becomes of nonsense."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import socketio

from portal.accounts.models import ApiToken, AuthSession
from portal.core import ids
from portal.core.db import db
from tests.support.live import LiveServer, wait_until
from tests.support.world import PEOPLE, THREADS

ALPHA = THREADS["alpha/members"]


def cookie(person: str) -> str:
    return f"portal={PEOPLE[person].token}"


def refused(live: LiveServer, **more: Any) -> bool:
    try:
        page = live.open(None, **more)
    except socketio.exceptions.ConnectionError:
        return True
    return not page.client.connected


@pytest.mark.parametrize("transports", [("websocket",), ("polling",)])
def test_strangers_are_turned_away(live: LiveServer, transports: tuple[str, ...]) -> None:
    foreign = {"Origin": "https://elsewhere.example", "Cookie": cookie("member")}
    assert refused(live, transports=transports, headers={"Origin": live.url})
    assert refused(live, transports=transports, headers={"Origin": live.url, "Cookie": "portal=made-up"})
    assert refused(live, transports=transports, headers=foreign)
    assert refused(
        live, transports=transports, headers={"Cookie": cookie("member")}
    )  # a cookie without an Origin
    assert refused(live, transports=transports, headers={}, token="made-up")
    assert len(live.hub.connections) == 0
    lines = live.hub._socketio.server.eio.sockets
    wait_until(lambda: all(line.closed for line in list(lines.values())), 6, "the lines to be closed")


def test_half_a_sign_in_is_none(live: LiveServer) -> None:
    with live.app.app_context():
        db.session.query(AuthSession).filter(AuthSession.id == PEOPLE["member"].id).update(
            {"passed": "password"}
        )
        db.session.commit()
    assert refused(live, headers={"Origin": live.url, "Cookie": cookie("member")})


def test_a_program_comes_with_a_token_and_without_origin(live: LiveServer) -> None:
    with live.app.app_context():
        for scope in ("read", "write"):
            db.session.add(
                ApiToken(
                    person_id=PEOPLE["member"].id, token_digest=ids.digest(f"token-{scope}"), scope=scope
                )
            )
        db.session.commit()
    reads = live.open(None, headers={}, token="token-read")
    writes = live.open(None, headers={}, token="token-write")
    assert reads.join(ALPHA)["ok"] is True
    words = {"thread": ALPHA, "body": "By program", "key": "key-of-a-program"}
    assert reads.call("thread:post", words)["problem"]["status"] == 403
    assert writes.call("thread:post", words)["ok"] is True
    assert reads.wait_for("thread:event")[0]["seq"] == 3


def test_polling_works_where_websockets_are_blocked(live: LiveServer) -> None:
    page = live.open("member", transports=("polling",))
    assert page.client.transport() == "polling"
    assert page.join(ALPHA)["ok"] is True
    live.open("neighbour").call("thread:post", {"thread": ALPHA, "body": "Hello", "key": "key-for-polling"})
    assert page.wait_for("thread:event")[0]["seq"] == 3


def test_no_more_sockets_than_there_is_room(live: LiveServer) -> None:
    live.app.config["PORTAL_SOCKETS"] = 2
    first, second = live.open("member"), live.open("lead")
    assert refused(live, headers={"Origin": live.url, "Cookie": cookie("neighbour")})
    assert first.join(ALPHA)["ok"] and second.join(ALPHA)["ok"]
    first.close()
    wait_until(lambda: len(live.hub.connections) == 1)
    time.sleep(0.2)
    assert live.open("neighbour").join(ALPHA)["ok"] is True


NONSENSE: list[Any] = [
    None, 1, "text", [], [{}], {}, {"thread": None}, {"thread": "1"}, {"thread": True}, {"thread": 1.5}, {"thread": -1},
    {"thread": 2**70}, {"thread": [ALPHA]}, {"thread": {"id": ALPHA}}, {"thread": ALPHA, "seq": "2"},
    {"thread": ALPHA, "seq": -1}, {"thread": ALPHA, "seq": 2**40},
    {"thread": ALPHA, "seq": 2, "room": "thread:1:authority:1"},
    {"thread": f"{ALPHA}:authority:1", "seq": 0}, {"thread": ALPHA, "seq": None},
]  # fmt: skip


def test_nonsense_gets_a_problem_and_never_a_500(live: LiveServer) -> None:
    page = live.open("member")
    for event in ("thread:join", "thread:leave", "thread:post", "thread:typing"):
        for payload in NONSENSE:
            if (
                event in {"thread:leave", "thread:typing"}
                and isinstance(payload, dict)
                and payload == {"thread": ALPHA}
            ):
                continue
            answer = page.call(event, payload)
            assert answer["ok"] is False, (event, payload)
            assert answer["problem"]["status"] in {400, 422}, (event, payload, answer)
    for body in ("", " \n ", "\0", "x" * 70_000, "\ud800", 5, None, ["x"]):
        answer = page.call("thread:post", {"thread": ALPHA, "body": body, "key": "key-of-nonsense"})
        assert answer["ok"] is False
        assert answer["problem"]["status"] == 422, (body, answer)
    for key in ("", "short", "k" * 200, "with space", "nul\0nulnul", 12345678):
        answer = page.call("thread:post", {"thread": ALPHA, "body": "Fine", "key": key})
        assert answer["problem"]["status"] == 422, key
    assert page.call("thread:unknown", {})["problem"]["status"] == 404
    assert page.call("join", {"room": f"thread:{ALPHA}:authority:1"})["problem"]["status"] == 404
    assert page.join(ALPHA)["seq"] == 2


def test_a_forged_room_is_no_place(live: LiveServer) -> None:
    page = live.open("other_member")
    for event in (
        "join",
        "room",
        "enter_room",
        "subscribe",
        "thread:event",
        "thread:rejoin",
        "inbox:changed",
    ):
        answer = page.call(event, {"thread": ALPHA, "room": f"thread:{ALPHA}:authority:1"})
        assert answer["problem"]["status"] == 404
    member = live.open("member")
    member.join(ALPHA)
    member.call("thread:post", {"thread": ALPHA, "body": "For members", "key": "key-for-members"})
    member.wait_for("thread:event")
    assert page.heard == []


def test_posting_is_limited_as_by_form(live: LiveServer) -> None:
    page = live.open("member")
    answers = [
        page.call("thread:post", {"thread": ALPHA, "body": "", "key": f"key-number-{n:03}"})
        for n in range(61)
    ]
    assert [a["problem"]["status"] for a in answers[:60]] == [422] * 60
    assert answers[60]["problem"]["status"] == 429
    assert answers[60]["problem"]["retry_after"] > 0


def test_answers_of_the_door_carry_the_headers(live: LiveServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=5)
    connection.request("GET", "/socket.io/?EIO=4&transport=polling")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    connection.close()


def test_nothing_secret_stays_with_the_socket(live: LiveServer) -> None:
    live.open("member")
    kept = str(live.hub._socketio.server.environ) + str(live.hub.connections.all())
    assert PEOPLE["member"].token not in kept
