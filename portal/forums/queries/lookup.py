"""Finding the thing a command acts on, through the fence; locked where it will change.

Several threads are locked in ascending order of their numbers, always before the space's row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.forums.models import Attachment, Forum, Post, Thread


@dataclass(frozen=True, slots=True)
class PostTarget:
    """A post and its thread, as policies and commands need them."""

    post: Post
    thread: Thread

    @property
    def id(self) -> int:
        """The post's number."""
        return self.post.id

    @property
    def space_id(self) -> int:
        """The space of both."""
        return self.post.space_id

    @property
    def kind(self) -> str:
        """ "post" or "marker"."""
        return self.post.kind

    @property
    def author_id(self) -> int:
        """Who wrote it."""
        return self.post.author_id

    @property
    def deleted_at(self) -> datetime | None:
        """When it was deleted."""
        return self.post.deleted_at

    @property
    def deleted_by_id(self) -> int | None:
        """Who deleted it."""
        return self.post.deleted_by_id

    @property
    def hidden_at(self) -> datetime | None:
        """When it was hidden."""
        return self.post.hidden_at

    @property
    def locked_at(self) -> datetime | None:
        """When its thread was locked."""
        return self.thread.locked_at

    @property
    def merged_into_id(self) -> int | None:
        """Where its thread went."""
        return self.thread.merged_into_id


@dataclass(frozen=True, slots=True)
class TwoThreads:
    """The two threads of a merge, both in one space."""

    source: Thread
    into: Thread

    @property
    def id(self) -> int:
        """The number of the thread that ends."""
        return self.source.id

    @property
    def space_id(self) -> int:
        """The space of both."""
        return self.source.space_id


@dataclass(frozen=True, slots=True)
class SpaceTarget:
    """A space that the actor reads."""

    id: int
    space_id: int


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A file, and the post it stands beside; None while it waits for one."""

    attachment: Attachment
    post: PostTarget | None

    @property
    def id(self) -> int:
        """The file's number."""
        return self.attachment.id

    @property
    def space_id(self) -> int:
        """The space of both."""
        return self.attachment.space_id

    @property
    def uploader_id(self) -> int:
        """Who added it."""
        return self.attachment.uploader_id


def _one(statement: Select[Any]) -> Any:
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def lock_threads(thread_ids: Iterable[int]) -> dict[int, Thread]:
    """Threads by number, locked in ascending order. Raises ``NotFound`` unless all are there to read."""
    wanted = sorted(set(thread_ids))
    query = select(Thread).where(Thread.id.in_(wanted)).order_by(Thread.id).with_for_update()
    found = {
        thread.id: thread for thread in db.session.scalars(query.execution_options(populate_existing=True))
    }
    if len(found) != len(wanted):
        raise NotFound()
    return found


def get_thread(actor: Actor, thread_id: int) -> Thread:
    """A thread, locked. Raises ``NotFound``."""
    return lock_threads([thread_id])[thread_id]


def get_two_threads(actor: Actor, thread_id: int, into_id: int) -> TwoThreads:
    """Both threads of a merge, locked. Raises ``NotFound`` unless they are two, in one space."""
    if thread_id == into_id:
        raise NotFound()
    found = lock_threads([thread_id, into_id])
    if found[thread_id].space_id != found[into_id].space_id:
        raise NotFound()
    return TwoThreads(found[thread_id], found[into_id])


def get_post(actor: Actor, post_id: int) -> PostTarget:
    """A post with its thread locked. Raises ``NotFound``."""
    thread_id = db.session.scalar(select(Post.thread_id).where(Post.id == post_id))
    if thread_id is None:
        raise NotFound()
    thread = get_thread(actor, thread_id)
    post = _one(select(Post).where(Post.id == post_id, Post.thread_id == thread.id))
    return PostTarget(post, thread)


def get_forum(actor: Actor, forum_id: int) -> Forum:
    """A forum. Raises ``NotFound``."""
    found: Forum = _one(select(Forum).where(Forum.id == forum_id))
    return found


def get_space(actor: Actor, space_id: int) -> SpaceTarget:
    """A space that the actor reads. Raises ``NotFound``."""
    if not actor.reads(space_id) or db.session.scalar(select(Space.id).where(Space.id == space_id)) is None:
        raise NotFound()
    return SpaceTarget(space_id, space_id)


def get_attachment(actor: Actor, attachment_id: int) -> FileTarget:
    """A file with its post, whose thread is locked. Raises ``NotFound``; so does another's waiting file."""
    found: Attachment = _one(
        select(Attachment).where(Attachment.id == attachment_id, Attachment.removed_at.is_(None))
    )
    if found.post_id is None and found.uploader_id != actor.person_id:
        raise NotFound()
    return FileTarget(found, None if found.post_id is None else get_post(actor, found.post_id))
