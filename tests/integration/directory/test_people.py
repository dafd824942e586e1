"""Suspension and a changed address end what flowed from the account; nobody favours their own organisation."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.accounts.models import AuthSession, Credential
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.identity import Actor
from portal.core.outbox import AccountMail
from portal.core.spaces import Revocation, Space
from portal.directory.models import Person
from portal.directory.services import organisations, people
from portal.groups.models import Membership
from portal.groups.queries import actors
from tests.support.marks import on_both
from tests.support.world import ORGANISATIONS, PEOPLE, SPACES

MEMBER = PEOPLE["member"].id
pytestmark = pytest.mark.usefixtures("context")


def _ada() -> Actor:
    found = actors.find_actor_of_person(PEOPLE["administrator"].id)
    db.session.rollback()
    assert found is not None
    return found


def _sessions(person_id: int) -> int:
    return (
        db.session.scalar(select(func.count(AuthSession.id)).where(AuthSession.person_id == person_id)) or 0
    )


def _epoch() -> int:
    return db.session.scalar(select(Space.epoch).where(Space.id == SPACES["alpha/members"])) or 0


@on_both
def test_suspension_ends_sessions_and_raises_epochs() -> None:
    epoch = _epoch()
    people.suspend_person(_ada(), person_id=MEMBER, reason="Left without notice")
    assert actors.find_actor_of_person(MEMBER) is None
    assert _sessions(MEMBER) == 0
    assert _epoch() == epoch + 1
    rows = db.session.execute(select(Revocation.space_id).where(Revocation.person_id == MEMBER)).all()
    assert None in {row.space_id for row in rows}
    assert SPACES["alpha/members"] in {row.space_id for row in rows}
    with pytest.raises(Conflict):
        people.suspend_person(_ada(), person_id=MEMBER, reason="Once more")
    people.reinstate_person(_ada(), person_id=MEMBER)
    assert actors.find_actor_of_person(MEMBER).reads(SPACES["alpha/members"])


@on_both
def test_a_changed_address_signs_out_suspends_memberships_and_tells_the_old_one() -> None:
    people.change_email(_ada(), person_id=MEMBER, email="Asha.New@northmoor.example")
    assert db.session.scalar(select(Person.email).where(Person.id == MEMBER)) == "asha.new@northmoor.example"
    assert _sessions(MEMBER) == 0
    told = db.session.scalars(select(AccountMail.recipient)).all()
    assert PEOPLE["member"].email in told
    standing = db.session.scalars(
        select(Membership.suspended_at).where(Membership.person_id == MEMBER, Membership.ended_at.is_(None))
    ).all()
    assert standing and all(standing)
    assert not actors.find_actor_of_person(MEMBER).reads(SPACES["alpha/members"])


def test_another_accounts_address_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        people.change_email(_ada(), person_id=MEMBER, email=PEOPLE["colleague"].email)
    assert "email" in refused.value.fields


@pytest.mark.parametrize("who", ["officer", "administrator", "moderator"])
def test_nobody_grants_to_their_own_organisation(who: str) -> None:
    for act in (people.grant_administrator, people.reinstate_person):
        with pytest.raises(Forbidden, match="own organisation"):
            act(_ada(), person_id=PEOPLE[who].id)
    with pytest.raises(Forbidden, match="own organisation"):
        people.change_email(_ada(), person_id=PEOPLE[who].id, email="x@dcsf.example")
    with pytest.raises(Forbidden, match="own organisation"):
        people.create_person(
            _ada(), organisation_id=ORGANISATIONS["dcsf"], email="n@dcsf.example", name="New One"
        )


def test_an_administrator_of_another_organisation_is_made_and_unmade() -> None:
    people.grant_administrator(_ada(), person_id=PEOPLE["inhouse_member"].id)
    assert actors.find_actor_of_person(PEOPLE["inhouse_member"].id).is_administrator
    people.withdraw_administrator(_ada(), person_id=PEOPLE["inhouse_member"].id)
    assert not actors.find_actor_of_person(PEOPLE["inhouse_member"].id).is_administrator


@pytest.mark.parametrize("who", ["member", "lead", "moderator", "supplier", "officer"])
def test_others_may_do_none_of_it(who: str) -> None:
    actor = actors.find_actor_of_person(PEOPLE[who].id)
    db.session.rollback()
    with pytest.raises(Forbidden):
        people.suspend_person(actor, person_id=PEOPLE["neighbour"].id, reason="For no reason")
    with pytest.raises(Forbidden):
        organisations.create_organisation(actor, kind="supplier", name="Supplier Z")


def test_a_recorded_person_can_set_a_password() -> None:
    made = people.create_person(
        _ada(), organisation_id=ORGANISATIONS["northmoor"], email="New@northmoor.example", name="New Person"
    )
    row = db.session.execute(select(Credential.password_hash).where(Credential.person_id == made)).one()
    assert row.password_hash is None


def test_organisations_and_what_they_run() -> None:
    ada = _ada()
    supplier = organisations.create_organisation(ada, kind="supplier", name="Supplier  Z")
    with pytest.raises(Invalid):
        organisations.create_organisation(ada, kind="supplier", name="supplier z")
    product = organisations.record_product(ada, name="Product Z", supplier_id=supplier)
    assert organisations.record_product(ada, name="product z", supplier_id=supplier) == product
    first = organisations.record_deployment(
        ada, authority_id=ORGANISATIONS["northmoor"], product_id=product, stage="procurement"
    )
    assert (
        organisations.record_deployment(ada, authority_id=ORGANISATIONS["northmoor"], product_id=product)
        == first
    )
    organisations.end_deployment(ada, deployment_id=first)
