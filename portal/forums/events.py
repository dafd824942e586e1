"""What happens in the forums: facts of ids, each with the thread's change number where a page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStarted(Event):
    """A thread was started."""

    space_id: int
    thread_id: int
    post_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadChanged(Event):
    """A thread's change number rose: its open pages have something to show."""

    space_id: int
    thread_id: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAdded(Event):
    """A post stands in a thread, the first one included. ``reply_to_id``: the post that it answers, if any."""

    space_id: int
    thread_id: int
    post_id: int
    position: int
    author_id: int
    reply_to_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEdited(Event):
    """A post says something else now."""

    space_id: int
    thread_id: int
    post_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRemoved(Event):
    """A post shows no words any more: deleted by its author, or hidden."""

    space_id: int
    thread_id: int
    post_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRestored(Event):
    """A deleted or hidden post is back."""

    space_id: int
    thread_id: int
    post_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHidden(Event):
    """A post was hidden with a reason; its author is told."""

    space_id: int
    thread_id: int
    post_id: int
    author_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostsMoved(Event):
    """Posts went from one thread to another of the same space (split or merge)."""

    space_id: int
    from_thread_id: int
    to_thread_id: int
    post_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMentioned(Event):
    """Somebody who reads the space is named in a post."""

    space_id: int
    thread_id: int
    post_id: int
    person_id: int
    author_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRetitled(Event):
    """A thread has another title."""

    space_id: int
    thread_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRead(Event):
    """A person has read a thread up to a position."""

    space_id: int
    thread_id: int
    person_id: int
    position: int
