"""Replying, changing, deleting, hiding: the commands on single posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import select

from portal.core import audit, clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.events import PostEdited, PostHidden, PostRemoved, PostRestored
from portal.forums.models import Post, PostRevision, Thread
from portal.forums.queries.lookup import PostTarget, get_post, get_thread
from portal.forums.services.text import REASON_MAX, Prepared, check_line, prepare_text
from portal.forums.services.writing import add_post, attributed, changed, mention, state_invented


@dataclass(frozen=True, slots=True)
class Posted:
    """A post that stands: its number, place, and the thread's change number. ``replayed``: it stood already.

    ``unreadable_mentions``: how many of the people named do not read the space, and so are not told.
    """

    id: int
    thread_id: int
    position: int
    change_number: int
    replayed: bool = False
    unreadable_mentions: int = 0


def _prepare_reply(actor: Actor, *, body: object, invented: bool = False, **rest: Any) -> dict[str, Any]:
    return {**rest, "text": prepare_text(body, invented=invented)}


@command(Action.FORUMS_POST_REPLY, target=get_thread, prepare=_prepare_reply, result=Posted)
def reply(
    actor: Actor,
    thread: Thread,
    *,
    text: Prepared,
    attribution: str = "named",
    described_as: str | None = None,
    reply_to: int | None = None,
    attachments: tuple[int, ...] | list[int] = (),
) -> Posted:
    """Add a post to a thread.

    Takes ``thread_id``, ``body``, ``attribution``, ``reply_to`` (a post of the thread), ``attachments`` (numbers of the
    author's waiting files), ``invented``, ``idempotency_key``. Raises ``NotFound``, ``Forbidden``, ``Invalid``,
    ``CaseDataFound``.
    """
    if reply_to is not None:
        known = db.session.scalar(select(Post.id).where(Post.id == reply_to, Post.thread_id == thread.id))
        if known is None:
            raise Invalid({"reply_to": "The post that you answer is not in this thread."})
    shown, described = attributed(actor, thread.space_id, attribution)
    post, unreached = add_post(
        actor,
        thread,
        text,
        attribution=shown,
        described_as=described,
        reply_to_id=reply_to,
        attachments=attachments,
    )
    return Posted(post.id, thread.id, post.position, thread.change_number, unreadable_mentions=unreached)


@command(Action.FORUMS_POST_EDIT, target=get_post, prepare=_prepare_reply, result=Posted)
def edit(actor: Actor, target: PostTarget, *, text: Prepared, revision: int | None = None) -> Posted:
    """Change one's own post; what it said is kept.

    Takes ``post_id``, ``body``, ``revision`` (the one that was read), ``invented``. Raises ``Conflict`` where somebody
    changed it since.
    """
    post, thread = target.post, target.thread
    if revision is not None and revision != post.revision:
        raise Conflict(
            "This post was changed since you opened it. Your text is still here: look at the post, then send again."
        )
    if text.markdown == post.markdown:
        return Posted(post.id, thread.id, post.position, thread.change_number)
    db.session.add(
        PostRevision(
            space_id=post.space_id,
            post_id=post.id,
            number=post.revision,
            markdown=post.markdown,
            edited_by_id=actor.person_id or 0,
            at=clock.now(),
        )
    )
    post.markdown, post.html, post.renderer = text.markdown, text.rendered.html, text.rendered.version
    post.revision += 1
    post.edited_at = clock.now()
    if text.invented_words:
        state_invented(actor, post.space_id, text.invented_words, post_id=post.id)
    changed(thread, "post.edited", post.id)
    publish(PostEdited(space_id=post.space_id, thread_id=thread.id, post_id=post.id))
    unreached = mention(actor, thread, post, text.rendered.mentions)
    return Posted(post.id, thread.id, post.position, thread.change_number, unreadable_mentions=unreached)


@command(Action.FORUMS_POST_DELETE, target=get_post)
def delete(actor: Actor, target: PostTarget) -> None:
    """Delete one's own post: it keeps its place and shows no words. Doing it twice is doing it once."""
    post, thread = target.post, target.thread
    if post.deleted_at is not None:
        return
    was_shown = post.hidden_at is None
    post.deleted_at, post.deleted_by_id = clock.now(), actor.person_id
    thread.post_count -= int(was_shown)
    changed(thread, "post.removed", post.id)
    publish(PostRemoved(space_id=post.space_id, thread_id=thread.id, post_id=post.id))


@command(Action.FORUMS_POST_RESTORE, target=get_post)
def restore(actor: Actor, target: PostTarget) -> None:
    """Bring a deleted post back: its author for ten minutes, a lead or moderator later too."""
    post, thread = target.post, target.thread
    if post.deleted_at is None:
        return
    post.deleted_at = post.deleted_by_id = None
    thread.post_count += int(post.hidden_at is None)
    changed(thread, "post.restored", post.id)
    publish(PostRestored(space_id=post.space_id, thread_id=thread.id, post_id=post.id))


def _prepare_reason(actor: Actor, *, reason: object, **rest: Any) -> dict[str, Any]:
    return {**rest, "reason": check_line("reason", reason, least=5, most=REASON_MAX, what="The reason")}


@command(Action.FORUMS_POST_HIDE, target=get_post, prepare=_prepare_reason)
def hide(actor: Actor, target: PostTarget, *, reason: str) -> None:
    """Hide a post from its readers, with a reason that its author is told."""
    post, thread = target.post, target.thread
    if post.hidden_at is not None:
        return
    if post.kind != "post":
        raise Forbidden("This line cannot be hidden.")
    thread.post_count -= int(post.deleted_at is None)
    post.hidden_at, post.hidden_by_id, post.hidden_reason = clock.now(), actor.person_id, reason
    changed(thread, "post.hidden", post.id)
    publish(PostRemoved(space_id=post.space_id, thread_id=thread.id, post_id=post.id))
    publish(
        PostHidden(space_id=post.space_id, thread_id=thread.id, post_id=post.id, author_id=post.author_id)
    )
    audit.record(
        actor,
        action="forums:post:hide:reason",
        group=g.transaction.group,
        space_id=post.space_id,
        subject="post",
        subject_id=post.id,
        words=reason,
    )


@command(Action.FORUMS_POST_HIDE, target=get_post)
def unhide(actor: Actor, target: PostTarget) -> None:
    """Show a hidden post again."""
    post, thread = target.post, target.thread
    if post.hidden_at is None:
        return
    thread.post_count += int(post.deleted_at is None)
    post.hidden_at = post.hidden_by_id = post.hidden_reason = None
    changed(thread, "post.restored", post.id)
    publish(PostRestored(space_id=post.space_id, thread_id=thread.id, post_id=post.id))
