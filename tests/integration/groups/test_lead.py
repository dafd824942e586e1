"""Who leads, the seat in the NLAR, and the races about both."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.core import clock, tenancy
from portal.core.db import db
from portal.core.errors import Forbidden, Invalid, NotFound, PortalError
from portal.core.events import on
from portal.groups.events import SeatPassed
from portal.groups.models import Membership
from portal.groups.services import lead, members
from portal.groups.services.opening import archive_group, open_group
from tests.integration.groups.acting import actor, epoch, place, reads, revoked, roles
from tests.support.marks import on_both
from tests.support.world import GROUPS, ORGANISATIONS, PEOPLE, SPACES

ALPHA = GROUPS["alpha"]


@on_both
def test_the_seat_passes_on_with_the_lead_in_one_transaction(context: Flask) -> None:
    before = epoch("nlar/members")
    lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id)
    assert roles("member", "alpha") == {"lead"}
    assert roles("member", "nlar") == {"delegate"}
    assert place("member", "nlar")["seat_group_id"] == ALPHA
    assert place("member", "nlar")["ground"] == "seat"
    assert roles("lead", "alpha") == {"member"}
    assert roles("lead", "nlar") == frozenset()
    assert not reads("lead", "nlar/members")
    assert not reads("lead", "nlar/supplier-a")
    assert reads("lead", "alpha/members")
    assert epoch("nlar/members") > before
    nlar = {SPACES["nlar/members"], SPACES["nlar/supplier-a"], SPACES["nlar/supplier-b"]}
    assert revoked("lead") == nlar


def test_the_hand_over_is_told_once(context: Flask) -> None:
    heard: list[SeatPassed] = []
    on(SeatPassed)(heard.append)
    lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id)
    told = [event for event in heard if event.group_id == ALPHA]
    assert [(one.from_person_id, one.to_person_id) for one in told] == [
        (PEOPLE["lead"].id, PEOPLE["member"].id)
    ]


def test_a_deputy_is_a_delegate_while_deputy(context: Flask) -> None:
    lead.appoint_deputy(actor("lead"), group_id=ALPHA, person_id=PEOPLE["neighbour"].id)
    assert roles("neighbour", "nlar") == {"delegate"}
    lead.dismiss_deputy(actor("lead"), group_id=ALPHA, person_id=PEOPLE["neighbour"].id)
    assert roles("neighbour", "nlar") == frozenset()
    assert roles("neighbour", "alpha") == {"member"}


def test_a_deputy_who_becomes_lead_stays_a_delegate(context: Flask) -> None:
    lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE["deputy"].id)
    assert roles("deputy", "alpha") == {"lead"}
    assert roles("deputy", "nlar") == {"delegate"}
    assert revoked("deputy") == set()


def test_the_deputy_acts_while_the_lead_is_vacant(context: Flask) -> None:
    with pytest.raises(Forbidden):
        lead.hand_over_lead(actor("deputy"), group_id=ALPHA, person_id=PEOPLE["member"].id)
    members.leave_group(actor("lead"), group_id=ALPHA)
    with pytest.raises(Forbidden, match="themselves"):
        lead.hand_over_lead(actor("deputy"), group_id=ALPHA, person_id=PEOPLE["deputy"].id)
    lead.hand_over_lead(actor("deputy"), group_id=ALPHA, person_id=PEOPLE["member"].id)
    assert roles("member", "alpha") == {"lead"}
    assert not reads("lead", "nlar/members")


@pytest.mark.parametrize("person", ["member", "supplier", "moderator"])
def test_nobody_else_hands_the_lead_over(context: Flask, person: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        lead.hand_over_lead(actor(person), group_id=ALPHA, person_id=PEOPLE["colleague"].id)


def test_the_lead_of_another_group_is_told_nothing(context: Flask) -> None:
    with pytest.raises(NotFound):
        lead.hand_over_lead(actor("other_lead"), group_id=ALPHA, person_id=PEOPLE["member"].id)


@pytest.mark.parametrize("heir", ["supplier"])
def test_a_supplier_never_leads(context: Flask, heir: str) -> None:
    with pytest.raises(Forbidden):
        lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE[heir].id)
    with pytest.raises(Forbidden):
        lead.appoint_deputy(actor("lead"), group_id=ALPHA, person_id=PEOPLE[heir].id)


def test_an_outsider_cannot_be_made_lead(context: Flask) -> None:
    with pytest.raises(NotFound):
        lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE["other_member"].id)


def _at_once(app: Flask, *works: Callable[[], None]) -> list[str]:
    """Run each work in a thread and an application context of its own; what became of each."""
    outcome: list[str] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            try:
                barrier.wait(5)
                work()
                outcome.append("done")
            except PortalError as error:
                outcome.append(type(error).__name__)
            finally:
                db.session.remove()
                tenancy.clear_fence()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcome)


@on_both
def test_two_hand_overs_at_once_make_one_lead(context: Flask) -> None:
    giver = actor("lead")
    heirs = [PEOPLE["member"].id, PEOPLE["neighbour"].id]
    works = [lambda heir=heir: lead.hand_over_lead(giver, group_id=ALPHA, person_id=heir) for heir in heirs]
    outcome = _at_once(context, *works)
    assert outcome.count("done") == 1, outcome
    assert set(outcome) <= {"done", "Conflict", "Forbidden"}
    leads = db.session.scalars(
        select(Membership.person_id).where(
            Membership.group_id == ALPHA, Membership.role == "lead", Membership.ended_at.is_(None)
        )
    ).all()
    db.session.rollback()
    assert len(leads) == 1
    assert leads[0] in heirs
    delegates = db.session.scalars(
        select(Membership.person_id).where(Membership.seat_group_id == ALPHA, Membership.ended_at.is_(None))
    ).all()
    assert sorted(delegates) == sorted([leads[0], PEOPLE["deputy"].id])


@on_both
def test_two_additions_at_once_make_one_membership(context: Flask) -> None:
    giver, email = actor("lead"), PEOPLE["former"].email
    where = ORGANISATIONS["northmoor"]
    add: Callable[[], None] = lambda: members.add_member(  # noqa: E731
        giver, group_id=ALPHA, email=email, organisation_id=where
    )
    outcome = _at_once(context, add, add)
    assert outcome.count("done") == 1, outcome
    standing = db.session.scalar(
        select(func.count(Membership.id)).where(
            Membership.group_id == ALPHA,
            Membership.person_id == PEOPLE["former"].id,
            Membership.ended_at.is_(None),
        )
    )
    assert standing == 1


def test_an_administrator_appoints_the_first_lead_of_a_new_group(context: Flask) -> None:
    opened = open_group(
        actor("administrator"), name="Another user group", kind="sug", supplier_id=ORGANISATIONS["supplier-b"]
    )
    who = {"email": PEOPLE["other_member"].email, "organisation_id": ORGANISATIONS["eastvale"]}
    assert lead.appoint_first_lead(actor("administrator"), group_id=opened.id, **who).how == "member"
    found = actor("other_member")
    assert found.roles_in(opened.id) == {"lead"}
    assert found.roles_in(GROUPS["nlar"]) == {"delegate"}
    with pytest.raises(Forbidden, match="first lead only"):
        lead.appoint_first_lead(actor("administrator"), group_id=opened.id, **who)


def test_an_administrator_appoints_nobody_where_there_was_a_lead(context: Flask) -> None:
    db.session.execute(
        update(Membership)
        .where(Membership.group_id == ALPHA, Membership.role == "lead")
        .values(ended_at=clock.now())
    )
    db.session.commit()
    with pytest.raises(Forbidden):
        lead.appoint_first_lead(
            actor("administrator"),
            group_id=ALPHA,
            email=PEOPLE["member"].email,
            organisation_id=ORGANISATIONS["northmoor"],
        )


def test_an_administrator_grants_nothing_to_their_own_organisation(context: Flask) -> None:
    opened = open_group(
        actor("administrator"), name="Another user group", kind="sug", supplier_id=ORGANISATIONS["supplier-b"]
    )
    for person in ("administrator", "officer"):
        with pytest.raises(Forbidden):
            lead.appoint_first_lead(
                actor("administrator"),
                group_id=opened.id,
                email=PEOPLE[person].email,
                organisation_id=ORGANISATIONS["dcsf"],
            )
    with pytest.raises(Forbidden):
        lead.name_moderator(actor("administrator"), group_id=GROUPS["nlar"], person_id=PEOPLE["officer"].id)


def test_a_lead_runs_the_product(context: Flask) -> None:
    opened = open_group(
        actor("administrator"), name="Another user group", kind="sug", supplier_id=ORGANISATIONS["supplier-b"]
    )
    with pytest.raises(Invalid, match="does not run"):
        lead.appoint_first_lead(
            actor("administrator"),
            group_id=opened.id,
            email=PEOPLE["member"].email,
            organisation_id=ORGANISATIONS["northmoor"],
        )


def test_a_seat_ends_when_its_group_is_archived(context: Flask) -> None:
    archive_group(actor("administrator"), group_id=ALPHA)
    assert not reads("lead", "nlar/members")
    assert not reads("deputy", "nlar/members")
    found = actor("lead")
    assert found.reads(SPACES["alpha/members"])
    assert not found.writes(SPACES["alpha/members"])
    with pytest.raises(Forbidden):
        archive_group(actor("administrator"), group_id=ALPHA)


def test_who_holds_two_seats_keeps_the_other(context: Flask) -> None:
    opened = open_group(
        actor("administrator"), name="Another user group", kind="sug", supplier_id=ORGANISATIONS["supplier-a"]
    )
    lead.appoint_first_lead(
        actor("administrator"),
        group_id=opened.id,
        email=PEOPLE["lead"].email,
        organisation_id=ORGANISATIONS["thornhithe"],
    )
    lead.hand_over_lead(actor("lead"), group_id=ALPHA, person_id=PEOPLE["member"].id)
    assert roles("lead", "nlar") == {"delegate"}
    assert place("lead", "nlar")["seat_group_id"] == opened.id
