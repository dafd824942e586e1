"""Organisations: list, make, change, and record what an authority runs."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from portal.admin.forms import DeploymentForm, OrganisationForm, numbers
from portal.admin.views.blueprint import bp, went_well, words_asked
from portal.core.identity import Actor, current_actor
from portal.directory import queries
from portal.directory.services import organisations as services
from portal.web.edge import Access, access

KINDS = {"authority": "Local authorities", "supplier": "Suppliers", "department": "The department"}


def _organisation(actor: Actor, organisation_id: int) -> Any:
    return queries.get_organisation(actor, organisation_id)


@bp.get("/admin/organisations/")
@access(Access.ADMINISTRATOR)
def organisations() -> str:
    """Organisations by name, found by words and kind."""
    words, kind = words_asked(), request.args.get("kind")
    kind = kind if kind in KINDS else None
    found = queries.find_organisations(words, kind, request.args.get("after"))
    more = (
        url_for("admin.organisations", q=words or None, kind=kind, after=found.next) if found.next else None
    )
    return render_template(
        "admin/organisations.html", found=found.items, more=more, words=words, kind=kind, kinds=KINDS
    )


@bp.get("/admin/organisations/new")
@access(Access.ADMINISTRATOR)
def new_organisation() -> str:
    """The form of a new organisation."""
    return render_template("admin/organisation_new.html", form=OrganisationForm())


@bp.post("/admin/organisations/new")
@access(Access.ADMINISTRATOR)
def create_organisation() -> Any:
    """Record a new organisation."""
    form = OrganisationForm()
    if went_well(form, lambda: services.create_organisation(current_actor(), **form.sent)):
        flash(f"{form.name.data} is in the directory now.", "success")
        return redirect(url_for("admin.organisations", q=form.name.data))
    return render_template("admin/organisation_new.html", form=form), 422


def _page(organisation: Any, form: OrganisationForm, deployment: DeploymentForm) -> str:
    g.crumbs = [("Organisations", url_for("admin.organisations"))]
    deployment.product_id.choices = numbers(queries.list_products(), "Choose a product")
    runs: tuple[queries.Run, ...] = ()
    if organisation.kind == "authority":
        runs = queries.list_runs(organisation.id)
    return render_template(
        "admin/organisation.html",
        organisation=organisation,
        form=form,
        deployment=deployment,
        runs=runs,
        kinds=KINDS,
    )


def _form_of(organisation: Any) -> OrganisationForm:
    return OrganisationForm(formdata=None, obj=organisation)


@bp.get("/admin/organisations/<int:organisation_id>")
@access(Access.ADMINISTRATOR, resolve=_organisation)
def organisation(organisation: Any) -> str:
    """One organisation, to be changed; for an authority also what it runs."""
    return _page(organisation, _form_of(organisation), DeploymentForm(formdata=None))


@bp.post("/admin/organisations/<int:organisation_id>")
@access(Access.ADMINISTRATOR, resolve=_organisation)
def change_organisation(organisation: Any, organisation_id: int) -> Any:
    """Change an organisation."""
    form = OrganisationForm()
    form.kind.data = organisation.kind
    wanted = {name: value for name, value in form.sent.items() if name != "kind"}

    def act() -> None:
        services.change_organisation(current_actor(), organisation_id=organisation_id, **wanted)

    if went_well(form, act):
        flash("The organisation was changed.", "success")
        return redirect(url_for("admin.organisation", organisation_id=organisation_id))
    return _page(
        queries.get_organisation(current_actor(), organisation_id), form, DeploymentForm(formdata=None)
    ), 422


@bp.post("/admin/organisations/<int:organisation_id>/deployments")
@access(Access.ADMINISTRATOR, resolve=_organisation)
def record_deployment(organisation: Any, organisation_id: int) -> Any:
    """Record that an authority uses a product."""
    form = DeploymentForm()
    form.product_id.choices = numbers(queries.list_products(), "Choose a product")

    def act() -> None:
        services.record_deployment(current_actor(), authority_id=organisation_id, **form.sent)

    if went_well(form, act):
        flash("What the authority runs was recorded.", "success")
        return redirect(url_for("admin.organisation", organisation_id=organisation_id))
    again = queries.get_organisation(current_actor(), organisation_id)
    return _page(again, _form_of(again), form), 422


def _deployment(actor: Actor, deployment_id: int) -> Any:
    return queries.get_deployment(actor, deployment_id)


@bp.post("/admin/deployments/<int:deployment_id>/end")
@access(Access.ADMINISTRATOR, resolve=_deployment)
def end_deployment(deployment: Any, deployment_id: int) -> Any:
    """Record that an authority no longer uses a product."""
    authority_id = deployment.authority_id
    services.end_deployment(current_actor(), deployment_id=deployment_id)
    flash("The end of the use was recorded.", "success")
    return redirect(url_for("admin.organisation", organisation_id=authority_id))
