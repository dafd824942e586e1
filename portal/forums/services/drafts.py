"""Drafts: text being written, kept on the server for its writer alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from portal.core import clock
from portal.core.casedata import find_case_data
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.core.rendering import MAX_BYTES
from portal.core.tenancy import upsert
from portal.forums.models import Draft
from portal.forums.queries.lookup import SpaceTarget, get_space

MOST = 100
FIELDS = frozenset({"title", "kind", "forum_id", "attribution", "reply_to"})


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """When the draft was kept; or, with ``words``, what must come out first (the last clean draft stays)."""

    saved_at: datetime | None
    words: tuple[str, ...] = ()


def _prepare(
    actor: Actor,
    *,
    key: object,
    body: object,
    fields: object = None,
    thread_id: int | None = None,
    **rest: Any,
) -> dict[str, Any]:
    if not isinstance(key, str) or not 3 <= len(key) <= 80 or not key.isprintable():
        raise Invalid({"key": "The draft's key must be 3 to 80 characters."})
    if not isinstance(body, str) or len(body.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Invalid({"body": "The text is longer than 64 KB."})
    if "\x00" in body or any("\ud800" <= letter <= "\udfff" for letter in body):
        raise Invalid({"body": "The text holds characters that cannot be kept."})
    if fields is not None and not isinstance(fields, dict):
        raise Invalid({"fields": "The fields must be an object."})
    kept = {
        name: str(value)[:300].replace("\x00", "")
        for name, value in (fields or {}).items()
        if name in FIELDS and value is not None
    }
    everything = f"{json.dumps(kept, ensure_ascii=False)}\n{body}"
    words = tuple(dict.fromkeys(finding.words for finding in find_case_data(everything)))
    return {**rest, "key": key, "body": body, "fields": kept, "thread_id": thread_id, "words": words}


@command(Action.FORUMS_DRAFT_SAVE, target=get_space, prepare=_prepare, audited=False)
def save(
    actor: Actor,
    space: SpaceTarget,
    *,
    key: str,
    body: str,
    fields: dict[str, str],
    thread_id: int | None,
    words: tuple[str, ...],
) -> DraftSaved:
    """Keep what is being written under ``key``. Takes ``space_id`` too.

    With a match for case data nothing is kept and the words are named: the last clean draft stays.
    """
    if words:
        return DraftSaved(None, words)
    known = db.session.scalar(select(func.count(Draft.id)).where(Draft.person_id == actor.person_id)) or 0
    if (
        known >= MOST
        and db.session.scalar(select(Draft.id).where(Draft.key == key, Draft.person_id == actor.person_id))
        is None
    ):
        raise Invalid({"key": f"You have {MOST} drafts. Discard one first."})
    present = clock.now()
    row = {
        "space_id": space.id,
        "person_id": actor.person_id,
        "key": key,
        "thread_id": thread_id,
        "body": body,
        "fields": fields,
        "saved_at": present,
    }
    upsert(Draft, row, keys=["person_id", "key"], change=["body", "fields", "thread_id", "saved_at"])
    return DraftSaved(present)


@command(Action.FORUMS_DRAFT_DISCARD, audited=False)
def discard(actor: Actor, *, key: str) -> None:
    """Forget a draft; nothing happens where there is none."""
    if "\x00" in key:
        return  # no draft is called so, and PostgreSQL takes no such word
    db.session.execute(
        delete(Draft)
        .where(Draft.person_id == actor.person_id, Draft.key == key)
        .execution_options(synchronize_session=False)
    )
