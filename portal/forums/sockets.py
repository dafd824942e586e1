"""The live events of a thread: join, leave, post, typing."""

from __future__ import annotations

from typing import Any

from limits import parse
from marshmallow import Schema, ValidationError, fields, validate

from portal.core.db import db
from portal.core.errors import Conflict, NotFound, RateLimited
from portal.core.identity import AUTHORITY_SIDE, Actor
from portal.forums import live
from portal.forums.queries.changes import BIGGEST, get_thread_place
from portal.forums.services import posts
from portal.realtime.edge import fresh_actor, on_socket, present_sid
from portal.realtime.hub import present_hub
from portal.web.limits import hit

TRIES = 5
TYPING = parse("1/2 seconds")
LONGEST_BODY = 64 * 1024


def _writable_text(text: str) -> None:
    """Half a surrogate pair is valid JSON and no text."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("This text has characters that cannot be stored.") from error


class ThreadSchema(Schema):
    """A thread by its number."""

    thread = fields.Integer(required=True, strict=True, validate=validate.Range(1, BIGGEST - 1))


class JoinSchema(ThreadSchema):
    """A thread, and the last change that the page has shown."""

    seq = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31 - 1))


class PostSchema(ThreadSchema):
    """A reply. ``key`` makes sending it twice harmless."""

    body = fields.String(required=True, validate=[validate.Length(max=LONGEST_BODY), _writable_text])
    key = fields.String(
        required=True, validate=[validate.Length(8, 100), validate.Regexp(r"^[\x21-\x7e]+\Z")]
    )


class TypingSchema(ThreadSchema):
    """Somebody writes, to be shown as ``attribution`` says."""

    attribution = fields.String(
        load_default="named", validate=validate.OneOf(("named", "described", "withheld"))
    )


@on_socket("thread:join", JoinSchema)
def join(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Take a place at a thread and get what was missed.

    First into the room, then what was missed, and last the right and the epoch again: if either moved in between, the
    place is given up and taken anew. Raises ``NotFound`` for a thread that is missing or not readable.
    """
    hub, sid, thread_id = present_hub(), present_sid(), data["thread"]
    for _ in range(TRIES):
        place = get_thread_place(actor, thread_id)
        epoch = hub.enter(sid, thread_id, place.space_id, place.change_number, actor)
        try:
            missed, seq = live.list_missed(actor, thread_id, min(data["seq"], place.change_number))
            again = fresh_actor()
            right = again.spaces.get(place.space_id)
            if right is None:
                raise NotFound()
        except BaseException:
            hub.leave(sid, thread_id)
            raise
        if right.epoch == epoch and again.audience == actor.audience:
            present = list(hub.present(thread_id)) if actor.audience in AUTHORITY_SIDE else []
            if seq is None:
                return {"seq": place.change_number, "missed": [], "present": present, "reload": True}
            return {"seq": seq, "missed": missed, "present": present}
        hub.leave(sid, thread_id)
        actor = again
    raise Conflict("This discussion is changing hands. Try again in a moment.")


@on_socket("thread:leave", ThreadSchema)
def leave(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Give up the place at a thread; having none is no error, so the answer says nothing of the thread."""
    present_hub().leave(present_sid(), data["thread"])
    return {}


@on_socket("thread:post", PostSchema, writes=True)
def post(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Reply, as the form does. Raises what ``posts.reply`` raises."""
    body = data["body"].replace("\0", "").replace("\r\n", "\n")
    db.session.rollback()
    posted = posts.reply(actor, thread_id=data["thread"], body=body, idempotency_key=data["key"])
    return {"seq": posted.change_number, "post": posted.id}


@on_socket("thread:typing", TypingSchema)
def typing(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Say that an authority writes: to authorities' people, at most every two seconds, never for a withheld name."""
    place = get_thread_place(actor, data["thread"])
    hub, sid = present_hub(), present_sid()
    named = data["attribution"] == "named" and actor.audience in AUTHORITY_SIDE
    if named and actor.writes(place.space_id) and hub.seated(sid, place.id):
        try:
            hit(TYPING, "typing", str(actor.person_id), str(place.id))
        except RateLimited:
            return {}
        hub.typing(place.id, actor.organisation_short, sid)
    return {}
