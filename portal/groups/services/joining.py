"""Asking to join from a group's card, the lead's decision, and the membership that an invitation brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import select, update

from portal.core import audit, clock
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Conflict, Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.models import Person
from portal.groups.events import JoinDecided, JoinRequested, SeatPassed
from portal.groups.models import JoinRequest
from portal.groups.policies import Managed, ManagedRequest
from portal.groups.queries.managed import find_role_for, get_joinable, get_request, load_group
from portal.groups.services import standing
from portal.groups.services.words import checked_words


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to join, by its number."""

    id: int
    replayed: bool = False


def _prepare_words(actor: Actor, **given: Any) -> dict[str, Any]:
    return {**given, "words": checked_words(given.get("words", ""), "words", most=1000)}


@command(Action.GROUPS_JOIN_REQUEST, target=get_joinable, prepare=_prepare_words, result=Asked)
def ask_to_join(actor: Actor, group: Managed, *, words: str = "") -> Asked:
    """Ask to be let into a user group. Raises ``Invalid`` at ``words`` with the reason why it cannot be asked now."""
    _role, why_not = find_role_for(group, actor.organisation_id or 0, actor.person_id)
    if why_not:
        raise Invalid({"words": f"{why_not}. If it does, ask an administrator to record it."})
    if db.session.scalar(_open(group.id, actor.person_id)):
        raise Invalid({"words": "You have asked already. The lead has not decided yet."})
    place = standing.find_standing(group.id, actor.person_id or 0)
    if place is not None:
        raise Invalid({"words": "Your membership is suspended. The lead is asked to confirm it."})
    request = JoinRequest(group_id=group.id, person_id=actor.person_id or 0, words=words)
    db.session.add(request)
    db.session.flush()
    publish(JoinRequested(group_id=group.id, person_id=request.person_id, request_id=request.id))
    return Asked(request.id)


def _open(group_id: int, person_id: int | None) -> Any:
    return select(JoinRequest.id).where(
        JoinRequest.group_id == group_id, JoinRequest.person_id == person_id, JoinRequest.decided_at.is_(None)
    )


@command(Action.GROUPS_JOIN_REQUEST, target=get_request)
def withdraw_request(actor: Actor, request: ManagedRequest) -> None:
    """Take one's own request back."""
    _decide(actor, request, "withdrawn", "")


def _prepare_decision(actor: Actor, **given: Any) -> dict[str, Any]:
    accept = bool(given["accept"])
    least = 0 if accept else 3
    reason = checked_words(
        given.get("reason", ""), "reason", most=500, least=least, missing="Say why. They are told"
    )
    return {**given, "accept": accept, "reason": reason}


@command(Action.GROUPS_JOIN_DECIDE, target=get_request, prepare=_prepare_decision)
def decide_request(actor: Actor, request: ManagedRequest, *, accept: bool, reason: str = "") -> None:
    """Let somebody in who asked, or refuse with a reason that they are told. Raises ``Conflict``, ``Invalid``."""
    group = load_group(request.group.id, lock=True)
    if accept:
        organisation = db.session.scalar(
            select(Person.organisation_id).where(
                Person.id == request.person_id, Person.suspended_at.is_(None)
            )
        )
        role, why_not = find_role_for(group, organisation or 0, request.person_id)
        if role is None:
            raise Invalid({"reason": f"{why_not}. Refuse the request, or ask an administrator."})
    _decide(actor, request, "accepted" if accept else "refused", reason)
    if accept:
        standing.begin(actor, group_id=group.id, person_id=request.person_id, role="member", ground="asked")


def _decide(actor: Actor, request: ManagedRequest, outcome: str, reason: str) -> None:
    done: Any = db.session.execute(
        update(JoinRequest)
        .where(JoinRequest.id == request.id, JoinRequest.decided_at.is_(None))
        .values(decided_at=clock.now(), decided_by=actor.person_id, outcome=outcome, reason=reason or None)
    )
    if done.rowcount != 1:
        raise Conflict("Somebody has decided on this request already.")
    audit.record(
        actor,
        action=f"groups:join:{outcome}",
        group=g.transaction.group,
        group_id=request.group.id,
        subject="join_request",
        subject_id=request.id,
        person=request.person_id,
    )
    publish(
        JoinDecided(
            group_id=request.group.id, person_id=request.person_id, request_id=request.id, outcome=outcome
        )
    )


def accept_invited(
    actor: Actor, *, group_id: int, person_id: int, role: str, organisation_id: int, invited_by: int | None
) -> bool:
    """Begin the membership that came with an invitation; whether it could be.

    Weeks may lie between: where the group has closed, the authority no longer runs the product, or the group has
    its first lead by now, the person has an account and no more than they may have.
    """
    group = load_group(group_id, lock=True)
    allowed, _why_not = find_role_for(group, organisation_id, person_id)
    if standing.find_standing(group_id, person_id) is not None:
        return False
    if role == "moderator" and group.kind in {"nlar", "national"}:
        allowed = "moderator"
    if allowed is None:
        return False
    if allowed == "member" and role in {"lead", "deputy"}:
        allowed = "member" if role == "lead" and group.ever_led else role
    standing.begin(
        actor, group_id=group_id, person_id=person_id, role=allowed, ground="invited", granted_by=invited_by
    )
    if allowed == "lead":
        publish(SeatPassed(group_id=group_id, from_person_id=None, to_person_id=person_id))
    return True
