"""The forums of a space: the lead adds, renames, orders, closes and opens them."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.identity import current_actor
from portal.core.permissions import Action, may
from portal.forums.forms import BoardForm, new_key
from portal.forums.queries.lists import list_boards
from portal.forums.services import boards as commands
from portal.forums.views.blueprint import bp
from portal.forums.views.forum import find_space
from portal.groups import banner
from portal.web.edge import Access, access


def _address(group: str, space: Any) -> str:
    return url_for("forums.boards", group=group, space=space.slug)


def _show(space: Any, group: str, form: BoardForm, *, changed: int = 0) -> str:
    """The page of the boards; ``form`` is that of a new one, or of ``changed`` where a change was refused."""
    actor = current_actor()
    decision = may(actor, Action.FORUMS_FORUM_CREATE, space)
    if not decision:
        raise Forbidden(decision.reason)
    shown = banner.show(actor, space.id, "forums")
    g.crumbs = [
        (shown.group_name, shown.group_href),
        ("Forum", url_for("forums.forum", group=group, space=space.slug)),
    ]
    rows = list_boards(actor, space.id, closed=True)
    return render_template(
        "forums/boards.html",
        space=space,
        group_slug=group,
        open_boards=[row for row in rows if not row.closed],
        closed_boards=[row for row in rows if row.closed],
        form=form,
        changed=changed,
        key=request.form.get("key") or new_key(),
    )


@bp.get("/groups/<group>/forum/boards")
@access(Access.SIGNED_IN, resolve=find_space)
def boards(space: Any, group: str) -> str:
    """The forums of a space, to be arranged."""
    return _show(space, group, BoardForm())


@bp.post("/groups/<group>/forum/boards")
@access(Access.SIGNED_IN, resolve=find_space)
def create_board(space: Any, group: str) -> Any:
    """Add a forum."""
    form = BoardForm(request.form)
    try:
        commands.create(
            current_actor(),
            space_id=space.id,
            name=form.name.data or "",
            purpose=form.purpose.data or "",
            idempotency_key=request.form.get("key") or None,
        )
    except Invalid as error:
        form.take(error)
        return _show(space, group, form), 422
    flash("The forum has been added.", "success")
    return redirect(_address(group, space), 303)


@bp.post("/groups/<group>/forum/boards/<int:board>")
@access(Access.SIGNED_IN, resolve=find_space)
def change_board(space: Any, group: str, board: int) -> Any:
    """Rename, move, close or open one forum, as the pressed button says."""
    actor = current_actor()
    order = [row.id for row in list_boards(actor, space.id)]
    act = request.form.get("act", "")
    if board not in [row.id for row in list_boards(actor, space.id, closed=True)]:
        raise NotFound()
    if act == "change":
        form = BoardForm(request.form)
        try:
            commands.change(actor, forum_id=board, name=form.name.data or "", purpose=form.purpose.data or "")
        except Invalid as error:
            form.take(error)
            return _show(space, group, form, changed=board), 422
        flash("Saved.", "success")
    elif act in {"up", "down"} and board in order:
        here = order.index(board)
        there = max(0, min(len(order) - 1, here + (-1 if act == "up" else 1)))
        order[here], order[there] = order[there], order[here]
        commands.reorder(actor, space_id=space.id, forum_ids=order)
    elif act == "close":
        commands.close(actor, forum_id=board)
        flash("Closed: its threads stay, and no new one is started in it.", "success")
    elif act == "reopen":
        commands.reopen(actor, forum_id=board)
        flash("Open again.", "success")
    return redirect(_address(group, space), 303)
