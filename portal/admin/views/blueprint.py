"""The blueprint of all pages of the administration, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for

from portal.admin.forms import StaffForm
from portal.core.errors import Invalid
from portal.directory.words import is_one_line
from portal.web.navigation import NavItem

bp = Blueprint("admin", __name__, template_folder="../templates")

AREAS = (
    ("Overview", "admin.index"),
    ("Organisations", "admin.organisations"),
    ("People", "admin.people"),
    ("Groups", "admin.groups"),
    ("Invitations", "admin.invitations"),
    ("Import", "admin.upload"),
    ("Audit trail", "admin.audit"),
    ("Break-glass", "admin.glass"),
    ("Jobs and mail", "admin.operation"),
)


@bp.context_processor
def _side_nav() -> dict[str, Any]:
    here = request.path
    items = []
    for label, endpoint in AREAS:
        href = url_for(endpoint)
        current = here == href if endpoint == "admin.index" else here.startswith(href)
        items.append(NavItem(label, href, current))
    return {"side_nav": items}


def went_well(form: StaffForm, act: Callable[[], Any]) -> bool:
    """Whether a sent form is right and its command took it; what is wrong stands at the fields afterwards."""
    if not form.validate():
        return False
    try:
        act()
    except Invalid as refused:
        form.take(refused)
        return False
    return True


def words_asked(name: str = "q") -> str:
    """The words to search by. Raises ``Invalid`` for what no name can hold."""
    words = request.args.get(name, "").strip()
    if len(words) > 254 or not is_one_line(words):
        raise Invalid({name: "Use fewer and plain words to search by"})
    return words
