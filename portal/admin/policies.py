"""Who may use the administration's own acts; those of directory, groups and accounts have theirs there."""

from __future__ import annotations

from typing import Any

from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy


@policy(Action.ADMIN_AUDIT_READ)
def may_read_audit(actor: Actor, target: Any) -> Decision:
    """Administrators; that they did is recorded too."""
    if actor.is_administrator or actor.kind == "operator":
        return ALLOWED
    return denied("Only an administrator can do this.")
