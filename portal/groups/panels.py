"""What groups show on Home: what waits for a lead, one's groups, and the first steps of a new person."""

from __future__ import annotations

from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from portal.core.identity import Actor
from portal.groups.queries.desk import list_desks
from portal.groups.queries.groups import list_my_groups
from portal.web import panels


def _shown(name: str, *values: Any) -> Markup:
    """What a macro of the panels' template makes of ``values``; it escapes them itself."""
    made: Markup = get_template_attribute("groups/_panels.html", name)(*values)
    return made


@panels.fills("home.waiting", order=20)
def waiting(actor: Actor, **context: Any) -> Markup | None:
    """Requests to join, suspended memberships and announced ends in the groups that the actor leads."""
    desks = list_desks(actor)
    return _shown("waiting", desks) if desks else None


@panels.fills("home.changed", order=10)
def first_steps(actor: Actor, **context: Any) -> Markup | None:
    """For somebody who belongs to no group yet: what to do first."""
    if actor.group_roles:
        return None
    return _shown("first_steps", actor.organisation_kind)


@panels.fills("home.side", order=20)
def own_groups(actor: Actor, **context: Any) -> Markup | None:
    """The groups in which the actor reads, with the ways into their spaces."""
    mine = list_my_groups(actor)
    return _shown("own_groups", mine) if mine else None
