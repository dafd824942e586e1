"""Signing in and out: nobody learns who has an account, failures are counted, a form on its way is not lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from portal.accounts.models import AuthSession, Credential, RecoveryCode
from portal.accounts.services import secrets
from portal.core import access, clock, commands
from portal.core.db import db
from portal.core.spaces import Revocation
from portal.directory.models import Person
from tests.support.client import PortalClient
from tests.support.world import PASSWORD, PEOPLE

MEMBER = PEOPLE["member"]


def sign_in(
    client: PortalClient, email: str = MEMBER.email, password: str = PASSWORD, **more: str
) -> TestResponse:
    return client.post("/sign-in", {"email": email, "password": password, **more})


def words(response: TestResponse) -> str:
    """The page without what differs in every answer by design, and without the address that was typed."""
    text = response.get_data(as_text=True)
    text = re.sub(r'(nonce|value|content|data-session-seconds)="[^"]*"', "", text)
    return re.sub(r'data-reference="\w+"|<b class="px-num">\w+</b>', "", text)


@pytest.fixture
def enrolled(app: Flask) -> str:
    """The lead has a second factor, with one recovery code; its secret."""
    secret = pyotp.random_base32()
    person = PEOPLE["lead"].id
    with app.app_context():
        db.session.execute(
            update(Credential)
            .where(Credential.person_id == person)
            .values(
                totp_secret=secrets.seal(secret), totp_confirmed_at=clock.now(), second_factor_exempt=False
            )
        )
        db.session.add(RecoveryCode(person_id=person, code_digest=secrets.recovery_digest("abcd-efgh-jkmn")))
        db.session.commit()
    return secret


class TestPassword:
    def test_the_right_one_opens_a_session(self, client: PortalClient) -> None:
        answer = sign_in(client)
        assert answer.status_code == 303
        assert answer.location == "/"
        cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("portal="))
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert client.get("/account/").status_code == 200

    def test_a_wrong_one_an_unknown_address_and_a_suspended_person_are_one_answer(
        self, app: Flask, client: PortalClient
    ) -> None:
        with app.app_context():
            db.session.execute(
                update(Person).where(Person.id == PEOPLE["colleague"].id).values(suspended_at=clock.now())
            )
            db.session.commit()
        answers = [
            sign_in(client, MEMBER.email, "not the password"),
            sign_in(client, "nobody@nowhere.example", "not the password"),
            sign_in(client, PEOPLE["colleague"].email, PASSWORD),
            sign_in(client, "no address at all", "x"),
        ]
        assert {answer.status_code for answer in answers} == {422}
        assert len({words(answer) for answer in answers}) == 1
        assert not [line for line in answers[0].headers.getlist("Set-Cookie") if line.startswith("portal=")]

    def test_an_unknown_address_takes_as_much_work(self, app: Flask, client: PortalClient) -> None:
        hasher = app.extensions["portal.hasher"]

        class Counting:
            verified = 0

            def __getattr__(self, name: str) -> object:
                return getattr(hasher, name)

            def verify(self, *arguments: str) -> bool:
                Counting.verified += 1
                return bool(hasher.verify(*arguments))

        app.extensions["portal.hasher"] = Counting()
        try:
            sign_in(client, "nobody@nowhere.example", "x")
            assert Counting.verified == 1
            sign_in(client, MEMBER.email, "x")
            assert Counting.verified == 2
        finally:
            app.extensions["portal.hasher"] = hasher

    def test_failures_are_counted_for_known_and_unknown_alike(self, client: PortalClient) -> None:
        for email in (MEMBER.email, "nobody@nowhere.example"):
            for _ in range(8):
                assert sign_in(client, email, "wrong").status_code == 422
            answer = sign_in(client, email, PASSWORD)
            assert answer.status_code == 429
            assert int(answer.headers["Retry-After"]) > 0
        assert sign_in(client, PEOPLE["neighbour"].email).status_code == 303

    def test_success_starts_the_count_anew(self, client: PortalClient) -> None:
        for _ in range(2):
            for _ in range(5):
                sign_in(client, MEMBER.email, "wrong")
            assert sign_in(client).status_code == 303

    def test_the_password_never_comes_back(self, client: PortalClient) -> None:
        page = sign_in(client, MEMBER.email, "a secret that is wrong").get_data(as_text=True)
        assert "a secret that is wrong" not in page
        assert MEMBER.email in page

    def test_argon2_does_not_run_in_a_transaction(self, context: Flask) -> None:
        commands.begin_write()
        with context.test_request_context():
            commands.g.transaction = commands.Transaction(commands.Actor(), "x")
            with pytest.raises(RuntimeError, match="argon2"):
                secrets.verify_password(None, "x")

    @pytest.mark.postgres
    def test_it_works_on_postgresql(self, client: PortalClient) -> None:
        assert sign_in(client).status_code == 303
        assert sign_in(PortalClient(client.app), "a\x00b@c.example", "\x00").status_code == 422


class TestWhereToGo:
    def test_to_the_page_that_was_asked_for(self, client: PortalClient) -> None:
        there = client.get("/account/?x=1").location
        assert there == "/sign-in?next=/account/%3Fx%3D1"
        page = client.get(there).get_data(as_text=True)
        assert 'name="next" value="/account/?x=1"' in page
        assert sign_in(client, next="/account/?x=1").location == "/account/?x=1"

    @pytest.mark.parametrize(
        "there", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"]
    )
    def test_never_to_another_site(self, client: PortalClient, there: str) -> None:
        assert "evil" not in client.get("/sign-in", query_string={"next": there}).get_data(as_text=True)
        assert sign_in(client, next=there).location == "/"
        client.sign_in_as("member")
        assert client.get("/sign-in", query_string={"next": there}).location == "/"


class TestFormOnItsWay:
    def send(self, client: PortalClient, path: str, data: dict[str, str]) -> str:
        answer = client.post(path, data)
        assert answer.status_code == 401
        page = answer.get_data(as_text=True)
        found = re.search(r'name="carried" value="([^"]*)"', page)
        assert found, page
        return html.unescape(found.group(1))

    def test_it_comes_back_after_sign_in_and_is_not_sent(self, client: PortalClient) -> None:
        text = 'A long text <b>&"\r\n\r\nwith two paragraphs'
        carried = self.send(
            client, "/account/profile", {"body": text, "key": "k1", "password": "secret-to-drop"}
        )
        assert "secret-to-drop" not in carried
        again = client.post("/sign-in", {"email": MEMBER.email, "password": "wrong", "carried": carried})
        kept = re.search(r'name="carried" value="([^"]*)"', again.get_data(as_text=True))
        assert kept and html.unescape(kept.group(1)) == carried
        page = sign_in(client, carried=carried)
        assert page.status_code == 200
        shown = page.get_data(as_text=True)
        assert "Your text is here, not yet sent" in shown
        assert 'action="/account/profile"' in shown
        assert 'name="key" value="k1"' in shown
        area = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown, re.S)
        assert area and html.unescape(area.group(1)).replace("\r\n", "\n") == text.replace("\r\n", "\n")
        assert client.get("/account/").status_code == 200

    def test_every_address_answers_alike(self, client: PortalClient) -> None:
        one = client.post("/account/profile", {"body": "same"})
        other = client.post("/no/such/address", {"body": "same"})
        assert one.status_code == other.status_code == 401
        assert words(one) == words(other)

    def test_a_forged_address_is_not_gone_to(self, client: PortalClient) -> None:
        forged = '{"path": "https://evil.example/", "fields": [["body", "x"]]}'
        assert sign_in(client, carried=forged).location == "/"

    def test_what_is_too_long_is_said_to_be_lost(self, client: PortalClient) -> None:
        page = client.post("/account/profile", {"body": "x" * 300_000})
        assert page.status_code == 401
        assert "could not be kept" in page.get_data(as_text=True)

    def test_it_survives_the_second_step(self, client: PortalClient, enrolled: str) -> None:
        carried = self.send(client, "/account/profile", {"body": "kept"})
        page = sign_in(client, PEOPLE["lead"].email, carried=carried)
        assert "Enter your code" in page.get_data(as_text=True)
        code = pyotp.TOTP(enrolled).now()
        page = client.post("/sign-in/code", {"code": code, "carried": carried})
        assert "Your text is here, not yet sent" in page.get_data(as_text=True)


class TestSecondStep:
    def test_without_the_code_nothing_opens(self, client: PortalClient, enrolled: str) -> None:
        page = sign_in(client, PEOPLE["lead"].email)
        assert page.status_code == 200
        assert "Enter your code" in page.get_data(as_text=True)
        assert client.get("/account/").location.startswith("/sign-in")
        assert client.http.get("/api/v1/me").status_code == 401

    def test_the_code_opens_and_is_taken_once(self, app: Flask, client: PortalClient, enrolled: str) -> None:
        code = pyotp.TOTP(enrolled).now()
        sign_in(client, PEOPLE["lead"].email)
        half = client.http.get_cookie("portal")
        assert client.post("/sign-in/code", {"code": code}).status_code == 303
        assert client.get("/account/").status_code == 200
        whole = client.http.get_cookie("portal")
        assert half is not None and whole is not None and half.value != whole.value
        other = PortalClient(app)
        sign_in(other, PEOPLE["lead"].email)
        answer = other.post("/sign-in/code", {"code": code})
        assert answer.status_code == 422
        assert "used already" in answer.get_data(as_text=True)
        assert other.get("/account/").status_code == 302

    def test_a_recovery_code_works_once(self, app: Flask, client: PortalClient, enrolled: str) -> None:
        sign_in(client, PEOPLE["lead"].email)
        assert client.post("/sign-in/code", {"code": " ABCD efgh-JKMN "}).status_code == 303
        other = PortalClient(app)
        sign_in(other, PEOPLE["lead"].email)
        assert other.post("/sign-in/code", {"code": "abcd-efgh-jkmn"}).status_code == 422

    def test_guesses_are_limited(self, client: PortalClient, enrolled: str) -> None:
        sign_in(client, PEOPLE["lead"].email)
        for _ in range(8):
            assert client.post("/sign-in/code", {"code": "000000"}).status_code == 422
        assert client.post("/sign-in/code", {"code": pyotp.TOTP(enrolled).now()}).status_code == 429

    def test_the_half_session_runs_out(self, client: PortalClient, enrolled: str) -> None:
        sign_in(client, PEOPLE["lead"].email)
        with clock.shifted(timedelta(minutes=11)):
            answer = client.post("/sign-in/code", {"code": pyotp.TOTP(enrolled).now()})
        assert answer.status_code == 401
        assert "not entered in time" in answer.get_data(as_text=True)

    def test_a_lead_without_one_is_led_to_set_it_up(self, app: Flask, client: PortalClient) -> None:
        person = PEOPLE["lead"].id
        with app.app_context():
            db.session.execute(
                update(Credential)
                .where(Credential.person_id == person)
                .values(second_factor_exempt=False, policies_accepted_at=None)
            )
            db.session.commit()
        client.sign_in_as("lead")
        assert client.get("/account/").location == "/account/welcome"
        assert client.post("/account/welcome", {}).status_code == 422
        assert client.post("/account/welcome", {"use": "y", "privacy": "y"}).location == "/account/welcome"
        assert client.get("/account/welcome").location == "/account/second-factor"
        page = client.get("/account/second-factor").get_data(as_text=True)
        assert "<svg" in page and "style=" not in page
        found, sealed = (
            re.search(r"Key: <span[^>]*>([A-Z2-7 ]+)<", page),
            re.search(r'name="sealed" value="([^"]+)"', page),
        )
        assert found and sealed
        secret = found.group(1).replace(" ", "")
        assert secret not in sealed.group(1)
        wrong = client.post("/account/second-factor", {"code": "12", "sealed": sealed.group(1)})
        assert wrong.status_code == 422 and found.group(1) in wrong.get_data(as_text=True)
        code = pyotp.TOTP(secret).now()
        done = client.post("/account/second-factor", {"code": code, "sealed": sealed.group(1)})
        codes = re.findall(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", done.get_data(as_text=True))
        assert len(codes) == 10
        assert client.get("/account/welcome").status_code == 200
        with app.app_context():
            stored = db.session.scalar(select(Credential.totp_secret).where(Credential.person_id == person))
            db.session.rollback()
        assert stored and secret not in stored
        other = PortalClient(app)
        sign_in(other, PEOPLE["lead"].email)
        assert (
            other.post("/sign-in/code", {"code": code}).status_code == 422
        )  # the code that set it up is spent
        assert other.post("/sign-in/code", {"code": codes[3]}).status_code == 303


class TestSignOut:
    def test_it_ends_the_session_and_clears_the_browser(self, app: Flask, client: PortalClient) -> None:
        sign_in(client)
        kept = client.http.get_cookie("portal")
        assert kept is not None
        answer = client.post("/sign-out")
        assert answer.status_code == 303
        assert '"cookies"' in answer.headers["Clear-Site-Data"]
        thief = PortalClient(app)
        thief.http.set_cookie("portal", kept.value, domain="localhost")
        assert thief.get("/account/").status_code == 302
        with app.app_context():
            assert db.session.scalar(select(Revocation.session_id)) is not None
            db.session.rollback()

    def test_a_get_changes_nothing(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        assert client.get("/sign-out").status_code == 405
        assert client.get("/account/").status_code == 200


class TestSessions:
    def test_one_is_ended_at_once(self, app: Flask, client: PortalClient) -> None:
        other = PortalClient(app)
        sign_in(client)
        sign_in(other)
        page = client.get("/account/").get_data(as_text=True)
        assert page.count('/end"') == 3  # the standing one, this one and the other
        with app.app_context():
            newest = db.session.scalar(select(AuthSession.id).order_by(AuthSession.id.desc()))
            ids = list(db.session.scalars(select(AuthSession.id).where(AuthSession.person_id == MEMBER.id)))
            db.session.rollback()
        assert newest in ids
        mine = max(number for number in ids if number != MEMBER.id and f"sessions/{number}/end" in page)
        others = next(number for number in ids if number not in (mine, MEMBER.id)) if len(ids) > 2 else mine
        client.post(f"/account/sessions/{max(mine, others)}/end")
        assert (other.get("/account/").status_code, client.get("/account/").status_code) in {
            (302, 200),
            (200, 302),
        }

    def test_nobody_ends_anothers(self, client: PortalClient) -> None:
        client.sign_in_as("member")
        client.token("/account/")
        theirs = client.post(f"/account/sessions/{PEOPLE['lead'].id}/end")
        missing = client.post("/account/sessions/999999999999/end")
        assert theirs.status_code == missing.status_code == 404
        assert words(theirs) == words(missing)
        assert PortalClient(client.app).sign_in_as("lead").get("/account/").status_code == 200

    def test_all_others_end_together(self, app: Flask, client: PortalClient) -> None:
        sign_in(client)
        others = [PortalClient(app) for _ in range(2)]
        for other in others:
            sign_in(other)
        client.post("/account/sessions/end-others", form_at="/account/")
        assert client.get("/account/").status_code == 200
        assert [other.get("/account/").status_code for other in others] == [302, 302]

    def test_it_ends_by_itself(self, client: PortalClient) -> None:
        sign_in(client)
        with clock.shifted(timedelta(hours=12, minutes=1)):
            assert client.get("/account/").status_code == 302

    def test_last_seen_is_written_once_in_five_minutes(self, app: Flask, client: PortalClient) -> None:
        access.forget()
        client.sign_in_as("member")

        def seen() -> object:
            with app.app_context():
                value = db.session.scalar(select(AuthSession.seen_at).where(AuthSession.id == MEMBER.id))
                db.session.rollback()
                return value

        before = seen()
        client.get("/account/")
        client.get("/account/")
        assert seen() == before
        with clock.shifted(timedelta(minutes=6)):
            client.get("/account/")
            moved = seen()
            client.get("/account/")
            assert seen() == moved != before


def test_nobody_without_a_credential_gets_in(app: Flask, client: PortalClient) -> None:
    with app.app_context():
        db.session.execute(delete(Credential).where(Credential.person_id == MEMBER.id))
        db.session.commit()
    assert sign_in(client).status_code == 422
