"""The lead's desk: what waits, deputies, handing over, removals, the card, working groups, and every grant."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from portal.core.errors import Invalid
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, authorise, may
from portal.groups.forms import CardForm, HandOverForm, RemoveForm, WorkingGroupForm
from portal.groups.policies import Managed
from portal.groups.queries.groups import GroupCard, get_group
from portal.groups.queries.members import MemberRow, list_grants, list_members, list_open_requests
from portal.groups.services import lead as leading
from portal.groups.services.members import confirm_member, prolong_member, remove_member
from portal.groups.services.opening import archive_group, change_card, open_working_group
from portal.groups.views.blueprint import bp
from portal.groups.views.members import page, show_group
from portal.groups.views.resolving import find_managed, find_managed_member
from portal.web.edge import Access, access


def _back(managed: Managed) -> Any:
    return redirect(url_for("groups.desk", group=managed.slug))


def _has_lead(managed: Managed) -> bool:
    """Whether this kind of group has a lead and deputies."""
    return managed.kind in {"sug", "inhouse", "working"}


def _card(managed: Managed) -> GroupCard:
    return get_group(current_actor(), managed.slug)


@bp.get("/groups/<group>/members/manage")
@access(Access.SIGNED_IN, resolve=find_managed)
def desk(managed: Managed) -> str:
    """What waits for the lead, and what the lead can do."""
    actor = current_actor()
    authorise(actor, Action.GROUPS_MEMBER_ADD, managed)
    show_group(managed)
    card = _card(managed)
    inside = bool(actor.roles_in(card.id))
    return page(
        "groups/desk.html",
        group=managed,
        card=card,
        requests=list_open_requests(actor, card) if inside else [],
        suspended=list_members(actor, card, suspended=True).items if inside else [],
        ending=list_members(actor, card, ending=True).items if inside else [],
        may_change_roles=_has_lead(managed) and bool(may(actor, Action.GROUPS_ROLE_CHANGE, managed)),
        may_open=bool(may(actor, Action.GROUPS_GROUP_OPEN, managed)),
        may_archive=managed.kind == "working" and bool(may(actor, Action.GROUPS_GROUP_ARCHIVE, managed)),
    )


@bp.get("/groups/<group>/members/grants")
@access(Access.SIGNED_IN, resolve=find_managed)
def grants(managed: Managed) -> str:
    """Every grant in the group: who, what role, on what ground, by whom, when, and until when."""
    actor = current_actor()
    authorise(actor, Action.GROUPS_MEMBER_ADD, managed)
    show_group(managed)
    found = list_grants(actor, _card(managed), after=request.args.get("after") or None)
    here = url_for("groups.grants", group=managed.slug)
    return page(
        "groups/grants.html",
        group=managed,
        grants=found.items,
        next_href=url_for("groups.grants", group=managed.slug, after=found.next) if found.next else None,
        first_href=here if request.args.get("after") else None,
    )


def _member_page(actor: Actor, managed: Managed, member: MemberRow, form: RemoveForm) -> str:
    show_group(managed)
    return page(
        "groups/member.html",
        group=managed,
        member=member,
        form=form,
        may_change_roles=_has_lead(managed) and bool(may(actor, Action.GROUPS_ROLE_CHANGE, managed)),
        own=member.person_id == actor.person_id,
    )


@bp.get("/groups/<group>/members/<int:person_id>")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def member(found: tuple[Managed, MemberRow]) -> str:
    """One member, with what the lead can do: deputy, lead, confirm, prolong, remove."""
    managed, row = found
    authorise(current_actor(), Action.GROUPS_MEMBER_REMOVE, managed)
    return _member_page(current_actor(), managed, row, RemoveForm())


@bp.post("/groups/<group>/members/<int:person_id>/remove")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def remove(found: tuple[Managed, MemberRow]) -> Any:
    """End somebody's membership, with a reason that the record keeps."""
    managed, row = found
    authorise(current_actor(), Action.GROUPS_MEMBER_REMOVE, managed)
    form = RemoveForm()
    if form.validate_on_submit():
        try:
            remove_member(
                current_actor(), group_id=managed.id, person_id=row.person_id, reason=form.reason.data or ""
            )
        except Invalid as refused:
            form.take(refused)
        else:
            flash(f"{row.name} no longer belongs to the group.", "success")
            return _back(managed)
    return _member_page(current_actor(), managed, row, form), 422


@bp.post("/groups/<group>/members/<int:person_id>/confirm")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def confirm(found: tuple[Managed, MemberRow]) -> Any:
    """Give a suspended membership its rights again."""
    managed, row = found
    confirm_member(current_actor(), group_id=managed.id, person_id=row.person_id)
    flash(f"{row.name} can read the group again.", "success")
    return _back(managed)


