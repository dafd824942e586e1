"""Invitations: those that are open, used, past; sent again and taken back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import queries
from portal.accounts.services import invitations as services
from portal.admin.forms import as_number
from portal.admin.views.blueprint import bp
from portal.core.identity import Actor, current_actor
from portal.web.edge import Access, access

A_PAGE = 50


def _invitation(actor: Actor, invitation_id: int) -> Any:
    return queries.get_invitation(invitation_id)


@bp.get("/admin/invitations/")
@access(Access.ADMINISTRATOR)
def invitations() -> str:
    """All invitations, the newest first."""
    rows = queries.newest_invitations(as_number(request.args.get("before")), A_PAGE + 1)
    shown = rows[:A_PAGE]
    more = url_for("admin.invitations", before=shown[-1].id) if len(rows) > A_PAGE else None
    return render_template("admin/invitations.html", invitations=shown, more=more)


@bp.post("/admin/invitations/<int:invitation_id>/send")
@access(Access.ADMINISTRATOR, resolve=_invitation)
def resend_invitation(invitation: Any, invitation_id: int) -> Any:
    """Mail an invitation again, with a new link."""
    services.resend_invitation(current_actor(), invitation_id=invitation_id)
    flash("The invitation was sent again. The earlier link no longer works.", "success")
    return redirect(url_for("admin.invitations"))


@bp.post("/admin/invitations/<int:invitation_id>/revoke")
@access(Access.ADMINISTRATOR, resolve=_invitation)
def revoke_invitation(invitation: Any, invitation_id: int) -> Any:
    """Take an invitation back."""
    services.revoke_invitation(current_actor(), invitation_id=invitation_id)
    flash("The invitation was taken back.", "success")
    return redirect(url_for("admin.invitations"))
