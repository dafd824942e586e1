"""Starting threads, and what a lead does with them: pin, lock, move, retitle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g

from portal.core import audit, clock, ids
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.events import ThreadRetitled, ThreadStarted
from portal.forums.models import Forum, Thread
from portal.forums.models.threads import KINDS
from portal.forums.queries.lookup import get_forum, get_thread
from portal.forums.services.merging import merge, split
from portal.forums.services.text import REASON_MAX, TITLE_MIN, Prepared, check_line, prepare_text
from portal.forums.services.writing import add_post, attributed, changed, check_forum

__all__ = ["Started", "lock", "merge", "move", "pin", "rename", "split", "start"]


@dataclass(frozen=True, slots=True)
class Started:
    """A thread that stands: its number, its first post, its slug. ``replayed``: it stood already.

    ``unreadable_mentions``: how many of the people named do not read the space, and so are not told.
    """

    id: int
    post_id: int
    slug: str
    change_number: int
    replayed: bool = False
    unreadable_mentions: int = 0


def _prepare_start(
    actor: Actor, *, title: object, body: object, kind: object, invented: bool = False, **rest: Any
) -> dict[str, Any]:
    problems: dict[str, str] = {}
    line = ""
    try:
        line = check_line("title", title, least=TITLE_MIN, what="The title", looked_through=True)
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
    post, unreached = add_post(
        actor,
        thread,
        text,
        attribution=shown,
        described_as=described,
        reply_to_id=None,
        attachments=attachments,
    )
    publish(ThreadStarted(space_id=thread.space_id, thread_id=thread.id, post_id=post.id))
    return Started(
        thread.id, post.id, ids.slugify(title), thread.change_number, unreadable_mentions=unreached
    )


@command(Action.FORUMS_THREAD_PIN, target=get_thread)
def pin(actor: Actor, thread: Thread, *, pinned: bool) -> None:
    """Keep a thread at the top of its forum, or no longer."""
    if thread.pinned != pinned:
        thread.pinned = pinned
        changed(thread, "thread.changed")


def _prepare_lock(actor: Actor, *, reason: object = "", **rest: Any) -> dict[str, Any]:
    return {**rest, "reason": check_line("reason", reason, most=REASON_MAX, what="The reason")}


@command(Action.FORUMS_THREAD_LOCK, target=get_thread, prepare=_prepare_lock)
def lock(actor: Actor, thread: Thread, *, locked: bool, reason: str = "") -> None:
    """Close a thread to replies, or open it again. Leads and moderators can still write.

    A ``reason`` goes to the audit trail.
    """
    if (thread.locked_at is not None) == locked:
        return
    thread.locked_at = clock.now() if locked else None
    changed(thread, "thread.changed")
    if reason:
        audit.record(
            actor,
            action="forums:thread:lock:reason",
            group=g.transaction.group,
            space_id=thread.space_id,
            subject="thread",
            subject_id=thread.id,
            words=reason,
        )


@command(Action.FORUMS_THREAD_MOVE, target=get_thread)
def move(actor: Actor, thread: Thread, *, forum_id: int) -> None:
    """Put a thread into another forum of the same space. Raises ``Invalid`` or ``Forbidden`` as ``check_forum``."""
    check_forum(thread.space_id, forum_id)
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
