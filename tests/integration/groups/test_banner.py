"""The banner against the database: the truth, in one query."""

from __future__ import annotations

import pytest
from flask import Flask, g
from sqlalchemy import event, update

from portal.core import clock, tenancy
from portal.core.db import db
from portal.core.errors import NotFound
from portal.directory.models import Person
from portal.groups import banner
from portal.web.banner import SpaceBanner
from tests.integration.groups.acting import actor
from tests.support.marks import on_both
from tests.support.world import PEOPLE, SPACES, end_membership


def shown(app: Flask, person: str, space: str) -> SpaceBanner:
    """The banner that a person finds on a page of a space."""
    found = actor(person)
    with app.test_request_context(), tenancy.acting_as(found):
        made = banner.show(found, SPACES[space], "forums")
        assert g.banner is made
        db.session.rollback()
        return made


def words(made: SpaceBanner) -> str:
    """Its sentence."""
    return "".join(piece for piece, _ in made.sentence)


@on_both
def test_authorities_are_counted_as_they_stand(context: Flask) -> None:
    assert "the group’s three authorities" in words(shown(context, "member", "alpha/members"))
    end_membership("neighbour", "alpha")
    assert "three" in words(shown(context, "member", "alpha/members"))  # its deputy is of the same authority
    end_membership("deputy", "alpha")
    assert "two authorities" in words(shown(context, "member", "alpha/supplier"))
    db.session.execute(update(Person).where(Person.id == PEOPLE["lead"].id).values(suspended_at=clock.now()))
    db.session.commit()
    assert "one authority" in words(shown(context, "member", "alpha/members"))


def test_the_switch_leads_to_what_this_reader_reads(context: Flask) -> None:
    both = shown(context, "member", "alpha/supplier").switch
    assert both == (
        ("Members", "/groups/alpha/forum/?space=members", False),
        ("With supplier", "/groups/alpha/forum/?space=supplier", True),
    )
    assert shown(context, "supplier", "alpha/supplier").switch == ()
    nlar = shown(context, "lead", "nlar/members").switch
    assert [label for label, _, _ in nlar] == ["Delegates", "With Supplier A", "With Supplier B"]
    national = shown(context, "member", "national/authorities").switch
    assert [label for label, _, _ in national] == ["Authorities", "With suppliers"]


def test_members_are_no_entry_for_a_supplier(context: Flask) -> None:
    labels = [item.label for item in shown(context, "supplier", "alpha/supplier").sub_nav]
    assert "Group home" in labels
    assert "Members" not in labels
    assert "Members" in [item.label for item in shown(context, "member", "alpha/members").sub_nav]


@pytest.mark.parametrize(
    ("person", "space"),
    [("supplier", "alpha/members"), ("member", "beta/members"), ("former", "alpha/members")],
)
def test_no_banner_for_who_does_not_read(context: Flask, person: str, space: str) -> None:
    with pytest.raises(NotFound):
        shown(context, person, space)


def test_the_banner_costs_one_query(context: Flask) -> None:
    found = actor("member")
    sent: list[str] = []
    with context.test_request_context(), tenancy.acting_as(found):
        event.listen(db.engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
        banner.show(found, SPACES["alpha/members"], "forums")
        db.session.rollback()
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
