"""Who may do what with accounts. Pure: they read values and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy

POLICIES_VERSION = "1"
"""The version of the acceptable use and privacy statements that a person accepts."""
LEADING = frozenset({"lead", "deputy"})
SECOND_FACTOR_ROLES = frozenset({"lead", "deputy", "moderator"})
ROLES_BY_INVITATION = {
    "authority": {"member", "lead", "deputy"},
    "supplier": {"supplier"},
    "department": {"moderator"},
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """An invitation that somebody wants to send."""

    organisation_id: int
    organisation_kind: str
    group_id: int | None
    role: str | None


def needs_second_factor(actor: Actor) -> bool:
    """Whether the actor's roles ask for a second factor: leads, deputies, moderators and administrators."""
    return actor.is_administrator or any(SECOND_FACTOR_ROLES & roles for roles in actor.group_roles.values())


@policy(Action.ACCOUNTS_SESSION_START)
def may_start_session(actor: Actor, target: Any) -> Decision:
    """Anybody may try to sign in."""
    return ALLOWED


@policy(Action.ACCOUNTS_PASSWORD_RESET)
def may_reset_password(actor: Actor, target: Any) -> Decision:
    """Anybody may ask for a link, and use one that was sent to them."""
    return ALLOWED


@policy(Action.ACCOUNTS_INVITATION_ACCEPT)
def may_accept_invitation(actor: Actor, target: Any) -> Decision:
    """Whoever holds the link, as long as they are not signed in with another address."""
    if actor.is_authenticated and actor.email != target.email:
        return denied(
            "This invitation was sent to another address. Sign out first, then open the link again."
        )
    return ALLOWED


def _own(actor: Actor, target: Any) -> Decision:
    """A person's own account, signed in on a page and not by a token."""
    if not actor.is_authenticated or actor.token_scope is not None:
        return denied("Sign in on the page to change your account.")
    person_id = getattr(target, "person_id", None)
    return ALLOWED if person_id in (None, actor.person_id) else denied("This is not your account.")


@policy(Action.ACCOUNTS_SESSION_END)
def may_end_session(actor: Actor, target: Any) -> Decision:
    """One's own sessions."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_PASSWORD_CHANGE)
def may_change_password(actor: Actor, target: Any) -> Decision:
    """One's own password."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_EMAIL_CHANGE)
def may_change_email(actor: Actor, target: Any) -> Decision:
    """One's own address."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_PROFILE_CHANGE)
def may_change_profile(actor: Actor, target: Any) -> Decision:
    """One's own name, post and telephone number."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_POLICIES_ACCEPT)
def may_accept_policies(actor: Actor, target: Any) -> Decision:
    """Everybody for themselves."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_SECOND_FACTOR_CHANGE)
def may_change_second_factor(actor: Actor, target: Any) -> Decision:
    """One's own second factor; those who lead, moderate or administer may replace it but not go without."""
    return _own(actor, target)


@policy(Action.ACCOUNTS_TOKEN_CREATE)
def may_create_token(actor: Actor, target: Any) -> Decision:
    """For oneself; the operator for anybody."""
    return ALLOWED if actor.kind == "operator" else _own(actor, target)


@policy(Action.ACCOUNTS_TOKEN_REVOKE)
def may_revoke_token(actor: Actor, target: Any) -> Decision:
    """One's own; the operator anybody's."""
    return ALLOWED if actor.kind == "operator" else _own(actor, target)


@policy(Action.ACCOUNTS_INVITATION_SEND)
def may_send_invitation(actor: Actor, target: Proposed) -> Decision:
    """A lead or deputy invites to their own group; an administrator invites people, and a group's first lead only."""
    if target.role is not None and target.role not in ROLES_BY_INVITATION[target.organisation_kind]:
        return denied("A person of this organisation cannot have that role.")
    if actor.kind == "operator":
        return ALLOWED
    if target.group_id is not None and LEADING & actor.roles_in(target.group_id):
        if target.role not in {"member", "supplier", "deputy"}:
            return denied("You can invite members, deputies and the supplier’s people to your group.")
        return ALLOWED
    if not actor.is_administrator:
        return denied("Only a group’s lead or an administrator can invite people.")
    if target.organisation_id == actor.organisation_id:
        return denied("Nobody can invite people of their own organisation as an administrator.")
    if target.group_id is None or target.role == "lead":  # that there is none yet is asked by groups
        return ALLOWED
    return denied("An administrator appoints a group’s first lead and nobody else in it.")


def _keeps(actor: Actor, invitation: Any) -> Decision:
    if actor.kind == "operator" or actor.is_administrator:
        return ALLOWED
    if invitation.group_id is not None and LEADING & actor.roles_in(invitation.group_id):
        return ALLOWED
    return denied("Only the group’s lead or an administrator can do this.")


@policy(Action.ACCOUNTS_INVITATION_RESEND)
def may_resend_invitation(actor: Actor, target: Any) -> Decision:
    """The lead or deputy of its group, or an administrator."""
    return _keeps(actor, target)


@policy(Action.ACCOUNTS_INVITATION_REVOKE)
def may_revoke_invitation(actor: Actor, target: Any) -> Decision:
    """The lead or deputy of its group, or an administrator."""
    return _keeps(actor, target)
