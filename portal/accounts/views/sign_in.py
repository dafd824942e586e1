"""Signing in and out, and the page between signing in and what was being sent."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.carried import Carried, carry, load, safe_path
from portal.accounts.forms import CodeForm, SignInForm
from portal.accounts.services.sessions import Started, end_session
from portal.accounts.services.sign_in import pass_second_factor
from portal.accounts.services.sign_in import sign_in as start_session
from portal.accounts.views.blueprint import address, bp, device, drop_cookie, set_cookie
from portal.core.errors import Invalid, NotFound
from portal.core.identity import ANONYMOUS, Actor, current_actor
from portal.web.edge import Access, access

SHOWN = {
    "title": "Title",
    "subject": "Subject",
    "body": "Your text",
    "text": "Your text",
    "words": "Your words",
    "reason": "Reason",
    "next_step": "Next step",
    "workaround": "Workaround",
    "name": "Name",
    "purpose": "Purpose",
}
"""Fields of a carried form that are shown to be read again; all others travel hidden."""


def _sign_in_page(
    form: SignInForm, *, status: int = 200, carried: Carried | None = None, lost: bool = False
) -> Any:
    demo = current_app.extensions.get("portal.demo_accounts")
    accounts = demo() if demo is not None and current_app.config["PORTAL_ENV"] == "demo" else []
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        form_errors=form.errors,
        carried=carried,
        lost=lost,
        accounts=accounts,
    )
    return make_response(page, status)


@bp.get("/sign-in")
@access(Access.PUBLIC)
def sign_in() -> Any:
    """The sign-in page."""
    there = safe_path(request.args.get("next"))
    if current_actor().is_authenticated:
        return redirect(there)
    form = SignInForm(formdata=None, next=there if there != "/" else "")
    return _sign_in_page(form)


@bp.post("/sign-in")
@access(Access.PUBLIC)
def sign_in_post() -> Any:
    """Take address and password; then the code, the carried form or the page that was asked for."""
    form = SignInForm()
    carried = load(form.carried.data)
    form.carried.data = carried.dump() if carried else ""
    form.next.data = safe_path(form.next.data, "")
    if not form.validate():
        return _sign_in_page(form, status=422, carried=carried)
    try:
        started = start_session(
            ANONYMOUS,
            email=form.email.data or "",
            password=form.password.data or "",
            device=device(),
            address=address(),
        )
    except Invalid as error:
        form.refuse(error)
        return _sign_in_page(form, status=422, carried=carried)
    if started.second_factor:
        return _with_session(_code_page(_code_form(form.next.data, carried), carried), started)
    return _with_session(_go_on(form.next.data, carried), started)


def _code_form(following: str | None, carried: Carried | None) -> CodeForm:
    return CodeForm(formdata=None, next=following or "", carried=carried.dump() if carried else "")


def _code_page(form: CodeForm, carried: Carried | None, status: int = 200) -> Any:
    return make_response(
        render_template("accounts/sign_in_code.html", form=form, form_errors=form.errors, carried=carried),
        status,
    )


def _with_session(response: Response, started: Started) -> Response:
    set_cookie(response, started.token)
    return response


def _go_on(following: str | None, carried: Carried | None) -> Any:
    if carried is None:
        return redirect(safe_path(following), 303)
    shown = [(name, SHOWN[name], value) for name, value in carried.fields if name in SHOWN]
    shown.sort(key=lambda field: list(SHOWN).index(field[0]))  # the title stands above its text
    hidden = [(name, value) for name, value in carried.fields if name not in SHOWN]
    return make_response(
        render_template("accounts/carried.html", carried=carried, shown=shown, unseen=hidden)
    )


def _half() -> Actor | None:
    found: Actor | None = g.get("half_signed_in")
    return found


@bp.get("/sign-in/code")
@access(Access.PUBLIC)
def sign_in_code() -> Any:
    """Ask for the code once more; without a password before it, ask for that."""
    if _half() is None:
        return redirect(url_for("accounts.sign_in"))
    return _code_page(_code_form(safe_path(request.args.get("next"), ""), None), None)


@bp.post("/sign-in/code")
@access(Access.PUBLIC)
def sign_in_code_post() -> Any:
    """Take the code."""
    form = CodeForm()
    carried = load(form.carried.data)
    form.carried.data = carried.dump() if carried else ""
    form.next.data = safe_path(form.next.data, "")
    half = _half()
    if half is None:
        return _again(form.next.data, carried)
    if not form.validate():
        return _code_page(form, carried, 422)
    try:
        started = pass_second_factor(
            ANONYMOUS,
            session_id=half.session_id,
            person_id=half.person_id,
            code=form.code.data or "",
            device=device(),
            address=address(),
        )
    except Invalid as error:
        form.refuse(error)
        return _code_page(form, carried, 422)
    except NotFound:
        return _again(form.next.data, carried)
    return _with_session(_go_on(form.next.data, carried), started)


def _again(following: str | None, carried: Carried | None) -> Any:
    """The password has been too long ago: ask for it again, losing nothing."""
    form = SignInForm(formdata=None, next=following or "", carried=carried.dump() if carried else "")
    form.form_errors.append("The code was not entered in time. Start again.")
    return _sign_in_page(form, status=401, carried=carried)


def sign_in_during_post() -> Any:
    """The answer to a form that came without a session: sign in, with the text kept in the page.

    Called by the edge for every address alike, whether it exists or not.
    """
    carried = carry(request.path, request.form.items(multi=True))
    lost = carried is None and any(
        len(value) > 1 for name, value in request.form.items() if name != "csrf_token"
    )
    form = SignInForm(formdata=None, carried=carried.dump() if carried else "")
    return _sign_in_page(form, status=401, carried=carried, lost=lost)


@bp.post("/sign-out")
@access(Access.PUBLIC)
def sign_out() -> Any:
    """End the present session and have the browser forget all that it holds of this site."""
    actor = current_actor()
    half = _half()
    ending = actor if actor.session_id is not None else half
    if ending is not None and ending.session_id is not None:
        end_session(ending, session_id=ending.session_id)
    response = redirect(url_for("accounts.signed_out"), 303)
    drop_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@bp.get("/signed-out")
@access(Access.PUBLIC)
def signed_out() -> Any:
    """Say that the session has ended."""
    if current_actor().is_authenticated:
        return redirect("/")
    return render_template("accounts/signed_out.html")
