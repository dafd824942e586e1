"""What a reader has not read. One definition, so that the counts on every page agree.

Unread is a post by somebody else that stands after the reader's mark and that readers see. In a thread never opened
all its posts are unread. Counting looks at the last ``COUNTED`` positions at most: what is beyond is "more".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, select

from portal.core.db import db
from portal.core.identity import Actor
from portal.core.types import BigId
from portal.forums.models import Post, ReadMark, Thread

COUNTED = 100


class ReaderParameter:
    """Stands for the reader in a statement that is built once and run for everybody: ``{"reader": person_id}``."""

    person_id: Any = bindparam("reader", type_=BigId)


READER = ReaderParameter()
Reader = Actor | ReaderParameter


def mark_of(actor: Reader) -> ColumnElement[bool]:
    """The join to the reader's own mark in ``Thread``."""
    return and_(ReadMark.thread_id == Thread.id, ReadMark.person_id == actor.person_id)


def _after_mark(actor: Reader) -> ColumnElement[bool]:
    return and_(
        Post.thread_id == Thread.id,
        Post.position > func.coalesce(ReadMark.position, 0),
        Post.kind == "post",
        Post.deleted_at.is_(None),
        Post.hidden_at.is_(None),
        Post.author_id != actor.person_id,
    )


def first_unread(actor: Reader) -> Any:
    """A column for a select over ``Thread`` joined with the mark: the first unread position, or NULL."""
    return (
        select(Post.position)
        .where(_after_mark(actor))
        .order_by(Post.position)
        .limit(1)
        .correlate(Thread, ReadMark)
        .scalar_subquery()
    )


def has_unread(actor: Actor) -> Any:
    """A condition for the same select: something is unread."""
    return exists(select(Post.id).where(_after_mark(actor)).correlate(Thread, ReadMark))


def count_unread(actor: Actor, thread_ids: Iterable[int]) -> dict[int, int]:
    """How many posts of each thread are unread, in one query; threads without any are left out."""
    wanted = sorted(set(thread_ids))
    if not wanted:
        return {}
    after = (
        select(func.count())
        .select_from(Post)
        .where(_after_mark(actor), Post.position > Thread.last_position - COUNTED)
        .correlate(Thread, ReadMark)
        .scalar_subquery()
    )
    number = case(
        (ReadMark.position.is_(None) & (Thread.author_id != actor.person_id), Thread.post_count), else_=after
    )
    rows = db.session.execute(
        select(Thread.id, number.label("number"))
        .outerjoin(ReadMark, mark_of(actor))
        .where(Thread.id.in_(wanted))
    )
    return {row.id: row.number for row in rows if row.number}
