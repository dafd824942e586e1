"""A forgotten password: asked for by address, set by a mailed link. The same answer whoever asks."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.accounts.forms import NewPasswordForm, ResetRequestForm
from portal.accounts.queries import get_link
from portal.accounts.services.passwords import ask_for_reset, reset_password
from portal.accounts.views.blueprint import address, bp, drop_cookie
from portal.core.errors import Invalid, NotFound
from portal.core.identity import ANONYMOUS
from portal.web.edge import Access, access


@bp.get("/reset")
@access(Access.PUBLIC)
def reset() -> Any:
    """Ask for a link."""
    return render_template("accounts/reset.html", form=ResetRequestForm(formdata=None))


@bp.post("/reset")
@access(Access.PUBLIC)
def reset_post() -> Any:
    """Mail a link where the address has an account; say the same where it has none."""
    form = ResetRequestForm()
    if form.validate():
        try:
            ask_for_reset(ANONYMOUS, email=form.email.data or "", address=address())
        except Invalid as error:
            form.refuse(error)
        else:
            return redirect(url_for("accounts.reset_sent"), 303)
    return render_template("accounts/reset.html", form=form, form_errors=form.errors), 422


@bp.get("/reset/sent")
@access(Access.PUBLIC)
def reset_sent() -> str:
    """What to do now."""
    return render_template("accounts/reset_sent.html")


def _dead() -> Any:
    return render_template(
        "accounts/link_dead.html", again=url_for("accounts.reset"), label="Ask for a new link"
    ), 404


@bp.get("/reset/<token>")
@access(Access.PUBLIC)
def new_password(token: str) -> Any:
    """Choose a new password."""
    try:
        get_link("reset", token)
    except NotFound:
        return _dead()
    return render_template("accounts/new_password.html", form=NewPasswordForm(formdata=None), token=token)


@bp.post("/reset/<token>")
@access(Access.PUBLIC)
def new_password_post(token: str) -> Any:
    """Set it. Every session ends, this browser's too."""
    form = NewPasswordForm()
    try:
        get_link("reset", token)
        if form.validate():
            reset_password(ANONYMOUS, token=token, password=form.password.data or "")
            flash("Your password is set. Sign in with it.", "success")
            response = redirect(url_for("accounts.sign_in"), 303)
            drop_cookie(response)
            return response
    except NotFound:
        return _dead()
    except Invalid as error:
        form.refuse(error)
    return render_template("accounts/new_password.html", form=form, form_errors=form.errors, token=token), 422
