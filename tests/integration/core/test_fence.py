"""The fence holds whatever way a row is asked for (architecture.md, "The fence"; quality.md, P5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, exists, func, insert, literal, select, text, union_all, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased

from portal.core import tenancy
from portal.core.db import db
from portal.core.identity import Actor, SpaceRight
from portal.core.tenancy import OutsideFence
from portal.directory.models import Person
from portal.forums.models import Forum, Post, ReadMark, Thread, ThreadEvent
from tests.support.marks import on_both
from tests.support.world import PEOPLE, POSTS, SPACES, THREADS

pytestmark = on_both
MINE, THEIRS = "alpha/members", "beta/members"
ME = PEOPLE["member"].id


def right(name: str, *, writable: bool = True) -> SpaceRight:
    group, slug = name.split("/")
    return SpaceRight(SPACES[name], 1, group, slug, "members", 1, writable, frozenset())


@pytest.fixture
def fenced(context: Flask) -> Iterator[None]:
    """Inside the fence of somebody who reads and writes alpha's own space and nothing else."""
    actor = Actor(kind="person", person_id=ME, spaces=MappingProxyType({SPACES[MINE]: right(MINE)}))
    with tenancy.acting_as(actor):
        yield


def counted_posts() -> Any:
    return select(func.count(Post.id)).where(Post.thread_id == Thread.id).scalar_subquery()


other = aliased(Post)
every_post = select(Post.id, Post.thread_id).cte()
first_post = select(Post.id.label("post_id")).where(Post.thread_id == Thread.id).limit(1).lateral()
READS: dict[str, tuple[Any, Any]] = {
    "columns": (select(Thread.id), [(THREADS[MINE],)]),
    "count": (select(func.count()).select_from(Thread), [(1,)]),
    "count of a column": (select(func.count(Thread.id)), [(1,)]),
    "exists": (select(exists().where(Thread.id == THREADS[THEIRS])), [(False,)]),
    "exists of a select": (select(exists(select(Post.id).where(Post.id == POSTS[THEIRS]))), [(False,)]),
    "scalar subquery": (select(Thread.id, counted_posts()), [(THREADS[MINE], 2)]),
    "cte": (select(func.count()).select_from(every_post), [(2,)]),
    "union": (union_all(select(Thread.id), select(Thread.id)), [(THREADS[MINE],), (THREADS[MINE],)]),
    "aliased join": (
        select(func.count(other.id)).join_from(Thread, other, other.thread_id == Thread.id),
        [(2,)],
    ),
    "from an open table": (
        select(func.count(Person.id)).where(
            Person.id.in_(select(Post.author_id).where(Post.id == POSTS[THEIRS]))
        ),
        [(0,)],
    ),
    "window": (select(Thread.id, func.row_number().over(order_by=Thread.id)), [(THREADS[MINE], 1)]),
    "locked": (select(Thread.id).with_for_update(), [(THREADS[MINE],)]),
}


@pytest.mark.parametrize("name", READS)
def test_a_select_of_any_shape_sees_only_readable_spaces(fenced: None, name: str) -> None:
    statement, expected = READS[name]
    assert [tuple(row) for row in db.session.execute(statement)] == expected


def test_entities_and_get_see_only_readable_spaces(fenced: None) -> None:
    assert [thread.id for thread in db.session.scalars(select(Thread))] == [THREADS[MINE]]
    assert db.session.get(Thread, THREADS[THEIRS]) is None


def test_lateral_joins_are_fenced(fenced: None, database_kind: str) -> None:
    if database_kind == "sqlite":
        with pytest.raises(Exception, match="LATERAL|syntax"):
            db.session.execute(select(Thread.id, first_post.c.post_id).join(first_post, literal(True)))
        return
    rows = db.session.execute(select(Thread.id).join(first_post, literal(True))).all()
    assert [tuple(row) for row in rows] == [(THREADS[MINE],)]


