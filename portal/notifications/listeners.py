"""The bell, live: whose inbox changed is told on their open pages."""

from __future__ import annotations

from flask import current_app

from portal.core import tenancy
from portal.core.events import after_commit
from portal.notifications.events import InboxChanged
from portal.notifications.queries import count_unread
from portal.realtime import hub


@after_commit(InboxChanged)
def ring(event: InboxChanged) -> None:
    """Open pages of the person get the new number, here and in the other processes."""
    hub.to_person(event.person_id)


@hub.counts_inbox
def count_of_person(person_id: int) -> int:
    """A person's unread notifications, counted inside the fence that is theirs now."""
    reader = current_app.extensions["portal.find_actor"].of_person(person_id)
    if reader is None:
        return 0
    with tenancy.acting_as(reader):
        return count_unread(reader)
