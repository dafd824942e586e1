"""When a reader last looked at Home: "what changed" counts from it."""

from __future__ import annotations

from sqlalchemy import select

from portal.core import clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.groups.models import LastLook


@command(Action.FORUMS_HOME_SEE, audited=False)
def look(actor: Actor) -> None:
    """Note that the reader has seen what Home shows now. What they have not read stays unread."""
    known = db.session.scalars(select(LastLook).where(LastLook.person_id == actor.person_id)).one_or_none()
    if known is None:
        db.session.add(LastLook(person_id=actor.person_id or 0, at=clock.now()))
    else:
        known.at = clock.now()
