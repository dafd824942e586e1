"""Break-glass: reason, end, record, notice, and no more than reading."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import audit, clock, jobs
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid, NotFound
from portal.core.events import on
from portal.groups.events import BreakGlassOpened
from portal.groups.services import glass
from tests.integration.groups.acting import actor, reads, revoked
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import GROUPS, PEOPLE, SPACES

ALPHA = GROUPS["alpha"]
REASON = "A member reports an upload that the lead cannot open"


def open_it(hours: float = 1, person: str = "administrator", reason: str = REASON) -> int:
    """Break the glass of alpha."""
    until = clock.now() + timedelta(hours=hours)
    return glass.open_break_glass(actor(person), group_id=ALPHA, reason=reason, until=until).id


@on_both
def test_it_opens_for_reading_and_ends(context: Flask) -> None:
    heard: list[BreakGlassOpened] = []
    on(BreakGlassOpened)(heard.append)
    number = open_it()
    assert heard[-1].break_glass_id == number
    found = actor("administrator")
    assert found.reads(SPACES["alpha/members"])
    assert not found.writes(SPACES["alpha/members"])
    assert not found.reads(SPACES["beta/members"])
    glass.end_break_glass(actor("administrator"), break_glass_id=number)
    assert not reads("administrator", "alpha/members")
    assert SPACES["alpha/members"] in revoked("administrator")
    with pytest.raises(NotFound):
        glass.end_break_glass(actor("administrator"), break_glass_id=number)
    actions = set(db.session.scalars(select(audit.AuditEntry.action)))
    assert {"admin:break-glass:opened", "admin:break-glass:ended"} <= actions


def test_it_is_over_when_its_time_is(context: Flask) -> None:
    open_it(hours=2)
    with clock.shifted(timedelta(hours=2, minutes=1)):
        assert not reads("administrator", "alpha/members")
        jobs.run_due()
        assert SPACES["alpha/members"] in revoked("administrator")


@pytest.mark.parametrize(
    ("hours", "reason", "field"), [(1, "too short", "reason"), (9, REASON, "until"), (-1, REASON, "until")]
)
def test_it_needs_a_reason_and_an_end(context: Flask, hours: float, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_it(hours, reason=reason)
    assert field in refused.value.fields


@pytest.mark.parametrize("person", ["lead", "moderator", "officer", "supplier"])
def test_only_an_administrator_breaks_it(context: Flask, person: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        open_it(person=person)


def test_it_is_opened_once_at_a_time(context: Flask) -> None:
    open_it()
    with pytest.raises(Conflict):
        open_it()


def test_everyone_who_reads_the_space_is_told(app: Flask, client: PortalClient) -> None:
    with app.app_context():
        open_it()
    page = client.sign_in_as("member").get("/groups/alpha/").get_data(as_text=True)
    assert "An administrator reads this too, until" in page
    readers = client.get("/groups/alpha/readers").get_data(as_text=True)
    assert PEOPLE["administrator"].name in readers
    assert REASON in readers
    supplier = client.sign_in_as("supplier").get("/groups/alpha/readers").get_data(as_text=True)
    assert PEOPLE["administrator"].name in supplier
    assert REASON not in supplier
    own = client.sign_in_as("administrator").get("/groups/alpha/members/")
    assert own.status_code == 200
    assert client.get("/groups/alpha/members/manage").status_code == 403
