"""People: search, invite, change the address, suspend and reinstate, and who is an administrator."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from portal.accounts.services import invitations
from portal.admin.forms import AddressForm, InviteForm, SuspendForm, as_number, numbers
from portal.admin.views.blueprint import bp, went_well, words_asked
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, may
from portal.directory import queries
from portal.directory.services import people as services
from portal.web.edge import Access, access


def _person(actor: Actor, person_id: int) -> Any:
    return queries.get_person_row(person_id)


@bp.get("/admin/people/")
@access(Access.ADMINISTRATOR)
def people() -> str:
    """People by name, found by name, address and organisation."""
    words, organisation_id = words_asked(), as_number(request.args.get("organisation"))
    found = queries.find_people(words, organisation_id, request.args.get("after"))
    more = url_for("admin.people", q=words or None, organisation=organisation_id, after=found.next)
    return render_template(
        "admin/people.html",
        found=found.items,
        more=more if found.next else None,
        words=words,
        organisation_id=organisation_id,
        organisations=queries.list_organisation_names(),
    )


def _invite_form() -> InviteForm:
    form = InviteForm()
    own = current_actor().organisation_id
    others = [pair for pair in queries.list_organisation_names() if pair[0] != own]
    form.organisation_id.choices = numbers(others, "Choose an organisation")
    return form


@bp.get("/admin/people/new")
@access(Access.ADMINISTRATOR)
def new_person() -> str:
    """The form that invites somebody."""
    return render_template("admin/person_new.html", form=_invite_form())


@bp.post("/admin/people/new")
@access(Access.ADMINISTRATOR)
def invite_person() -> Any:
    """Invite somebody by e-mail; the account is made when they accept."""
    form = _invite_form()
    if went_well(
        form, lambda: invitations.send_invitation(current_actor(), group_id=None, role=None, **form.sent)
    ):
        flash(f"An invitation is on its way to {form.email.data}. It works for 28 days.", "success")
        return redirect(url_for("admin.invitations"))
    return render_template("admin/person_new.html", form=form), 422


def _page(person: Any, address: AddressForm | None = None, suspend: SuspendForm | None = None) -> str:
    g.crumbs = [("People", url_for("admin.people"))]
    actor = current_actor()
    acts = {
        "change": Action.DIRECTORY_PERSON_CHANGE,
        "suspend": Action.DIRECTORY_PERSON_SUSPEND,
        "reinstate": Action.DIRECTORY_PERSON_REINSTATE,
        "grant": Action.DIRECTORY_ADMINISTRATOR_GRANT,
        "withdraw": Action.DIRECTORY_ADMINISTRATOR_WITHDRAW,
    }
    return render_template(
        "admin/person.html",
        person=person,
        address=address or AddressForm(formdata=None),
        suspend=suspend or SuspendForm(formdata=None),
        may={name: may(actor, action, person) for name, action in acts.items()},
    )


@bp.get("/admin/people/<int:person_id>")
@access(Access.ADMINISTRATOR, resolve=_person)
def person(person: Any) -> str:
    """One person's account, and what can be done with it."""
    return _page(person)


def _done(person_id: int, words: str) -> Any:
    flash(words, "success")
    return redirect(url_for("admin.person", person_id=person_id))


@bp.post("/admin/people/<int:person_id>/email")
@access(Access.ADMINISTRATOR, resolve=_person)
def change_person_email(person: Any, person_id: int) -> Any:
    """Give a person another address."""
    form = AddressForm()
    if went_well(
        form, lambda: services.change_email(current_actor(), person_id=person_id, email=form.email.data)
    ):
        return _done(
            person_id, "The address was changed. The old one is told, and the groups’ leads must confirm."
        )
    return _page(queries.get_person_row(person_id), address=form), 422


@bp.post("/admin/people/<int:person_id>/suspend")
@access(Access.ADMINISTRATOR, resolve=_person)
def suspend_person(person: Any, person_id: int) -> Any:
    """Suspend a person."""
    form = SuspendForm()
    if went_well(
        form, lambda: services.suspend_person(current_actor(), person_id=person_id, reason=form.reason.data)
    ):
        return _done(person_id, "The person is suspended and signed out everywhere.")
    return _page(queries.get_person_row(person_id), suspend=form), 422


@bp.post("/admin/people/<int:person_id>/reinstate")
@access(Access.ADMINISTRATOR, resolve=_person)
def reinstate_person(person: Any, person_id: int) -> Any:
    """Let a suspended person sign in again."""
    services.reinstate_person(current_actor(), person_id=person_id)
    return _done(person_id, "The person can sign in again.")


@bp.post("/admin/people/<int:person_id>/administrator")
@access(Access.ADMINISTRATOR, resolve=_person)
def grant_administrator(person: Any, person_id: int) -> Any:
    """Make a person an administrator."""
    services.grant_administrator(current_actor(), person_id=person_id)
    return _done(person_id, "The person is an administrator now.")


@bp.post("/admin/people/<int:person_id>/administrator/withdraw")
@access(Access.ADMINISTRATOR, resolve=_person)
def withdraw_administrator(person: Any, person_id: int) -> Any:
    """Take an administrator's rights."""
    services.withdraw_administrator(current_actor(), person_id=person_id)
    return _done(person_id, "The person is no administrator any more.")
