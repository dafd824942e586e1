"""Describing an authority without naming it, where enough others fit the words (domain.md, "Attribution")."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.directory.models import Organisation
from portal.groups.models import Membership

FEWEST = 5
NOUNS = {
    "County council": "a county council",
    "Metropolitan district": "a metropolitan district",
    "London borough": "a London borough",
    "Unitary authority": "a unitary authority",
}


def describe(actor: Actor, space_id: int) -> str:
    """The words for the actor's authority, by its type.

    Raises ``Invalid`` while fewer than five authorities of the group fit them.
    """
    right = actor.spaces.get(space_id)
    kind = db.session.scalar(select(Organisation.type).where(Organisation.id == actor.organisation_id))
    fitting = 0
    if right is not None and kind:
        fitting = (
            db.session.scalar(
                select(func.count(Membership.organisation_id.distinct()))
                .join(Organisation, Organisation.id == Membership.organisation_id)
                .where(
                    Membership.group_id == right.group_id,
                    Membership.ended_at.is_(None),
                    Membership.side == "authority",
                    Organisation.type == kind,
                )
            )
            or 0
        )
    if fitting < FEWEST:
        raise Invalid(
            {
                "attribution": "Fewer than five authorities of this group fit the description. "
                "Withhold your name instead."
            }
        )
    return NOUNS.get(str(kind), f"an authority of the type “{kind}”")
