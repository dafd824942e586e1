"""What leads do with threads and forums: splitting, merging, locking, naming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.core.audit import AuditWords
from portal.core.db import db
from portal.core.errors import CaseDataFound, Forbidden, Invalid
from portal.core.identity import Actor
from portal.forums.models import (
    Follow,
    Forum,
    InventedStatement,
    Post,
    PostMove,
    ReadMark,
    Thread,
    ThreadEvent,
)
from portal.forums.services import boards, posts, reading, threads
from portal.forums.starting import start_forums, starting_forums
from tests.integration.forums.conftest import thread_row
from tests.support.marks import on_both
from tests.support.world import FORUMS, PEOPLE, POSTS, SPACES, THREADS

HERE, THERE = "alpha/members", "beta/members"


@on_both
def test_a_split_leaves_a_line_and_every_old_address_leads_on(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    posted = posts.reply(me, thread_id=THREADS[HERE], body="Something else")
    with pytest.raises(Forbidden):
        threads.split(me, thread_id=THREADS[HERE], post_ids=[posted.id], title="Something else")
    lead = acting("lead")
    with pytest.raises(Invalid):
        threads.split(
            lead, thread_id=THREADS[HERE], post_ids=[posted.id, POSTS[THERE]], title="Something else"
        )
    new = threads.split(lead, thread_id=THREADS[HERE], post_ids=[posted.id], title="Something else")
    assert db.session.execute(select(PostMove.thread_id, PostMove.position)).one() == (THREADS[HERE], 3)
    moved = db.session.execute(select(Post.thread_id, Post.position).where(Post.id == posted.id)).one()
    assert tuple(moved) == (new.id, 1)
    assert tuple(thread_row())[:2] == (2, 4)
    assert (
        db.session.scalar(select(Post.kind).where(Post.thread_id == THREADS[HERE], Post.position == 4))
        == "marker"
    )
    mark = select(ReadMark.position).where(ReadMark.person_id == me.person_id, ReadMark.thread_id == new.id)
    assert db.session.scalar(mark) == 1


@on_both
def test_a_merge_moves_posts_marks_and_follows(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    started = threads.start(
        me, forum_id=FORUMS[HERE], kind="discussion", title="The same again", body="First"
    )
    reading.mark_read(me, thread_id=THREADS[HERE], position=2)
    threads.merge(acting("lead"), thread_id=THREADS[HERE], into_id=started.id)
    positions = db.session.execute(
        select(Post.id, Post.position).where(Post.thread_id == started.id).order_by(Post.position)
    )
    assert [tuple(row) for row in positions] == [(started.post_id, 1), (POSTS[HERE], 2), (POSTS[HERE] + 1, 3)]
    mark = select(ReadMark.position).where(
        ReadMark.person_id == me.person_id, ReadMark.thread_id == started.id
    )
    assert db.session.scalar(mark) == 3
    with pytest.raises(Forbidden, match="merged"):
        posts.reply(acting("member"), thread_id=THREADS[HERE], body="x")


@on_both
def test_a_split_takes_those_who_follow_along_into_the_forum_of_choice(
    acting: Callable[[str], Actor],
) -> None:
    me, colleague = acting("member"), PEOPLE["colleague"].id
    posted = posts.reply(me, thread_id=THREADS[HERE], body="Something else")
    reading.follow(acting("colleague"), thread_id=THREADS[HERE], state="muted")
    lead = acting("lead")
    forum = boards.create(lead, space_id=SPACES[HERE], name="For later").id
    for elsewhere in (FORUMS[THERE], FORUMS["alpha/supplier"]):
        with pytest.raises(Invalid):
            threads.split(
                lead, thread_id=THREADS[HERE], post_ids=[posted.id], title="Its own", forum_id=elsewhere
            )
    new = threads.split(lead, thread_id=THREADS[HERE], post_ids=[posted.id], title="Its own", forum_id=forum)
    assert db.session.scalar(select(Thread.forum_id).where(Thread.id == new.id)) == forum
    states = select(Follow.person_id, Follow.state).where(Follow.thread_id == new.id)
    followers = {row.person_id: row.state for row in db.session.execute(states)}
    assert (followers[me.person_id or 0], followers[colleague]) == ("following", "muted")


@on_both
def test_names_titles_and_reasons_hold_no_case_data(acting: Callable[[str], Actor]) -> None:
    lead, number = acting("lead"), "943 476 5919"
    attempts: dict[str, Callable[[], Any]] = {
        "title": lambda: threads.rename(lead, thread_id=THREADS[HERE], title=f"About {number}"),
        "reason": lambda: posts.hide(lead, post_id=POSTS[HERE], reason=f"Names {number}"),
        "name": lambda: boards.create(lead, space_id=SPACES[HERE], name=number),
        "purpose": lambda: boards.change(lead, forum_id=FORUMS[HERE], name="Name", purpose=number),
    }
    for field, attempt in attempts.items():
        with pytest.raises(Invalid, match=number) as refused:
            attempt()
        assert list(refused.value.fields) == [field]
    with pytest.raises(Invalid, match=number):
        threads.lock(lead, thread_id=THREADS[HERE], locked=True, reason=number)
    assert thread_row().change_number == 2


@on_both
def test_a_thread_whose_title_holds_invented_details_is_taken_with_the_statement(
    acting: Callable[[str], Actor],
) -> None:
    me = acting("member")
    given = {"forum_id": FORUMS[HERE], "kind": "issue", "title": "Number 943 476 5919", "body": "x"}
    with pytest.raises(CaseDataFound):
        threads.start(me, **given)
    threads.start(me, **given, invented=True)
    assert db.session.scalars(select(InventedStatement.words)).all() == ["943 476 5919"]


@on_both
def test_the_reason_of_a_lock_stands_in_the_audit_trail(acting: Callable[[str], Actor]) -> None:
    threads.lock(acting("lead"), thread_id=THREADS[HERE], locked=True, reason="It went in circles")
    words = select(AuditWords.words).where(AuditWords.space_id == SPACES[HERE])
    assert "It went in circles" in db.session.scalars(words).all()


@on_both
def test_posts_that_wander_between_threads_keep_every_address(acting: Callable[[str], Actor]) -> None:
    me = acting("member")
    posted = posts.reply(me, thread_id=THREADS[HERE], body="Something else")
    lead = acting("lead")
    new = threads.split(lead, thread_id=THREADS[HERE], post_ids=[posted.id], title="Its own")
    threads.merge(lead, thread_id=new.id, into_id=THREADS[HERE])
    moves = select(PostMove.thread_id, PostMove.position).where(PostMove.post_id == posted.id)
    assert {tuple(row) for row in db.session.execute(moves)} == {(THREADS[HERE], 3), (new.id, 1)}
    now = db.session.execute(select(Post.thread_id, Post.position).where(Post.id == posted.id)).one()
    assert tuple(now) == (THREADS[HERE], 5)
    numbers = db.session.scalars(select(ThreadEvent.number).where(ThreadEvent.thread_id == THREADS[HERE]))
    assert sorted(numbers) == list(range(1, thread_row().change_number + 1))


@on_both
def test_first_forums_are_those_of_the_kind_of_group(acting: Callable[[str], Actor]) -> None:
    assert len(starting_forums("nlar", "members")) == 13
    assert len(starting_forums("sug", "members")) >= 6
    acting("lead")
    start_forums(SPACES[HERE], "sug", "members")
    assert db.session.scalar(select(func.count(Forum.id)).where(Forum.space_id == SPACES[HERE])) == 1
