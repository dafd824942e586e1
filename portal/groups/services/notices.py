"""Mail about memberships: what somebody must know of their own place in a group, and a lead of theirs.

It is mail about an account, not about content: no word of what was written anywhere stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import select

from portal.core import outbox
from portal.core.db import db
from portal.directory.models import Person
from portal.groups.models import BreakGlass, Group, JoinRequest, Membership
from portal.web.templating import datetime_words

ROLES = {
    "member": "a member",
    "lead": "the lead",
    "deputy": "a deputy",
    "delegate": "a delegate, because of your seat,",
    "moderator": "a moderator",
    "supplier": "a supplier’s representative",
}
SUSPENDED = {
    "idle": "you have not been here for 12 months",
    "address changed": "somebody else changed your e-mail address",
    "seat suspended": "your place in your user group is suspended",
}


def _group(group_id: int) -> tuple[str, str]:
    row = db.session.execute(select(Group.name, Group.slug).where(Group.id == group_id)).one()
    return row.name, f"{current_app.config['PORTAL_BASE_URL']}/groups/{row.slug}/"


def _mail(people: Iterable[int], subject: str, text: str) -> None:
    wanted = sorted(set(people))
    if not wanted:
        return
    query = (
        select(Person.email)
        .where(Person.id.in_(wanted), Person.suspended_at.is_(None))
        .order_by(Person.email)
    )
    for address in db.session.scalars(query).all():
        outbox.queue_account_mail(address, subject[:200], text)


def _holding(group_id: int, *roles: str) -> list[int]:
    query = select(Membership.person_id).where(
        Membership.group_id == group_id,
        Membership.role.in_(roles),
        Membership.ended_at.is_(None),
        Membership.suspended_at.is_(None),
    )
    return list(db.session.scalars(query))


def _acting(group_id: int, besides: int) -> list[int]:
    """Who looks after the group's people now: its lead, or else its deputies; in the NLAR its moderators."""
    people = _holding(group_id, "lead") or _holding(group_id, "deputy", "moderator")
    return [person for person in people if person != besides]


def tell_begun(group_id: int, person_id: int, role: str) -> None:
    """Tell somebody that they belong to a group."""
    name, address = _group(group_id)
    text = f"You are {ROLES[role]} in {name} now.\n\n{address}\n"
    _mail([person_id], f"You belong to {name}", text)


def tell_ended(group_id: int, person_id: int) -> None:
    """Tell somebody that they no longer belong to a group."""
    name, _ = _group(group_id)
    _mail([person_id], f"You no longer belong to {name}", f"Your membership of {name} has ended.\n")


def tell_suspended(group_id: int, person_id: int, reason: str) -> None:
    """Tell somebody, and the group's lead, that a membership waits to be confirmed."""
    name, address = _group(group_id)
    why = SUSPENDED.get(reason, reason)
    own = f"Your membership of {name} is suspended: {why}. The group’s lead is asked to confirm it.\n"
    _mail([person_id], f"Your membership of {name} is suspended", own)
    lead = f"A membership of {name} is suspended and waits for you to confirm or end it.\n\n{address}members/manage\n"
    _mail(_acting(group_id, besides=person_id), f"A membership of {name} waits for you", lead)


def tell_confirmed(group_id: int, person_id: int) -> None:
    """Tell somebody that they read a group again."""
    name, address = _group(group_id)
    _mail(
        [person_id], f"Your membership of {name} is confirmed", f"You can read {name} again.\n\n{address}\n"
    )


def tell_end_announced(group_id: int, person_id: int) -> None:
    """Tell somebody, and the group's lead, that a membership ends in 90 days."""
    name, address = _group(group_id)
    own = (
        "Your authority’s last deployment of the product has ended. "
        f"Your membership of {name} ends in 90 days, unless the lead prolongs it.\n"
    )
    _mail([person_id], f"Your membership of {name} will end", own)
    lead = (
        "An authority’s last deployment of the product has ended. "
        f"Its people’s memberships of {name} end in 90 days, unless you prolong them.\n\n{address}members/manage\n"
    )
    _mail(_acting(group_id, besides=person_id), f"Memberships of {name} will end", lead)


def tell_asked(group_id: int, person_id: int) -> None:
    """Tell the lead that somebody asks to join."""
    name, address = _group(group_id)
    text = f"Somebody asks to join {name}. You decide.\n\n{address}members/manage\n"
    _mail(_acting(group_id, besides=person_id), f"A request to join {name}", text)


def tell_refused(group_id: int, person_id: int, request_id: int) -> None:
    """Tell somebody that they were not let in, and why."""
    name, _ = _group(group_id)
    reason = db.session.scalar(select(JoinRequest.reason).where(JoinRequest.id == request_id)) or ""
    text = f"The lead of {name} has not let you in. They say:\n\n{reason}\n\nYou may ask again.\n"
    _mail([person_id], f"Your request to join {name}", text)


def tell_glass_broken(group_id: int, break_glass_id: int) -> None:
    """Tell a group's lead and deputies (in the NLAR its moderators) that an administrator reads it for a time."""
    name, address = _group(group_id)
    until = db.session.scalar(select(BreakGlass.until).where(BreakGlass.id == break_glass_id))
    people = _holding(group_id, "lead", "deputy") or _holding(group_id, "moderator")
    end = datetime_words(until) if until else ""
    text = (
        f"An administrator reads {name} until {end}, for a stated reason. Who and why:\n\n{address}readers\n"
    )
    _mail(people, f"An administrator has opened {name}", text)
