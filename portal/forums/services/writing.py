"""What every change of a thread has in common: positions, change numbers, events, mentions, files, statements."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import select, update

from portal.core import clock
from portal.core.db import db
from portal.core.errors import Forbidden, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.tenancy import upsert
from portal.forums.events import PersonMentioned, PostAdded, ThreadChanged
from portal.forums.models import (
    Attachment,
    Follow,
    Forum,
    InventedStatement,
    Mention,
    Post,
    ReadMark,
    Thread,
    ThreadEvent,
)
from portal.forums.queries.describing import describe
from portal.forums.services.text import Prepared

MOST_MENTIONS = 10
MOST_FILES = 20


def changed(thread: Thread, kind: str, post_id: int | None = None) -> int:
    """Give the thread's next change number to one change. The thread's row must be locked."""
    thread.change_number += 1
    db.session.add(
        ThreadEvent(
            space_id=thread.space_id,
            thread_id=thread.id,
            number=thread.change_number,
            kind=kind,
            post_id=post_id,
            at=clock.now(),
        )
    )
    db.session.flush()
    publish(ThreadChanged(space_id=thread.space_id, thread_id=thread.id, number=thread.change_number))
    return thread.change_number


def check_forum(space_id: int, forum_id: int) -> None:
    """Make sure that threads can be put into a forum.

    Raises ``Invalid`` unless it is one of the space, ``Forbidden`` where it is closed.
    """
    query = select(Forum.closed_at).where(Forum.id == forum_id, Forum.space_id == space_id)
    row = db.session.execute(query).first()
    if row is None:
        raise Invalid({"forum_id": "Choose a forum of this space."})
    if row.closed_at is not None:
        raise Forbidden("This forum is closed: nothing can be moved into it.")


def attributed(actor: Actor, space_id: int, attribution: object) -> tuple[str, str | None]:
    """How an author may be shown: ("named", None), ("withheld", None) or ("described", words).

    Raises ``Invalid`` where the choice is unknown, or where fewer than five authorities fit the description. The
    choice is the authorities' alone: a supplier's representative and the department are always named.
    """
    if attribution not in {"named", "described", "withheld"}:
        raise Invalid({"attribution": "Choose how your name is shown."})
    if actor.organisation_kind != "authority" and attribution != "named":
        whoever = "A supplier’s representative" if actor.organisation_kind == "supplier" else "The department"
        raise Invalid({"attribution": f"{whoever} always writes under their own name."})
    if attribution == "described":
        return "described", describe(actor, space_id)
    return str(attribution), None


def add_post(
    actor: Actor,
    thread: Thread,
    text: Prepared,
    *,
    attribution: str,
    described_as: str | None,
    reply_to_id: int | None,
    attachments: Iterable[int],
) -> tuple[Post, int]:
    """Put a post at the thread's next position, with all that hangs on it. The thread's row must be locked.

    With the post comes how many of the people it names do not read it (see ``mention``).
    """
    thread.last_position += 1
    thread.post_count += 1
    thread.last_posted_at = clock.now()
    post = Post(
        space_id=thread.space_id,
        thread_id=thread.id,
        position=thread.last_position,
        author_id=actor.person_id or 0,
        organisation_id=actor.organisation_id or 0,
        attribution=attribution,
        described_as=described_as,
        reply_to_id=reply_to_id,
        markdown=text.markdown,
        html=text.rendered.html,
        renderer=text.rendered.version,
        created_at=clock.now(),
    )
    db.session.add(post)
    db.session.flush()
    attach(actor, post, attachments)
    if text.invented_words:
        state_invented(actor, post.space_id, text.invented_words, post_id=post.id)
    move_own_mark(actor, thread)
    follow_unless_muted(actor.person_id or 0, thread)
    changed(thread, "post.added", post.id)
    publish(
        PostAdded(
            space_id=post.space_id,
            thread_id=thread.id,
            post_id=post.id,
            position=post.position,
            author_id=post.author_id,
            reply_to_id=reply_to_id,
        )
    )
    return post, mention(actor, thread, post, text.rendered.mentions)


def state_invented(actor: Actor, space_id: int, words: str, **of: int) -> None:
    """Record an author's statement that what looks like case data is invented."""
    db.session.add(InventedStatement(space_id=space_id, person_id=actor.person_id or 0, words=words, **of))


def move_own_mark(actor: Actor, thread: Thread) -> None:
    """Whoever writes has read what stands above."""
    mark = {
        "space_id": thread.space_id,
        "person_id": actor.person_id,
        "thread_id": thread.id,
        "position": thread.last_position,
        "at": clock.now(),
    }
    upsert(ReadMark, mark, keys=["person_id", "thread_id"], change=["position", "at"])


def follow_unless_muted(person_id: int, thread: Thread) -> None:
    """Let a person hear of a thread from now on, unless they chose otherwise."""
    known = db.session.scalar(
        select(Follow.id).where(Follow.person_id == person_id, Follow.thread_id == thread.id)
    )
    if known is None:
        db.session.add(
            Follow(space_id=thread.space_id, person_id=person_id, thread_id=thread.id, state="following")
        )
        db.session.flush()


def mention(actor: Actor, thread: Thread, post: Post, person_ids: Iterable[int]) -> int:
    """Note who is named, of those who read the space; whoever does not is told nothing.

    Returns how many do not, for the author to know that they were not reached. A supplier's representative always gets
    0: otherwise naming somebody would tell whether they are a member, and suppliers see no list of members.
    """
    unreached = 0
    find = current_app.extensions["portal.find_actor"].of_person
    known = set(db.session.scalars(select(Mention.person_id).where(Mention.post_id == post.id)))
    for person_id in list(person_ids)[:MOST_MENTIONS]:
        if person_id in known or person_id == post.author_id:
            continue
        reader = find(person_id)
        if reader is None or not reader.reads(post.space_id):
            unreached += 1
            continue
        db.session.add(Mention(space_id=post.space_id, person_id=person_id, post_id=post.id))
        follow_unless_muted(person_id, thread)
        publish(
            PersonMentioned(
                space_id=post.space_id,
                thread_id=thread.id,
                post_id=post.id,
                person_id=person_id,
                author_id=post.author_id,
            )
        )
    db.session.flush()
    return 0 if actor.organisation_kind == "supplier" else unreached


def attach(actor: Actor, post: Post, attachment_ids: Iterable[int]) -> None:
    """Put the author's waiting files to a post. Raises ``Invalid`` for one that is not theirs, here and waiting."""
    wanted = list(dict.fromkeys(attachment_ids))
    if not wanted:
        return
    if len(wanted) > MOST_FILES:
        raise Invalid({"attachments": f"At most {MOST_FILES} files go with one post."})
    done = db.session.execute(
        update(Attachment)
        .where(
            Attachment.id.in_(wanted),
            Attachment.space_id == post.space_id,
            Attachment.uploader_id == actor.person_id,
            Attachment.post_id.is_(None),
            Attachment.removed_at.is_(None),
        )
        .values(post_id=post.id)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != len(wanted):  # type: ignore[attr-defined]
        raise Invalid({"attachments": "One of the files is not there any more. Add it again."})
