"""Setting up a second factor, and the codes that stand in for it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.accounts.forms import ConfirmForm, SecondFactorForm
from portal.accounts.policies import needs_second_factor
from portal.accounts.services import second_factor as service
from portal.accounts.views.blueprint import bp
from portal.core.errors import Forbidden, Invalid
from portal.core.identity import current_actor
from portal.web.edge import Access, access


def _page(form: SecondFactorForm, status: int = 200) -> Any:
    actor = current_actor()
    offer = service.offer(actor, form.sealed.data)
    form.sealed.data = offer.sealed
    return render_template(
        "accounts/second_factor.html",
        form=form,
        form_errors=form.errors,
        offer=offer,
        replaces=service.has_second_factor(actor),
        starting=actor.must == "second-factor",
    ), status


@bp.get("/account/second-factor")
@access(Access.STARTING)
def second_factor() -> Any:
    """A picture to scan. Those who have not accepted the terms yet do that first."""
    if current_actor().must == "accept":
        return redirect(url_for("accounts.welcome"))
    return _page(SecondFactorForm(formdata=None))


@bp.post("/account/second-factor")
@access(Access.STARTING)
def second_factor_post() -> Any:
    """Keep it, and show ten recovery codes this once."""
    form = SecondFactorForm()
    if not form.validate():
        return _page(form, 422)
    actor = current_actor()
    try:
        codes = service.set_up_second_factor(
            actor,
            sealed=form.sealed.data or "",
            code=form.code.data or "",
            present=form.present.data or "",
        )
    except Invalid as error:
        form.refuse(error)
        return _page(form, 422)
    return render_template(
        "accounts/recovery_codes.html", codes=codes, starting=actor.must == "second-factor"
    )


def _confirm(form: ConfirmForm, what: str, status: int = 200) -> Any:
    return render_template(
        "accounts/second_factor_confirm.html", form=form, form_errors=form.errors, what=what
    ), status


@bp.get("/account/second-factor/codes")
@access(Access.SIGNED_IN)
def recovery_codes() -> Any:
    """Ask for the password before new codes are made."""
    return _confirm(ConfirmForm(formdata=None), "codes")


@bp.post("/account/second-factor/codes")
@access(Access.SIGNED_IN)
def recovery_codes_post() -> Any:
    """Ten new codes; the old ones work no longer."""
    form = ConfirmForm()
    if form.validate():
        try:
            codes = service.renew_recovery_codes(current_actor(), present=form.present.data or "")
            return render_template("accounts/recovery_codes.html", codes=codes, starting=False)
        except Invalid as error:
            form.refuse(error)
    return _confirm(form, "codes", 422)


@bp.get("/account/second-factor/remove")
@access(Access.SIGNED_IN)
def remove_second_factor() -> Any:
    """Ask for the password before the second factor is removed."""
    if needs_second_factor(current_actor()):
        raise Forbidden(
            "Leads, deputies, moderators and administrators need a second factor. You can replace yours."
        )
    return _confirm(ConfirmForm(formdata=None), "remove")


@bp.post("/account/second-factor/remove")
@access(Access.SIGNED_IN)
def remove_second_factor_post() -> Any:
    """Go without."""
    form = ConfirmForm()
    if form.validate():
        try:
            service.remove_second_factor(current_actor(), present=form.present.data or "")
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The second factor is removed.", "success")
            return redirect(url_for("accounts.account"), 303)
    return _confirm(form, "remove", 422)
