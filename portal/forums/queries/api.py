"""What the API tells of threads, posts, drafts and people to mention."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, tuple_

from portal.core import pagination
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.permissions import Action, may
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.forums.models import Attachment, Draft, Forum, Post, ReadMark, Thread
from portal.forums.queries.attribution import shown_as
from portal.forums.queries.post_views import PostView, select_posts, views_of
from portal.groups.models import Membership

PAGE, POSTS = 50, 100
MOST_PEOPLE = 8


def _select_threads() -> Any:
    return (
        select(
            Thread.id,
            Thread.space_id,
            Thread.forum_id,
            Thread.kind,
            Thread.title,
            Thread.status,
            Thread.attribution,
            Thread.described_as,
            Thread.created_at,
            Thread.last_posted_at,
            Thread.last_position,
            Thread.change_number,
            Thread.post_count,
            Thread.pinned,
            Thread.locked_at,
            Thread.merged_into_id,
            Forum.name.label("forum_name"),
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
        )
        .join(Forum, Forum.id == Thread.forum_id)
        .join(Person, Person.id == Thread.author_id)
        .join(Organisation, Organisation.id == Thread.organisation_id)
    )


def _thread(actor: Actor, row: Any) -> dict[str, Any]:
    author = shown_as(row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind)
    right = actor.spaces[row.space_id]
    return {
        "number": row.id,
        "title": row.title,
        "kind": row.kind,
        "status": row.status,
        "group": right.group_slug,
        "space": right.slug,
        "forum": {"id": row.forum_id, "name": row.forum_name},
        "author": {"name": author.name, "organisation": author.place},
        "created_at": row.created_at.isoformat(),
        "last_posted_at": row.last_posted_at.isoformat(),
        "posts": row.post_count,
        "last_position": row.last_position,
        "seq": row.change_number,
        "pinned": row.pinned,
        "locked": row.locked_at is not None,
        "merged_into": row.merged_into_id,
        "can_reply": bool(may(actor, Action.FORUMS_POST_REPLY, row)),
    }


def list_threads(
    actor: Actor, space_ids: list[int], *, kind: str | None, status: str | None, after: str | None
) -> pagination.Page[dict[str, Any]]:
    """Threads of some spaces of one group, latest activity first. Raises ``Invalid`` for a broken cursor."""
    key = pagination.decode(after, (float, int))
    query = _select_threads().where(Thread.space_id.in_(space_ids), Thread.merged_into_id.is_(None))
    if kind:
        query = query.where(Thread.kind == kind)
    if status:
        query = query.where(Thread.status == status)
    if key:
        query = query.where(tuple_(Thread.last_posted_at, Thread.id) < (pagination.moment(key[0]), key[1]))
    rows = db.session.execute(
        query.order_by(Thread.last_posted_at.desc(), Thread.id.desc()).limit(PAGE + 1)
    ).all()
    page = pagination.page(rows, PAGE, lambda row: (row.last_posted_at.timestamp(), row.id))
    return pagination.Page([_thread(actor, row) for row in page.items], page.next)


def get_thread(actor: Actor, number: int) -> dict[str, Any]:
    """One thread, with how far the reader has read. Raises ``NotFound``."""
    row = db.session.execute(_select_threads().where(Thread.id == number)).first()
    if row is None:
        raise NotFound()
    read = db.session.scalar(
        select(ReadMark.position).where(ReadMark.thread_id == number, ReadMark.person_id == actor.person_id)
    )
    return {**_thread(actor, row), "read_position": read or 0}


def post_json(view: PostView, own: bool) -> dict[str, Any]:
    """A post as the API shows it; ``own`` is the reader's alone."""
    return {
        "id": view.id,
        "position": view.position,
        "kind": view.kind,
        "state": view.state,
        "author": {"name": view.author.name, "organisation": view.author.place},
        "html": str(view.html),
        "created_at": view.created_at.isoformat(),
        "edited_at": view.edited_at.isoformat() if view.edited_at else None,
        "reply_to": view.quoted.position if view.quoted else None,
        "attachments": [
            {"number": file.id, "filename": file.filename, "size": file.size, "mime": file.mime}
            for file in view.attachments
        ],
        "reactions": {kind: count for kind, _, count in view.reactions},
        "own": own,
    }


