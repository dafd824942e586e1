"""Who may read an inbox and choose its mail: its owner; and whoever holds the address that stops the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The person whom a signed address to stop mail belongs to. The signature is the proof."""

    id: int


@policy(Action.NOTIFICATIONS_INBOX_READ)
def may_read_inbox(actor: Actor, target: Any) -> Decision:
    """Everybody their own."""
    return ALLOWED if actor.kind == "person" else denied("Sign in to see your notifications.")


@policy(Action.NOTIFICATIONS_PREFERENCES_CHANGE)
def may_change_preferences(actor: Actor, target: Any) -> Decision:
    """Everybody their own; with a signed address, whoever holds it."""
    if isinstance(target, Subscriber) or actor.kind == "person":
        return ALLOWED
    return denied("Sign in to choose your e-mails.")
