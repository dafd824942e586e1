"""Adding, asking, inviting, removing and leaving; and what time does to memberships."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from portal.accounts.events import InvitationAccepted
from portal.accounts.models import AuthSession, Credential, Invitation
from portal.core import audit, clock, jobs
from portal.core.commands import command
from portal.core.db import begin_write, db
from portal.core.errors import Conflict, Forbidden, Invalid, NotFound
from portal.core.events import publish
from portal.core.permissions import Action
from portal.directory.models import Deployment, Person
from portal.groups.models import Group, JoinRequest, Membership
from portal.groups.queries.groups import get_group
from portal.groups.queries.managed import load_group
from portal.groups.queries.members import list_grants
from portal.groups.services import joining, lead, members, opening, upkeep
from tests.integration.groups.acting import actor, epoch, place, reads, revoked, roles
from tests.support.marks import on_both
from tests.support.world import GROUPS, ORGANISATIONS, PEOPLE, SPACES

ALPHA = GROUPS["alpha"]
NORTHMOOR = ORGANISATIONS["northmoor"]


def test_a_known_person_is_let_in_at_once(context: Flask) -> None:
    added = members.add_member(
        actor("lead"), group_id=ALPHA, email=" Fay.Rush@northmoor.example ", organisation_id=NORTHMOOR
    )
    assert added.how == "member"
    assert reads("former", "alpha/members")
    assert place("former", "alpha")["granted_by"] == PEOPLE["lead"].id


def test_an_unknown_person_is_invited(context: Flask) -> None:
    added = members.add_member(
        actor("lead"),
        group_id=ALPHA,
        email="new@northmoor.example",
        name="New Person",
        organisation_id=NORTHMOOR,
    )
    assert added.how == "invited"
    invitation = db.session.scalars(
        select(Invitation).where(Invitation.email == "new@northmoor.example")
    ).one()
    assert (invitation.group_id, invitation.role, invitation.organisation_id) == (ALPHA, "member", NORTHMOOR)


@pytest.mark.parametrize(
    ("email", "organisation", "field"),
    [
        ("nobody", "northmoor", "email"),
        ("former", "eastvale", "organisation_id"),
        ("other_member", "northmoor", "email"),
        ("other_member", "eastvale", "organisation_id"),
        ("officer", "dcsf", "organisation_id"),
        ("other_supplier", "supplier-b", "organisation_id"),
        ("colleague", "northmoor", "email"),
    ],
)
def test_who_does_not_fit_is_refused_at_the_field(
    context: Flask, email: str, organisation: str, field: str
) -> None:
    address = PEOPLE[email].email if email in PEOPLE else email
    with pytest.raises(Invalid) as refused:
        members.add_member(
            actor("lead"),
            group_id=ALPHA,
            email=address,
            name="Somebody",
            organisation_id=ORGANISATIONS[organisation],
        )
    assert field in refused.value.fields


@pytest.mark.parametrize(
    ("person", "error"),
    [("member", Forbidden), ("deputy", Forbidden), ("supplier", Forbidden), ("administrator", Forbidden)]
    + [(person, NotFound) for person in ("other_lead", "moderator", "former", "officer")],
)
def test_only_the_lead_adds(context: Flask, person: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        members.add_member(
            actor(person), group_id=ALPHA, email=PEOPLE["former"].email, organisation_id=NORTHMOOR
        )


def test_a_suppliers_colleague_reads_only_the_shared_space(context: Flask) -> None:
    db.session.add(
        Person(
            id=1_599_999,
            organisation_id=ORGANISATIONS["supplier-a"],
            email="second@supplier-a.example",
            name="Second Rep",
        )
    )
    db.session.commit()
    members.add_member(
        actor("lead"),
        group_id=ALPHA,
        email="second@supplier-a.example",
        organisation_id=ORGANISATIONS["supplier-a"],
    )
    row = db.session.execute(
        select(Membership.role, Membership.side).where(Membership.person_id == 1_599_999)
    ).one()
    assert tuple(row) == ("supplier", "supplier")


@on_both
def test_a_removal_ends_everything_at_once(context: Flask) -> None:
    before = epoch("alpha/members")
    members.remove_member(
        actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id, reason="Has another post now"
    )
    assert not reads("member", "alpha/members")
    assert not reads("member", "alpha/supplier")
    assert epoch("alpha/members") > before
    assert revoked("member") == {SPACES["alpha/members"], SPACES["alpha/supplier"]}
    entry = db.session.scalars(
        select(audit.AuditEntry).where(audit.AuditEntry.action == "groups:membership:removed")
    ).one()
    assert entry.group_id == ALPHA
    assert "another post" not in str(entry.details)


def test_a_removed_deputy_is_no_delegate(context: Flask) -> None:
    members.remove_member(
        actor("lead"), group_id=ALPHA, person_id=PEOPLE["deputy"].id, reason="Left the authority"
    )
    assert roles("deputy", "nlar") == frozenset()
    assert SPACES["nlar/members"] in revoked("deputy")


@pytest.mark.parametrize(("by", "whom"), [("lead", "lead"), ("member", "colleague"), ("moderator", "lead")])
def test_who_cannot_be_removed(context: Flask, by: str, whom: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        members.remove_member(actor(by), group_id=ALPHA, person_id=PEOPLE[whom].id, reason="Because I say so")
    assert reads(whom, "alpha/members")


def test_a_delegate_is_not_removed_from_the_nlar_by_its_moderators(context: Flask) -> None:
    with pytest.raises(Forbidden, match="seat"):
        members.remove_member(
            actor("moderator"),
            group_id=GROUPS["nlar"],
            person_id=PEOPLE["lead"].id,
            reason="Because I say so",
        )


def test_a_removal_needs_a_reason_without_case_data(context: Flask) -> None:
    for reason in ("", "NHS number 943 476 5919"):
        with pytest.raises(Invalid) as refused:
            members.remove_member(actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id, reason=reason)
        assert "reason" in refused.value.fields


def test_leaving_ends_ones_own_rights_and_seat(context: Flask) -> None:
    members.leave_group(actor("lead"), group_id=ALPHA)
    assert not reads("lead", "alpha/members")
    assert not reads("lead", "nlar/members")
    with pytest.raises(Forbidden, match="seat"):
        members.leave_group(actor("deputy"), group_id=GROUPS["nlar"])
    members.leave_group(actor("supplier"), group_id=ALPHA)
    assert not reads("supplier", "alpha/supplier")
    assert reads("supplier", "nlar/supplier-a")


PASTE = """Fay Rush, fay.rush@northmoor.example, Northmoor
Colin Brook; colin.brook@northmoor.example; Northmoor
"Penn, New"\tnew.penn@castlemere.example\tCastlemere Council
Olive Tarn, olive.tarn@eastvale.example, Eastvale

