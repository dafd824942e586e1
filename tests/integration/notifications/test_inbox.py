"""Who is told of what, by bell and by mail, and who never is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from flask import Flask, current_app
from sqlalchemy import select

from portal.core import jobs, mail, tenancy
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.outbox import ContentMail
from portal.forums.services import posts, reading, threads
from portal.groups.services import members
from portal.notifications import queries
from portal.notifications.models import Notification
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import FORUMS, GROUPS, PEOPLE, POSTS, SPACES, THREADS

HERE = "alpha/members"


def actor(person: str) -> Actor:
    found: Actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE[person].id)
    db.session.rollback()
    return found


def told(person: str) -> list[str]:
    """The kinds of what a person was told, oldest first, as that person sees them."""
    with tenancy.acting_as(actor(person)):
        rows = db.session.scalars(
            select(Notification.kind)
            .where(Notification.person_id == PEOPLE[person].id)
            .order_by(Notification.created_at)
        ).all()
        db.session.rollback()
    return list(rows)


def mention(person: str) -> str:
    return f"@[{PEOPLE[person].name}](person:{PEOPLE[person].id})"


@pytest.fixture
def letters(app: Flask) -> Iterator[list[EmailMessage]]:
    """What a real mail server gets while the test runs."""
    got: list[EmailMessage] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
            got.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[attr-defined,arg-type]
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    before = app.extensions["portal.mailer"]
    app.extensions["portal.mailer"] = mail.SmtpMailer(f"smtp://127.0.0.1:{port}")
    yield got
    app.extensions["portal.mailer"] = before
    controller.stop()


def work() -> None:
    """Do what is due, as the worker does."""
    while jobs.run_due():
        pass


@on_both
def test_a_mention_is_told_once_and_instead_of_lesser_words(context: Flask) -> None:
    me = actor("member")
    reading.follow(actor("lead"), thread_id=THREADS[HERE], state="following")
    posts.reply(
        me, thread_id=THREADS[HERE], body=f"{mention('lead')} and {mention('lead')}", idempotency_key="k"
    )
    posts.reply(
        me, thread_id=THREADS[HERE], body=f"{mention('lead')} and {mention('lead')}", idempotency_key="k"
    )
    assert told("lead") == ["mention"]


@on_both
def test_an_answer_reaches_its_author_and_followers_but_not_the_muted_nor_the_writer(context: Flask) -> None:
    reading.follow(actor("lead"), thread_id=THREADS[HERE], state="following")
    reading.follow(actor("deputy"), thread_id=THREADS[HERE], state="muted")
    posts.reply(actor("member"), thread_id=THREADS[HERE], body="Yes", reply_to=POSTS[HERE])
    assert told("neighbour") == ["answer"]
    assert told("lead") == ["followed"]
    assert told("deputy") == told("member") == told("colleague") == []


@on_both
def test_nobody_outside_the_space_is_told(context: Flask) -> None:
    posts.reply(
        actor("member"), thread_id=THREADS[HERE], body=f"{mention('other_member')} {mention('supplier')}"
    )
    assert told("other_member") == told("supplier") == []


def test_reading_the_thread_settles_the_bell(context: Flask) -> None:
    posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"))
    lead = actor("lead")
    with tenancy.acting_as(lead):
        assert queries.count_unread(lead) == 1
    reading.mark_read(lead, thread_id=THREADS[HERE], position=3)
    with tenancy.acting_as(lead):
        assert queries.count_unread(lead) == 0


@on_both
def test_a_mail_says_where_and_not_what_and_comes_once(context: Flask, letters: list[EmailMessage]) -> None:
    posts.reply(actor("member"), thread_id=THREADS[HERE], body=f"A heffalump, {mention('lead')}")
    work()
    work()
    assert len(letters) == 1
    letter = letters[0]
    assert letter["To"] == PEOPLE["lead"].email
    assert "Supplier A user group" in letter["Subject"]
    assert "Asha Fenn" in letter["Subject"]
    text = letter.get_body(("plain",)).get_content()
    assert "heffalump" not in text
    assert f"/threads/{THREADS[HERE]}/posts/3" in text
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"].endswith("@127.0.0.1>")


def test_a_withheld_author_stays_withheld_in_the_mail(context: Flask, letters: list[EmailMessage]) -> None:
    posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"), attribution="withheld")
    work()
    whole = letters[0].as_string()
    assert "A member authority" in whole
    for secret in ("Asha", "Fenn", "Northmoor", str(PEOPLE["member"].id)):
        assert secret not in whole


@on_both
def test_whoever_left_before_the_sending_gets_nothing(context: Flask, letters: list[EmailMessage]) -> None:
    posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("colleague"))
    members.remove_member(
        actor("lead"), group_id=GROUPS["alpha"], person_id=PEOPLE["colleague"].id, reason="Has a new post"
    )
    work()
    assert [
        letter["To"]
        for letter in letters
        if letter["To"] == PEOPLE["colleague"].email and "named" in letter["Subject"]
    ] == []
    with tenancy.acting_as(actor("lead")):
        assert db.session.scalars(select(ContentMail.dropped_reason)).all() == ["not entitled"]
    assert told("colleague") == []


def test_whoever_has_read_it_already_gets_no_mail(context: Flask, letters: list[EmailMessage]) -> None:
    posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"))
    reading.mark_read(actor("lead"), thread_id=THREADS[HERE], position=3)
    work()
    assert letters == []


def test_the_switch_and_the_address_in_the_mail_stop_it(
    app: Flask, client: PortalClient, letters: list[EmailMessage]
) -> None:
    with app.app_context():
        posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"))
        work()
    stop = letters[0]["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:5000")
    assert client.get(stop).status_code == 200
    assert client.http.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.http.post("/notifications/unsubscribe/nonsense").status_code == 200
    with app.app_context():
        posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"))
        work()
    assert len(letters) == 1
    client.sign_in_as("lead")
    with app.app_context():
        assert not queries.wants_mail(PEOPLE["lead"].id)
    client.post("/notifications/settings", {"mentions_and_replies": "y"}, form_at="/notifications/settings")
    with app.app_context():
        assert queries.wants_mail(PEOPLE["lead"].id)


def test_a_dead_mail_server_delays_and_shows(context: Flask) -> None:
    before = context.extensions["portal.mailer"]
    context.extensions["portal.mailer"] = mail.SmtpMailer("smtp://127.0.0.1:1")
    try:
        posts.reply(actor("member"), thread_id=THREADS[HERE], body=mention("lead"))
        jobs.run_due()
        waiting = [job for job in jobs.stuck(attempts=1) if job.kind == "mail.content"]
        assert [job.failure for job in waiting] == ["ConnectionRefusedError"]
        assert jobs.run_due() == 0  # put off
    finally:
        context.extensions["portal.mailer"] = before


def test_the_inbox_shows_titles_to_those_who_read_them_and_groups_a_thread(
    app: Flask, client: PortalClient
) -> None:
    with app.app_context():
        reading.follow(actor("lead"), thread_id=THREADS[HERE], state="following")
        for number in range(3):
            posts.reply(actor("member"), thread_id=THREADS[HERE], body=f"Number {number}")
    page = client.sign_in_as("lead").get("/notifications/").get_data(as_text=True)
    assert "3 new posts" in page
    assert "3 new posts" in page
    assert "2 new posts" not in page
    assert f"Title zq{SPACES[HERE]}marker" in page
    client.post("/notifications/read", form_at="/notifications/")
    assert "new notification" not in client.get("/").get_data(as_text=True)


def test_the_author_of_a_hidden_post_is_told(context: Flask) -> None:
    posts.hide(actor("lead"), post_id=POSTS[HERE], reason="Names a person")
    assert told("neighbour") == ["hidden"]


def test_starting_a_thread_tells_nobody_but_those_named(context: Flask) -> None:
    threads.start(
        actor("member"), forum_id=FORUMS[HERE], kind="question", title="Who knows?", body=mention("deputy")
    )
    assert told("deputy") == ["mention"]
    assert told("lead") == []
