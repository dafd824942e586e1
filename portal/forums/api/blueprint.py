"""The blueprint of the forums' API, and what its views share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.core.identity import Actor
from portal.forums.queries.changes import ThreadPlace, get_thread_place
from portal.web.limits import LIGHT

bp = Blueprint("forums_api", __name__)


def light(view: Any) -> Any:
    """Mark a view that is called often by nature: it does not count against the sixty posts a minute."""
    setattr(view, LIGHT, True)
    return view


def find_place(actor: Actor, number: int) -> ThreadPlace:
    """The thread of the address, through the fence."""
    return get_thread_place(actor, number)
