"""Who may change the directory. Pure: values in, a decision out."""

from __future__ import annotations

from typing import Any

from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy

STAFF_ONLY = denied("Only an administrator can do this.")
NOT_ONESELF = denied("Nobody can do this to their own account here. Use your account page.")
NOT_OWN_ORGANISATION = denied("Nobody gives rights to themselves or to people of their own organisation.")


def _staff(actor: Actor) -> Decision:
    return ALLOWED if actor.kind == "operator" or actor.is_administrator else STAFF_ONLY


def _grants(actor: Actor, organisation_id: int | None, person_id: int | None = None) -> Decision:
    """An act that gives somebody a right: never to oneself, never to one's own organisation's people."""
    if actor.kind == "operator":
        return ALLOWED
    if not actor.is_administrator:
        return STAFF_ONLY
    if actor.person_id == person_id or actor.organisation_id == organisation_id:
        return NOT_OWN_ORGANISATION
    return ALLOWED


@policy(Action.DIRECTORY_ORGANISATION_CREATE)
def may_create_organisation(actor: Actor, target: Any) -> Decision:
    """Administrators."""
    return _staff(actor)


@policy(Action.DIRECTORY_ORGANISATION_CHANGE)
def may_change_organisation(actor: Actor, target: Any) -> Decision:
    """Administrators."""
    return _staff(actor)


@policy(Action.DIRECTORY_PRODUCT_RECORD)
def may_record_product(actor: Actor, target: Any) -> Decision:
    """Administrators."""
    return _staff(actor)


@policy(Action.DIRECTORY_DEPLOYMENT_RECORD)
def may_record_deployment(actor: Actor, target: Any) -> Decision:
    """Administrators, for other organisations than their own: a deployment opens the way into a group."""
    return _grants(actor, getattr(target, "id", None) if target is not None else None)


@policy(Action.DIRECTORY_REGISTER_IMPORT)
def may_import_register(actor: Actor, target: Any) -> Decision:
    """Administrators; rows that would give rights to their own organisation's people are refused one by one."""
    return _staff(actor)


@policy(Action.DIRECTORY_PERSON_CREATE)
def may_create_person(actor: Actor, target: Any) -> Decision:
    """Administrators, for another organisation (``target``) than their own."""
    return _grants(actor, target.id)


@policy(Action.DIRECTORY_PERSON_CHANGE)
def may_change_person(actor: Actor, target: Any) -> Decision:
    """Administrators, for people of other organisations: who changes an address could sign in with it."""
    return _grants(actor, target.organisation_id, target.id)


@policy(Action.DIRECTORY_PERSON_SUSPEND)
def may_suspend_person(actor: Actor, target: Any) -> Decision:
    """Administrators suspend anybody but themselves: to end rights is always open, to lock oneself out is not."""
    if actor.kind != "operator" and actor.person_id == target.id:
        return NOT_ONESELF
    return _staff(actor)


@policy(Action.DIRECTORY_PERSON_REINSTATE)
def may_reinstate_person(actor: Actor, target: Any) -> Decision:
    """Administrators, for people of other organisations: it gives rights back."""
    return _grants(actor, target.organisation_id, target.id)


@policy(Action.DIRECTORY_ADMINISTRATOR_GRANT)
def may_grant_administrator(actor: Actor, target: Any) -> Decision:
    """Administrators, for people of other organisations."""
    return _grants(actor, target.organisation_id, target.id)


@policy(Action.DIRECTORY_ADMINISTRATOR_WITHDRAW)
def may_withdraw_administrator(actor: Actor, target: Any) -> Decision:
    """Administrators, from anybody but themselves: so there is always one."""
    if actor.kind != "operator" and actor.person_id == target.id:
        return denied("Another administrator has to take this from you, so that the service keeps one.")
    return _staff(actor)


@policy(Action.DIRECTORY_DEPLOYMENT_END)
def may_end_deployment(actor: Actor, target: Any) -> Decision:
    """Administrators."""
    return _staff(actor)
