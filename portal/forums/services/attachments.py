"""Files beside posts: taken in before the post exists, put to it when it is sent."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import current_app

from portal.core import clock
from portal.core.commands import command, outside_transaction
from portal.core.db import db
from portal.core.errors import CaseDataFound, Invalid, TooLarge
from portal.core.filetypes import FileRefused, FileType, detect, read_text, safe_filename
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.pictures import without_metadata
from portal.core.storage import StoredBlob
from portal.forums.models import Attachment
from portal.forums.queries.lookup import FileTarget, SpaceTarget, get_attachment, get_space
from portal.forums.services.text import case_words
from portal.forums.services.writing import changed, state_invented

CHECKED = 2 * 1024 * 1024
"""So many bytes of a text file are read for case data."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that was taken in."""

    id: int
    filename: str
    size: int
    mime: str
    inline: bool


def _prepare(
    actor: Actor, *, stream: BinaryIO, filename: str, space_id: int, invented: bool = False, **rest: Any
) -> dict[str, Any]:
    outside_transaction("storage")
    limit = current_app.config["PORTAL_ATTACHMENT_LIMIT"]
    if not actor.writes(space_id):
        return {"name": "", "kind": None, "blob": None, "words": ""}  # the command answers; nothing is stored
    try:
        kind = detect(stream, filename)
        if kind.kind == "image":
            if len(data := stream.read(limit + 1)) > limit:
                raise Invalid({"file": f"The file is larger than {limit // (1024 * 1024)} MB."})
            stream = io.BytesIO(without_metadata(data, kind.mime))  # where it was taken is case data too
    except FileRefused as error:
        raise Invalid({"file": str(error)}) from error
    words = case_words(filename.replace("_", " "))  # a name is stored and shown too
    if kind.kind == "text":
        text = read_text(stream.read(CHECKED))
        stream.seek(0)
        words = tuple(dict.fromkeys(words + case_words(text)))
    if words and not invented:
        raise CaseDataFound(words, "file")
    try:
        blob = current_app.extensions["portal.storage"].put(stream, limit)
    except TooLarge as error:
        raise Invalid({"file": error.detail}) from error
    return {
        **rest,
        "name": safe_filename(filename, kind.extension),
        "kind": kind,
        "blob": blob,
        "words": "; ".join(words),
    }


@command(Action.FORUMS_ATTACHMENT_ADD, target=get_space, prepare=_prepare)
def add(
    actor: Actor, space: SpaceTarget, *, name: str, kind: FileType, blob: StoredBlob, words: str
) -> Attached:
    """Take a file in for a post still to be written.

    Takes ``space_id``, ``stream`` (seekable, binary), ``filename``, ``invented``. Raises ``Invalid`` at ``file`` where
    the file is refused, ``CaseDataFound``, ``NotFound``.
    """
    row = Attachment(
        space_id=space.id,
        uploader_id=actor.person_id or 0,
        sha256=blob.sha256,
        filename=name,
        mime=kind.mime,
        size=blob.size,
        inline=kind.inline,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    if words:
        state_invented(actor, space.id, words, attachment_id=row.id)
    return Attached(row.id, row.filename, row.size, row.mime, row.inline)


@command(Action.FORUMS_ATTACHMENT_REMOVE, target=get_attachment)
def remove(actor: Actor, file: FileTarget) -> None:
    """Take away a file that one added. Its bytes go when nothing refers to them any more."""
    file.attachment.removed_at = clock.now()
    if file.post is not None:
        changed(file.post.thread, "post.edited", file.post.id)  # open pages show it no longer
