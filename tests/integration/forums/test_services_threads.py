"""The forums' commands: what stands after each, and what is refused."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core import clock, tenancy
from portal.core.commands import IdempotencyKey
from portal.core.db import db
from portal.core.errors import CaseDataFound, Conflict, Forbidden, IdempotencyMismatch, Invalid, NotFound
from portal.core.identity import Actor
from portal.forums.models import (
    Draft,
    InventedStatement,
    Mention,
    Post,
    PostRevision,
    ReadMark,
    ThreadEvent,
)
from portal.forums.services import attachments, boards, drafts, posts, reactions, reading, threads
from portal.search.queries import list_hits
from tests.integration.forums.conftest import actor, thread_row
from tests.support.marks import on_both
from tests.support.world import ATTACHMENTS, FORUMS, PEOPLE, POSTS, SPACES, THREADS, end_membership

HERE, THERE = "alpha/members", "beta/members"


@on_both
def test_a_reply_takes_the_next_position_and_change_number(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    posted = posts.reply(me, thread_id=THREADS[HERE], body="We have **it** too")
    assert (posted.position, posted.change_number) == (3, 3)
    assert tuple(thread_row()) == (3, 3, 3)
    assert (
        db.session.scalar(select(Post.html).where(Post.id == posted.id))
        == "<p>We have <strong>it</strong> too</p>"
    )
    assert db.session.scalar(select(ReadMark.position).where(ReadMark.person_id == me.person_id)) == 3


@on_both
def test_the_same_key_makes_one_post_and_another_body_is_refused(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    first = posts.reply(me, thread_id=THREADS[HERE], body="Once", idempotency_key="k1")
    again = posts.reply(me, thread_id=THREADS[HERE], body="Once", idempotency_key="k1")
    assert (again.id, again.replayed) == (first.id, True)
    with pytest.raises(IdempotencyMismatch):
        posts.reply(me, thread_id=THREADS[HERE], body="Twice", idempotency_key="k1")
    assert thread_row().post_count == 3


@on_both
def test_a_key_is_no_way_back_in_for_somebody_who_left(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    posts.reply(me, thread_id=THREADS[HERE], body="Once", idempotency_key="k1")
    end_membership("member", "alpha")
    with pytest.raises(NotFound):
        posts.reply(me, thread_id=THREADS[HERE], body="Once", idempotency_key="k1")


@pytest.mark.postgres
def test_sent_twice_at_the_same_moment_makes_one_post(app: Flask) -> None:
    _at_once(app, 6, lambda number: {"body": "Once", "idempotency_key": "same"})
    with app.app_context(), tenancy.acting_as(actor("member")):
        assert thread_row().post_count == 3
        assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


@pytest.mark.postgres
def test_many_at_once_get_positions_and_numbers_without_a_gap(app: Flask) -> None:
    _at_once(app, 12, lambda number: {"body": f"Number {number}"})
    with app.app_context(), tenancy.acting_as(actor("member")):
        positions = db.session.scalars(select(Post.position).where(Post.thread_id == THREADS[HERE]))
        numbers = db.session.scalars(select(ThreadEvent.number).where(ThreadEvent.thread_id == THREADS[HERE]))
        assert sorted(positions) == list(range(1, 15))
        assert sorted(numbers) == list(range(1, 15))


def _at_once(app: Flask, many: int, data: Callable[[int], dict[str, Any]]) -> None:
    start = threading.Barrier(many)
    failures: list[BaseException] = []

    def send(number: int) -> None:
        with app.app_context():
            me = actor("member")
            start.wait()
            try:
                posts.reply(me, thread_id=THREADS[HERE], **data(number))
            except BaseException as error:
                failures.append(error)
            db.session.remove()

    workers = [threading.Thread(target=send, args=(number,)) for number in range(many)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


@on_both
def test_what_one_may_not_read_is_not_found_for_every_command(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    attempts: list[Callable[[], Any]] = [
        lambda: posts.reply(me, thread_id=THREADS[THERE], body="x"),
        lambda: posts.reply(me, thread_id=999_999_999, body="x"),
        lambda: posts.edit(me, post_id=POSTS[THERE], body="x"),
        lambda: posts.delete(me, post_id=POSTS[THERE]),
        lambda: posts.restore(me, post_id=POSTS[THERE]),
        lambda: posts.hide(me, post_id=POSTS[THERE], reason="long enough"),
        lambda: reactions.react(me, post_id=POSTS[THERE], kind="thanks", on=True),
        lambda: reading.mark_read(me, thread_id=THREADS[THERE], position=1),
        lambda: reading.follow(me, thread_id=THREADS[THERE], state="following"),
        lambda: reading.bookmark(me, post_id=POSTS[THERE], on=True),
        lambda: threads.start(me, forum_id=FORUMS[THERE], kind="issue", title="Title", body="x"),
        lambda: threads.merge(me, thread_id=THREADS[HERE], into_id=THREADS[THERE]),
        lambda: drafts.save(me, key="reply:1", space_id=SPACES[THERE], body="x"),
        lambda: boards.create(me, space_id=SPACES[THERE], name="Name"),
        lambda: attachments.remove(me, attachment_id=ATTACHMENTS[THERE]),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()


@on_both
def test_a_refused_text_names_the_field_and_leaves_nothing(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    for body in ("", "   ", None, 7, ["x"], "a\x00b", "x" * 70_000, "\ud800"):
        with pytest.raises(Invalid) as refused:
            posts.reply(me, thread_id=THREADS[HERE], body=body)
        assert "body" in refused.value.fields
    for title in ("", "ab", "x" * 201, None, 3):
        with pytest.raises(Invalid) as refused:
            threads.start(me, forum_id=FORUMS[HERE], kind="issue", title=title, body="x")
        assert "title" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        threads.start(me, forum_id=FORUMS[HERE], kind="rant", title="Title", body="")
    assert set(refused.value.fields) == {"kind", "body"}
    assert thread_row().post_count == 2


@on_both
def test_case_data_is_refused_with_its_words_and_taken_with_the_statement(
    acting: Callable[[str], Actor],
) -> None:
    me = acting("member")
    with pytest.raises(CaseDataFound) as refused:
        posts.reply(me, thread_id=THREADS[HERE], body="The number is 943 476 5919")
    assert refused.value.words == ("943 476 5919",)
    posted = posts.reply(me, thread_id=THREADS[HERE], body="The number is 943 476 5919", invented=True)
    statement = db.session.execute(select(InventedStatement.words, InventedStatement.person_id)).one()
    assert tuple(statement) == ("943 476 5919", me.person_id)
    assert posted.position == 3


@on_both
def test_a_draft_with_case_data_keeps_the_last_clean_one(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    drafts.save(me, key="reply:1", space_id=SPACES[HERE], body="clean")
    saved = drafts.save(me, key="reply:1", space_id=SPACES[HERE], body="clean 943 476 5919")
    assert saved.words == ("943 476 5919",)
    assert db.session.scalars(select(Draft.body)).all() == ["clean"]
    drafts.discard(me, key="reply:1")
    assert db.session.scalars(select(Draft.body)).all() == []


@on_both
def test_an_edit_keeps_what_was_said_and_a_stale_one_is_told(acting: Callable[[str], Actor]) -> None:
    me = acting("neighbour")
    posts.edit(me, post_id=POSTS[HERE], body="Said better", revision=1)
    with pytest.raises(Conflict):
        posts.edit(me, post_id=POSTS[HERE], body="Said again", revision=1)
    assert db.session.scalars(select(PostRevision.markdown)).all() == ["Body 1 zq3000001marker"]
    with pytest.raises(Forbidden):
        posts.edit(acting("member"), post_id=POSTS[HERE], body="Not mine")


@on_both
def test_undo_for_ten_minutes_by_the_author_and_later_by_the_lead(acting: Callable[[str], Actor]) -> None:
    me = acting("neighbour")
    posts.delete(me, post_id=POSTS[HERE])
    assert thread_row().post_count == 1
    posts.restore(me, post_id=POSTS[HERE])
    assert thread_row().post_count == 2
    posts.delete(me, post_id=POSTS[HERE])
    with clock.shifted(timedelta(minutes=11)):
        with pytest.raises(Forbidden, match="ten minutes"):
            posts.restore(me, post_id=POSTS[HERE])
        posts.restore(acting("lead"), post_id=POSTS[HERE])
    assert thread_row().post_count == 2


@on_both
def test_hiding_is_the_leads_and_takes_the_post_out_of_search(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    posted = posts.reply(me, thread_id=THREADS[HERE], body="A heffalump")
    assert len(list_hits(me, "heffalump").items) == 1
    with pytest.raises(Forbidden):
        posts.hide(acting("colleague"), post_id=posted.id, reason="I do not like it")
    posts.hide(acting("lead"), post_id=posted.id, reason="Names a person")
    assert not list_hits(acting("lead"), "heffalump").items
    posts.unhide(acting("lead"), post_id=posted.id)
    assert len(list_hits(acting("member"), "heffalump").items) == 1


@on_both
def test_search_finds_only_what_one_reads(acting: Callable[[str], Actor]) -> None:
    posts.reply(acting("other_member"), thread_id=THREADS[THERE], body="A heffalump, version 7.2.1")
    assert not list_hits(acting("member"), "heffalump").items
    assert len(list_hits(acting("other_member"), "heff").items) == 1
    assert len(list_hits(acting("other_member"), '"version 7.2.1"').items) == 1


@on_both
def test_a_mention_reaches_those_who_read_the_space_and_nobody_else(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    lead, stranger = PEOPLE["lead"].id, PEOPLE["other_member"].id
    posts.reply(
        me,
        thread_id=THREADS[HERE],
        body=f"@[A](person:{lead}) and @[B](person:{stranger}) and @[C](person:7777777)",
    )
    assert db.session.scalars(select(Mention.person_id)).all() == [lead]


@on_both
def test_a_locked_thread_takes_replies_from_its_leads_alone(acting: Callable[[str], Actor]) -> None:
    threads.lock(acting("lead"), thread_id=THREADS[HERE], locked=True)
    with pytest.raises(Forbidden, match="locked"):
        posts.reply(acting("member"), thread_id=THREADS[HERE], body="x")
    posts.reply(acting("deputy"), thread_id=THREADS[HERE], body="x")


def test_an_archive_takes_nothing(acting: Callable[[str], Actor]) -> None:
    with pytest.raises(NotFound):
        posts.reply(acting("lead"), thread_id=THREADS["gamma/members"], body="x")


@on_both
def test_suppliers_write_under_their_own_name(acting: Callable[[str], Actor]) -> None:
    with pytest.raises(Invalid) as refused:
        posts.reply(acting("supplier"), thread_id=THREADS["alpha/supplier"], body="x", attribution="withheld")
    assert "attribution" in refused.value.fields
    with pytest.raises(Invalid, match="five"):
        posts.reply(acting("member"), thread_id=THREADS[HERE], body="x", attribution="described")
    posts.reply(acting("member"), thread_id=THREADS[HERE], body="a heffalump", attribution="withheld")
    assert list_hits(acting("lead"), "heffalump").items[0].by == "A member authority"


@on_both
def test_a_file_that_waits_is_its_uploaders_alone(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    added = attachments.add(me, space_id=SPACES[HERE], stream=io.BytesIO(b"A note"), filename="note.txt")
    with pytest.raises(NotFound):
        attachments.remove(acting("lead"), attachment_id=added.id)
    with pytest.raises(Forbidden):
        attachments.remove(acting("lead"), attachment_id=ATTACHMENTS[HERE])
    attachments.remove(acting("member"), attachment_id=added.id)
