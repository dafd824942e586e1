"""What one's account page says of mail."""

from __future__ import annotations

from typing import Any

from flask import get_template_attribute

from portal.core.identity import Actor
from portal.notifications.queries import wants_mail
from portal.web.panels import fills


@fills("account.page", order=40)
def mail_switch(*, actor: Actor, **context: Any) -> str:
    """Whether mail of mentions and replies is on, and where to change it."""
    show = get_template_attribute("notifications/_panels.html", "mail_switch")
    return str(show(wants_mail(actor.person_id or 0)))
