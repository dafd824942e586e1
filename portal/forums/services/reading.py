"""What a reader keeps for themselves: how far they read, what they follow, what they want to find again."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from portal.core import clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid, NotFound
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.tenancy import upsert
from portal.forums.events import ThreadRead
from portal.forums.models import Bookmark, Follow, Post, ReadMark, Thread


def find_thread_plain(actor: Actor, thread_id: int) -> Thread:
    """A thread, not locked: marks are the reader's own. Raises ``NotFound``."""
    thread = db.session.scalars(select(Thread).where(Thread.id == thread_id)).one_or_none()
    if thread is None:
        raise NotFound()
    return thread


def find_post_plain(actor: Actor, post_id: int) -> Post:
    """A post, not locked. Raises ``NotFound``."""
    post = db.session.scalars(select(Post).where(Post.id == post_id)).one_or_none()
    if post is None:
        raise NotFound()
    return post


@command(Action.FORUMS_THREAD_READ, target=find_thread_plain, audited=False)
def mark_read(actor: Actor, thread: Thread, *, position: int) -> int:
    """Note that the thread was read up to ``position``; never backwards. Returns the mark that stands."""
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise Invalid({"position": "The position must be a whole number."})
    reached = min(position, thread.last_position)
    own = (ReadMark.person_id == actor.person_id, ReadMark.thread_id == thread.id)
    known = db.session.scalar(select(ReadMark.position).where(*own)) or 0
    if reached <= known:
        return known
    mark = {
        "space_id": thread.space_id,
        "person_id": actor.person_id,
        "thread_id": thread.id,
        "position": 0,
        "at": clock.now(),
    }
    upsert(ReadMark, mark, keys=["person_id", "thread_id"], change=["at"])  # it stands now, and is locked
    db.session.execute(
        update(ReadMark)
        .where(*own, ReadMark.position < reached)  # another page of the reader's may have been quicker
        .values(position=reached)
        .execution_options(synchronize_session=False)
    )
    publish(
        ThreadRead(
            space_id=thread.space_id, thread_id=thread.id, person_id=actor.person_id or 0, position=reached
        )
    )
    return db.session.scalar(select(ReadMark.position).where(*own)) or reached


@command(Action.FORUMS_THREAD_FOLLOW, target=find_thread_plain, audited=False)
def follow(actor: Actor, thread: Thread, *, state: str | None) -> None:
    """Hear of a thread ("following"), have silence ("muted"), or neither (None)."""
    own = (Follow.person_id == actor.person_id, Follow.thread_id == thread.id)
    if state is None:
        db.session.execute(delete(Follow).where(*own).execution_options(synchronize_session=False))
        return
    if state not in {"following", "muted"}:
        raise Invalid({"state": "Choose following or muted."})
    row = {
        "space_id": thread.space_id,
        "person_id": actor.person_id,
        "thread_id": thread.id,
        "state": state,
        "created_at": clock.now(),
    }
    upsert(Follow, row, keys=["person_id", "thread_id"], change=["state"])


@command(Action.FORUMS_BOOKMARK_SET, target=find_post_plain, audited=False)
def bookmark(actor: Actor, post: Post, *, on: bool) -> None:
    """Keep a post among one's bookmarks, or no longer."""
    own = (Bookmark.person_id == actor.person_id, Bookmark.post_id == post.id)
    if not on:
        db.session.execute(delete(Bookmark).where(*own).execution_options(synchronize_session=False))
    elif db.session.scalar(select(Bookmark.id).where(*own)) is None:
        db.session.add(
            Bookmark(
                space_id=post.space_id,
                person_id=actor.person_id or 0,
                thread_id=post.thread_id,
                post_id=post.id,
            )
        )