def list_posts(actor: Actor, thread_id: int, *, after: int, last: int | None) -> dict[str, Any]:
    """Posts in order after a position, 100 at most; or the ``last`` newest, in order too."""
    query = select_posts(actor).where(Post.thread_id == thread_id)
    if last is not None:
        newest = query.order_by(Post.position.desc()).limit(max(1, min(last, POSTS)))
        rows = list(reversed(db.session.execute(newest).all()))
        more = False
    else:
        rows = list(
            db.session.execute(
                query.where(Post.position > after).order_by(Post.position).limit(POSTS + 1)
            ).all()
        )
        more = len(rows) > POSTS
        rows = rows[:POSTS]
    items = [post_json(view, bool(row.own)) for view, row in zip(views_of(rows), rows, strict=True)]
    return {"items": items, "next": rows[-1].position if more else None}


def find_draft(actor: Actor, key: str) -> dict[str, Any] | None:
    """A draft of the reader's own, or None."""
    if "\x00" in key:
        return None  # no draft is called so, and PostgreSQL takes no such word
    row = db.session.execute(
        select(Draft.body, Draft.fields, Draft.saved_at, Draft.thread_id).where(
            Draft.person_id == actor.person_id, Draft.key == key
        )
    ).first()
    if row is None:
        return None
    return {"key": key, "body": row.body, "fields": row.fields, "saved_at": row.saved_at.isoformat()}


def list_people_to_mention(actor: Actor, space_id: int, words: str) -> list[dict[str, Any]]:
    """People who read the space and whose name holds ``words``, eight at most.

    A supplier's representative is offered own colleagues and those who wrote in the space under their names.
    """
    right = actor.spaces[space_id]
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").lower() + "%"
    query = (
        select(Person.id, Person.name, Organisation.short_name)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.suspended_at.is_(None), Person.id != actor.person_id)
        .where(
            func.lower(Person.name).like(pattern, escape="\\")
            | func.lower(Organisation.short_name).like(pattern, escape="\\")
        )
        .order_by(Person.name, Person.id)
        .limit(MOST_PEOPLE)
    )
    wrote = select(Post.author_id).where(
        Post.space_id == space_id,
        Post.attribution == "named",
        Post.deleted_at.is_(None),
        Post.hidden_at.is_(None),
    )
    standing = select(Membership.person_id).where(
        Membership.group_id == right.group_id,
        Membership.ended_at.is_(None),
        Membership.suspended_at.is_(None),
    )
    if actor.organisation_kind == "supplier":
        colleagues = standing.where(Membership.organisation_id == actor.organisation_id)
        query = query.where(Person.id.in_(colleagues) | Person.id.in_(wrote))
    elif right.group_slug == "national":
        query = query.where(Person.id.in_(standing) | Person.id.in_(wrote))
    elif right.kind == "members":
        query = query.where(Person.id.in_(standing.where(Membership.side != "supplier")))
    else:  # shared with one supplier: the group may know others, who do not read here
        shared_with = select(Space.supplier_id).where(Space.id == space_id).scalar_subquery()
        here = (Membership.side != "supplier") | (Membership.organisation_id == shared_with)
        query = query.where(Person.id.in_(standing.where(here)))
    rows = db.session.execute(query).all()
    return [{"id": row.id, "name": row.name, "organisation": row.short_name} for row in rows]


def get_file(actor: Actor, number: int) -> Any:
    """A file that the reader may have: of a post that shows, or waiting and their own. Raises ``NotFound``.

    Leads and moderators also get the files of a hidden post.
    """
    row = db.session.execute(
        select(
            Attachment.id,
            Attachment.space_id,
            Attachment.sha256,
            Attachment.filename,
            Attachment.mime,
            Attachment.size,
            Attachment.inline,
            Attachment.post_id,
            Attachment.uploader_id,
            Post.deleted_at,
            Post.hidden_at,
        )
        .outerjoin(Post, Post.id == Attachment.post_id)
        .where(Attachment.id == number, Attachment.removed_at.is_(None))
    ).first()
    if row is None or (row.post_id is None and row.uploader_id != actor.person_id):
        raise NotFound()
    moderating = bool({"lead", "deputy", "moderator"} & actor.roles_in_space(row.space_id))
    if row.deleted_at is not None or (row.hidden_at is not None and not moderating):
        raise NotFound()
    return row


def get_post_number(actor: Actor, post_id: int) -> int:
    """The id of a post that the actor reads. Raises ``NotFound``."""
    if not 0 < post_id < 2**53 or db.session.scalar(select(Post.id).where(Post.id == post_id)) is None:
        raise NotFound()
    return post_id


def find_post_at(actor: Actor, thread_id: int, position: int) -> int | None:
    """The id of the post at a position of a thread, or None."""
    return db.session.scalar(select(Post.id).where(Post.thread_id == thread_id, Post.position == position))
