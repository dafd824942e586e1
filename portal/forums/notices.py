"""Who is told of what happens in the forums, and in which words.

Withheld authors stay withheld here as everywhere: words go through ``shown_as``. Mail holds a pointer, never the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from portal.core.db import db
from portal.core.events import on
from portal.core.identity import Actor, current_actor
from portal.core.outbox import Composed, composes
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.forums.events import (
    PersonMentioned,
    PostAdded,
    PostHidden,
    PostRemoved,
    PostRestored,
    PostsMoved,
    ThreadRead,
)
from portal.forums.models import Follow, Post, Thread
from portal.forums.queries.attribution import shown_as
from portal.groups.models import Group
from portal.groups.queries.actors import find_actors_of_people
from portal.notifications.describing import Described, Subject, describe, register
from portal.notifications.queries import is_read
from portal.notifications.services import inbox
from portal.notifications.services.letters import Letter, compose

MENTION, ANSWER, FOLLOWED, HIDDEN = "mention", "answer", "followed", "hidden"
LINES = {
    MENTION: "{author} names you",
    ANSWER: "{author} answers you",
    FOLLOWED: "{author} wrote in a thread that you follow",
    HIDDEN: "The lead has hidden a post of yours, and says why",
}
SEVERAL: dict[str, Callable[[int], str]] = {
    MENTION: lambda number: f"{number} posts name you",
    ANSWER: lambda number: f"{number} answers to you",
    FOLLOWED: lambda number: f"{number} new posts",
    HIDDEN: lambda number: f"The lead has hidden {number} posts of yours",
}
WHY = {
    MENTION: "You get this because somebody named you.",
    ANSWER: "You get this because somebody answered a post of yours.",
    HIDDEN: "You get this because the post is yours.",
}
SHOWN_KINDS = (MENTION, ANSWER, FOLLOWED)


@on(PostAdded)
def tell_of_post(event: PostAdded) -> None:
    """Whoever is answered is told, whoever follows the thread is told; never the author, the muted, or who has left.

    Whoever writes has read what they were told of the thread.
    """
    inbox.mark_posts_read(event.author_id, inbox.list_unread_posts(event.author_id, event.thread_id))
    rows = db.session.execute(
        select(Follow.person_id, Follow.state).where(Follow.thread_id == event.thread_id)
    ).all()
    muted = {row.person_id for row in rows if row.state == "muted"} | {event.author_id}
    answered: set[int] = set()
    if event.reply_to_id is not None:
        author = db.session.scalar(select(Post.author_id).where(Post.id == event.reply_to_id))
        answered = {author} - muted if author is not None else set()
    followers = {row.person_id for row in rows if row.state == "following"} - muted - answered
    readers = {
        person_id
        for person_id, reader in find_actors_of_people(answered | followers).items()
        if reader.reads(event.space_id)
    }
    answered, followers = answered & readers, followers & readers
    for people, kind in ((answered, ANSWER), (followers, FOLLOWED)):
        _tell(people, kind, event.space_id, event.thread_id, event.post_id)


@on(PersonMentioned)
def tell_of_mention(event: PersonMentioned) -> None:
    """Whoever is named is told, unless they muted the thread."""
    state = db.session.scalar(
        select(Follow.state).where(Follow.thread_id == event.thread_id, Follow.person_id == event.person_id)
    )
    if state != "muted":
        _tell({event.person_id}, MENTION, event.space_id, event.thread_id, event.post_id)


@on(PostHidden)
def tell_author_of_hiding(event: PostHidden) -> None:
    """The author is told each time that a post is hidden by another; the reason stands on the post's page."""
    if event.author_id == current_actor().person_id:
        return
    number = db.session.scalar(select(Thread.change_number).where(Thread.id == event.thread_id))
    inbox.notify(
        {event.author_id},
        space_id=event.space_id,
        kind=HIDDEN,
        key=f"hidden:{event.post_id}:{number}",
        thread_id=event.thread_id,
        post_id=event.post_id,
    )


@on(PostRemoved)
def take_back(event: PostRemoved) -> None:
    """What shows no words any more is not told of any more."""
    inbox.retract(event.post_id, SHOWN_KINDS)


