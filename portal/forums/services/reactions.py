"""Reactions: a word of thanks without a post."""

from __future__ import annotations

from sqlalchemy import delete, select

from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.forums.models import Reaction
from portal.forums.queries.lookup import PostTarget, get_post
from portal.forums.services.writing import changed

KINDS = frozenset({"thanks", "agree", "same"})


@command(Action.FORUMS_POST_REACT, target=get_post, audited=False)
def react(actor: Actor, target: PostTarget, *, kind: str, on: bool) -> None:
    """Give a reaction of ``kind`` to ``post_id``, or take it back. Raises ``Invalid`` for an unknown kind."""
    if kind not in KINDS:
        raise Invalid({"kind": "There is no such reaction."})
    own = (Reaction.post_id == target.id, Reaction.person_id == actor.person_id, Reaction.kind == kind)
    given = db.session.scalar(select(Reaction.id).where(*own)) is not None
    if given == on:
        return
    if on:
        db.session.add(
            Reaction(space_id=target.space_id, person_id=actor.person_id or 0, post_id=target.id, kind=kind)
        )
    else:
        db.session.execute(delete(Reaction).where(*own).execution_options(synchronize_session=False))
    changed(target.thread, "reaction.changed", target.id)
