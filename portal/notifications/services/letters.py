"""The form of a mail that tells of something: whose space it is first, then one line and one link.

No word of what was written stands in it, nor a title: a mailbox is read by others, and lasts (the text stays where it
can be hidden, corrected and taken away).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from portal.core.identity import Actor
from portal.core.outbox import Composed
from portal.notifications.queries import wants_mail
from portal.notifications.services.preferences import unsubscribe_path


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail says. ``subject`` follows the space's name; ``why`` says why the reader gets it."""

    place: str
    subject: str
    line: str
    path: str
    why: str
    thread_key: str


def compose(reader: Actor, letter: Letter) -> Composed | None:
    """A letter as plain text and as HTML, with the address that stops such mail; None where it is not wanted."""
    if reader.person_id is None or not wants_mail(reader.person_id):
        return None
    base = current_app.config["PORTAL_BASE_URL"].rstrip("/")
    stop = base + unsubscribe_path(reader.person_id)
    words = {
        "place": letter.place,
        "line": letter.line,
        "why": letter.why,
        "address": base + letter.path,
        "settings": base + "/notifications/settings",
        "stop": stop,
        "subject": f"{letter.place}: {letter.subject}",
    }
    # The environment's own render: a page's furniture (viewer, navigation, bell) has no place in a mail.
    templates = current_app.jinja_env
    return Composed(
        subject=words["subject"],
        text=templates.get_template("notifications/_mail.txt").render(words),
        html=templates.get_template("notifications/_mail.html").render(words),
        thread_key=letter.thread_key,
        unsubscribe=stop,
    )
