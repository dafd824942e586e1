"""The outbox: account mail without its text once sent; content mail composed as its reader, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import jobs, mail, outbox, tenancy
from portal.core.db import begin_write, db
from portal.core.identity import Actor
from portal.core.outbox import AccountMail, Composed, ContentMail
from portal.forums.models import Thread
from portal.groups.queries import actors
from tests.support.marks import on_both
from tests.support.world import MARKERS, PEOPLE, SPACES, THREADS, end_membership

KIND = "tests.outbox"
ALPHA = "alpha/members"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """What the mailer was given."""
    messages: list[EmailMessage] = []

    class Mailer:
        def send(self, message: EmailMessage) -> None:
            messages.append(message)

    monkeypatch.setattr(mail, "mailer", Mailer)
    return messages


@pytest.fixture(autouse=True)
def composer() -> Iterator[None]:
    """Writes the thread's title, read through the reader's fence."""

    @outbox.composes(KIND)
    def compose(reader: Actor, subject: dict[str, Any]) -> Composed | None:
        title = db.session.scalar(select(Thread.title).where(Thread.id == subject["thread"]))
        return Composed(f"About\n{title}", f"{reader.name}: {title}", thread_key="t1") if title else None

    yield
    outbox._composers.pop(KIND, None)


def queue(person: str, space: str = ALPHA, thread: int = THREADS[ALPHA], key: str = "one") -> None:
    author = actors.find_actor_of_person(PEOPLE["neighbour"].id)
    assert author is not None
    with tenancy.acting_as(author):
        begin_write()
        outbox.queue_content_mail(PEOPLE[person].id, SPACES[space], KIND, key=key, thread=thread)
        db.session.commit()


def ledger() -> list[tuple[int, bool, str | None]]:
    reader = actors.find_actor_of_person(PEOPLE["neighbour"].id)
    assert reader is not None
    with tenancy.acting_as(reader):
        rows = db.session.execute(
            select(ContentMail.person_id, ContentMail.sent_at, ContentMail.dropped_reason).order_by(
                ContentMail.person_id
            )
        ).all()
    db.session.rollback()
    return [(row.person_id, row.sent_at is not None, row.dropped_reason) for row in rows]


@on_both
def test_content_mail_is_written_as_its_reader(context: Flask, sent: list[EmailMessage]) -> None:
    queue("member")
    jobs.run_due()
    (message,) = sent
    assert message["To"] == PEOPLE["member"].email
    assert message["Subject"] == f"About Title {MARKERS[ALPHA]}"
    assert "Asha Fenn" in message.get_content()
    assert message["Message-ID"].startswith("<")
    assert message["References"]
    assert ledger() == [(PEOPLE["member"].id, True, None)]
    jobs.run_due()
    assert len(sent) == 1


@on_both
def test_whoever_lost_the_right_gets_nothing(context: Flask, sent: list[EmailMessage]) -> None:
    queue("colleague")
    end_membership("colleague", "alpha")
    jobs.run_due()
    assert sent == []
    assert ledger() == [(PEOPLE["colleague"].id, False, "not entitled")]


def test_what_the_reader_cannot_see_says_nothing(context: Flask, sent: list[EmailMessage]) -> None:
    queue("member", thread=THREADS["beta/members"])
    jobs.run_due()
    assert sent == []
    assert ledger() == [(PEOPLE["member"].id, False, "nothing to say")]


def test_a_mail_that_was_sent_twice_has_one_message_id(
    context: Flask, sent: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between sending and marking: the second sending reads as the first."""
    queue("member")
    real = outbox.begin_write

    def dies() -> None:
        monkeypatch.setattr(outbox, "begin_write", real)
        raise KeyError("the process died")

    monkeypatch.setattr(outbox, "begin_write", dies)
    jobs.run_due()
    begin_write()
    db.session.query(jobs.Job).update({"due_at": jobs.clock.now()})
    db.session.commit()
    jobs.run_due()
    assert len(sent) == 2
    assert sent[0]["Message-ID"] == sent[1]["Message-ID"]


@on_both
def test_account_mail_loses_its_text_once_sent(context: Flask, sent: list[EmailMessage]) -> None:
    begin_write()
    outbox.queue_account_mail(
        "new@northmoor.example", "You are invited", "https://portal.example/a-secret-link"
    )
    db.session.commit()
    jobs.run_due()
    assert "a-secret-link" in sent[0].get_content()
    row = db.session.execute(select(AccountMail.body, AccountMail.sent_at)).one()
    assert (row.body, row.sent_at is not None) == ("", True)
    db.session.rollback()
