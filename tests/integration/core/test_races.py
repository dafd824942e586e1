"""Races of rights and writes, by forced interleaving on PostgreSQL: whichever commits first, nothing passes between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import func, select

from portal.core import identity, spaces, tenancy
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, NotFound, PortalError
from portal.forums.models import Post, Thread
from portal.forums.services import posts
from portal.groups.models import Membership
from portal.groups.queries import actors
from portal.groups.services import lead, members
from tests.support.world import GROUPS, PEOPLE, THREADS

pytestmark = pytest.mark.postgres
THREAD = THREADS["alpha/members"]
ALPHA = GROUPS["alpha"]


class Runner:
    """Runs commands side by side, each in a thread, a context and a connection of its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(8)

    def start(self, person: str, work: Callable[..., Any], **given: Any) -> Future[Any]:
        """Begin a command as somebody; an error that is meant for them is the result."""

        def run() -> Any:
            with self.app.test_request_context():
                actor = actors.find_actor_of_person(PEOPLE[person].id)
                assert actor is not None
                try:
                    with tenancy.acting_as(actor):
                        return work(actor, **given)
                except PortalError as error:
                    return error

        return self.pool.submit(run)

    def reply(self, person: str, body: str, **more: Any) -> Future[Any]:
        return self.start(person, posts.reply, thread_id=THREAD, body=body, **more)

    def remove(self, person: str) -> Future[Any]:
        given = {"group_id": ALPHA, "person_id": PEOPLE[person].id, "reason": "Gone"}
        return self.start("lead", members.remove_member, **given)

    def posted(self) -> list[str]:
        """The bodies that stand in the thread."""
        with self.app.test_request_context():
            actor = actors.find_actor_of_person(PEOPLE["neighbour"].id)
            assert actor is not None
            with tenancy.acting_as(actor):
                query = select(Post.markdown).where(Post.thread_id == THREAD, Post.position > 2)
                return list(db.session.scalars(query.order_by(Post.position)))


@pytest.fixture
def side_by_side(app: Flask) -> Any:
    runner = Runner(app)
    yield runner
    runner.pool.shutdown(wait=True)


class Gate:
    """Stops whoever passes a function, until it is opened."""

    def __init__(
        self, patch: pytest.MonkeyPatch, module: Any, name: str, *, after: bool = False, who: str = ""
    ) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        real = getattr(module, name)

        def gated(*given: Any, **named: Any) -> Any:
            if g.actor.person_id == PEOPLE[who].id:
                self._wait()
            return real(*given, **named)

        patch.setattr(module, name, gated)

    def _wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(10), "nobody opened the gate"


def test_a_reply_that_began_before_the_removal_fails_after_it(
    side_by_side: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prepared with the old right, it waits; the removal commits; then the right is read again."""
    gate = Gate(monkeypatch, posts, "prepare_text", who="colleague")
    reply = side_by_side.reply("colleague", "Too late")
    assert gate.reached.wait(10)
    assert side_by_side.remove("colleague").result(10) is None
    gate.opened.set()
    assert isinstance(reply.result(10), NotFound)
    assert side_by_side.posted() == []


def test_a_reply_that_holds_the_space_commits_before_the_removal(
    side_by_side: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply holds the space's row; ending the right waits for it, so the write is wholly before the end."""
    gate = Gate(monkeypatch, posts, "add_post", who="colleague")
    reply = side_by_side.reply("colleague", "Just in time")
    assert gate.reached.wait(10)
    removal = side_by_side.remove("colleague")
    time.sleep(0.5)
    assert not removal.done(), "the removal did not wait for the reply"
    gate.opened.set()
    assert isinstance(reply.result(10), posts.Posted)
    assert removal.result(10) is None
    assert side_by_side.posted() == ["Just in time"]
    assert isinstance(side_by_side.reply("colleague", "Afterwards").result(10), NotFound)


def test_a_removal_that_is_not_committed_makes_the_reply_wait(
    side_by_side: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal has raised the epochs and not committed: the reply waits for the row, and then fails."""
    gate = Gate(monkeypatch, members.audit, "record", who="lead")
    removal = side_by_side.remove("colleague")
    assert gate.reached.wait(10)
    reply = side_by_side.reply("colleague", "In between")
    time.sleep(0.5)
    if reply.done():  # it was wholly before: then it stands, and the removal comes after
        assert isinstance(reply.result(), posts.Posted)
    gate.opened.set()
    assert removal.result(10) is None
    if isinstance(reply.result(10), posts.Posted):
        assert side_by_side.posted() == ["In between"]
    else:
        assert isinstance(reply.result(10), NotFound)
        assert side_by_side.posted() == []


def test_the_right_is_read_again_while_the_space_is_held(
    side_by_side: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding the thread and reading the right again nothing can end the right unseen."""
    order: list[str] = []
    lock, real_loaders = spaces.lock_for_use, identity.loaders

    def locking(space_id: int) -> Any:
        order.append("locked")
        return lock(space_id)

    def loading() -> Any:
        order.append("read again")
        return real_loaders()

    monkeypatch.setattr(spaces, "lock_for_use", locking)
    monkeypatch.setattr(identity, "loaders", loading)
    assert isinstance(side_by_side.reply("colleague", "In order").result(10), posts.Posted)
    assert order == ["locked", "read again"]


def test_two_who_are_made_lead_at_once_leave_one(side_by_side: Runner) -> None:
    """One lead hands over to two people at the same moment: one of them leads, the other call is refused."""
    heirs = ("deputy", "neighbour")
    given = [{"group_id": ALPHA, "person_id": PEOPLE[heir].id} for heir in heirs]
    results = [
        f.result(20) for f in [side_by_side.start("lead", lead.hand_over_lead, **more) for more in given]
    ]
    refused = [r for r in results if isinstance(r, (Conflict, Forbidden, NotFound))]
    assert len(refused) == 1, results
    with side_by_side.app.app_context():
        leads = db.session.scalars(
            select(Membership.person_id).where(
                Membership.group_id == ALPHA, Membership.role == "lead", Membership.ended_at.is_(None)
            )
        ).all()
    assert len(leads) == 1


def test_the_same_key_sent_twice_at_once_posts_once(side_by_side: Runner) -> None:
    sent = [side_by_side.reply("member", "Sent twice", idempotency_key="one-key-for-both") for _ in range(4)]
    results = [future.result(20) for future in sent]
    assert {type(result) for result in results} == {posts.Posted}, results
    assert len({result.id for result in results}) == 1
    assert sum(not result.replayed for result in results) == 1
    assert side_by_side.posted() == ["Sent twice"]


def test_many_replies_at_once_take_each_number_once(side_by_side: Runner) -> None:
    people = ("member", "colleague", "neighbour", "lead", "deputy") * 4
    sent = [side_by_side.reply(person, f"Number {n}") for n, person in enumerate(people)]
    results = [future.result(30) for future in sent]
    assert sorted(result.position for result in results) == list(range(3, 23))
    assert sorted(result.change_number for result in results) == list(range(3, 23))
    with side_by_side.app.test_request_context():
        actor = actors.find_actor_of_person(PEOPLE["member"].id)
        assert actor is not None
        with tenancy.acting_as(actor):
            head = db.session.execute(
                select(Thread.last_position, Thread.post_count, Thread.change_number).where(
                    Thread.id == THREAD
                )
            ).one()
            assert tuple(head) == (22, 22, 22)
            count = select(func.count(func.distinct(Post.position))).where(Post.thread_id == THREAD)
            assert db.session.scalar(count) == 22
