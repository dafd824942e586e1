"""A real mail server, and people stepping into the portal, for the tests of notifications and mail."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask, current_app

from portal.core import jobs, mail, tenancy
from portal.core.db import db
from portal.core.identity import Actor
from tests.support.world import PEOPLE


@dataclass
class Post:
    """What the mail server has taken in; the portal's mailer can be put off it and on it."""

    app: Flask
    address: str
    letters: list[EmailMessage]

    def go_dead(self) -> None:
        """Send to a port where nobody listens."""
        self.app.extensions["portal.mailer"] = mail.SmtpMailer("smtp://127.0.0.1:1")

    def come_back(self) -> None:
        """Send to the server again."""
        self.app.extensions["portal.mailer"] = mail.SmtpMailer(self.address)

    def to(self, person: str) -> list[EmailMessage]:
        """What somebody got."""
        return [letter for letter in self.letters if letter["To"] == PEOPLE[person].email]


@pytest.fixture
def post_office(app: Flask) -> Iterator[Post]:
    """A mail server that listens while the test runs."""
    got: list[EmailMessage] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            got.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    before = app.extensions["portal.mailer"]
    office = Post(app, f"smtp://127.0.0.1:{port}", got)
    office.come_back()
    yield office
    app.extensions["portal.mailer"] = before
    controller.stop()


@pytest.fixture
def acting(context: Flask) -> Iterator[Callable[[str], Actor]]:
    """Step into a person's fence, with the rights of this moment."""

    def step(person: str) -> Actor:
        found: Actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE[person].id)
        db.session.rollback()
        tenancy.set_fence(found)
        return found

    yield step
    tenancy.clear_fence()


@pytest.fixture
def worker() -> Callable[[], None]:
    """Do all that is due, as the worker does."""

    def work() -> None:
        tenancy.clear_fence()
        while jobs.run_due():
            pass

    return work
