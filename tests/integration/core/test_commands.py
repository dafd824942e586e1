"""Commands: slow work before the transaction, rights read again inside it, keys that answer once, all or nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from portal.accounts.services import secrets
from portal.core import clock, commands, events, ids, tenancy
from portal.core.audit import AuditEntry
from portal.core.commands import IdempotencyKey
from portal.core.db import begin_write, db
from portal.core.errors import Forbidden, IdempotencyMismatch, NotFound, Unauthenticated
from portal.core.markup import render_markdown
from portal.forums.events import PostAdded
from portal.forums.models import Post
from portal.forums.services import posts, threads
from portal.groups.queries import actors
from tests.support.marks import on_both
from tests.support.world import PEOPLE, POSTS, THREADS, end_membership

THREAD = THREADS["alpha/members"]


def act(person: str, work: Callable[..., Any], **given: Any) -> Any:
    actor = actors.find_actor_of_person(PEOPLE[person].id)
    assert actor is not None
    with tenancy.acting_as(actor):
        return work(actor, **given)


def bodies() -> list[str]:
    actor = actors.find_actor_of_person(PEOPLE["neighbour"].id)
    assert actor is not None
    with tenancy.acting_as(actor):
        found = list(
            db.session.scalars(select(Post.markdown).where(Post.thread_id == THREAD, Post.position > 2))
        )
    db.session.rollback()
    return found


def put_a_file() -> None:
    current_app.extensions["portal.storage"].put(io.BytesIO(b"Words"), 100)


SLOW: dict[str, Callable[[], Any]] = {
    "rendering": lambda: render_markdown("*Words*"),
    "argon2": lambda: secrets.hash_password("correct horse battery staple"),
    "checking a password": lambda: secrets.verify_password(None, "correct horse battery staple"),
    "storage": put_a_file,
}


@pytest.mark.parametrize("work", SLOW)
def test_slow_work_is_refused_while_a_write_transaction_is_open(
    context: Flask, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    SLOW[work]()  # outside a transaction it is welcome
    real = posts.add_post

    def slow(*given: Any, **named: Any) -> Any:
        SLOW[work]()
        return real(*given, **named)

    monkeypatch.setattr(posts, "add_post", slow)
    with pytest.raises(RuntimeError, match="while a write transaction is open"):
        act("member", posts.reply, thread_id=THREAD, body="Words")
    assert bodies() == []


def test_text_is_prepared_before_any_transaction(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, bool]] = []
    real = posts.prepare_text

    def prepare(*given: Any, **named: Any) -> Any:
        seen.append((commands.in_transaction(), db.session().in_transaction()))
        return real(*given, **named)

    monkeypatch.setattr(posts, "prepare_text", prepare)
    db.session.rollback()
    actor = actors.find_actor_of_person(PEOPLE["member"].id)
    assert actor is not None
    db.session.rollback()
    with tenancy.acting_as(actor):
        posts.reply(actor, thread_id=THREAD, body="Words")
    assert seen == [(False, False)]


@on_both
def test_rights_are_read_again_inside(context: Flask) -> None:
    actor = actors.find_actor_of_person(PEOPLE["colleague"].id)
    assert actor is not None
    db.session.rollback()
    end_membership("colleague", "alpha")
    with tenancy.acting_as(actor), pytest.raises(NotFound):
        posts.reply(actor, thread_id=THREAD, body="With yesterday's right")
    assert bodies() == []


@on_both
def test_whoever_was_signed_out_meanwhile_writes_nothing(context: Flask) -> None:
    found = actors.find_actor_by_session(ids.digest(PEOPLE["member"].token))
    assert found is not None
    begin_write()
    db.session.query(actors.AuthSession).filter(actors.AuthSession.id == PEOPLE["member"].id).delete()
    db.session.commit()
    with tenancy.acting_as(found[0]), pytest.raises(Unauthenticated):
        posts.reply(found[0], thread_id=THREAD, body="After the sign-out")
    assert bodies() == []


@on_both
def test_an_error_ends_everything(context: Flask) -> None:
    def entries() -> int:
        return db.session.scalar(select(func.count(AuditEntry.id))) or 0

    before = entries()

    @events.on(PostAdded)
    def fail(event: PostAdded) -> None:
        raise RuntimeError("a listener fails")

    try:
        with pytest.raises(RuntimeError, match="a listener fails"):
            act("member", posts.reply, thread_id=THREAD, body="Half made", idempotency_key="key-of-the-half")
    finally:
        events._on[PostAdded].remove(fail)
    assert bodies() == []
    assert entries() == before
    assert db.session.scalar(select(IdempotencyKey.id).where(IdempotencyKey.key == "key-of-the-half")) is None
    db.session.rollback()
    assert (
        act("member", posts.reply, thread_id=THREAD, body="Whole", idempotency_key="key-of-the-half").position
        == 3
    )


@on_both
def test_a_key_answers_once_and_for_its_body_alone(context: Flask) -> None:
    first = act("member", posts.reply, thread_id=THREAD, body="Once", idempotency_key="a-key-of-mine")
    again = act("member", posts.reply, thread_id=THREAD, body="Once", idempotency_key="a-key-of-mine")
    assert (first.replayed, again.replayed) == (False, True)
    assert first.id == again.id
    with pytest.raises(IdempotencyMismatch):
        act("member", posts.reply, thread_id=THREAD, body="Other words", idempotency_key="a-key-of-mine")
    theirs = act("colleague", posts.reply, thread_id=THREAD, body="Once", idempotency_key="a-key-of-mine")
    assert theirs.id != first.id, "a key is a person's own"
    assert bodies() == ["Once", "Once"]


def test_old_keys_are_forgotten(context: Flask) -> None:
    act("member", posts.reply, thread_id=THREAD, body="Once", idempotency_key="a-key-of-mine")
    assert commands.forget_old_keys() == 0
    assert commands.forget_old_keys(clock.now() + timedelta(seconds=5)) == 1


def test_a_refusal_says_why_and_leaves_no_trace(context: Flask) -> None:
    before = db.session.scalar(select(func.count(AuditEntry.id)))
    with pytest.raises(Forbidden) as refused:
        act("member", threads.pin, thread_id=THREAD, pinned=True)
    assert refused.value.detail
    with pytest.raises(NotFound):
        act("other_member", threads.pin, thread_id=THREAD, pinned=True)
    with pytest.raises(NotFound):
        act("member", posts.delete, post_id=POSTS["beta/members"])
    assert db.session.scalar(select(func.count(AuditEntry.id))) == before
    db.session.rollback()


def test_events_are_published_inside_a_command_alone(context: Flask) -> None:
    event = PostAdded(space_id=1, thread_id=1, post_id=1, position=1, author_id=1, reply_to_id=None)
    with pytest.raises(RuntimeError, match="inside a command"):
        events.publish(event)
