"""Two server processes and a third one that only writes: what one does, the pages of the other see.

With Redis at once, without it within two seconds. Nobody who lost a right hears anything from either.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core import spaces
from portal.core.db import begin_write, db
from portal.forums.services import posts
from tests.support import database
from tests.support.live import Page, acting, elsewhere, wait_until
from tests.support.processes import ServerProcess
from tests.support.world import PEOPLE, SPACES, THREADS, end_membership

ALPHA = THREADS["alpha/members"]
NOWHERE = "redis://127.0.0.1:1/0"  # nothing listens on port 1


def servers(app: Flask, folder: Path, redis_url: str) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    settings = {"PORTAL_DATABASE_URL": app.config["PORTAL_DATABASE_URL"], "PORTAL_REDIS_URL": redis_url}
    with ServerProcess(folder, **settings) as first, ServerProcess(folder, **settings) as second:
        yield first, second


@pytest.fixture
def with_redis(app: Flask, tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two processes that ring for each other."""
    yield from servers(app, tmp_path, database.REDIS)


@pytest.fixture
def redis_stopped(app: Flask, tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Two processes whose Redis does not answer."""
    yield from servers(app, tmp_path, NOWHERE)


def remove(app: Flask, person: str) -> None:
    """End a membership in this process, which serves nobody: as the worker and the command line do."""

    def end() -> None:
        begin_write()
        end_membership(person, "alpha", commit=False)
        spaces.end_rights(PEOPLE[person].id, {SPACES["alpha/members"], SPACES["alpha/supplier"]})
        db.session.commit()

    elsewhere(app, end)


def post_and_wait(writer: Page, reader: Page, number: int) -> float:
    begin = time.monotonic()
    answer = writer.call(
        "thread:post", {"thread": ALPHA, "body": f"Post {number}", "key": f"key-of-post-{number}"}
    )
    assert answer["ok"] is True, answer
    wait_until(
        lambda: any(event["seq"] == answer["seq"] for event in reader.of("thread:event")), 5, "the post"
    )
    return time.monotonic() - begin


@pytest.mark.postgres
@pytest.mark.redis
def test_a_post_reaches_the_page_at_the_other_process(
    app: Flask, with_redis: tuple[ServerProcess, ServerProcess]
) -> None:
    first, second = with_redis
    writer, reader = Page(first.url, "neighbour"), Page(second.url, "member")
    assert reader.join(ALPHA)["present"] == ["Northmoor"]
    assert writer.join(ALPHA)["ok"] is True
    both = ["Castlemere", "Northmoor"]  # of the two processes
    wait_until(
        lambda: any(told["present"] == both for told in reader.of("thread:present")), 4, "both authorities"
    )
    took = sorted(post_and_wait(writer, reader, number) for number in range(5))
    assert took[2] < 0.8
    writer.call("thread:typing", {"thread": ALPHA})
    assert reader.wait_for("thread:typing")[0]["authority"] == "Castlemere"
    for page in (writer, reader):
        page.close()


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("servers_of", ["with_redis", "redis_stopped"])
def test_whoever_was_removed_elsewhere_hears_nothing_from_either(
    app: Flask, servers_of: str, request: pytest.FixtureRequest
) -> None:
    first, second = request.getfixturevalue(servers_of)
    leavers = [Page(server.url, "colleague") for server in (first, second)]
    stays = Page(second.url, "member")
    for page in (*leavers, stays):
        assert page.join(ALPHA)["ok"] is True
    remove(app, "colleague")
    begin = time.monotonic()
    for number in range(20):
        acting(app, "neighbour", posts.reply, thread_id=ALPHA, body=f"After the removal, {number}")
    wait_until(lambda: not any(page.client.connected for page in leavers), 4, "the end of both sockets")
    assert time.monotonic() - begin < 4
    stays.wait_for("thread:rejoin")
    assert [event["seq"] for event in stays.join(ALPHA)["missed"]] == list(range(3, 23))
    for page, server in zip(leavers, (first, second), strict=True):
        assert page.of("thread:event") == []
        again = Page(server.url, "colleague")
        assert again.join(ALPHA)["problem"]["status"] == 404
        again.close()
    stays.close()


@pytest.mark.postgres
def test_with_redis_stopped_a_page_is_two_seconds_behind_at_most(
    app: Flask, redis_stopped: tuple[ServerProcess, ServerProcess]
) -> None:
    first, second = redis_stopped
    writer, reader = Page(first.url, "neighbour"), Page(second.url, "member")
    writer.join(ALPHA)
    reader.join(ALPHA)
    took = [post_and_wait(writer, reader, number) for number in range(5)]
    assert max(took) < 2, took
    for page in (writer, reader):
        page.close()


@pytest.mark.postgres
def test_told_to_stop_a_server_closes_its_sockets_and_ends(
    app: Flask, redis_stopped: tuple[ServerProcess, ServerProcess]
) -> None:
    first, second = redis_stopped
    pages = [Page(first.url, "member", transports=(kind,)) for kind in ("websocket", "polling")]
    for page in pages:
        page.join(ALPHA)
    took = first.stop()
    assert took < 8, first.said()
    assert first.code == 0
    wait_until(lambda: not any(page.client.connected for page in pages), 3, "the end of the sockets")
    moved = Page(second.url, "member")
    assert moved.join(ALPHA)["ok"] is True
    moved.close()
