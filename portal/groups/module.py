"""Plugs groups into the application."""

from __future__ import annotations

from typing import Any

from flask import Flask

from portal.core.identity import Actor
from portal.groups import api, listeners, panels, policies, views  # noqa: F401  (some only register themselves)
from portal.groups.queries.groups import name_spaces_read
from portal.search import places
from portal.web import navigation


def _is_inside(actor: Actor, group: Any) -> bool:
    """The list of members is for those who belong to the group, and never for a supplier."""
    return bool(actor.roles_in(group.id) - {"supplier"})


def init_app(app: Flask) -> None:
    """Register what groups brings."""
    app.register_blueprint(views.bp)
    app.register_blueprint(api.bp)
    places.named_by(name_spaces_read)
    navigation.service_entry(20, "My groups", "groups.my_groups", "groups", also=frozenset({"forums"}))
    navigation.group_entry(10, "Group home", "groups.home", "group")
    navigation.group_entry(90, "Members", "groups.members", "members", shown=_is_inside)