def test_outside_a_fence_every_touch_raises(context: Flask) -> None:
    with pytest.raises((OutsideFence, StatementError), match="outside a fence"):
        db.session.execute(select(Thread.id)).all()


TABLE = Thread.__table__
REFUSED: dict[str, Callable[[], Any]] = {
    "a select on the table": lambda: db.session.execute(select(TABLE.c.id)),
    "a join to the table": lambda: db.session.execute(
        select(Person.id).join(TABLE, TABLE.c.author_id == Person.id)
    ),
    "text": lambda: db.session.execute(text("SELECT id FROM thread")),
    "a table on a connection": lambda: db.session.connection().execute(select(TABLE)),
    "columns on a connection": lambda: db.session.connection().execute(select(Thread.id)),
    "a change of the table": lambda: db.session.execute(update(TABLE).values(title="x")),
    "a bulk change by key": lambda: db.session.execute(
        update(Thread), [{"id": THREADS[THEIRS], "title": "x"}]
    ),
    "an insert into the table": lambda: db.session.execute(
        insert(Forum.__table__).values(id=9, space_id=SPACES[THEIRS], name="x")
    ),
    "an insert": lambda: db.session.execute(insert(Forum).values(id=9, space_id=SPACES[THEIRS], name="x")),
    "one of many inserts": lambda: db.session.execute(
        insert(Forum),
        [{"id": n, "space_id": SPACES[name], "name": "x"} for n, name in enumerate((MINE, THEIRS))],
    ),
    "an insert from a select": lambda: db.session.execute(
        insert(Forum).from_select(
            ["id", "space_id", "name"], select(Thread.id, Thread.space_id, Thread.title)
        )
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_hook_cannot_fence_is_refused(fenced: None, name: str) -> None:
    with pytest.raises(OutsideFence):
        REFUSED[name]()


def test_changes_and_deletions_reach_only_writable_spaces(fenced: None) -> None:
    changed = db.session.execute(update(Thread).values(title="changed"))
    assert changed.rowcount == 1  # type: ignore[attr-defined]
    assert db.session.execute(delete(ThreadEvent)).rowcount == 2  # type: ignore[attr-defined]


def test_a_flush_refuses_a_row_for_another_space_and_a_row_that_moves_there(fenced: None) -> None:
    db.session.add(Forum(id=9, space_id=SPACES[THEIRS], name="x"))
    with pytest.raises(OutsideFence):
        db.session.flush()
    db.session.rollback()
    thread = db.session.scalars(select(Thread)).one()
    thread.space_id = SPACES[THEIRS]
    with pytest.raises(OutsideFence):
        db.session.flush()


def test_a_reader_writes_own_marks_where_they_read_and_nothing_else(context: Flask) -> None:
    actor = Actor(
        kind="person", person_id=ME, spaces=MappingProxyType({SPACES[MINE]: right(MINE, writable=False)})
    )
    mark = {"space_id": SPACES[MINE], "person_id": ME, "thread_id": THREADS[MINE], "position": 1}
    with tenancy.acting_as(actor):
        tenancy.upsert(ReadMark, mark, keys=["person_id", "thread_id"], change=["position"])
        tenancy.upsert(
            ReadMark, {**mark, "position": 2}, keys=["person_id", "thread_id"], change=["position"]
        )
        assert db.session.scalars(select(ReadMark.position)).all() == [2]
        with pytest.raises(OutsideFence):
            tenancy.upsert(
                ReadMark,
                {**mark, "person_id": PEOPLE["lead"].id},
                keys=["person_id", "thread_id"],
                change=["position"],
            )
        assert db.session.execute(update(Thread).values(title="x")).rowcount == 0  # type: ignore[attr-defined]


def test_unscoped_work_is_refused_to_servers_and_workers(context: Flask) -> None:
    with pytest.raises(OutsideFence), tenancy.unscoped("no reason is good enough here"):
        pass
