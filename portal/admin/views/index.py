"""The administration's first page."""

from __future__ import annotations

from flask import render_template

from portal.admin import queries
from portal.admin.views.blueprint import bp
from portal.core import clock
from portal.core.identity import current_actor
from portal.web.edge import Access, access


@bp.get("/admin/")
@access(Access.ADMINISTRATOR)
def index() -> str:
    """What waits for an administrator, and what an administrator does not see."""
    open_now = [glass for glass in queries.list_break_glass(clock.now(), 20) if glass.open]
    return render_template(
        "admin/index.html",
        actor=current_actor(),
        open_now=open_now,
        leaderless=[
            group
            for group in queries.list_groups(archived=False)
            if group.lead is None and group.kind in {"sug", "inhouse"}
        ],
        without_group=queries.list_suppliers_without_group(),
        stuck=queries.list_stuck(),
    )
