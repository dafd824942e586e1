"""Accepting an invitation: as a new person, or with the account that one has."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.accounts.forms import AcceptInvitationForm
from portal.accounts.queries import find_person_id, get_open_invitation, organisation_of
from portal.accounts.services.invitations import accept_invitation, join_by_invitation
from portal.accounts.views.blueprint import address, bp, device, set_cookie
from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.identity import ANONYMOUS, current_actor
from portal.web.edge import Access, access


def _page(token: str, invited: Any, form: AcceptInvitationForm, status: int = 200) -> Any:
    organisation, _ = organisation_of(invited.organisation_id)
    return render_template(
        "accounts/invitation.html",
        form=form,
        form_errors=form.errors,
        token=token,
        invited=invited,
        organisation=organisation,
        known=find_person_id(invited.email) is not None,
    ), status


def _dead() -> Any:
    return render_template(
        "accounts/link_dead.html", again=url_for("help.contact"), label="How to get help"
    ), 404


@bp.get("/invitations/<token>")
@access(Access.PUBLIC)
def invitation(token: str) -> Any:
    """What an invitation is for, and how to accept it. Whoever sees this holds the link that was mailed."""
    try:
        invited = get_open_invitation(token)
    except NotFound:
        return _dead()
    return _page(token, invited, AcceptInvitationForm(formdata=None, name=invited.name))


@bp.post("/invitations/<token>")
@access(Access.PUBLIC)
def invitation_post(token: str) -> Any:
    """Accept it: join with the account that is signed in, or make one."""
    actor = current_actor()
    try:
        get_open_invitation(token)
        if actor.is_authenticated:
            join_by_invitation(actor, token=token)
            flash("You have joined.", "success")
            return redirect("/", 303)
        form = AcceptInvitationForm()
        if form.validate():
            started = accept_invitation(
                ANONYMOUS,
                token=token,
                name=form.name.data or "",
                password=form.password.data or "",
                post=form.post.data,
                telephone=form.telephone.data,
                device=device(),
                address=address(),
            )
            response = redirect(url_for("accounts.welcome"), 303)
            set_cookie(response, started.token)
            return response
    except NotFound:
        return _dead()
    except Invalid as error:
        form.refuse(error)
    except Forbidden as error:
        flash(error.detail, "error")
        return _page(token, get_open_invitation(token), AcceptInvitationForm(formdata=None), 403)
    return _page(token, get_open_invitation(token), form, 422)
