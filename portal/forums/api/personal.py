"""What a reader keeps for themselves, and what helps while writing: marks, drafts, preview, names to mention."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from portal.api.payload import describes, payload, query_words
from portal.core.casedata import find_case_data
from portal.core.errors import Invalid, NotFound
from portal.core.identity import current_actor
from portal.core.markup import MarkupRefused, render_markdown
from portal.forums.api.blueprint import bp, find_place, light
from portal.forums.api.payloads import (
    BookmarkPayload,
    DraftPayload,
    FollowPayload,
    PreviewPayload,
    ReadPayload,
)
from portal.forums.queries import api as queries
from portal.forums.queries.changes import ThreadPlace, get_thread_place
from portal.forums.services import drafts, reading
from portal.web.edge import Access, access


@bp.post("/api/v1/threads/<int:number>/read")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(body=ReadPayload())
@light
def mark_read(place: ThreadPlace) -> Any:
    """Note how far the thread was read; never backwards."""
    data = payload(ReadPayload())
    return jsonify(position=reading.mark_read(current_actor(), thread_id=place.id, position=data["position"]))


@bp.post("/api/v1/threads/<int:number>/follow")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(body=FollowPayload(), status=204)
def follow(place: ThreadPlace) -> Any:
    """Follow a thread, mute it, or neither."""
    reading.follow(current_actor(), thread_id=place.id, state=payload(FollowPayload())["state"])
    return Response(status=204)


@bp.post("/api/v1/threads/<int:number>/bookmark")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(body=BookmarkPayload(), status=204)
def bookmark(place: ThreadPlace) -> Any:
    """Keep the post at a position among one's bookmarks, or no longer."""
    actor = current_actor()
    data = payload(BookmarkPayload())
    post = queries.find_post_at(actor, place.id, data["position"])
    if post is None:
        raise Invalid({"position": "There is no post at this position."})
    reading.bookmark(actor, post_id=post, on=data["on"])
    return Response(status=204)


@bp.get("/api/v1/drafts/<key>")
@access(Access.SIGNED_IN)
def get_draft(key: str) -> Any:
    """One's own draft."""
    found = queries.find_draft(current_actor(), key)
    if found is None:
        raise NotFound()
    return jsonify(found)


@bp.put("/api/v1/drafts/<key>")
@access(Access.SIGNED_IN)
@describes(body=DraftPayload())
@light
def save_draft(key: str) -> Any:
    """Keep what is being written; with a match for case data the words are named and the last clean draft stays."""
    actor = current_actor()
    data = payload(DraftPayload())
    space_id = data["space"]
    if data["thread"] is not None:
        space_id = get_thread_place(actor, data["thread"]).space_id
    if space_id is None:
        raise Invalid({"space": "Say in which space or thread the draft is written."})
    saved = drafts.save(
        actor, key=key, space_id=space_id, thread_id=data["thread"], body=data["body"], fields=data["fields_"]
    )
    return jsonify(saved_at=saved.saved_at.isoformat() if saved.saved_at else None, words=list(saved.words))


@bp.delete("/api/v1/drafts/<key>")
@access(Access.SIGNED_IN)
@describes(status=204)
@light
def discard_draft(key: str) -> Any:
    """Forget a draft."""
    drafts.discard(current_actor(), key=key)
    return Response(status=204)


@bp.post("/api/v1/preview")
@access(Access.SIGNED_IN)
@describes(body=PreviewPayload())
@light
def preview() -> Any:
    """A text as it would look; rendering knows no reader and looks nothing up."""
    body = payload(PreviewPayload())["body"]
    try:
        rendered = render_markdown(body)
    except MarkupRefused as error:
        raise Invalid({"body": str(error)}) from error
    words = list(dict.fromkeys(finding.words for finding in find_case_data(body)))
    return jsonify(html=rendered.html, words=words)


@bp.get("/api/v1/mentions")
@access(Access.SIGNED_IN)
@describes(query={"thread": "integer", "space": "integer", "q": "string"})
def mentions() -> Any:
    """People of a thread's space, by a part of their name: for completing a mention."""
    actor = current_actor()
    thread, space_id = request.args.get("thread", type=int), request.args.get("space", type=int)
    if thread is not None:
        space_id = get_thread_place(actor, thread).space_id
    if space_id is None or not actor.reads(space_id):
        raise NotFound()
    return jsonify(items=queries.list_people_to_mention(actor, space_id, query_words("q") or ""))
