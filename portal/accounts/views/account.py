"""One's own account: profile, address, password, sessions, tokens; the first-time steps."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.forms import (
    AcceptPoliciesForm,
    ChangeEmailForm,
    ChangePasswordForm,
    ProfileForm,
    TokenForm,
)
from portal.accounts.policies import needs_second_factor
from portal.accounts.queries import get_account, get_own_session, get_own_token, sessions_of, tokens_of
from portal.accounts.services.passwords import change_password
from portal.accounts.services.profile import (
    accept_policies,
    ask_for_email_change,
    change_profile,
    confirm_email_change,
    get_own_email_link,
)
from portal.accounts.services.sessions import end_other_sessions
from portal.accounts.services.sessions import end_session as end_one
from portal.accounts.services.tokens import create_token, revoke_token
from portal.accounts.views.blueprint import bp, drop_cookie
from portal.core.errors import Invalid
from portal.core.identity import current_actor
from portal.web import panels
from portal.web.edge import Access, access


def _back(text: str, anchor: str = "") -> Response:
    flash(text, "success")
    return redirect(url_for("accounts.account", _anchor=anchor or None), 303)


@bp.get("/account/")
@access(Access.SIGNED_IN)
def account() -> str:
    """All of one's own account at a glance."""
    actor = current_actor()
    return render_template(
        "accounts/account.html",
        account=get_account(actor.person_id or 0),
        sessions=sessions_of(actor),
        tokens=tokens_of(actor),
        needs_factor=needs_second_factor(actor),
        more=panels.render("account.page", actor=actor),
    )


@bp.get("/account/welcome")
@access(Access.STARTING)
def welcome() -> Any:
    """The first page: the terms to accept, then what to do here."""
    actor = current_actor()
    if actor.must == "accept":
        return render_template("accounts/accept.html", form=AcceptPoliciesForm(formdata=None))
    if actor.must == "second-factor":
        return redirect(url_for("accounts.second_factor"))
    return render_template(
        "accounts/welcome.html", actor=actor, more=panels.render("account.welcome", actor=actor)
    )


@bp.post("/account/welcome")
@access(Access.STARTING)
def welcome_post() -> Any:
    """Accept the terms."""
    form = AcceptPoliciesForm()
    if not form.validate():
        return render_template("accounts/accept.html", form=form, form_errors=form.errors), 422
    accept_policies(current_actor())
    return redirect(url_for("accounts.welcome"), 303)


@bp.get("/account/profile")
@access(Access.SIGNED_IN)
def profile() -> str:
    """Change name, post and telephone number."""
    known = get_account(current_actor().person_id or 0)
    form = ProfileForm(formdata=None, obj=known)
    form.keep_post(known.post)
    return render_template("accounts/profile.html", form=form)


@bp.post("/account/profile")
@access(Access.SIGNED_IN)
def profile_post() -> Any:
    """Keep them."""
    actor = current_actor()
    form = ProfileForm()
    form.keep_post(get_account(actor.person_id or 0).post)
    if not form.validate():
        return render_template("accounts/profile.html", form=form, form_errors=form.errors), 422
    change_profile(actor, name=form.name.data or "", post=form.post.data, telephone=form.telephone.data)
    return _back("Your profile is changed.")


@bp.get("/account/password")
@access(Access.SIGNED_IN)
def password() -> str:
    """Change the password."""
    return render_template("accounts/password.html", form=ChangePasswordForm(formdata=None))


@bp.post("/account/password")
@access(Access.SIGNED_IN)
def password_post() -> Any:
    """Keep the new one."""
    form = ChangePasswordForm()
    if form.validate():
        try:
            change_password(
                current_actor(), present=form.present.data or "", password=form.password.data or ""
            )
        except Invalid as error:
            form.refuse(error)
        else:
            return _back("Your password is changed. You are signed out everywhere else.")
    return render_template("accounts/password.html", form=form, form_errors=form.errors), 422


@bp.get("/account/email")
@access(Access.SIGNED_IN)
def email() -> str:
    """Sign in with another address."""
    return render_template("accounts/email.html", form=ChangeEmailForm(formdata=None))


@bp.post("/account/email")
@access(Access.SIGNED_IN)
def email_post() -> Any:
    """Mail a link to the new address."""
    form = ChangeEmailForm()
    if form.validate():
        try:
            ask_for_email_change(
                current_actor(), email=form.email.data or "", present=form.present.data or ""
            )
        except Invalid as error:
            form.refuse(error)
        else:
            return _back("We have sent a link to the new address. Nothing changes before you open it.")
    return render_template("accounts/email.html", form=form, form_errors=form.errors), 422


@bp.get("/account/email/<token>")
@access(Access.SIGNED_IN, resolve=get_own_email_link)
def confirm_email(link: Any, token: str) -> str:
    """Ask for the last word: a GET changes nothing."""
    return render_template("accounts/email_confirm.html", new_email=link.new_email, token=token)


@bp.post("/account/email/<token>")
@access(Access.SIGNED_IN, resolve=get_own_email_link)
def confirm_email_post(link: Any, token: str) -> Any:
    """Use the new address from now on."""
    confirm_email_change(current_actor(), token=token)
    return _back("You sign in with your new address now.")


@bp.post("/account/sessions/<int:session_id>/end")
@access(Access.SIGNED_IN, resolve=get_own_session)
def end_session(session: Any, session_id: int) -> Any:
    """End one session; the present one is a sign-out."""
    actor = current_actor()
    end_one(actor, session_id=session_id)
    if session_id == actor.session_id:
        response = redirect(url_for("accounts.signed_out"), 303)
        drop_cookie(response)
        return response
    return _back("That session has ended.", "sessions")


@bp.post("/account/sessions/end-others")
@access(Access.SIGNED_IN)
def end_others() -> Any:
    """End all sessions but this one."""
    end_other_sessions(current_actor())
    return _back("You are signed out everywhere else.", "sessions")


@bp.get("/account/tokens/new")
@access(Access.SIGNED_IN)
def new_token() -> str:
    """Make an API token."""
    return render_template("accounts/token_new.html", form=TokenForm(formdata=None))


@bp.post("/account/tokens/new")
@access(Access.SIGNED_IN)
def new_token_post() -> Any:
    """Show its secret, this once."""
    form = TokenForm()
    if not form.validate():
        return render_template("accounts/token_new.html", form=form, form_errors=form.errors), 422
    made = create_token(
        current_actor(), name=form.name.data or "", scope=form.scope.data, days=int(form.days.data or 90)
    )
    return render_template("accounts/token_made.html", made=made, name=form.name.data)


@bp.post("/account/tokens/<int:token_id>/revoke")
@access(Access.SIGNED_IN, resolve=get_own_token)
def revoke(token: Any, token_id: int) -> Any:
    """Revoke a token."""
    revoke_token(current_actor(), token_id=token_id)
    return _back("That token works no longer.", "tokens")
