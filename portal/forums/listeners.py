"""What follows from the forums' facts, in the same transaction: search rows, a new space's first forums."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select

from portal.core import jobs
from portal.core.db import begin_write, db
from portal.core.events import on
from portal.core.rendering import MENTION
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.forums.events import PostAdded, PostEdited, PostRemoved, PostRestored, PostsMoved, ThreadRetitled
from portal.forums.models import Post, Thread
from portal.forums.queries.attribution import shown_as
from portal.forums.starting import start_forums
from portal.groups.events import GroupOpened
from portal.groups.models import Group
from portal.search import index

KIND = "post"


def _rows() -> Any:
    return (
        select(
            Post.id,
            Post.space_id,
            Post.position,
            Post.markdown,
            Post.created_at,
            Post.attribution,
            Post.described_as,
            Thread.id.label("thread_id"),
            Thread.title,
            Person.name,
            Organisation.short_name,
            Organisation.kind.label("organisation_kind"),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.kind == "post", Post.deleted_at.is_(None), Post.hidden_at.is_(None))
    )


def plain_words(markdown: str) -> str:
    """Markdown without its signs, good enough to be searched and shown in an excerpt; cheap, unlike rendering."""
    named = re.sub(MENTION, r"@\1", markdown)
    linked = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", named)
    return re.sub(r"[*_`>#|~]+|^\s*[-+]\s|:?-{3,}:?", " ", linked, flags=re.MULTILINE)


def _entry(row: Row[Any]) -> index.Entry:
    author = shown_as(row.attribution, row.described_as, row.name, row.short_name, row.organisation_kind)
    return index.Entry(
        space_id=row.space_id,
        kind=KIND,
        subject_id=row.id,
        title=row.title,
        body=plain_words(row.markdown),
        path=f"/threads/{row.thread_id}/posts/{row.position}",
        by=author.whole,
        at=row.created_at,
    )


def entries(space_id: int) -> Iterable[index.Entry]:
    """Every post of a space as it would be found, oldest first."""
    query = _rows().where(Post.space_id == space_id).order_by(Post.created_at, Post.id)
    for row in db.session.execute(query.execution_options(yield_per=500)):
        yield _entry(row)


def _put(*conditions: Any) -> None:
    for row in db.session.execute(_rows().where(*conditions)).all():
        index.put(_entry(row))


@on(PostAdded)
def index_new_post(event: PostAdded) -> None:
    """A post can be found as soon as it stands."""
    _put(Post.id == event.post_id)


@on(PostEdited)
def index_changed_post(event: PostEdited) -> None:
    """What a post does not say any more cannot be found."""
    _put(Post.id == event.post_id)


@on(PostRestored)
def index_restored_post(event: PostRestored) -> None:
    """A post that is back can be found again."""
    _put(Post.id == event.post_id)


@on(PostRemoved)
def forget_removed_post(event: PostRemoved) -> None:
    """A post without words cannot be found."""
    index.remove(event.space_id, KIND, event.post_id)


@on(PostsMoved)
def index_moved_posts(event: PostsMoved) -> None:
    """Moved posts are found where they stand now."""
    _put(Post.id.in_(event.post_ids))


@on(ThreadRetitled)
def index_retitled_thread(event: ThreadRetitled) -> None:
    """A thread's posts are found under its new title."""
    _put(Post.thread_id == event.thread_id)


@on(GroupOpened)
def queue_first_forums(event: GroupOpened) -> None:
    """Whoever opens a group does not write in it: its first forums are a due job of each space."""
    for space_id in event.space_ids:
        jobs.enqueue("forums.start", f"forums.start:{space_id}", space_id=space_id, start_in=space_id)


@jobs.handles("forums.start")
def make_first_forums(payload: dict[str, Any]) -> None:
    """Give a new space its first forums."""
    begin_write()
    row = db.session.execute(
        select(Group.kind.label("group_kind"), Space.kind)
        .join(Group, Group.id == Space.group_id)
        .where(Space.id == payload["start_in"])
    ).first()
    if row is not None:
        start_forums(payload["start_in"], row.group_kind, row.kind)
    db.session.commit()


index.register_kind(KIND, "Posts")
index.register_source(entries)
