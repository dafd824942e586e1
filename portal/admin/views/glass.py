"""Break-glass: opened for a stated reason and a limited time, listed, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.admin import queries
from portal.admin.forms import GlassForm, numbers
from portal.admin.views.blueprint import bp, went_well
from portal.core import clock
from portal.core.identity import Actor, current_actor
from portal.groups.queries.managed import get_break_glass
from portal.groups.services import glass as services
from portal.web.edge import Access, access


def _form() -> GlassForm:
    form = GlassForm()
    form.group_id.choices = numbers(
        [(group.id, group.name) for group in queries.list_groups()], "Choose a group"
    )
    return form


def _page(form: GlassForm) -> str:
    return render_template("admin/glass.html", form=form, glasses=queries.list_break_glass(clock.now()))


@bp.get("/admin/break-glass/")
@access(Access.ADMINISTRATOR)
def glass() -> str:
    """Accesses now and before, and the form that opens one."""
    return _page(_form())


@bp.post("/admin/break-glass/")
@access(Access.ADMINISTRATOR)
def open_glass() -> Any:
    """Open a group's content to oneself."""
    form = _form()

    def act() -> None:
        until = clock.now() + timedelta(hours=int(form.hours.data)) - timedelta(seconds=1)
        services.open_break_glass(
            current_actor(), group_id=form.group_id.data, reason=form.reason.data, until=until
        )

    if went_well(form, act):
        flash("You can read the group now. Its lead has been told.", "success")
        return redirect(url_for("admin.glass"))
    return _page(form), 422


def _standing(actor: Actor, break_glass_id: int) -> Any:
    return get_break_glass(actor, break_glass_id)


@bp.post("/admin/break-glass/<int:break_glass_id>/end")
@access(Access.ADMINISTRATOR, resolve=_standing)
def end_glass(standing: Any, break_glass_id: int) -> Any:
    """End an access at once."""
    services.end_break_glass(current_actor(), break_glass_id=break_glass_id)
    flash("The access has ended.", "success")
    return redirect(url_for("admin.glass"))
