"""My groups, a group's home or card, asking to join, leaving, and "Who can read this, and why?"."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from portal.core.errors import Invalid, NotFound
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, may
from portal.groups import banner
from portal.groups.forms import JoinForm, LeaveForm
from portal.groups.queries.groups import (
    GroupCard,
    SpaceView,
    get_readable_space,
    is_authority_side,
    list_groups_known,
    list_my_groups,
    list_spaces_read,
)
from portal.groups.queries.managed import load_group
from portal.groups.queries.members import find_own_request, list_leading
from portal.groups.queries.readers import list_readers
from portal.groups.services.joining import ask_to_join, withdraw_request
from portal.groups.services.members import leave_group
from portal.groups.views.blueprint import bp
from portal.groups.views.resolving import find_card
from portal.web.edge import Access, access


def find_readable(actor: Actor, group: str) -> SpaceView:
    """The space that the address names with ``?space=``, or the group's first that the actor reads."""
    return get_readable_space(actor, group, request.args.get("space") or None)


def _crumbs(card: GroupCard, *more: tuple[str, str]) -> None:
    g.crumbs = [
        ("My groups", url_for("groups.my_groups")),
        (card.name, url_for("groups.home", group=card.slug)),
        *more,
    ]


@bp.get("/groups/")
@access(Access.SIGNED_IN)
def my_groups() -> str:
    """The groups that I belong to, and the cards of the others that I may know of."""
    actor = current_actor()
    mine = list_my_groups(actor)
    own = {one.card.id for one in mine}
    others = [card for card in list_groups_known(actor) if card.id not in own]
    return render_template(
        "groups/my_groups.html", mine=mine, others=others, supplier=not is_authority_side(actor)
    )


@bp.get("/groups/<group>/")
@access(Access.SIGNED_IN, resolve=find_card)
def home(card: GroupCard, group: str) -> str:
    """A group's home for its readers; its card for those who may know of it and no more."""
    actor = current_actor()
    spaces = list_spaces_read(actor, group)
    if not spaces:
        if request.args.get("space"):
            raise NotFound()
        return _card_page(card, JoinForm())
    wanted = request.args.get("space") or spaces[0].slug
    space = next((one for one in spaces if one.slug == wanted), None)
    if space is None:
        raise NotFound()
    banner.show(actor, space.id, "group")
    inside = bool(actor.roles_in(card.id) - {"supplier"})
    return render_template(
        "groups/home.html",
        actor=actor,
        card=card,
        space=space,
        inside=inside,
        leading=list_leading(actor, card) if inside and space.group_kind != "national" else [],
        may_leave=bool(may(actor, Action.GROUPS_MEMBER_LEAVE, load_group(card.id))),
    )


def _card_page(card: GroupCard, form: JoinForm) -> str:
    actor = current_actor()
    g.crumbs = [("My groups", url_for("groups.my_groups"))]
    decision = may(actor, Action.GROUPS_JOIN_REQUEST, load_group(card.id))
    return render_template(
        "groups/card.html",
        card=card,
        form=form,
        may_ask=decision.allowed,
        why_not=decision.reason,
        asked=find_own_request(actor, card.id),
    )


@bp.post("/groups/<group>/join")
@access(Access.SIGNED_IN, resolve=find_card)
def join(card: GroupCard) -> Any:
    """Ask to join, from the card."""
    form = JoinForm()
    if form.validate_on_submit():
        try:
            ask_to_join(current_actor(), group_id=card.id, words=form.words.data or "")
        except Invalid as refused:
            form.take(refused)
        else:
            flash("You have asked to join. The lead decides, and you are told.", "success")
            return redirect(url_for("groups.home", group=card.slug))
    return _card_page(card, form), 422


@bp.post("/groups/<group>/join/withdraw")
@access(Access.SIGNED_IN, resolve=find_card)
def withdraw(card: GroupCard) -> Any:
    """Take one's request back."""
    asked = find_own_request(current_actor(), card.id)
    if asked is not None:
        withdraw_request(current_actor(), request_id=asked)
        flash("You have taken your request back.", "success")
    return redirect(url_for("groups.home", group=card.slug))


def find_left(actor: Actor, group: str) -> GroupCard:
    """The group, for those who belong to it in any role."""
    card = find_card(actor, group)
    if not actor.roles_in(card.id) - {"break-glass"}:
        raise NotFound()
    return card


@bp.get("/groups/<group>/leave")
@access(Access.SIGNED_IN, resolve=find_left)
def leave_page(card: GroupCard) -> str:
    """Ask once, in words: leaving cannot be undone."""
    return _leave_page(card, LeaveForm())


def _leave_page(card: GroupCard, form: LeaveForm) -> str:
    actor = current_actor()
    _crumbs(card)
    decision = may(actor, Action.GROUPS_MEMBER_LEAVE, load_group(card.id))
    roles = actor.roles_in(card.id)
    return render_template("groups/leave.html", card=card, form=form, decision=decision, roles=roles)


@bp.post("/groups/<group>/leave")
@access(Access.SIGNED_IN, resolve=find_left)
def leave(card: GroupCard) -> Any:
    """Leave the group, with everything that flowed from it."""
    form = LeaveForm()
    if not form.validate_on_submit():
        return _leave_page(card, form), 422
    leave_group(current_actor(), group_id=card.id)
    flash(f"You have left {card.name}. Nothing of it reaches you any more.", "success")
    return redirect(url_for("groups.my_groups"))


@bp.get("/groups/<group>/readers")
@access(Access.SIGNED_IN, resolve=find_readable)
def readers(space: SpaceView) -> str:
    """Who can read this space, and why."""
    actor = current_actor()
    banner.show(actor, space.id, "readers")
    inside = bool(actor.roles_in(space.group_id) - {"supplier"})
    return render_template(
        "groups/readers.html", space=space, readers=list_readers(actor, space), inside=inside
    )
