"""Who is who across the groups that one belongs to, and one person's profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.core import pagination
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.core.pagination import Page
from portal.directory.models import Organisation, Person
from portal.groups.models import Group, Membership
from portal.groups.queries.groups import is_authority_side
from portal.groups.queries.members import PER_PAGE, ROLE_WORDS, after_key

ALSO_KNOWN: list[Callable[[Actor, int], bool]] = []
"""Further grounds on which a reader may know a person, as "wrote in a space that the reader reads"."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person in the list of people."""

    person_id: int
    name: str
    post: str | None
    organisation: str
    organisation_short: str

    @property
    def monogram(self) -> str:
        """Two letters for the organisation."""
        return self.organisation_short[:2].upper()


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as one reader may know them; contact details are None where they stop at the supplier's wall."""

    person_id: int
    name: str
    post: str | None
    organisation: str
    organisation_short: str
    organisation_kind: str
    email: str | None
    telephone: str | None
    places: tuple[tuple[str, str, str], ...]
    """The groups that both belong to: (name, slug, role in words)."""


def _inside(actor: Actor) -> list[int]:
    """Ids of the groups whose people the actor may know: where they stand on the authorities' side."""
    if not is_authority_side(actor):
        return []
    return sorted(group for group, roles in actor.group_roles.items() if roles - {"supplier", "break-glass"})


def _shares_a_group(actor: Actor) -> ColumnElement[bool]:
    place = aliased(Membership)
    return exists().where(
        place.person_id == Person.id,
        place.group_id.in_(_inside(actor)),
        place.ended_at.is_(None),
        place.suspended_at.is_(None),
    )


def _known(actor: Actor) -> ColumnElement[bool]:
    return or_(Person.organisation_id == actor.organisation_id, _shares_a_group(actor))


def list_people(actor: Actor, *, words: str = "", after: str | None = None) -> Page[PersonRow]:
    """The people of the actor's groups and organisation, by name, keyset pages; ``words`` narrows by name."""
    query = (
        select(
            Person.id.label("person_id"),
            Person.name,
            Person.post,
            Organisation.name.label("organisation"),
            Organisation.short_name.label("organisation_short"),
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.suspended_at.is_(None), _known(actor))
    )
    for word in words.lower().split()[:5]:
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(func.lower(Person.name).like(pattern, escape="\\"))
    key = pagination.decode(after, (str, int))
    if key is not None:
        query = query.where(after_key((Person.name, Person.id), key))
    rows = db.session.execute(query.order_by(Person.name, Person.id).limit(PER_PAGE + 1)).all()
    return pagination.page(
        [PersonRow(**row._mapping) for row in rows], PER_PAGE, lambda row: (row.name, row.person_id)
    )


def get_profile(actor: Actor, person_id: int) -> Profile:
    """A person, for those who share a group with them on the authorities' side, their own colleagues, and whoever
    else may know them (``ALSO_KNOWN``). Raises ``NotFound`` for anybody else, and where there is none.
    """
    row = db.session.execute(
        select(
            Person.id,
            Person.name,
            Person.post,
            Person.email,
            Person.telephone,
            Organisation.id.label("organisation_id"),
            Organisation.name.label("organisation"),
            Organisation.short_name,
            Organisation.kind,
            _shares_a_group(actor).label("shares"),
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id == person_id, Person.suspended_at.is_(None))
    ).first()
    if row is None:
        raise NotFound()
    close = bool(row.shares) or row.organisation_id == actor.organisation_id
    if not close and not any(known(actor, person_id) for known in ALSO_KNOWN):
        raise NotFound()
    return Profile(
        row.id,
        row.name,
        row.post,
        row.organisation,
        row.short_name,
        row.kind,
        row.email if close else None,
        row.telephone if close else None,
        _places(actor, person_id),
    )


def _places(actor: Actor, person_id: int) -> tuple[tuple[str, str, str], ...]:
    rows = db.session.execute(
        select(Group.name, Group.slug, Membership.role)
        .join(Group, Group.id == Membership.group_id)
        .where(
            Membership.person_id == person_id,
            Membership.group_id.in_(_inside(actor)),
            Membership.ended_at.is_(None),
            Membership.suspended_at.is_(None),
        )
        .order_by(Group.name)
    )
    return tuple((row.name, row.slug, ROLE_WORDS[row.role]) for row in rows)
