"""Sending mail: one small protocol and the ways in which it is done, chosen by ``PORTAL_MAIL_URL``."""

from __future__ import annotations

import os
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask, current_app

from portal.core import clock, ids
from portal.core.commands import outside_transaction


class Mailer(Protocol):
    """Sends one message, or raises."""

    def send(self, message: EmailMessage) -> None:
        """Send ``message``; raises ``OSError`` or ``smtplib.SMTPException`` where that failed."""


class ConsoleMailer:
    """Writes each message to standard error."""

    def send(self, message: EmailMessage) -> None:
        """Print the message."""
        outside_transaction("mail")


class FileMailer:
    """Writes each message to a file of its own, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the message to ``<folder>/<moment>-<random>.eml``."""
        outside_transaction("mail")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{clock.now():%Y%m%dT%H%M%S%f}-{ids.token()[:8]}.eml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())


class SmtpMailer:
    """Hands each message to a mail server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 25
        self.user, self.password = parts.username, unquote(parts.password or "")
        self.starttls = parse_qs(parts.query).get("starttls", ["0"])[0] == "1"

    def send(self, message: EmailMessage) -> None:
        """Send over SMTP; ten seconds at most for each exchange."""
        outside_transaction("mail")
        with smtplib.SMTP(self.host, self.port, timeout=10) as server:
            if self.starttls:
                server.starttls()
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)


def mailer_from_url(url: str) -> Mailer:
    """``console:``, ``file:///folder`` or ``smtp://user:pw@host:port?starttls=1``. Raises ``ValueError`` for others."""
    scheme = urlsplit(url).scheme
    if scheme == "console":
        return ConsoleMailer()
    if scheme == "file":
        return FileMailer(Path(unquote(urlsplit(url).path)))
    if scheme == "smtp":
        return SmtpMailer(url)
    raise ValueError("PORTAL_MAIL_URL must begin with console:, file:// or smtp://")


def init_app(app: Flask) -> None:
    """Give ``app`` its mailer."""
    app.extensions["portal.mailer"] = mailer_from_url(app.config["PORTAL_MAIL_URL"])


def mailer() -> Mailer:
    """The application's mailer."""
    found: Mailer = current_app.extensions["portal.mailer"]
    return found