Nobody, not an address, Northmoor
Fay Rush, fay.rush@northmoor.example, Northmoor
Two cells, only@northmoor.example
Someone, someone@nowhere.example, Nowhere"""


def test_a_paste_is_judged_line_by_line(context: Flask) -> None:
    lines = members.check_pasted(actor("lead"), load_group(ALPHA), PASTE)
    assert [line.number for line in lines] == [1, 2, 3, 4, 6, 7, 8, 9]
    good = [line.email for line in lines if not line.problem]
    assert good == ["fay.rush@northmoor.example", "new.penn@castlemere.example"]
    reasons = {line.number: line.problem for line in lines}
    assert "already" in reasons[2]
    assert "does not run" in reasons[4]
    assert "earlier line" in reasons[7]
    assert "No authority" in reasons[9]


def test_a_paste_keeps_all_good_lines_or_none(context: Flask) -> None:
    good = [("Fay Rush", PEOPLE["former"].email, NORTHMOOR), ("New Penn", "np@northmoor.example", NORTHMOOR)]
    done = members.add_pasted(actor("lead"), group_id=ALPHA, people=good)
    assert (done.members, done.invited) == (1, 1)
    with pytest.raises(Conflict, match="Nobody was added"):
        members.add_pasted(
            actor("lead"), group_id=ALPHA, people=[("Third", "third@northmoor.example", NORTHMOOR), *good]
        )
    assert (
        db.session.scalar(select(Invitation.id).where(Invitation.email == "third@northmoor.example")) is None
    )


@pytest.mark.parametrize("text", ["", "   \n ", "a, b@c.example, d\n" * 201])
def test_an_empty_or_endless_paste_is_refused(context: Flask, text: str) -> None:
    with pytest.raises(Invalid):
        members.check_pasted(actor("lead"), load_group(ALPHA), text)


@on_both
def test_asking_and_being_let_in(context: Flask) -> None:
    asked = joining.ask_to_join(actor("former"), group_id=ALPHA, words="I am back")
    with pytest.raises(Invalid, match="asked already"):
        joining.ask_to_join(actor("former"), group_id=ALPHA)
    with pytest.raises(Forbidden):
        joining.decide_request(actor("member"), request_id=asked.id, accept=True)
    with pytest.raises(NotFound):
        joining.decide_request(actor("other_lead"), request_id=asked.id, accept=True)
    with pytest.raises(Forbidden, match="themselves in"):
        joining.decide_request(actor("former"), request_id=asked.id, accept=True)
    joining.decide_request(actor("lead"), request_id=asked.id, accept=True)
    assert reads("former", "alpha/members")
    assert place("former", "alpha")["ground"] == "asked"
    with pytest.raises(NotFound):
        joining.decide_request(actor("lead"), request_id=asked.id, accept=False, reason="Changed my mind")


def test_a_refusal_says_why_and_one_may_ask_again(context: Flask) -> None:
    asked = joining.ask_to_join(actor("former"), group_id=ALPHA)
    with pytest.raises(Invalid):
        joining.decide_request(actor("lead"), request_id=asked.id, accept=False)
    joining.decide_request(
        actor("lead"), request_id=asked.id, accept=False, reason="Ask through your champion"
    )
    assert not reads("former", "alpha/members")
    again = joining.ask_to_join(actor("former"), group_id=ALPHA)
    joining.withdraw_request(actor("former"), request_id=again.id)
    outcomes = db.session.scalars(select(JoinRequest.outcome).order_by(JoinRequest.created_at)).all()
    assert outcomes == ["refused", "withdrawn"]


@pytest.mark.parametrize(
    ("person", "group"),
    [("officer", "alpha"), ("member", "alpha"), ("former", "nlar"), ("former", "national")],
)
def test_who_cannot_ask(context: Flask, person: str, group: str) -> None:
    with pytest.raises(Forbidden):
        joining.ask_to_join(actor(person), group_id=GROUPS[group])


def test_an_authority_without_the_product_cannot_ask(context: Flask) -> None:
    with pytest.raises(Invalid, match="does not run"):
        joining.ask_to_join(actor("former"), group_id=GROUPS["beta"])
    with pytest.raises(NotFound):
        joining.ask_to_join(actor("supplier"), group_id=GROUPS["beta"])


@command(Action.ACCOUNTS_SESSION_START, audited=False)
def accept(actor: object, *, group: str, role: str, person: str, invited_by: str = "lead") -> None:
    """What the accounts publish when an invitation is used."""
    publish(
        InvitationAccepted(
            person_id=PEOPLE[person].id,
            group_id=GROUPS[group],
            role=role,
            organisation_id=ORGANISATIONS[PEOPLE[person].organisation],
            invited_by=PEOPLE[invited_by].id,
        )
    )


def test_an_accepted_invitation_brings_its_membership(context: Flask) -> None:
    accept(actor("former"), group="alpha", role="member", person="former")
    assert place("former", "alpha")["granted_by"] == PEOPLE["lead"].id
    assert place("former", "alpha")["ground"] == "invited"


def test_an_old_invitation_brings_no_more_than_is_allowed_now(context: Flask) -> None:
    accept(actor("former"), group="beta", role="member", person="former")
    assert place("former", "beta") == {}
    accept(actor("former"), group="alpha", role="lead", person="former")
    assert place("former", "alpha")["role"] == "member"


def test_a_working_group_is_for_those_named_in_it(context: Flask) -> None:
    opened = opening.open_working_group(actor("lead"), group_id=ALPHA, name="Test scripts working group")
    assert actor("lead").roles_in(opened.id) == {"lead"}
    members.add_member(
        actor("lead"), group_id=opened.id, email=PEOPLE["member"].email, organisation_id=NORTHMOOR
    )
    assert actor("member").roles_in(opened.id) == {"member"}
    with pytest.raises(Invalid):
        members.add_member(
            actor("lead"),
            group_id=opened.id,
            email=PEOPLE["former"].email,
            name="Fay",
            organisation_id=NORTHMOOR,
        )
    with pytest.raises(NotFound):
        get_group(actor("neighbour"), opened.slug)
    members.remove_member(
        actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id, reason="Left the authority"
    )
    assert actor("member").roles_in(opened.id) == frozenset()


def test_a_new_group_has_its_spaces_and_accent(context: Flask) -> None:
    opened = opening.open_group(
        actor("administrator"),
        name="Supplier B second group",
        kind="sug",
        supplier_id=ORGANISATIONS["supplier-b"],
    )
    found = db.session.execute(select(Group.accent, Group.monogram).where(Group.id == opened.id)).one()
    assert found.accent in opening.ACCENTS
    queued = db.session.scalars(select(jobs.Job.kind).where(jobs.Job.kind == "forums.start")).all()
    assert len(queued) == 2
    db.session.rollback()
    with pytest.raises(Invalid):
        opening.open_group(
            actor("administrator"), name="supplier b SECOND group", supplier_id=ORGANISATIONS["supplier-b"]
        )
    with pytest.raises(Forbidden):
        opening.open_group(actor("lead"), name="My own group", supplier_id=ORGANISATIONS["supplier-b"])


def test_the_lead_sees_every_grant(context: Flask) -> None:
    lead.appoint_deputy(actor("lead"), group_id=ALPHA, person_id=PEOPLE["neighbour"].id)
    card = get_group(actor("lead"), "alpha")
    grants = list_grants(actor("lead"), card).items
    assert grants[0].name == "Nerys Vale"
    assert grants[0].granted_by == "Ruth Sandmoor"
    assert "role changed" in {grant.end_reason for grant in grants}
    with pytest.raises(NotFound):
        list_grants(actor("supplier"), card)


def _end_deployments(authority: str) -> None:
    db.session.execute(
        update(Deployment)
        .where(Deployment.authority_id == ORGANISATIONS[authority])
        .values(ended_at=clock.now())
    )
    db.session.commit()


@on_both
def test_a_membership_ends_ninety_days_after_the_last_deployment(context: Flask) -> None:
    _end_deployments("northmoor")
    assert upkeep.keep_up().announced == 2
    assert upkeep.keep_up().announced == 0
    ends = place("member", "alpha")["ends_at"]
    assert timedelta(days=89) < ends - clock.now() <= timedelta(days=90)
    members.prolong_member(actor("lead"), group_id=ALPHA, person_id=PEOPLE["colleague"].id)
    with clock.shifted(timedelta(days=90)):
        members.prolong_member(actor("lead"), group_id=ALPHA, person_id=PEOPLE["colleague"].id)
        assert upkeep.keep_up().ended == 1
        assert not reads("member", "alpha/members")
        assert reads("colleague", "alpha/members")


def test_an_announced_end_is_taken_back_when_the_product_runs_again(context: Flask) -> None:
    _end_deployments("northmoor")
    upkeep.keep_up()
    db.session.execute(update(Deployment).where(Deployment.authority_id == NORTHMOOR).values(ended_at=None))
    db.session.commit()
    upkeep.keep_up()
    assert place("member", "alpha")["ends_at"] is None


def test_a_year_of_silence_suspends_until_the_lead_confirms(context: Flask) -> None:
    db.session.execute(delete(AuthSession).where(AuthSession.person_id != PEOPLE["lead"].id))
    db.session.commit()
    with clock.shifted(timedelta(days=400)):
        db.session.execute(update(AuthSession).values(seen_at=clock.now()))
        db.session.execute(
            update(Credential)
            .where(Credential.person_id == PEOPLE["colleague"].id)
            .values(password_changed_at=clock.now())
        )
        db.session.commit()
        assert upkeep.keep_up().suspended > 0
        assert not reads("member", "alpha/members")
        assert place("member", "alpha")["suspended_reason"] == "idle"
        assert reads("colleague", "alpha/members")
        assert not reads("deputy", "nlar/members")
        members.confirm_member(actor("lead"), group_id=ALPHA, person_id=PEOPLE["deputy"].id)
        assert reads("deputy", "nlar/members")
        with pytest.raises(Conflict):
            members.confirm_member(actor("lead"), group_id=ALPHA, person_id=PEOPLE["deputy"].id)


def test_who_changes_organisation_loses_what_came_from_it(context: Flask) -> None:
    db.session.execute(
        update(Person).where(Person.id == PEOPLE["lead"].id).values(organisation_id=ORGANISATIONS["eastvale"])
    )
    db.session.commit()
    assert not reads("lead", "alpha/members")
    upkeep.keep_up()
    assert place("lead", "alpha") == {}
    assert place("lead", "nlar") == {}


def test_the_day_s_round_queues_the_next(context: Flask) -> None:
    begin_write()
    jobs.enqueue("groups.upkeep", "groups.upkeep:now")
    db.session.commit()
    jobs.run_due()
    waiting = db.session.scalars(
        select(jobs.Job).where(jobs.Job.kind == "groups.upkeep", jobs.Job.done_at.is_(None))
    )
    assert [job.due_at > clock.now() for job in waiting] == [True]
