"""Groups: open one, appoint its first lead, close it. Nothing of what is said in them."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, url_for

from portal.admin import queries
from portal.admin.forms import GroupForm, LeadForm, numbers
from portal.admin.services.register import open_groups
from portal.admin.views.blueprint import bp, went_well
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, may
from portal.directory.queries import list_organisation_names
from portal.groups.queries.managed import list_authorities_running
from portal.groups.services import lead, opening
from portal.web.edge import Access, access

KINDS = {
    "sug": "Supplier user group",
    "inhouse": "In-house systems group",
    "nlar": "NLAR forum",
    "national": "National space",
    "working": "Working group",
}


def _group(actor: Actor, group: str) -> Any:
    return queries.get_group_by_slug(actor, group)


@bp.get("/admin/groups/")
@access(Access.ADMINISTRATOR)
def groups() -> str:
    """Every group's card with its lead."""
    return render_template(
        "admin/groups.html",
        groups=queries.list_groups(),
        kinds=KINDS,
        without_group=queries.list_suppliers_without_group(),
    )


def _form() -> GroupForm:
    form = GroupForm()
    form.supplier_id.choices = numbers(list_organisation_names("supplier"), "No supplier")
    return form


@bp.get("/admin/groups/new")
@access(Access.ADMINISTRATOR)
def new_group() -> str:
    """The form of a new group."""
    return render_template("admin/group_new.html", form=_form())


@bp.post("/admin/groups/new")
@access(Access.ADMINISTRATOR)
def open_group() -> Any:
    """Open a group."""
    form = _form()
    made: list[opening.Opened] = []
    if went_well(form, lambda: made.append(opening.open_group(current_actor(), **form.sent))):
        flash(f"{form.name.data} is open. Appoint its first lead now.", "success")
        return redirect(url_for("admin.group", group=made[0].slug))
    return render_template("admin/group_new.html", form=form), 422


@bp.post("/admin/groups/register")
@access(Access.ADMINISTRATOR)
def open_register() -> Any:
    """Open a group for every supplier that has none."""
    flash(f"Groups opened: {len(open_groups(current_actor()))}.", "success")
    return redirect(url_for("admin.groups"))


def _page(group: Any, form: LeadForm) -> str:
    g.crumbs = [("Groups", url_for("admin.groups"))]
    own = current_actor().organisation_id
    authorities = [pair for pair in list_authorities_running(group) if pair[0] != own]
    form.organisation_id.choices = numbers(authorities, "Choose an authority")
    return render_template(
        "admin/group.html",
        group=group,
        card=next(card for card in queries.list_groups() if card.id == group.id),
        form=form,
        kinds=KINDS,
        may_appoint=may(current_actor(), Action.GROUPS_LEAD_APPOINT, group),
        may_archive=may(current_actor(), Action.GROUPS_GROUP_ARCHIVE, group),
    )


@bp.get("/admin/groups/<group>")
@access(Access.ADMINISTRATOR, resolve=_group)
def group(found: Any) -> str:
    """One group's card, its first lead, its end."""
    return _page(found, LeadForm(formdata=None))


@bp.post("/admin/groups/<group>/lead")
@access(Access.ADMINISTRATOR, resolve=_group)
def appoint_lead(found: Any) -> Any:
    """Appoint a group's first lead."""
    form = LeadForm()
    form.organisation_id.choices = numbers(list_authorities_running(found), "Choose an authority")

    def act() -> None:
        lead.appoint_first_lead(current_actor(), group_id=found.id, **form.sent)

    if went_well(form, act):
        flash("The first lead is appointed. Who has no account yet was invited by e-mail.", "success")
        return redirect(url_for("admin.group", group=found.slug))
    return _page(queries.get_group_by_slug(current_actor(), found.slug), form), 422


@bp.post("/admin/groups/<group>/archive")
@access(Access.ADMINISTRATOR, resolve=_group)
def archive_group(found: Any) -> Any:
    """Close a group: its members read it, and nobody writes any more."""
    opening.archive_group(current_actor(), group_id=found.id)
    flash(f"{found.name} is archived.", "success")
    return redirect(url_for("admin.groups"))
