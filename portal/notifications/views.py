"""The inbox, the switch for mail, and the address in each mail that turns it off."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from portal.core.errors import Invalid, NotFound
from portal.core.identity import ANONYMOUS, current_actor
from portal.notifications import queries
from portal.notifications.forms import MailForm
from portal.notifications.services import inbox as commands
from portal.notifications.services import preferences
from portal.web.edge import Access, access

bp = Blueprint("notifications", __name__, url_prefix="/notifications", template_folder="templates")


@bp.get("/")
@access(Access.SIGNED_IN)
def inbox() -> str:
    """What one has been told, newest first; ``after`` pages."""
    found = queries.list_inbox(current_actor(), after=request.args.get("after"))
    more = url_for("notifications.inbox", after=found.next) if found.next else None
    return render_template(
        "notifications/inbox.html", rows=found.items, more=more, first=request.args.get("after") is None
    )


@bp.post("/read")
@access(Access.SIGNED_IN)
def mark_read() -> Any:
    """Take all as read, or with ``thread`` those of one thread."""
    given = request.form.get("thread", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 20):
        raise Invalid({"thread": "This is not the number of a thread."})
    commands.mark_read(current_actor(), thread_id=int(given) if given else None)
    if not given:
        flash("All notifications are marked as read.", "success")
    return redirect(url_for("notifications.inbox"), 303)


@bp.get("/settings")
@access(Access.SIGNED_IN)
def settings() -> str:
    """The one switch."""
    wanted = queries.wants_mail(current_actor().person_id or 0)
    form = MailForm(formdata=None, data={"mentions_and_replies": wanted})
    return render_template("notifications/settings.html", form=form)


@bp.post("/settings")
@access(Access.SIGNED_IN)
def settings_post() -> Any:
    """Turn the switch."""
    wanted = bool(MailForm().mentions_and_replies.data)
    preferences.choose_mail(current_actor(), mentions_and_replies=wanted)
    words = "You get an e-mail" if wanted else "You get no more e-mail"
    flash(f"{words} when somebody names you or answers you.", "success")
    return redirect(url_for("notifications.settings"), 303)


@bp.get("/unsubscribe/<token>")
@access(Access.PUBLIC)
def unsubscribe(token: str) -> str:
    """Ask before stopping, because mail programs open addresses by themselves. The same page for every address."""
    return render_template("notifications/unsubscribe.html", token=token)


@bp.post("/unsubscribe/<token>")
@access(Access.PUBLIC, csrf=False)
def unsubscribe_post(token: str) -> str:
    """Stop the mail, in one click from the mail program or by our own form. The same answer for every address.

    It needs neither sign-in nor CSRF field (RFC 8058): the signed address is the proof, and stopping is all it can do.
    """
    with suppress(NotFound):
        preferences.unsubscribe(ANONYMOUS, token=token)
    return render_template("notifications/unsubscribed.html")
