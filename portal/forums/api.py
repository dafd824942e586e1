"""The forums through the JSON API: the same commands as the pages (contract.md, "API")."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from marshmallow import fields, validate

from portal.api.payload import Payload, describes, idempotency_key, payload
from portal.core.casedata import find_case_data
from portal.core.errors import Invalid, NotFound
from portal.core.identity import Actor, current_actor
from portal.core.markup import MarkupRefused, render_markdown
from portal.forums.queries import api as queries
from portal.forums.queries.changes import ThreadPlace, get_thread_place, list_changes
from portal.forums.queries.lists import list_boards
from portal.forums.services import attachments, drafts, posts, reactions, reading, threads
from portal.web.edge import Access, access
from portal.web.limits import LIGHT

bp = Blueprint("forums_api", __name__)
NUMBERS = fields.List(fields.Integer(strict=True), load_default=list, validate=validate.Length(max=20))


class ReplyPayload(Payload):
    """A reply."""

    body = fields.String(required=True)
    attribution = fields.String(load_default="named")
    reply_to = fields.Integer(strict=True, load_default=None, allow_none=True)
    attachments = NUMBERS
    invented = fields.Boolean(load_default=False)


class ThreadPayload(Payload):
    """A new thread. ``forum`` is a forum's id; without it the first open one of the space is taken."""

    space = fields.String(load_default="members")
    forum = fields.Integer(strict=True, load_default=None, allow_none=True)
    kind = fields.String(load_default="discussion")
    title = fields.String(required=True)
    body = fields.String(required=True)
    attribution = fields.String(load_default="named")
    attachments = NUMBERS
    invented = fields.Boolean(load_default=False)


class EditPayload(Payload):
    """A change to one's own post."""

    body = fields.String(required=True)
    revision = fields.Integer(strict=True, load_default=None, allow_none=True)
    invented = fields.Boolean(load_default=False)


class ReactionPayload(Payload):
    """A reaction given or taken back."""

    kind = fields.String(required=True)
    on = fields.Boolean(load_default=True)


class ReadPayload(Payload):
    """How far a thread was read."""

    position = fields.Integer(strict=True, required=True, validate=validate.Range(min=0, max=2**31))


class FollowPayload(Payload):
    """Following, muted, or neither (null)."""

    state = fields.String(required=True, allow_none=True, validate=validate.OneOf(["following", "muted"]))


class BookmarkPayload(Payload):
    """A post to keep, or no longer."""

    position = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=2**31))
    on = fields.Boolean(load_default=True)


class DraftPayload(Payload):
    """A draft: in the space of ``thread``, or in ``space`` (its id)."""

    body = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), data_key="fields", load_default=dict)
    thread = fields.Integer(strict=True, load_default=None, allow_none=True)
    space = fields.Integer(strict=True, load_default=None, allow_none=True)


class PreviewPayload(Payload):
    """A text to be shown as it would look."""

    body = fields.String(required=True)


def light(view: Any) -> Any:
    """Mark a view that is called often by nature: it does not count against the sixty posts a minute."""
    setattr(view, LIGHT, True)
    return view


def find_place(actor: Actor, number: int) -> ThreadPlace:
    """The thread of the address, through the fence."""
    return get_thread_place(actor, number)


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
    wanted = request.args.get("space")
    chosen = [space for space in spaces if wanted in {None, "", actor.spaces[space].slug}]
    if not chosen:
        raise NotFound()
    page = queries.list_threads(
        actor,
        chosen,
        kind=request.args.get("kind"),
        status=request.args.get("status"),
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
    after, last = request.args.get("after", 0, type=int), request.args.get("last", type=int)
    return jsonify(queries.list_posts(current_actor(), place.id, after=max(0, min(after, 2**31)), last=last))


@bp.get("/api/v1/threads/<int:number>/events")
@access(Access.SIGNED_IN, resolve=find_place)
@describes(query={"since": "integer"})
def list_events(place: ThreadPlace) -> Any:
    """The changes of a thread after a change number: numbers, kinds and posts, without words."""
    since = max(0, min(request.args.get("since", 0, type=int), 2**31))
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
    return jsonify(items=queries.list_people_to_mention(actor, space_id, request.args.get("q", "")[:60]))


@bp.post("/api/v1/attachments")
@access(Access.SIGNED_IN)
@describes(
    form={"file": "binary", "thread": "integer", "space": "integer", "invented": "boolean"}, status=201
)
def add_attachment() -> Any:
    """Take in a file for a post still to be written: multipart with ``file`` and ``thread`` or ``space``."""
    actor = current_actor()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid({"file": "Choose a file."})
    thread, space_id = request.form.get("thread", type=int), request.form.get("space", type=int)
    if thread is not None:
        space_id = get_thread_place(actor, thread).space_id
    if space_id is None:
        raise Invalid({"space": "Say in which space or thread the file belongs."})
    invented = request.form.get("invented", "") in {"1", "true", "y", "on"}
    added = attachments.add(
        actor, space_id=space_id, stream=file.stream, filename=file.filename, invented=invented
    )
    return jsonify(
        number=added.id, filename=added.filename, size=added.size, mime=added.mime, inline=added.inline
    ), 201


add_attachment.portal_upload = True  # type: ignore[attr-defined]


def find_file(actor: Actor, number: int) -> Any:
    """The file of the address, through the fence."""
    return queries.get_file(actor, number)


@bp.delete("/api/v1/attachments/<int:number>")
@access(Access.SIGNED_IN, resolve=find_file)
@describes(status=204)
def remove_attachment(file: Any) -> Any:
    """Take away a file that one added."""
    attachments.remove(current_actor(), attachment_id=file.id)
    return Response(status=204)


@bp.get("/attachments/<int:number>")
@bp.get("/attachments/<int:number>/<path:name>", endpoint="download_named")
@access(Access.SIGNED_IN, resolve=find_file)
def download(file: Any) -> Any:
    """The bytes of a file, in a sandbox: pictures in place, everything else as a download; ranges are answered."""
    storage = current_app.extensions["portal.storage"]
    start, end, status = 0, file.size, 200
    wanted = request.range
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
        found = wanted.range_for_length(file.size)
        if found is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
        (start, end), status = found, 206
    try:
        chunks = storage.read(file.sha256, start, end)
    except FileNotFoundError as error:
        raise NotFound() from error
    response = Response(chunks, status=status, mimetype=file.mime)
    disposition = "inline" if file.inline and request.args.get("download") != "1" else "attachment"
    response.headers.set("Content-Disposition", disposition, filename=file.filename)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(end - start)
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return response
