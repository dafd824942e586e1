"""The forms of groups, sent as a browser sends them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.db import db
from portal.core.outbox import AccountMail
from portal.groups.models import Group
from tests.integration.groups import acting
from tests.support.client import PortalClient
from tests.support.world import ORGANISATIONS, PEOPLE

NORTHMOOR = str(ORGANISATIONS["northmoor"])


class Truth:
    """What is so in the database, asked between requests."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def reads(self, person: str, space: str) -> bool:
        """Whether somebody reads a space now."""
        with self.app.app_context():
            return acting.reads(person, space)

    def roles(self, person: str, group: str) -> frozenset[str]:
        """The roles that somebody has in a group now."""
        with self.app.app_context():
            return acting.roles(person, group)

    def told(self, person: str) -> list[str]:
        """The subjects of the mail that somebody gets."""
        with self.app.app_context():
            wanted = AccountMail.recipient == PEOPLE[person].email
            return list(
                db.session.scalars(select(AccountMail.subject).where(wanted).order_by(AccountMail.created_at))
            )

    def is_archived(self, group: str) -> bool:
        """Whether a group is closed."""
        with self.app.app_context():
            return db.session.scalar(select(Group.archived_at).where(Group.slug == group)) is not None


@pytest.fixture
def truth(app: Flask) -> Truth:
    """What is so in the database."""
    return Truth(app)


def test_a_lead_adds_somebody(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("lead")
    done = client.post(
        "/groups/alpha/members/add",
        {"email": PEOPLE["former"].email, "name": "", "organisation_id": NORTHMOOR},
        follow_redirects=True,
    )
    assert "is a member now" in done.get_data(as_text=True)
    assert truth.reads("former", "alpha/members")
    assert truth.told("former") == ["You belong to Supplier A user group"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "", "name": "", "organisation_id": NORTHMOOR}, "Enter an e-mail address"),
        ({"email": "x@y.example", "name": "", "organisation_id": ""}, "Choose the organisation"),
        ({"email": "x@y.example", "name": "New", "organisation_id": "99"}, "Not a valid choice"),
        ({"email": "x@y.example", "name": "", "organisation_id": NORTHMOOR}, "Enter the person"),
        (
            {"email": "x" * 300 + "@y.example", "name": "N" * 200, "organisation_id": NORTHMOOR},
            "254 characters",
        ),
        ({"email": "x@y.example\0", "name": "\0", "organisation_id": "1\0"}, "There is a problem"),
        ({}, "There is a problem"),
    ],
)
def test_a_rejected_form_says_what_is_wrong(client: PortalClient, fields: dict[str, str], words: str) -> None:
    response = client.sign_in_as("lead").post("/groups/alpha/members/add", fields)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert words in page
    assert "<title>Error:" in page
    if fields.get("email") == "x@y.example":
        assert 'value="x@y.example"' in page


