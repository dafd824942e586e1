"""What the API takes in: a schema for each payload."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from portal.api.payload import Payload

BIGGEST = 2**63 - 1  # what the database holds: any number up to there is answered like one that names nothing
FURTHEST = 2**31 - 1


def number(most: int = BIGGEST, least: int = 0, **more: Any) -> fields.Integer:
    """A whole number that the database can hold; without ``required`` it may be left out or null."""
    optional: dict[str, Any] = {} if more.get("required") else {"load_default": None, "allow_none": True}
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **optional, **more)


NUMBERS = fields.List(number(required=True), load_default=list, validate=validate.Length(max=20))


class ReplyPayload(Payload):
    """A reply."""

    body = fields.String(required=True)
    attribution = fields.String(load_default="named")
    reply_to = number()
    attachments = NUMBERS
    invented = fields.Boolean(load_default=False)


class ThreadPayload(Payload):
    """A new thread. ``forum`` is a forum's id; without it the first open one of the space is taken."""

    space = fields.String(load_default="members")
    forum = number()
    kind = fields.String(load_default="discussion")
    title = fields.String(required=True)
    body = fields.String(required=True)
    attribution = fields.String(load_default="named")
    attachments = NUMBERS
    invented = fields.Boolean(load_default=False)


class EditPayload(Payload):
    """A change to one's own post."""

    body = fields.String(required=True)
    revision = number(FURTHEST)
    invented = fields.Boolean(load_default=False)


class ReactionPayload(Payload):
    """A reaction given or taken back."""

    kind = fields.String(required=True)
    on = fields.Boolean(load_default=True)


class ReadPayload(Payload):
    """How far a thread was read."""

    position = number(FURTHEST, required=True)


class FollowPayload(Payload):
    """Following, muted, or neither (null)."""

    state = fields.String(required=True, allow_none=True, validate=validate.OneOf(["following", "muted"]))


class BookmarkPayload(Payload):
    """A post to keep, or no longer."""

    position = number(FURTHEST, least=1, required=True)
    on = fields.Boolean(load_default=True)


class DraftPayload(Payload):
    """A draft: in the space of ``thread``, or in ``space`` (its id)."""

    body = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), data_key="fields", load_default=dict)
    thread = number()
    space = number()


class PreviewPayload(Payload):
    """A text to be shown as it would look."""

    body = fields.String(required=True)
