"""The page of one post: what may be done with it, what it said before, and the reader's own marks on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from portal.core.commands import IdempotencyKey
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.rendering import MENTION
from portal.directory.models import Organisation, Person
from portal.forums.models import Bookmark, Post, PostRevision, Reaction, Thread
from portal.forums.queries.attribution import ShownAs, shown_as
from portal.forums.queries.pages import BIGGEST


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as policies and its own page need it. ``author_id`` and the like are shown to nobody."""

    id: int
    space_id: int
    thread_id: int
    position: int
    kind: str
    author_id: int
    attribution: str
    described_as: str | None
    markdown: str
    created_at: datetime
    edited_at: datetime | None
    revision: int
    deleted_at: datetime | None
    deleted_by_id: int | None
    hidden_at: datetime | None
    hidden_by_id: int | None
    hidden_reason: str | None
    locked_at: datetime | None
    merged_into_id: int | None
    author: ShownAs
    bookmarked: bool

    @property
    def key(self) -> str:
        """Under which an edit's draft is kept."""
        return f"edit:{self.id}"


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What a post said in one version."""

    number: int
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BookmarkRow:
    """A post that the reader wants to find again."""

    post_id: int
    title: str
    href: str
    author: ShownAs
    kept_at: datetime


def get_post_facts(actor: Actor, post_id: int) -> PostFacts:
    """A post by its id. Raises ``NotFound``, for the line that a split leaves behind as well."""
    if not 0 < post_id < BIGGEST:
        raise NotFound()
    row = db.session.execute(
        select(
            Post.id,
            Post.space_id,
            Post.thread_id,
            Post.position,
            Post.kind,
            Post.author_id,
            Post.attribution,
            Post.described_as,
            Post.markdown,
            Post.created_at,
            Post.edited_at,
            Post.revision,
            Post.deleted_at,
            Post.deleted_by_id,
            Post.hidden_at,
            Post.hidden_by_id,
            Post.hidden_reason,
            Thread.locked_at,
            Thread.merged_into_id,
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
            Bookmark.id.label("bookmark"),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .outerjoin(Bookmark, and_(Bookmark.post_id == Post.id, Bookmark.person_id == actor.person_id))
        .where(Post.id == post_id, Post.kind == "post")
    ).first()
    if row is None:
        raise NotFound()
    values: dict[str, Any] = dict(row._mapping)
    person, organisation, kind = (
        values.pop(name) for name in ("person", "organisation", "organisation_kind")
    )
    kept = values.pop("bookmark") is not None
    author = shown_as(row.attribution, row.described_as, person, organisation, kind)
    return PostFacts(**values, author=author, bookmarked=kept)


def list_revisions(actor: Actor, post_id: int) -> list[RevisionRow]:
    """What a post said before each of its edits, oldest first."""
    rows = db.session.execute(
        select(PostRevision.number, PostRevision.markdown, PostRevision.at)
        .where(PostRevision.post_id == post_id)
        .order_by(PostRevision.number)
    )
    return [RevisionRow(row.number, words_of(row.markdown), row.at) for row in rows]


def words_of(markdown: str) -> str:
    """A post's source to be read: people named in it stand there by name alone."""
    return re.sub(MENTION, r"@\1", markdown)


def find_sent(actor: Actor, command: str, key: str, body: str) -> dict[str, Any] | None:
    """What the actor's ``key`` was answered with, where the post that came of it says ``body``; else None.

    ``command``: "reply" or "start".
    """
    name = {"reply": "portal.forums.services.posts.reply", "start": "portal.forums.services.threads.start"}[
        command
    ]
    result = db.session.scalar(
        select(IdempotencyKey.result).where(
            IdempotencyKey.person_id == actor.person_id,
            IdempotencyKey.command == name,
            IdempotencyKey.key == key,
        )
    )
    if result is None:
        return None
    post_id = result["post_id" if command == "start" else "id"]
    stands = db.session.scalar(
        select(Post.markdown).where(Post.id == post_id, Post.author_id == actor.person_id)
    )
    return dict(result) if stands == body.strip() else None


def list_own_reactions(actor: Actor, post_id: int) -> set[str]:
    """The reactions that the reader has given to a post."""
    return set(
        db.session.scalars(
            select(Reaction.kind).where(Reaction.post_id == post_id, Reaction.person_id == actor.person_id)
        )
    )


def list_bookmarks(actor: Actor, limit: int = 100) -> list[BookmarkRow]:
    """The posts that the reader keeps, the last kept first; without those that are no longer shown."""
    rows = db.session.execute(
        select(
            Post.id,
            Post.thread_id,
            Post.position,
            Post.attribution,
            Post.described_as,
            Thread.title,
            Bookmark.created_at,
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
        )
        .select_from(Bookmark)
        .join(Post, Post.id == Bookmark.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Bookmark.person_id == actor.person_id, Post.deleted_at.is_(None), Post.hidden_at.is_(None))
        .order_by(Bookmark.id.desc())
        .limit(limit)
    )
    return [
        BookmarkRow(
            row.id,
            row.title,
            f"/threads/{row.thread_id}/posts/{row.position}",
            shown_as(row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind),
            row.created_at,
        )
        for row in rows
    ]
