"""What happens to inboxes and to the choice of mail."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxChanged(Event):
    """A person has more or fewer unread notifications than before."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPreferenceChanged(Event):
    """A person has chosen which mail they get."""

    person_id: int
    mentions_and_replies: bool
