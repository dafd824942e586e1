"""Who is who in a group, and the ways in: one person, a paste of colleagues, a request decided."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from portal.core.errors import Invalid
from portal.core.identity import current_actor
from portal.core.permissions import Action, authorise, may
from portal.groups import banner
from portal.groups.forms import AddForm, DecideForm, PasteForm
from portal.groups.policies import Managed
from portal.groups.queries.groups import GroupCard, find_members_space, get_group
from portal.groups.queries.managed import list_addable_organisations, load_group
from portal.groups.queries.members import list_members, list_open_requests, list_organisations_of
from portal.groups.services.joining import decide_request
from portal.groups.services.members import PastedLine, add_member, add_pasted, check_pasted
from portal.groups.views.blueprint import bp
from portal.groups.views.resolving import find_group_inside, find_managed
from portal.web.edge import Access, access


def show_group(group: Managed | GroupCard, section: str = "members") -> None:
    """The banner of the group's own space where the reader reads it; else the way back."""
    actor = current_actor()
    space_id = find_members_space(actor, group.id)
    if space_id is not None:
        banner.show(actor, space_id, section)
    home = url_for("groups.home", group=group.slug)
    g.crumbs = [("My groups", url_for("groups.my_groups")), (group.name, home)]
    if request.endpoint != "groups.members":
        g.crumbs.append(("Members", url_for("groups.members", group=group.slug)))


def layout() -> str:
    """The layout of the present page: inside a space where its banner is shown."""
    return "layouts/space.html" if g.get("banner") else "layouts/base.html"


def page(template: str, **context: Any) -> str:
    """A page of the group's management."""
    return render_template(template, layout=layout(), **context)


@bp.get("/groups/<group>/members/")
@access(Access.SIGNED_IN, resolve=find_group_inside)
def members(card: GroupCard, group: str) -> str:
    """Who is who: name, post, authority, role, since, contact; by authority."""
    actor = current_actor()
    show_group(card)
    managed = load_group(card.id)
    chosen = request.args.get("authority", "")
    organisation = int(chosen) if chosen.isdecimal() and len(chosen) < 16 else None
    found = list_members(actor, card, organisation_id=organisation, after=request.args.get("after") or None)
    here = url_for("groups.members", group=group)
    kept: dict[str, Any] = {"authority": organisation} if organisation else {}
    return page(
        "groups/members.html",
        card=card,
        members=found.items,
        next_href=url_for("groups.members", group=group, after=found.next, **kept) if found.next else None,
        first_href=here if request.args.get("after") else None,
        organisations=list_organisations_of(actor, card),
        chosen=organisation,
        manages=bool(may(actor, Action.GROUPS_MEMBER_ADD, managed)),
        may_open=bool(may(actor, Action.GROUPS_GROUP_OPEN, managed)),
    )


def _add_form(group: Managed) -> AddForm:
    form = AddForm()
    form.organisation_id.choices = [SelectChoice("", "Choose")] + [
        SelectChoice(number, name) for number, name in list_addable_organisations(group)
    ]
    return form


@bp.get("/groups/<group>/members/add")
@access(Access.SIGNED_IN, resolve=find_managed)
def add_page(managed: Managed) -> str:
    """One new person."""
    authorise(current_actor(), Action.GROUPS_MEMBER_ADD, managed)
    show_group(managed)
    return page("groups/add.html", group=managed, form=_add_form(managed))


@bp.post("/groups/<group>/members/add")
@access(Access.SIGNED_IN, resolve=find_managed)
def add(managed: Managed) -> Any:
    """Let a known person in, or invite one by e-mail."""
    authorise(current_actor(), Action.GROUPS_MEMBER_ADD, managed)
    form = _add_form(managed)
    if form.validate_on_submit():
        try:
            added = add_member(
                current_actor(),
                group_id=managed.id,
                email=form.email.data or "",
                name=form.name.data or "",
                organisation_id=form.organisation_id.data or 0,
            )
        except Invalid as refused:
            form.take(refused)
        else:
            words = (
                "is a member now"
                if added.how == "member"
                else "is invited by e-mail. The invitation lasts 28 days"
            )
            flash(f"{added.email} {words}.", "success")
            return redirect(url_for("groups.desk", group=managed.slug))
    show_group(managed)
    return page("groups/add.html", group=managed, form=form), 422


@bp.get("/groups/<group>/members/paste")
@access(Access.SIGNED_IN, resolve=find_managed)
def paste_page(managed: Managed) -> str:
    """Twenty colleagues at once."""
    authorise(current_actor(), Action.GROUPS_MEMBER_ADD, managed)
    show_group(managed)
    return page("groups/paste.html", group=managed, form=PasteForm(), lines=[])


@bp.post("/groups/<group>/members/paste")
@access(Access.SIGNED_IN, resolve=find_managed)
def paste(managed: Managed) -> Any:
    """First the lines with what is wrong with each; the good ones are kept when that is confirmed."""
    actor = current_actor()
    authorise(actor, Action.GROUPS_MEMBER_ADD, managed)
    form = PasteForm()
    lines: list[PastedLine] = []
    if form.validate_on_submit():
        try:
            lines = check_pasted(actor, managed, form.people.data or "")
        except Invalid as refused:
            form.take(refused)
    good = [(line.name, line.email, line.organisation_id) for line in lines if not line.problem]
    if good and form.confirmed.data == "yes":
        done = add_pasted(actor, group_id=managed.id, people=good)
        left_out = len(lines) - len(good)
        flash(f"{done.members} added, {done.invited} invited by e-mail, {left_out} left out.", "success")
        return redirect(url_for("groups.desk", group=managed.slug))
    show_group(managed)
    status = 422 if form.errors else 200
    return page("groups/paste.html", group=managed, form=form, lines=lines, good=len(good)), status


@bp.post("/groups/<group>/members/requests/<int:request_id>")
@access(Access.SIGNED_IN, resolve=find_managed)
def decide(managed: Managed, request_id: int) -> Any:
    """Let somebody in who asked, or refuse with the reason."""
    form = DecideForm()
    if form.validate_on_submit():
        accept = form.decision.data == "accept"
        try:
            decide_request(
                current_actor(), request_id=request_id, accept=accept, reason=form.reason.data or ""
            )
        except Invalid as refused:
            form.take(refused)
        else:
            flash(
                "They are a member now." if accept else "The request is refused, and they are told why.",
                "success",
            )
            return redirect(url_for("groups.desk", group=managed.slug))
    authorise(current_actor(), Action.GROUPS_MEMBER_ADD, managed)
    show_group(managed)
    asked = list_open_requests(current_actor(), get_group(current_actor(), managed.slug))
    found = [one for one in asked if one.id == request_id]
    return page("groups/request.html", group=managed, form=form, requests=found), 422