@on(PostRestored)
def take_back_hiding(event: PostRestored) -> None:
    """What is shown again is not told of as hidden any more."""
    inbox.retract(event.post_id, (HIDDEN,))


@on(PostsMoved)
def carry_along(event: PostsMoved) -> None:
    """Notifications follow their posts."""
    inbox.carry(event.post_ids, event.to_thread_id)


@on(ThreadRead)
def settle_what_was_read(event: ThreadRead) -> None:
    """Reading a thread settles what one was told of the posts up to there."""
    told = inbox.list_unread_posts(event.person_id, event.thread_id)
    if told:
        read = select(Post.id).where(Post.id.in_(told), Post.position <= event.position)
        inbox.mark_posts_read(event.person_id, db.session.scalars(read).all())


def _tell(people: set[int], kind: str, space_id: int, thread_id: int, post_id: int) -> None:
    inbox.notify(
        people, space_id=space_id, kind=kind, key=f"post:{post_id}", thread_id=thread_id, post_id=post_id
    )


def _rows(post_ids: Sequence[int]) -> Any:
    return db.session.execute(
        select(
            Post.id,
            Post.position,
            Post.thread_id,
            Post.attribution,
            Post.described_as,
            Post.deleted_at,
            Post.hidden_at,
            Thread.title,
            Person.name,
            Organisation.short_name,
            Organisation.kind.label("organisation_kind"),
            Group.name.label("group_name"),
            Group.kind.label("group_kind"),
            Space.kind.label("space_kind"),
            Space.open_to,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .join(Space, Space.id == Post.space_id)
        .join(Group, Group.id == Space.group_id)
        .where(Post.id.in_(post_ids))
    ).all()


def _place(row: Any) -> str:
    """The space in words, so that a reader knows at once who else reads it."""
    if row.group_kind == "national":
        readers = "with suppliers" if row.open_to == "everyone" else "authorities and the DCSF"
    elif row.space_kind == "supplier":
        readers = "with supplier"
    else:
        readers = "delegates and the DCSF" if row.group_kind == "nlar" else "members only"
    return f"{row.group_name}, {readers}"


def in_words(actor: Actor, subjects: Sequence[Subject]) -> dict[Subject, Described]:
    """Notifications about posts as their reader may know them."""
    rows = {row.id: row for row in _rows([subject.post_id for subject in subjects])}
    found: dict[Subject, Described] = {}
    for subject in subjects:
        row = rows.get(subject.post_id)
        if row is None or (subject.kind != HIDDEN and (row.deleted_at or row.hidden_at)):
            continue
        author = shown_as(row.attribution, row.described_as, row.name, row.short_name, row.organisation_kind)
        hidden = subject.kind == HIDDEN
        found[subject] = Described(
            line=LINES[subject.kind].format(author=author.whole),
            title=row.title,
            path=f"/posts/{row.id}" if hidden else f"/threads/{row.thread_id}/posts/{row.position}",
            first_path=f"/posts/{row.id}" if hidden else f"/threads/{row.thread_id}/unread",
            place=_place(row),
        )
    return found


def _composer(kind: str) -> Callable[[Actor, dict[str, Any]], Composed | None]:
    def as_mail(reader: Actor, ids: dict[str, Any]) -> Composed | None:
        subject = Subject(kind, ids["thread_id"], ids["post_id"])
        described = describe(reader, [subject]).get(subject)
        if described is None or is_read(reader.person_id or 0, kind, subject.post_id):
            return None
        if kind != HIDDEN and _has_muted(reader, subject.thread_id):
            return None
        return compose(
            reader,
            Letter(
                place=described.place,
                subject=described.line,
                line=f"{described.line}.",
                path=described.path,
                why=WHY[kind],
                thread_key=f"thread.{ids['thread_id']}",
            ),
        )

    return as_mail


def _has_muted(reader: Actor, thread_id: int) -> bool:
    """Whether the reader wants silence of the thread by now."""
    state = select(Follow.state).where(Follow.thread_id == thread_id, Follow.person_id == reader.person_id)
    return db.session.scalar(state) == "muted"


for _kind in LINES:
    register(_kind, in_words, several=SEVERAL[_kind], mailed=_kind in WHY)
    if _kind in WHY:
        composes(_kind)(_composer(_kind))