def test_a_paste_is_shown_before_it_is_kept(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("lead")
    text = f"Fay Rush, {PEOPLE['former'].email}, Northmoor\nNobody, no address, Northmoor"
    page = client.post("/groups/alpha/members/paste", {"people": text}).get_data(as_text=True)
    assert "1 line can be taken" in page
    assert "not an e-mail address" in page
    assert not truth.reads("former", "alpha/members")
    done = client.post(
        "/groups/alpha/members/paste", {"people": text, "confirmed": "yes"}, follow_redirects=True
    )
    assert "1 added, 0 invited by e-mail, 1 left out" in done.get_data(as_text=True)
    assert truth.reads("former", "alpha/members")
    assert client.post("/groups/alpha/members/paste", {"people": " "}).status_code == 422


def test_somebody_asks_and_is_let_in(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("former").post("/groups/alpha/join", {"words": "I am back"}, form_at="/groups/alpha/")
    assert "You have asked to join" in client.get("/groups/alpha/").get_data(as_text=True)
    assert truth.told("lead") == ["A request to join Supplier A user group"]
    lead = PortalClient(app).sign_in_as("lead")
    home = lead.get("/").get_data(as_text=True)
    assert "1 person asks to join" in home
    desk = lead.get("/groups/alpha/members/manage").get_data(as_text=True)
    assert "I am back" in desk
    found = re.search(r"/groups/alpha/members/requests/\d+", desk)
    assert found
    refused = lead.post(found.group(), {"decision": "refuse", "reason": ""}, form_at="/")
    assert refused.status_code == 422
    assert "Say why" in refused.get_data(as_text=True)
    member = PortalClient(app).sign_in_as("member")
    assert member.post(found.group(), {"decision": "accept"}, form_at="/").status_code == 403
    other = PortalClient(app).sign_in_as("other_lead")
    assert other.post(found.group(), {"decision": "accept"}, form_at="/").status_code == 404
    assert lead.post(found.group(), {"decision": "accept"}, form_at="/").status_code == 302
    assert truth.reads("former", "alpha/members")


def test_a_request_is_taken_back(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("former").post("/groups/alpha/join", {"words": ""}, form_at="/groups/alpha/")
    client.post("/groups/alpha/join/withdraw", form_at="/groups/alpha/")
    assert "You have asked to join" not in client.get("/groups/alpha/").get_data(as_text=True).replace(
        "You have asked to join. The lead", ""
    )


def test_case_data_in_a_request_is_refused_with_the_words(client: PortalClient) -> None:
    response = client.sign_in_as("former").post(
        "/groups/alpha/join", {"words": "NHS number 943 476 5919"}, form_at="/groups/alpha/"
    )
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "943 476 5919" in page


def test_a_lead_manages_one_member(client: PortalClient, app: Flask, truth: Truth) -> None:
    here = f"/groups/alpha/members/{PEOPLE['neighbour'].id}"
    client.sign_in_as("lead")
    assert "Make deputy" in client.get(here).get_data(as_text=True)
    client.post(f"{here}/deputy", form_at=here)
    assert truth.roles("neighbour", "alpha") == {"deputy"}
    assert client.post(f"{here}/deputy", form_at=here).status_code == 409
    client.post(f"{here}/deputy/end", form_at=here)
    assert truth.roles("neighbour", "nlar") == frozenset()
    assert client.post(f"{here}/remove", {"reason": ""}, form_at=here).status_code == 422
    client.post(f"{here}/remove", {"reason": "Left the authority"}, form_at=here)
    assert not truth.reads("neighbour", "alpha/members")
    assert client.get(here).status_code == 404
    assert client.post(f"{here}/confirm", form_at="/").status_code == 404


def test_a_lead_hands_over_after_saying_so(client: PortalClient, app: Flask, truth: Truth) -> None:
    here = f"/groups/alpha/members/{PEOPLE['member'].id}/lead"
    client.sign_in_as("lead")
    assert client.get(here).status_code == 200
    assert client.post(here, {}).status_code == 422
    assert client.post(here, {"sure": "y"}).status_code == 302
    assert truth.roles("member", "alpha") == {"lead"}
    assert client.post(here, {"sure": "y"}, form_at="/").status_code == 403


def test_leaving_is_asked_once(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("member")
    assert client.post("/groups/alpha/leave", {}).status_code == 422
    done = client.post("/groups/alpha/leave", {"sure": "y"}, follow_redirects=True)
    assert "You have left" in done.get_data(as_text=True)
    assert truth.roles("member", "alpha") == frozenset()
    assert client.get("/groups/alpha/members/").status_code == 404
    assert truth.told("member") == []


def test_the_card_and_a_working_group(client: PortalClient, app: Flask, truth: Truth) -> None:
    client.sign_in_as("lead")
    client.post("/groups/alpha/card", {"how_to_join": "Write to <Ruth>"})
    card = PortalClient(app).sign_in_as("former").get("/groups/alpha/").get_data(as_text=True)
    assert "Write to &lt;Ruth&gt;" in card
    assert client.post("/groups/alpha/working-groups/new", {"name": "x"}).status_code == 422
    opened = client.post("/groups/alpha/working-groups/new", {"name": "Scripts"}, follow_redirects=True)
    assert "Name its members next" in opened.get_data(as_text=True)
    assert "named in this working group" in client.get("/groups/scripts/").get_data(as_text=True)
    assert client.post("/groups/scripts/archive", form_at="/groups/scripts/members/manage").status_code == 302
    assert truth.is_archived("scripts")
    assert client.post("/groups/alpha/archive", form_at="/").status_code == 403


def test_the_nlar_s_moderators_let_a_suppliers_people_in(
    client: PortalClient, app: Flask, truth: Truth
) -> None:
    client.sign_in_as("moderator")
    page = client.get("/groups/nlar/members/add").get_data(as_text=True)
    assert "Supplier A" in page
    assert "Northmoor" not in page
    response = client.post(
        "/groups/nlar/members/add",
        {"email": PEOPLE["supplier"].email, "organisation_id": str(ORGANISATIONS["supplier-a"])},
    )
    assert "belongs to the group already" in response.get_data(as_text=True)
    assert truth.roles("supplier", "nlar") == {"supplier"}
