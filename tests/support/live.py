"""A real server in a thread, and browsers' Socket.IO clients: what runs in production, but for gunicorn."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import socketio
from flask import Flask
from werkzeug.serving import make_server

from portal.core import tenancy
from portal.groups.queries import actors
from portal.realtime.hub import Hub
from tests.support.world import PEOPLE


class LiveServer:
    """The application served on a free port of this machine, its hub running. A context manager."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.clients: list[Page] = []
        app.config["PORTAL_BASE_URL"] = self.url

    @property
    def hub(self) -> Hub:
        found: Hub = self.app.extensions["portal.hub"]
        return found

    def __enter__(self) -> LiveServer:
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.thread.start()
        self.hub.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.hub.stop()
        for page in self.clients:
            page.close()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(timeout=5)

    def open(self, person: str | None, **more: Any) -> Page:
        """A page of a person, connected."""
        page = Page(self.url, person, **more)
        self.clients.append(page)
        return page


class Page:
    """What the page's script is to the server: one socket, what it heard, and acknowledged calls."""

    def __init__(
        self,
        url: str,
        person: str | None,
        *,
        transports: tuple[str, ...] = ("websocket",),
        headers: dict[str, str] | None = None,
        token: str | None = None,
    ) -> None:
        self.heard: list[tuple[str, Any]] = []
        sent = headers
        if sent is None:
            sent = {"Origin": url, "Cookie": f"portal={PEOPLE[person].token}"} if person else {}
        origin = sent.get("Origin")  # websocket-client writes this header itself, for better or worse
        options = {"origin": origin} if origin else {"suppress_origin": True}
        if "websocket" in transports:
            sent = {name: value for name, value in sent.items() if name != "Origin"}
        self.client = socketio.Client(
            reconnection=False, handle_sigint=False, websocket_extra_options=options
        )
        self.client.on("*", lambda event, data: self.heard.append((event, data)))
        self.client.connect(
            url,
            headers=sent,
            auth={"token": token} if token else None,
            transports=list(transports),
            wait_timeout=5,
        )

    def call(self, event: str, payload: Any) -> dict[str, Any]:
        """Send an event and wait for its acknowledgement."""
        answer: dict[str, Any] = self.client.call(event, payload, timeout=10)
        return answer

    def join(self, thread: int, seq: int = 2) -> dict[str, Any]:
        """Join a thread whose first ``seq`` changes the page has shown."""
        return self.call("thread:join", {"thread": thread, "seq": seq})

    def of(self, event: str) -> list[Any]:
        """What was heard of one kind."""
        return [data for name, data in list(self.heard) if name == event]

    def wait_for(self, event: str, number: int = 1, seconds: float = 6.0) -> list[Any]:
        """What was heard of one kind, once it is ``number`` at least."""
        wait_until(lambda: len(self.of(event)) >= number, seconds, f"{number} × {event}, heard {self.heard}")
        return self.of(event)

    def close(self) -> None:
        """Leave."""
        if self.client.connected:
            self.client.eio.disconnect(abort=True)


def wait_until(true: Callable[[], bool], seconds: float = 6.0, what: str = "it") -> float:
    """Wait until something is true; after how many seconds it was. Fails with ``what`` was awaited."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return time.monotonic() - begin


def acting(app: Flask, person: str, work: Callable[..., Any], **given: Any) -> Any:
    """Run a command as a person, as any other request of this process would."""

    def act() -> Any:
        actor = actors.find_actor_of_person(PEOPLE[person].id)
        assert actor is not None
        with tenancy.acting_as(actor):
            return work(actor, **given)

    return elsewhere(app, act)


def elsewhere(app: Flask, work: Callable[[], Any], seconds: float = 20) -> Any:
    """Run ``work`` in a thread and a request's context of its own, as another request would; what it returns."""

    def run() -> Any:
        with app.test_request_context():
            return work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=seconds)


def without_hover(html: str) -> str:
    """HTML without the titles of its times ("3 minutes ago"), which are true when they are made."""
    return re.sub(r"(<time[^>]*?) title=\"[^\"]*\"", r"\1", html)
