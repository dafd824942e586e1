"""Threads and posts: reading, starting, replying, changing."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from portal.api.payload import describes, idempotency_key, payload, query_number, query_words
from portal.core.errors import Invalid, NotFound
from portal.core.identity import Actor, current_actor
from portal.forums.api.blueprint import bp, find_place
from portal.forums.api.payloads import EditPayload, ReactionPayload, ReplyPayload, ThreadPayload
from portal.forums.queries import api as queries
from portal.forums.queries.changes import ThreadPlace, list_changes
from portal.forums.queries.lists import list_boards
from portal.forums.services import posts, reactions, threads
from portal.web.edge import Access, access


def find_spaces(actor: Actor, group: str) -> list[int]:
    """The spaces of the address's group that the actor reads. Raises ``NotFound`` for none."""
    found = [right.space_id for right in actor.spaces.values() if right.group_slug == group]
    if not found:
        raise NotFound()
    return found


def find_post(actor: Actor, post_id: int) -> int:
    """The post of the address, through the fence."""
    return queries.get_post_number(actor, post_id)


@bp.get("/api/v1/groups/<group>/threads")
@access(Access.SIGNED_IN, resolve=find_spaces)
@describes(query={"space": "string", "kind": "string", "status": "string", "after": "string"})
def list_threads(spaces: list[int]) -> Any:
    """Threads of a group, latest activity first."""
    actor = current_actor()
    wanted = query_words("space")
    chosen = [space for space in spaces if wanted in {None, actor.spaces[space].slug}]
    if not chosen:
        raise NotFound()
    page = queries.list_threads(
        actor,
        chosen,
        kind=query_words("kind"),
        status=query_words("status"),
        after=request.args.get("after"),
    )
    return jsonify(items=page.items, next=page.next)


@bp.post("/api/v1/groups/<group>/threads")
@access(Access.SIGNED_IN, resolve=find_spaces)
@describes(body=ThreadPayload(), status=201, keyed=True)
def start_thread(spaces: list[int]) -> Any:
    """Start a thread."""
    actor = current_actor()
    data = payload(ThreadPayload())
    space = next((space for space in spaces if actor.spaces[space].slug == data["space"]), None)
    if space is None:
        raise Invalid({"space": "There is no such space in this group."})
    open_boards = [board.id for board in list_boards(actor, space)]
    forum_id = data["forum"] if data["forum"] in open_boards else None
    if data["forum"] is None and open_boards:
        forum_id = open_boards[0]
    if forum_id is None:
        raise Invalid({"forum": "There is no such forum in this space."})
    started = threads.start(
        actor,
        forum_id=forum_id,
        kind=data["kind"],
        title=data["title"],
        body=data["body"],
        attribution=data["attribution"],
        attachments=data["attachments"],
        invented=data["invented"],
        idempotency_key=idempotency_key(),
    )
    answer = {**queries.get_thread(actor, started.id), "unreadable_mentions": started.unreadable_mentions}
    return jsonify(answer), 200 if started.replayed else 201


@bp.get("/api/v1/threads/<int:number>")
@access(Access.SIGNED_IN, resolve=find_place)
def get_thread(place: ThreadPlace) -> Any:
    """One thread."""
    return jsonify(queries.get_thread(current_actor(), place.id))


@bp.get("/api/v1/threads/<int:number>/posts")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(query={"after": "integer", "last": "integer"})
def list_posts(place: ThreadPlace) -> Any:
    """Posts of a thread in order, 100 a page; ``last`` gives the newest."""
    last = request.args.get("last", type=int)
    return jsonify(queries.list_posts(current_actor(), place.id, after=query_number("after"), last=last))


@bp.get("/api/v1/threads/<int:number>/events")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(query={"since": "integer"})
def list_events(place: ThreadPlace) -> Any:
    """The changes of a thread after a change number: numbers, kinds and posts, without words."""
    since = query_number("since")
    items: list[dict[str, Any]] = [
        {"seq": row.number, "kind": row.kind, "post": row.post_id} for row in list_changes(place.id, since)
    ]
    more = bool(items) and items[-1]["seq"] < place.change_number
    return jsonify(items=items, seq=place.change_number, next=items[-1]["seq"] if more else None)


def _posted_json(posted: posts.Posted) -> dict[str, int]:
    return {
        "id": posted.id,
        "thread": posted.thread_id,
        "position": posted.position,
        "seq": posted.change_number,
        "unreadable_mentions": posted.unreadable_mentions,
    }


@bp.post("/api/v1/threads/<int:number>/posts")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(body=ReplyPayload(), status=201, keyed=True)
def reply(place: ThreadPlace) -> Any:
    """Reply. A repeated ``Idempotency-Key`` returns the first answer; with another body 422."""
    actor = current_actor()
    data = payload(ReplyPayload())
    posted = posts.reply(
        actor,
        thread_id=place.id,
        body=data["body"],
        attribution=data["attribution"],
        reply_to=data["reply_to"],
        attachments=data["attachments"],
        invented=data["invented"],
        idempotency_key=idempotency_key(),
    )
    return (
        jsonify(_posted_json(posted)),
        200 if posted.replayed else 201,
    )


@bp.patch("/api/v1/posts/<int:post_id>")
@access(Access.SIGNED_IN, resolve=find_post)
@describes(body=EditPayload(), keyed=True)
def edit(post: int) -> Any:
    """Change one's own post."""
    data = payload(EditPayload())
    done = posts.edit(
        current_actor(),
        post_id=post,
        body=data["body"],
        revision=data["revision"],
        invented=data["invented"],
        idempotency_key=idempotency_key(),
    )
    return jsonify(_posted_json(done))


@bp.delete("/api/v1/posts/<int:post_id>")
@access(Access.SIGNED_IN, resolve=find_post)
@describes(status=204)
def delete(post: int) -> Any:
    """Delete one's own post."""
    posts.delete(current_actor(), post_id=post)
    return Response(status=204)


@bp.post("/api/v1/posts/<int:post_id>/restore")
@access(Access.SIGNED_IN, resolve=find_post)
@describes(status=204)
def restore(post: int) -> Any:
    """Bring a deleted post back."""
    posts.restore(current_actor(), post_id=post)
    return Response(status=204)


@bp.post("/api/v1/posts/<int:post_id>/reactions")
@access(Access.SIGNED_IN, resolve=find_post)
@describes(body=ReactionPayload(), status=204)
def react(post: int) -> Any:
    """Give a reaction or take it back."""
    data = payload(ReactionPayload())
    reactions.react(current_actor(), post_id=post, kind=data["kind"], on=data["on"])
    return Response(status=204)
