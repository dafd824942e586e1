"""Mail through a real server: once, with the right headers, later when it must, and never to whoever may not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import clock, jobs, mail, outbox
from portal.core.db import begin_write, db
from portal.core.identity import Actor
from portal.core.outbox import AccountMail, ContentMail
from portal.forums.services import posts, reading
from tests.integration.notifications.conftest import Post
from tests.support.marks import on_both
from tests.support.world import MARKERS, PEOPLE, POSTS, THREADS

HERE = "alpha/members"
Acting = Callable[[str], Actor]
Worker = Callable[[], None]


def naming(person: str) -> str:
    return f"Ask @[{PEOPLE[person].name}](person:{PEOPLE[person].id})"


@on_both
def test_the_headers_make_one_conversation_and_the_parts_say_the_same(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    for _ in range(2):
        posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("neighbour"))
    worker()
    first, second = post_office.to("neighbour")
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Unsubscribe"].startswith("<http://127.0.0.1:5000/notifications/unsubscribe/")
    for kind in ("plain", "html"):
        text = first.get_body((kind,)).get_content()
        assert "Supplier A user group, members only" in text
        assert f"/threads/{THREADS[HERE]}/posts/3" in text
    assert first.get_body(("plain",)).get_content().startswith("In Supplier A user group, members only:")


@on_both
def test_no_word_of_the_space_stands_anywhere_in_the_mail(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    posts.reply(
        acting("member"), thread_id=THREADS[HERE], body=f"A heffalump. {naming('lead')}", reply_to=POSTS[HERE]
    )
    worker()
    assert len(post_office.letters) == 2
    for letter in post_office.letters:
        whole = _decoded(letter)
        assert "heffalump" not in whole
        assert MARKERS[HERE] not in whole, "the title is a text of the members too"


def _decoded(letter: EmailMessage) -> str:
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return str(letter.items()) + "".join(parts)


@on_both
def test_a_dead_server_delays_with_growing_pauses_and_the_operator_sees_it(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    post_office.go_dead()
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    waits: list[float] = []
    passed = timedelta()
    for _ in range(3):
        with clock.shifted(passed):
            worker()
            [job] = jobs.stuck(attempts=1)
            waits.append((job.due_at - clock.now()).total_seconds())
        db.session.remove()
        passed += timedelta(seconds=waits[-1] + 1)
    assert waits[0] < waits[1] < waits[2]
    assert [(job.kind, job.failure) for job in jobs.stuck()] == [("mail.content", "ConnectionRefusedError")]
    db.session.remove()
    post_office.come_back()
    with clock.shifted(passed):
        worker()
        worker()
    assert len(post_office.to("lead")) == 1
    assert jobs.stuck(attempts=1) == []


@on_both
def test_a_crash_between_sending_and_noting_it_sends_under_the_same_id(
    acting: Acting, post_office: Post, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    send = mail.SmtpMailer.send

    def send_and_crash(self: mail.SmtpMailer, message: EmailMessage) -> None:
        send(self, message)
        raise OSError("the worker was killed here")

    with monkeypatch.context() as patch:
        patch.setattr(mail.SmtpMailer, "send", send_and_crash)
        worker()
    with clock.shifted(timedelta(hours=1)):
        worker()
    first, second = post_office.to("lead")
    assert first["Message-ID"] == second["Message-ID"]


@on_both
def test_account_mail_drops_its_text_once_sent(acting: Acting, post_office: Post, worker: Worker) -> None:
    begin_write()
    outbox.queue_account_mail("asha.fenn@northmoor.example", "Your link", "https://portal.example/one-time")
    db.session.commit()
    worker()
    [letter] = post_office.letters
    assert "one-time" in letter.get_content()
    [row] = db.session.execute(select(AccountMail.body, AccountMail.sent_at)).all()
    assert row.body == ""
    assert row.sent_at is not None


@on_both
def test_whoever_mutes_before_the_sending_gets_no_mail(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    reading.follow(acting("lead"), thread_id=THREADS[HERE], state="muted")
    worker()
    assert post_office.letters == []


@on_both
def test_a_name_added_to_a_post_that_was_read_before_is_mailed(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    posted = posts.reply(acting("member"), thread_id=THREADS[HERE], body="Nobody is named")
    reading.mark_read(acting("lead"), thread_id=THREADS[HERE], position=posted.position)
    posts.edit(acting("member"), post_id=posted.id, body=naming("lead"))
    worker()
    assert len(post_office.to("lead")) == 1


@on_both
def test_a_post_that_was_deleted_before_the_sending_is_not_mailed(
    acting: Acting, post_office: Post, worker: Worker
) -> None:
    posted = posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    posts.delete(acting("member"), post_id=posted.id)
    worker()
    assert post_office.letters == []
    acting("lead")
    assert db.session.scalars(select(ContentMail.dropped_reason)).all() == ["nothing to say"]


def test_the_server_is_a_real_one(context: Flask, post_office: Post) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@portal.example", "b@portal.example", "Hello"
    message.set_content("Hello")
    mail.mailer().send(message)
    assert [letter["Subject"] for letter in post_office.letters] == ["Hello"]
