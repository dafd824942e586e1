"""Every permission by name, and the registry of the pure rules that grant them.

A policy is a function ``(actor, target) -> Decision``. It reads values and nothing else. Because a policy is
asked only about a thing that the fence let through, its "no" may say why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.core.errors import Forbidden
from portal.core.identity import Actor


class Action(StrEnum):
    """What can be done, ``package:thing:verb``, in alphabetical order."""

    ACCOUNTS_EMAIL_CHANGE = "accounts:email:change"
    ACCOUNTS_INVITATION_ACCEPT = "accounts:invitation:accept"
    ACCOUNTS_INVITATION_RESEND = "accounts:invitation:resend"
    ACCOUNTS_INVITATION_REVOKE = "accounts:invitation:revoke"
    ACCOUNTS_INVITATION_SEND = "accounts:invitation:send"
    ACCOUNTS_PASSWORD_CHANGE = "accounts:password:change"
    ACCOUNTS_PASSWORD_RESET = "accounts:password:reset"
    ACCOUNTS_POLICIES_ACCEPT = "accounts:policies:accept"
    ACCOUNTS_PROFILE_CHANGE = "accounts:profile:change"
    ACCOUNTS_SECOND_FACTOR_CHANGE = "accounts:second-factor:change"
    ACCOUNTS_SESSION_END = "accounts:session:end"
    ACCOUNTS_SESSION_START = "accounts:session:start"
    ACCOUNTS_TOKEN_CREATE = "accounts:token:create"
    ACCOUNTS_TOKEN_REVOKE = "accounts:token:revoke"
    ADMIN_AUDIT_READ = "admin:audit:read"
    ADMIN_BREAK_GLASS_END = "admin:break-glass:end"
    ADMIN_BREAK_GLASS_OPEN = "admin:break-glass:open"
    DIRECTORY_ADMINISTRATOR_GRANT = "directory:administrator:grant"
    DIRECTORY_ADMINISTRATOR_WITHDRAW = "directory:administrator:withdraw"
    DIRECTORY_DEPLOYMENT_END = "directory:deployment:end"
    DIRECTORY_DEPLOYMENT_RECORD = "directory:deployment:record"
    DIRECTORY_ORGANISATION_CHANGE = "directory:organisation:change"
    DIRECTORY_ORGANISATION_CREATE = "directory:organisation:create"
    DIRECTORY_PERSON_CHANGE = "directory:person:change"
    DIRECTORY_PERSON_CREATE = "directory:person:create"
    DIRECTORY_PERSON_REINSTATE = "directory:person:reinstate"
    DIRECTORY_PERSON_SUSPEND = "directory:person:suspend"
    DIRECTORY_PRODUCT_RECORD = "directory:product:record"
    DIRECTORY_REGISTER_IMPORT = "directory:register:import"
    FORUMS_ATTACHMENT_ADD = "forums:attachment:add"
    FORUMS_ATTACHMENT_REMOVE = "forums:attachment:remove"
    FORUMS_BOOKMARK_SET = "forums:bookmark:set"
    FORUMS_DRAFT_DISCARD = "forums:draft:discard"
    FORUMS_DRAFT_SAVE = "forums:draft:save"
    FORUMS_FORUM_CHANGE = "forums:forum:change"
    FORUMS_FORUM_CREATE = "forums:forum:create"
    FORUMS_HOME_SEE = "forums:home:see"
    FORUMS_POST_DELETE = "forums:post:delete"
    FORUMS_POST_EDIT = "forums:post:edit"
    FORUMS_POST_HIDE = "forums:post:hide"
    FORUMS_POST_REACT = "forums:post:react"
    FORUMS_POST_REPLY = "forums:post:reply"
    FORUMS_POST_RESTORE = "forums:post:restore"
    FORUMS_THREAD_FOLLOW = "forums:thread:follow"
    FORUMS_THREAD_LOCK = "forums:thread:lock"
    FORUMS_THREAD_MERGE = "forums:thread:merge"
    FORUMS_THREAD_MOVE = "forums:thread:move"
    FORUMS_THREAD_PIN = "forums:thread:pin"
    FORUMS_THREAD_READ = "forums:thread:read"
    FORUMS_THREAD_SPLIT = "forums:thread:split"
    FORUMS_THREAD_START = "forums:thread:start"
    GROUPS_GROUP_ARCHIVE = "groups:group:archive"
    GROUPS_GROUP_CHANGE = "groups:group:change"
    GROUPS_GROUP_OPEN = "groups:group:open"
    GROUPS_JOIN_DECIDE = "groups:join:decide"
    GROUPS_JOIN_REQUEST = "groups:join:request"
    GROUPS_LEAD_APPOINT = "groups:lead:appoint"
    GROUPS_MEMBER_ADD = "groups:member:add"
    GROUPS_MEMBER_CONFIRM = "groups:member:confirm"
    GROUPS_MEMBER_LEAVE = "groups:member:leave"
    GROUPS_MEMBER_REMOVE = "groups:member:remove"
    GROUPS_ROLE_CHANGE = "groups:role:change"
    NOTIFICATIONS_INBOX_READ = "notifications:inbox:read"
    NOTIFICATIONS_PREFERENCES_CHANGE = "notifications:preferences:change"


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, or no with the reason that the page shows."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Decision(True)


def denied(reason: str) -> Decision:
    """A no, with the sentence that says why."""
    return Decision(False, reason)


Policy = Callable[[Actor, Any], Decision]
_policies: dict[Action, Policy] = {}


def policy(action: Action) -> Callable[[Policy], Policy]:
    """Register the rule for ``action``. One action has one rule; a second is a programming error."""

    def register(rule: Policy) -> Policy:
        if action in _policies and _policies[action] is not rule:
            raise RuntimeError(f"{action} already has a policy")
        _policies[action] = rule
        return rule

    return register


def policies() -> dict[Action, Policy]:
    """All registered rules, for docs and contract tests."""
    return dict(_policies)


def may(actor: Actor, action: Action, target: Any = None) -> Decision:
    """Ask the rule of ``action``. An action without a rule is refused."""
    rule = _policies.get(action)
    return rule(actor, target) if rule else denied("Nobody may do this yet.")


def authorise(actor: Actor, action: Action, target: Any = None) -> None:
    """As ``may``, raising ``Forbidden`` with the reason."""
    decision = may(actor, action, target)
    if not decision:
        raise Forbidden(decision.reason)
