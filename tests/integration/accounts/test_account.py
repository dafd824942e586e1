"""One's own account: password, reset, address, profile, tokens; and invitations."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.cli import token_group
from portal.accounts.models import ApiToken, Credential, Invitation
from portal.accounts.queries import invitations_of_group, newest_invitations
from portal.accounts.services.invitations import resend_invitation, revoke_invitation, send_invitation
from portal.core import access, clock, ids, tenancy
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, Invalid, NotFound
from portal.core.identity import OPERATOR
from portal.core.outbox import AccountMail
from portal.directory.models import Person
from portal.groups.models import Membership
from portal.groups.queries import actors
from tests.support.client import PortalClient
from tests.support.world import GROUPS, ORGANISATIONS, PASSWORD, PEOPLE

MEMBER = PEOPLE["member"]
NEW = "kettle pond nine oars"
STRINGS = json.loads((Path(__file__).parents[3] / "../shared/corpora/strings/blns/blns.json").read_text())


def mails(app: Flask) -> list[tuple[str, str]]:
    """To whom, and what, in order."""
    with app.app_context():
        rows = db.session.execute(
            select(AccountMail.recipient, AccountMail.body)
            .where(AccountMail.recipient != "")
            .order_by(AccountMail.created_at)
        ).all()
        db.session.rollback()
    return [(row.recipient, row.body) for row in rows]


def link_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:5000(/\S+)", text)
    assert found, text
    return found.group(1)


def opens(app: Flask, email: str, password: str) -> bool:
    return PortalClient(app).post("/sign-in", {"email": email, "password": password}).status_code == 303


class TestReset:
    def ask(self, client: PortalClient, email: str = MEMBER.email) -> None:
        assert client.post("/reset", {"email": email}).location == "/reset/sent"

    def test_the_answer_tells_nothing(self, app: Flask, client: PortalClient) -> None:
        self.ask(client)
        self.ask(client, "nobody@nowhere.example")
        assert [to for to, _ in mails(app)] == [MEMBER.email]

    def test_the_link_works_once_and_ends_everything(self, app: Flask, client: PortalClient) -> None:
        self.ask(client, f"  {MEMBER.email.upper()} ")
        path = link_in(mails(app)[0][1])
        assert client.get(path).status_code == 200
        assert client.post(path, {"password": "short"}).status_code == 422
        assert client.post(path, {"password": NEW}).location == "/sign-in"
        assert PortalClient(app).sign_in_as("member").get("/account/").status_code == 302
        assert client.get(path).status_code == 404
        assert client.post(path, {"password": NEW + " again"}).status_code == 404
        assert opens(app, MEMBER.email, NEW)
        assert not opens(app, MEMBER.email, PASSWORD)
        assert mails(app)[-1][0] == MEMBER.email

    def test_after_an_hour_it_is_dead(self, app: Flask, client: PortalClient) -> None:
        self.ask(client)
        path = link_in(mails(app)[0][1])
        with clock.shifted(timedelta(minutes=61)):
            assert client.get(path).status_code == 404
            assert client.post(path, {"password": NEW}).status_code == 404
        assert opens(app, MEMBER.email, PASSWORD)

    def test_asking_often_is_refused_for_every_address(self, client: PortalClient) -> None:
        for email in (MEMBER.email, "nobody@nowhere.example"):
            for _ in range(5):
                self.ask(client, email)
            assert client.post("/reset", {"email": email}).status_code == 429


class TestPassword:
    def test_it_is_changed_and_other_sessions_end(self, app: Flask, client: PortalClient) -> None:
        other = PortalClient(app)
        other.post("/sign-in", {"email": MEMBER.email, "password": PASSWORD})
        client.sign_in_as("member")
        assert client.post("/account/password", {"present": "wrong", "password": NEW}).status_code == 422
        weak = client.post("/account/password", {"present": PASSWORD, "password": "asha.fenn.1234"})
        assert weak.status_code == 422 and "your name" in weak.get_data(as_text=True)
        assert client.post("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 303
        assert client.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302
        assert opens(app, MEMBER.email, NEW)

    def test_guessing_the_present_one_is_limited(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        for _ in range(8):
            client.post("/account/password", {"present": "wrong", "password": NEW})
        assert client.post("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 429


class TestAddress:
    def test_it_changes_when_confirmed_and_the_old_one_is_told(
        self, app: Flask, client: PortalClient
    ) -> None:
        client.sign_in_as("member")
        assert (
            client.post("/account/email", {"email": "a.fenn@northmoor.example", "present": "no"}).status_code
            == 422
        )
        assert (
            client.post(
                "/account/email", {"email": "A.Fenn@northmoor.example", "present": PASSWORD}
            ).status_code
            == 303
        )
        to, text = mails(app)[0]
        path = link_in(text)
        assert to == "a.fenn@northmoor.example"
        assert opens(app, MEMBER.email, PASSWORD)
        assert PortalClient(app).sign_in_as("lead").get(path).status_code == 404
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 303
        assert opens(app, "a.fenn@northmoor.example", PASSWORD)
        assert not opens(app, MEMBER.email, PASSWORD)
        assert mails(app)[-1][0] == MEMBER.email
        assert client.post(path).status_code == 404

    def test_a_taken_address_gets_the_same_answer_and_no_link(self, app: Flask, client: PortalClient) -> None:
        client.sign_in_as("member")
        answer = client.post("/account/email", {"email": PEOPLE["lead"].email, "present": PASSWORD})
        assert answer.status_code == 303
        to, text = mails(app)[0]
        assert to == PEOPLE["lead"].email and "/account/email/" not in text


class TestProfile:
    def test_it_is_kept(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        data = {"name": "Asha  Fenn-Moor ", "post": "ICT", "telephone": "01632 960 001"}
        assert client.post("/account/profile", data).status_code == 303
        page = client.get("/account/").get_data(as_text=True)
        assert "Asha Fenn-Moor" in page and "01632 960 001" in page

    def test_what_is_wrong_comes_back_with_all_that_was_typed(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        answer = client.post("/account/profile", {"name": "", "post": "King", "telephone": "not a number"})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert 'href="#name"' in page and 'href="#telephone"' in page and 'value="not a number"' in page


class TestTokens:
    def test_it_is_shown_once_works_and_is_revoked(self, app: Flask, client: PortalClient) -> None:
        access.forget()
        client.sign_in_as("member")
        made = client.post("/account/tokens/new", {"name": "report", "scope": "read", "days": "30"})
        found = re.search(r'id="token"[^>]*value="([^"]+)"', made.get_data(as_text=True))
        assert found
        with app.test_request_context():
            actor = actors.find_actor_by_token(ids.digest(found.group(1)))
            token_id = db.session.scalar(select(ApiToken.id))
            db.session.rollback()
        assert actor is not None and actor.token_scope == "read" and not actor.writable
        page = client.get("/account/").get_data(as_text=True)
        assert found.group(1) not in page and "never used" in page
        PortalClient(app).http.get("/api/v1/me", headers={"Authorization": f"Bearer {found.group(1)}"})
        assert "never used" not in client.get("/account/").get_data(as_text=True)
        stranger = PortalClient(app).sign_in_as("lead")
        assert stranger.post(f"/account/tokens/{token_id}/revoke", form_at="/account/").status_code == 404
        assert client.post(f"/account/tokens/{token_id}/revoke").status_code == 303
        with app.app_context():
            assert db.session.scalar(select(ApiToken.id)) is None
            db.session.rollback()

    def test_the_command_line_prints_one(self, app: Flask) -> None:
        run = CliRunner().invoke(token_group, ["create", "--email", MEMBER.email], obj={"make": lambda: app})
        assert run.exit_code == 0 and len(run.output.strip()) == 43
        run = CliRunner().invoke(
            token_group, ["create", "--email", "no@no.example"], obj={"make": lambda: app}
        )
        assert run.exit_code == 1 and "Nobody" in run.output


def invite(
    app: Flask, by: str | None = "lead", email: str = "new.person@castlemere.example", **more: object
) -> str:
    """Send an invitation; the path of its link."""
    data = {
        "organisation_id": ORGANISATIONS["castlemere"],
        "group_id": GROUPS["alpha"],
        "role": "member",
    } | more
    with app.test_request_context():
        actor = actors.find_actor_of_person(PEOPLE[by].id) if by else OPERATOR
        assert actor is not None
        send_invitation(actor, email=email, name="New Person", **data)
    return link_in(mails(app)[-1][1])


JOINING = {"name": "New Person", "password": NEW, "post": "ICT", "telephone": ""}


class TestInvitations:
    def test_it_makes_person_and_membership_once(self, app: Flask, client: PortalClient) -> None:
        path = invite(app)
        page = client.get(path).get_data(as_text=True)
        assert "new.person@castlemere.example" in page
        assert client.post(path, {**JOINING, "password": "short"}).status_code == 422
        assert client.post(path, {**JOINING, "email": "other@evil.example"}).location == "/account/welcome"
        with app.app_context():
            person = db.session.execute(
                select(Person.id, Person.email).where(Person.name == "New Person")
            ).one()
            role = db.session.scalar(
                select(Membership.role).where(
                    Membership.person_id == person.id, Membership.ended_at.is_(None)
                )
            )
            db.session.rollback()
        assert person.email == "new.person@castlemere.example"
        assert role == "member"
        assert client.get("/account/").location == "/account/welcome"
        again = PortalClient(app)
        assert again.get(path).status_code == 404
        assert again.post(path, JOINING).status_code == 404

    def test_expired_revoked_and_replaced_ones_are_refused(self, app: Flask, client: PortalClient) -> None:
        first = invite(app)
        second = invite(app)
        assert client.get(first).status_code == 404
        with clock.shifted(timedelta(days=28, minutes=1)):
            assert client.get(second).status_code == 404
            assert client.post(second, JOINING).status_code == 404
        with app.test_request_context():
            lead = actors.find_actor_of_person(PEOPLE["lead"].id)
            assert lead is not None
            number = db.session.scalar(select(Invitation.id).order_by(Invitation.id.desc()))
            resend_invitation(lead, invitation_id=number)
        third = link_in(mails(app)[-1][1])
        assert client.get(second).status_code == 404
        assert client.get(third).status_code == 200
        with app.test_request_context():
            revoke_invitation(lead, invitation_id=number)
            with pytest.raises(Conflict):
                resend_invitation(lead, invitation_id=number)
            assert [row.state for row in invitations_of_group(GROUPS["alpha"])] == ["revoked", "revoked"]
            assert len(newest_invitations(limit=1)) == 1
            db.session.rollback()
        assert client.post(third, JOINING).status_code == 404

    def test_it_is_bound_to_its_address(self, app: Flask, client: PortalClient) -> None:
        path = invite(app)
        client.sign_in_as("other_member")
        assert "another address" in client.get(path).get_data(as_text=True)
        assert client.post(path, JOINING).status_code == 403
        assert PortalClient(app).get(path).status_code == 200

    def test_who_has_an_account_joins_with_it(self, app: Flask, client: PortalClient) -> None:
        somebody = PEOPLE["former"]
        path = invite(app, email=somebody.email, organisation_id=ORGANISATIONS["northmoor"])
        anonymous = PortalClient(app)
        assert "You have an account already" in anonymous.get(path).get_data(as_text=True)
        assert anonymous.post(path, JOINING).status_code == 409
        client.sign_in_as("former")
        assert client.post(path).location == "/"
        with app.test_request_context():
            actor = actors.find_actor_of_person(somebody.id)
            db.session.rollback()
        assert actor is not None and actor.roles_in(GROUPS["alpha"]) == {"member"}
        assert client.post(path).status_code == 404

    def test_who_may_not_invite_is_told_why(self, app: Flask) -> None:
        for by in ("member", "other_lead", "administrator"):
            with pytest.raises(Forbidden):
                invite(app, by)
        with pytest.raises(NotFound):
            invite(app, organisation_id=424242)
        with pytest.raises(Invalid):
            invite(app, email="no address\x00")
        assert mails(app) == []


FORMS = {
    "/sign-in": ("email", "password", "next", "carried"),
    "/sign-in/code": ("code", "next", "carried"),
    "/reset": ("email",),
    "/account/profile": ("name", "post", "telephone"),
    "/account/email": ("email", "present"),
    "/account/password": ("present", "password"),
    "/account/second-factor": ("code", "present", "sealed"),
    "/account/tokens/new": ("name", "scope", "days"),
    "/account/welcome": ("use", "privacy"),
}


class TestBadInput:
    @pytest.mark.parametrize("path", FORMS)
    def test_naughty_strings_never_break_a_page(self, app: Flask, path: str) -> None:
        client = PortalClient(app)
        if path.startswith("/account"):
            client.sign_in_as("member")
        token = client.token("/account/profile" if path.startswith("/account") else path)
        nasty = [*STRINGS[::6], "a\x00b", "\ud7ff￿", "x" * 70_000, "\r\n", " "]
        for text in nasty:
            app.extensions["portal.limiter"].storage.reset()
            data = dict.fromkeys(FORMS[path], text) | {"csrf_token": token}
            answer = client.http.post(path, data=data)
            assert answer.status_code in {200, 303, 401, 422}, (path, text, answer.status_code)

    @pytest.mark.postgres
    def test_a_nul_is_an_error_at_its_field_on_postgresql(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        answer = client.post("/account/profile", {"name": "A\x00B", "post": "ICT", "telephone": "\x00"})
        assert answer.status_code == 422
        for path in ("/reset/%00", "/invitations/a%00b", "/account/email/%00"):
            assert client.http.get(path).status_code == 404

    def test_links_of_any_shape_are_dead(self, client: PortalClient) -> None:
        for text in ("x" * 5000, "%00", "%F0%9F%98%80", "'--"):
            assert client.http.get(f"/reset/{text}").status_code == 404
            assert client.http.get(f"/invitations/{text}").status_code == 404

    def test_a_form_without_its_token_is_refused(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        assert client.http.post("/account/profile", data={"name": "X Y"}).status_code == 400
        assert client.http.post("/sign-out").status_code == 400


def test_every_account_page_is_private(client: PortalClient) -> None:
    for path in (
        "/account/",
        "/account/welcome",
        "/account/profile",
        "/account/second-factor",
        "/account/tokens/new",
    ):
        assert urlsplit(client.get(path).location).path == "/sign-in"


def test_accounts_hold_no_secret_in_the_clear(app: Flask) -> None:
    invite(app)
    with app.app_context(), tenancy.acting_as(OPERATOR):
        digest = db.session.scalar(select(Invitation.token_digest))
        db.session.execute(
            update(Credential).where(Credential.person_id == MEMBER.id).values(totp_secret=None)
        )
        db.session.rollback()
    assert digest and digest not in mails(app)[-1][1]