@bp.post("/groups/<group>/members/<int:person_id>/prolong")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def prolong(found: tuple[Managed, MemberRow]) -> Any:
    """Put off an announced end by 90 days."""
    managed, row = found
    prolong_member(current_actor(), group_id=managed.id, person_id=row.person_id)
    flash(f"{row.name} stays for 90 days more.", "success")
    return _back(managed)


@bp.post("/groups/<group>/members/<int:person_id>/deputy")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def make_deputy(found: tuple[Managed, MemberRow]) -> Any:
    """Make a member deputy."""
    managed, row = found
    leading.appoint_deputy(current_actor(), group_id=managed.id, person_id=row.person_id)
    flash(f"{row.name} is deputy now.", "success")
    return _back(managed)


@bp.post("/groups/<group>/members/<int:person_id>/deputy/end")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def end_deputy(found: tuple[Managed, MemberRow]) -> Any:
    """Make a deputy a member again."""
    managed, row = found
    leading.dismiss_deputy(current_actor(), group_id=managed.id, person_id=row.person_id)
    flash(f"{row.name} is a member again, and deputy no longer.", "success")
    return _back(managed)


@bp.get("/groups/<group>/members/<int:person_id>/lead")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def hand_over_page(found: tuple[Managed, MemberRow]) -> str:
    """Ask once: handing the lead over cannot be undone by oneself."""
    managed, row = found
    authorise(current_actor(), Action.GROUPS_ROLE_CHANGE, managed)
    show_group(managed)
    return page("groups/hand_over.html", group=managed, member=row, form=HandOverForm())


@bp.post("/groups/<group>/members/<int:person_id>/lead")
@access(Access.SIGNED_IN, resolve=find_managed_member)
def hand_over(found: tuple[Managed, MemberRow]) -> Any:
    """Pass the lead on, and the seat in the NLAR with it."""
    managed, row = found
    authorise(current_actor(), Action.GROUPS_ROLE_CHANGE, managed)
    form = HandOverForm()
    if not form.validate_on_submit():
        show_group(managed)
        return page("groups/hand_over.html", group=managed, member=row, form=form), 422
    leading.hand_over_lead(current_actor(), group_id=managed.id, person_id=row.person_id)
    flash(f"{row.name} leads the group now.", "success")
    return redirect(url_for("groups.home", group=managed.slug))


@bp.get("/groups/<group>/card")
@access(Access.SIGNED_IN, resolve=find_managed)
def card_page(managed: Managed) -> str:
    """The words on the group's card."""
    authorise(current_actor(), Action.GROUPS_GROUP_CHANGE, managed)
    show_group(managed)
    return page(
        "groups/card_form.html",
        group=managed,
        form=CardForm(data={"how_to_join": _card(managed).how_to_join}),
    )


@bp.post("/groups/<group>/card")
@access(Access.SIGNED_IN, resolve=find_managed)
def save_card(managed: Managed) -> Any:
    """Keep the words on the group's card."""
    authorise(current_actor(), Action.GROUPS_GROUP_CHANGE, managed)
    form = CardForm()
    if form.validate_on_submit():
        try:
            change_card(current_actor(), group_id=managed.id, how_to_join=form.how_to_join.data or "")
        except Invalid as refused:
            form.take(refused)
        else:
            flash("The group’s card says this now.", "success")
            return _back(managed)
    show_group(managed)
    return page("groups/card_form.html", group=managed, form=form), 422


@bp.get("/groups/<group>/working-groups/new")
@access(Access.SIGNED_IN, resolve=find_managed)
def working_group_page(managed: Managed) -> str:
    """A new working group inside this one."""
    authorise(current_actor(), Action.GROUPS_GROUP_OPEN, managed)
    show_group(managed)
    return page("groups/working_group.html", group=managed, form=WorkingGroupForm())


@bp.post("/groups/<group>/working-groups/new")
@access(Access.SIGNED_IN, resolve=find_managed)
def open_working(managed: Managed) -> Any:
    """Open a working group; who opens it leads it and names its members."""
    authorise(current_actor(), Action.GROUPS_GROUP_OPEN, managed)
    form = WorkingGroupForm()
    if form.validate_on_submit():
        try:
            opened = open_working_group(
                current_actor(),
                group_id=managed.id,
                name=form.name.data or "",
                how_to_join=form.how_to_join.data or "",
            )
        except Invalid as refused:
            form.take(refused)
        else:
            flash("The working group is open. Name its members next.", "success")
            return redirect(url_for("groups.desk", group=opened.slug))
    show_group(managed)
    return page("groups/working_group.html", group=managed, form=form), 422


@bp.post("/groups/<group>/archive")
@access(Access.SIGNED_IN, resolve=find_managed)
def archive(managed: Managed) -> Any:
    """Close a working group: it can be read, and no longer written."""
    archive_group(current_actor(), group_id=managed.id)
    flash("The group is archived: it can be read, and no longer written.", "success")
    return redirect(url_for("groups.home", group=managed.slug))
