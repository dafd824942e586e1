"""Starting threads, and what a lead does with them: pin, lock, move, retitle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.core import clock, ids
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.events import ThreadRetitled, ThreadStarted
from portal.forums.models import Forum, Thread
from portal.forums.models.threads import KINDS
from portal.forums.queries.lookup import get_forum, get_thread
from portal.forums.services.merging import merge, split
from portal.forums.services.text import TITLE_MIN, Prepared, check_line, prepare_text
from portal.forums.services.writing import add_post, attributed, changed

__all__ = ["Started", "lock", "merge", "move", "pin", "rename", "split", "start"]


@dataclass(frozen=True, slots=True)
class Started:
    """A thread that stands: its number, its first post, its slug. ``replayed``: it stood already."""

    id: int
    post_id: int
    slug: str
    change_number: int
    replayed: bool = False


def _prepare_start(
    actor: Actor, *, title: object, body: object, kind: object, invented: bool = False, **rest: Any
) -> dict[str, Any]:
    problems: dict[str, str] = {}
    line = ""
    try:
        line = check_line("title", title, least=TITLE_MIN, what="The title")
    except Invalid as error:
        problems |= error.fields
    if kind not in KINDS:
        problems["kind"] = "Choose what it is."
    if not isinstance(body, str) or not body.strip():
        problems["body"] = "Enter what you want to say."
    if problems:
        raise Invalid(problems)
    text = prepare_text(body, invented=invented, beside=line)
    return {**rest, "title": line, "kind": kind, "text": text}


@command(Action.FORUMS_THREAD_START, target=get_forum, prepare=_prepare_start, result=Started)
def start(
    actor: Actor,
    forum: Forum,
    *,
    kind: str,
    title: str,
    text: Prepared,
    attribution: str = "named",
    described_as: str | None = None,
    attachments: tuple[int, ...] | list[int] = (),
) -> Started:
    """Start a thread with its first post.

    Takes ``forum_id``, ``kind``, ``title``, ``body``, ``attribution``, ``attachments``, ``invented``,
    ``idempotency_key``. Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``CaseDataFound``.
    """
    shown, described = attributed(actor, forum.space_id, attribution)
    thread = Thread(
        space_id=forum.space_id,
        forum_id=forum.id,
        kind=kind,
        title=title,
        author_id=actor.person_id or 0,
        organisation_id=actor.organisation_id or 0,
        attribution=shown,
        described_as=described,
        status="raised" if kind == "issue" else None,
        created_at=clock.now(),
        last_posted_at=clock.now(),
        last_position=0,
        change_number=0,
        post_count=0,
    )
    db.session.add(thread)
    db.session.flush()
    post = add_post(
        actor,
        thread,
        text,
        attribution=shown,
        described_as=described,
        reply_to_id=None,
        attachments=attachments,
    )
    publish(ThreadStarted(space_id=thread.space_id, thread_id=thread.id, post_id=post.id))
    return Started(thread.id, post.id, ids.slugify(title), thread.change_number)


@command(Action.FORUMS_THREAD_PIN, target=get_thread)
def pin(actor: Actor, thread: Thread, *, pinned: bool) -> None:
    """Keep a thread at the top of its forum, or no longer."""
    if thread.pinned != pinned:
        thread.pinned = pinned
        changed(thread, "thread.changed")


@command(Action.FORUMS_THREAD_LOCK, target=get_thread)
def lock(actor: Actor, thread: Thread, *, locked: bool) -> None:
    """Close a thread to replies, or open it again. Leads and moderators can still write."""
    if (thread.locked_at is not None) != locked:
        thread.locked_at = clock.now() if locked else None
        changed(thread, "thread.changed")


@command(Action.FORUMS_THREAD_MOVE, target=get_thread)
def move(actor: Actor, thread: Thread, *, forum_id: int) -> None:
    """Put a thread into another forum of the same space. Raises ``Invalid`` for any other forum."""
    closed = select(Forum.closed_at).where(Forum.id == forum_id, Forum.space_id == thread.space_id)
    row = db.session.execute(closed).first()
    if row is None:
        raise Invalid({"forum_id": "Choose a forum of this space."})
    if row.closed_at is not None:
        raise Forbidden("This forum is closed: nothing can be moved into it.")
    if thread.forum_id != forum_id:
        thread.forum_id = forum_id
        changed(thread, "thread.changed")


def _prepare_title(actor: Actor, *, title: object, **rest: Any) -> dict[str, Any]:
    return {**rest, "title": check_line("title", title, least=TITLE_MIN, what="The title")}


@command(Action.FORUMS_THREAD_MOVE, target=get_thread, prepare=_prepare_title)
def rename(actor: Actor, thread: Thread, *, title: str) -> None:
    """Give a thread another title. Its number, and so its address, stays."""
    if thread.title != title:
        thread.title = title
        changed(thread, "thread.changed")
        publish(ThreadRetitled(space_id=thread.space_id, thread_id=thread.id))
