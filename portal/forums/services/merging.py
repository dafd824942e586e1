"""Splitting and merging threads: positions, read marks, bookmarks and old addresses stay true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import select, update

from portal.core import clock, ids
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.events import PostsMoved, ThreadStarted
from portal.forums.models import Bookmark, Follow, Post, PostMove, ReadMark, Thread
from portal.forums.queries.lookup import TwoThreads, get_thread, get_two_threads
from portal.forums.services.text import TITLE_MIN, check_line
from portal.forums.services.writing import changed, check_forum

MOST_POSTS = 500


@dataclass(frozen=True, slots=True)
class Split:
    """The thread that a split made."""

    id: int
    slug: str


def _prepare_split(actor: Actor, *, title: object, post_ids: Sequence[int], **rest: Any) -> dict[str, Any]:
    wanted = sorted(set(post_ids))
    if not wanted:
        raise Invalid({"post_ids": "Choose at least one post."})
    if len(wanted) > MOST_POSTS:
        raise Invalid({"post_ids": f"At most {MOST_POSTS} posts can be moved at once."})
    return {
        **rest,
        "title": check_line("title", title, least=TITLE_MIN, what="The title"),
        "post_ids": wanted,
    }


@command(Action.FORUMS_THREAD_SPLIT, target=get_thread, prepare=_prepare_split)
def split(
    actor: Actor, thread: Thread, *, title: str, post_ids: list[int], forum_id: int | None = None
) -> Split:
    """Make the chosen posts a thread of their own; a line in the old one leads there.

    It stands in the old one's forum, or in ``forum_id`` of the same space; whoever follows the old one follows it.
    Raises ``Invalid`` where one of them is not in the thread, or all of them are chosen.
    """
    chosen = _posts(thread, post_ids)
    if len(chosen) != len(post_ids):
        raise Invalid({"post_ids": "One of the posts is not in this thread any more."})
    if not any(post.id not in set(post_ids) and post.kind == "post" for post in _posts(thread)):
        raise Invalid(
            {"post_ids": "At least one post must stay. To rename the whole thread, change its title."}
        )
    if forum_id is not None:
        check_forum(thread.space_id, forum_id)
    first = chosen[0]
    new = Thread(
        space_id=thread.space_id,
        forum_id=forum_id or thread.forum_id,
        kind="discussion" if thread.kind == "issue" else thread.kind,
        title=title,
        author_id=first.author_id,
        organisation_id=first.organisation_id,
        attribution=first.attribution,
        described_as=first.described_as,
        created_at=clock.now(),
        last_posted_at=chosen[-1].created_at,
        last_position=0,
        change_number=0,
        post_count=0,
    )
    db.session.add(new)
    db.session.flush()
    _carry(thread, new, chosen)
    _follow_along(thread, new)
    words = f"{len(chosen)} {'post was' if len(chosen) == 1 else 'posts were'} moved to"
    _marker(actor, thread, words, new)
    publish(ThreadStarted(space_id=new.space_id, thread_id=new.id, post_id=first.id))
    return Split(new.id, ids.slugify(title))


@command(Action.FORUMS_THREAD_MERGE, target=get_two_threads)
def merge(actor: Actor, two: TwoThreads) -> None:
    """Put every post of one thread behind those of another; the first one's address leads there.

    Takes ``thread_id`` and ``into_id``. Raises ``NotFound`` unless both stand in one space.
    """
    source, into = two.source, two.into
    if source.merged_into_id is not None or into.merged_into_id is not None:
        raise Forbidden("One of the two threads has been merged already.")
    _carry(source, into, _posts(source))
    _follow_along(source, into)
    source.merged_into_id = into.id
    changed(source, "thread.merged")


def _posts(thread: Thread, wanted: Sequence[int] | None = None) -> list[Post]:
    query = select(Post).where(Post.thread_id == thread.id).order_by(Post.position)
    if wanted is not None:
        query = query.where(Post.id.in_(wanted))
    return list(db.session.scalars(query))


def _carry(source: Thread, into: Thread, posts: Sequence[Post]) -> None:
    """Give each post the next position of the other thread, and leave word of where it went."""
    marks = _marks(source), _marks(into)
    before = into.last_position
    moves: list[tuple[int, int]] = []
    for post in posts:
        old = post.position
        into.last_position += 1
        moves.append((old, into.last_position))
        db.session.add(PostMove(space_id=source.space_id, thread_id=source.id, position=old, post_id=post.id))
        post.thread_id, post.position = into.id, into.last_position
        db.session.flush()
        if post.kind == "post" and post.deleted_at is None and post.hidden_at is None:
            source.post_count -= 1
            into.post_count += 1
        into.last_posted_at = max(into.last_posted_at, post.created_at)
    numbers = [post.id for post in posts]
    db.session.execute(
        update(Bookmark)
        .where(Bookmark.post_id.in_(numbers), Bookmark.space_id == source.space_id)
        .values(thread_id=into.id)
        .execution_options(synchronize_session=False)
    )
    _carry_marks(into, marks, before, moves)
    for number in numbers:
        changed(source, "post.moved", number)
        changed(into, "post.added", number)
    publish(
        PostsMoved(
            space_id=source.space_id, from_thread_id=source.id, to_thread_id=into.id, post_ids=tuple(numbers)
        )
    )


def _marks(thread: Thread) -> dict[int, int]:
    rows = db.session.execute(
        select(ReadMark.person_id, ReadMark.position).where(ReadMark.thread_id == thread.id)
    )
    return {row.person_id: row.position for row in rows}


def _carry_marks(
    into: Thread, marks: tuple[dict[int, int], dict[int, int]], before: int, moves: list[tuple[int, int]]
) -> None:
    """A reader who had read to the end goes on past the moved posts that they had read where those stood."""
    at_source, at_into = marks
    for person_id, read in at_source.items():
        if at_into.get(person_id, 0) < before:
            continue
        reached = before
        for old, new in moves:
            if old > read:
                break
            reached = new
        if reached == before:
            continue
        known = db.session.execute(
            update(ReadMark)
            .where(ReadMark.person_id == person_id, ReadMark.thread_id == into.id)
            .values(position=reached)
            .execution_options(synchronize_session=False)
        )
        if not known.rowcount:  # type: ignore[attr-defined]
            db.session.add(
                ReadMark(space_id=into.space_id, person_id=person_id, thread_id=into.id, position=reached)
            )
            db.session.flush()


def _follow_along(source: Thread, into: Thread) -> None:
    """Whoever follows or mutes the thread that posts leave does so with the other, unless they chose there."""
    chosen = set(db.session.scalars(select(Follow.person_id).where(Follow.thread_id == into.id)))
    for person_id, state in db.session.execute(
        select(Follow.person_id, Follow.state).where(Follow.thread_id == source.id)
    ).all():
        if person_id not in chosen:
            db.session.add(
                Follow(space_id=into.space_id, person_id=person_id, thread_id=into.id, state=state)
            )
    db.session.flush()


def _marker(actor: Actor, thread: Thread, words: str, to: Thread) -> None:
    """A single grey line that leads to where posts went."""
    thread.last_position += 1
    address = f"/threads/{to.id}-{ids.slugify(to.title)}"
    line = Post(
        space_id=thread.space_id,
        thread_id=thread.id,
        position=thread.last_position,
        kind="marker",
        author_id=actor.person_id or 0,
        organisation_id=actor.organisation_id or 0,
        markdown=f"{words} [{to.title}]({address})",
        html=str(Markup('<p>{} <a href="{}">{}</a></p>').format(words, address, to.title)),
        created_at=clock.now(),
    )
    db.session.add(line)
    db.session.flush()
    changed(thread, "post.added", line.id)
