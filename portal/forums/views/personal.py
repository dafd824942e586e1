"""What a reader keeps for themselves: bookmarks and drafts; and "mark everything as seen"."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for

from portal.core.identity import current_actor
from portal.forums.queries.home import list_drafts
from portal.forums.queries.post_page import list_bookmarks
from portal.forums.services import drafts as commands
from portal.forums.services import looking
from portal.forums.views.blueprint import bp
from portal.web.edge import Access, access


@bp.get("/bookmarks/")
@access(Access.SIGNED_IN)
def bookmarks() -> str:
    """The posts that the reader keeps."""
    return render_template("forums/bookmarks.html", bookmarks=list_bookmarks(current_actor()))


@bp.get("/drafts/")
@access(Access.SIGNED_IN)
def drafts() -> str:
    """What the reader has begun and not sent."""
    return render_template("forums/drafts.html", drafts=list_drafts(current_actor()))


@bp.post("/drafts/discard")
@access(Access.SIGNED_IN)
def discard_draft() -> Response:
    """Throw a draft away."""
    commands.discard(current_actor(), key=request.form.get("draft", "")[:80])
    flash("The draft is gone.", "success")
    return redirect(url_for("forums.drafts"), 303)  # type: ignore[return-value]


@bp.post("/home/seen")
@access(Access.SIGNED_IN)
def seen() -> Response:
    """Mark everything on Home as seen."""
    looking.look(current_actor())
    return redirect("/", 303)  # type: ignore[return-value]
