"""The parts of the live half that need no database."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.realtime import eviction, presence
from portal.realtime.connection import Connection, Connections
from portal.realtime.door import Door
from portal.realtime.edge import known_events

PORTAL = Path(__file__).resolve().parents[3] / "portal"
OWN = "https://portal.example"


def test_only_the_hub_emits() -> None:
    emitters = {
        str(path.relative_to(PORTAL))
        for path in PORTAL.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"emit", "_emit"}
    }
    assert emitters == {"realtime/hub.py"}


def test_the_events_of_the_contract_are_all_there_are() -> None:
    assert set(known_events()) == {"thread:join", "thread:leave", "thread:post", "thread:typing"}
    assert {name for name, declared in known_events().items() if declared.writes} == {"thread:post"}


def door(env: str = "production") -> tuple[Door, list[str]]:
    app = Flask("a")
    app.config.update(PORTAL_BASE_URL=OWN, PORTAL_ENV=env, PORTAL_HTTPS=True)
    reached: list[str] = []

    def inner(environ: dict[str, Any], start: Any) -> list[bytes]:
        reached.append(environ["PATH_INFO"])
        start("200 OK", [])
        return [b""]

    return Door(app, inner, lambda: True), reached


@pytest.mark.parametrize(
    ("headers", "comes_in"),
    [
        ({"HTTP_ORIGIN": OWN, "HTTP_COOKIE": "a=b"}, True),
        ({"HTTP_ORIGIN": "https://elsewhere.example", "HTTP_COOKIE": "a=b"}, False),
        ({"HTTP_ORIGIN": "null", "HTTP_COOKIE": "a=b"}, False),
        ({"HTTP_ORIGIN": f"{OWN}.evil.example"}, False),
        ({"HTTP_ORIGIN": "http://portal.example"}, False),
        ({"HTTP_ORIGIN": "https://internal:8000", "HTTP_HOST": "internal:8000"}, False),
        ({"HTTP_COOKIE": "a=b"}, False),
        ({"HTTP_COOKIE": "a=b", "HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_COOKIE": "a=b", "HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ({"HTTP_COOKIE": "a=b", "HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_REFERER": f"{OWN}/"}, False),
        ({"HTTP_COOKIE": "a=b", "HTTP_REFERER": f"{OWN}/threads/1"}, True),
        ({"HTTP_COOKIE": "a=b", "HTTP_REFERER": "https://elsewhere.example/"}, False),
        ({}, True),
    ],
)
def test_a_cookie_is_believed_from_our_own_pages_only(headers: dict[str, str], comes_in: bool) -> None:
    made, reached = door()
    said: list[Any] = []
    environ = {"PATH_INFO": "/socket.io/", "QUERY_STRING": "EIO=4", "wsgi.url_scheme": "https", **headers}
    made(environ, lambda status, given, *_: said.append((status, dict(given))))
    assert bool(reached) is comes_in
    assert said[0][0].startswith("200" if comes_in else "403")
    assert said[0][1]["Strict-Transport-Security"]


def test_presence_is_forgotten_when_a_process_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    known = presence.Presence()
    known.heard("other", 7, ["Thornhithe"])
    assert known.everywhere(7, ["Northmoor"]) == ("Northmoor", "Thornhithe")
    now[0] += presence.FORGET_AFTER + 1
    assert known.everywhere(7, ["Northmoor"]) == ("Northmoor",)


def test_presence_is_told_when_it_changes_and_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(presence.time, "monotonic", lambda: now[0])
    known = presence.Presence()
    assert known.to_tell({7: ("Northmoor",)}) == {7: ("Northmoor",)}
    assert known.to_tell({7: ("Northmoor",)}) == {}
    now[0] += presence.REPEAT_EVERY + 1
    assert known.to_tell({7: ("Northmoor",)}) == {7: ("Northmoor",)}
    assert known.to_tell({}) == {7: ()}
    assert known.to_tell({}) == {}


def test_a_revocation_ends_the_sockets_it_names() -> None:
    connections = Connections()
    for sid, person, session in (("a", 1, 10), ("b", 1, 11), ("c", 2, 12), ("d", 1, None)):
        connections.add(Connection(sid, "digest", session is None, person, session))
    assert eviction.ended_by([(1, 10)], connections) == {"a"}
    assert eviction.ended_by([(1, None)], connections) == {"a", "b", "d"}
    assert eviction.ended_by([(3, None)], connections) == set()
    connections.remove("a")
    assert eviction.ended_by([(1, None), (2, None)], connections) == {"b", "c", "d"}
