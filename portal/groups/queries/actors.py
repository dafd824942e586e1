"""The one query that makes an Actor: sign-in session or token, person, memberships, and each readable space.

This is the only place that says which spaces a person reads:

- a membership on the authorities' or department's side reads all spaces of its group;
- a supplier's membership reads those spaces of its group that are shared with its own organisation;
- the national spaces are read because of the organisation;
- an open break-glass reads, and never writes, the spaces of its group.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, literal, null, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.accounts.models import ApiToken, AuthSession, Credential
from portal.core import clock
from portal.core.db import db
from portal.core.identity import Actor, SpaceRight
from portal.core.spaces import Space
from portal.core.types import UtcDateTime
from portal.directory.models import Organisation, Person
from portal.groups.models import BreakGlass, Group, Membership

MUST_HAVE_SECOND_FACTOR = frozenset({"lead", "deputy", "moderator"})


def find_actor_by_session(token_digest: str) -> tuple[Actor, datetime, str] | None:
    """The actor of a sign-in session, when it expires, and how far it has passed ("password" or "full")."""
    rows = _rows("session by token", token_digest)
    if not rows:
        return None
    first = rows[0]
    return _actor(rows, session_id=first.key_id), first.expires_at, first.passed


def find_actor_by_token(token_digest: str) -> Actor | None:
    """The actor of an API token, or None: unknown, expired, or its person suspended."""
    rows = _rows("api token", token_digest)
    return _actor(rows, token_scope=rows[0].passed) if rows else None


def find_actor_of_person(person_id: int) -> Actor | None:
    """The actor that a person is at this moment, signed in or not (jobs and mail compute as their reader)."""
    rows = _rows("person", person_id)
    return _actor(rows) if rows else None


def find_actors_of_people(person_ids: Iterable[int]) -> dict[int, Actor]:
    """The actors that several people are at this moment, by person, in one query; without the suspended."""
    wanted = sorted(set(person_ids))
    rows_of: dict[int, list[Any]] = {}
    for row in _rows("people", wanted) if wanted else ():
        rows_of.setdefault(row.person_id, []).append(row)
    return {person_id: _actor(rows) for person_id, rows in rows_of.items()}


def reload(actor: Actor) -> Actor | None:
    """Read an actor's rights again; None when the sign-in has ended or the person is suspended."""
    if actor.session_id is not None:
        rows = _rows("session", actor.session_id)
        return _actor(rows, session_id=actor.session_id) if rows else None
    if actor.person_id is None:
        return actor
    rows = _rows("person", actor.person_id)
    return _actor(rows, token_scope=actor.token_scope) if rows else None


def _rows(way: str, key: str | int | list[int]) -> list[Any]:
    """One row for each (right, space); at least one for a person without any."""
    return list(db.session.execute(_statement(way), {"key": key, "present": clock.now()}))


@functools.cache
def _statement(way: str) -> Any:
    """The query for one way of being known. Built once: building it costs more than running it."""
    key: Any = bindparam("key")
    present: Any = bindparam("present", type_=UtcDateTime)
    source: Any
    conditions: tuple[ColumnElement[bool], ...]
    if way == "session by token":
        source, conditions = AuthSession, (AuthSession.token_digest == key, AuthSession.expires_at > present)
    elif way == "session":
        source, conditions = AuthSession, (AuthSession.id == key, AuthSession.expires_at > present)
    elif way == "api token":
        valid = or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > present)
        source, conditions = ApiToken, (ApiToken.token_digest == key, valid)
    elif way == "people":
        source, conditions = Person, (Person.id.in_(bindparam("key", expanding=True)),)
    else:
        source, conditions = Person, (Person.id == key,)
    by_membership = (
        select(
            *_columns(source),
            Membership.group_id.label("group_id"),
            Membership.role.label("role"),
            *_space_columns(),
        )
        .select_from(_base(source))
        .outerjoin(
            Membership,
            and_(
                Membership.person_id == Person.id,
                Membership.ended_at.is_(None),
                Membership.suspended_at.is_(None),
                Membership.organisation_id == Person.organisation_id,
            ),
        )
        .outerjoin(Group, Group.id == Membership.group_id)
        .outerjoin(
            Space,
            and_(
                Space.group_id == Membership.group_id,
                or_(Membership.side != "supplier", Space.supplier_id == Membership.organisation_id),
            ),
        )
        .where(Person.suspended_at.is_(None), *conditions)
    )
    national = aliased(Space)
    national_group = aliased(Group)
    by_organisation = (
        select(
            *_columns(source),
            national.group_id.label("group_id"),
            null().label("role"),
            *_space_columns(national, national_group),
        )
        .select_from(_base(source))
        .join(
            national,
            or_(
                national.open_to == "everyone",
                and_(national.open_to == "authorities", Organisation.kind != "supplier"),
            ),
        )
        .join(national_group, national_group.id == national.group_id)
        .where(Person.suspended_at.is_(None), *conditions)
    )
    broken = aliased(Space)
    broken_group = aliased(Group)
    by_break_glass = (
        select(
            *_columns(source),
            broken.group_id.label("group_id"),
            literal("break-glass").label("role"),
            *_space_columns(broken, broken_group),
        )
        .select_from(_base(source))
        .join(
            BreakGlass,
            and_(
                BreakGlass.person_id == Person.id, BreakGlass.ended_at.is_(None), BreakGlass.until > present
            ),
        )
        .join(broken, broken.group_id == BreakGlass.group_id)
        .join(broken_group, broken_group.id == broken.group_id)
        .where(Person.suspended_at.is_(None), Person.is_administrator, *conditions)
    )
    return union_all(by_membership, by_organisation, by_break_glass)


def _base(source: Any) -> Any:
    people = select_from = Person
    joined: Any = select_from
    if source is not Person:
        joined = source.__mapper__.local_table.join(
            people.__mapper__.local_table, source.person_id == people.id
        )
    else:
        joined = people.__mapper__.local_table
    return joined.join(
        Organisation.__mapper__.local_table, Organisation.id == people.organisation_id
    ).outerjoin(Credential.__mapper__.local_table, Credential.person_id == people.id)


def _columns(source: Any) -> list[Any]:
    if source is AuthSession:
        key = [
            AuthSession.id.label("key_id"),
            AuthSession.expires_at.label("expires_at"),
            AuthSession.passed.label("passed"),
        ]
    elif source is ApiToken:
        key = [
            ApiToken.id.label("key_id"),
            ApiToken.expires_at.label("expires_at"),
            ApiToken.scope.label("passed"),
        ]
    else:
        key = [Person.id.label("key_id"), Person.created_at.label("expires_at"), literal("").label("passed")]
    return [
        *key,
        Person.id.label("person_id"),
        Person.name.label("person_name"),
        Person.email.label("email"),
        Person.is_administrator.label("is_administrator"),
        Organisation.id.label("organisation_id"),
        Organisation.name.label("organisation_name"),
        Organisation.short_name.label("organisation_short"),
        Organisation.kind.label("organisation_kind"),
        Credential.policies_accepted_at.label("accepted_at"),
        Credential.totp_confirmed_at.label("totp_at"),
        Credential.second_factor_exempt.label("exempt"),
    ]


def _space_columns(space: Any = Space, group: Any = Group) -> list[Any]:
    return [
        space.id.label("space_id"),
        space.slug.label("space_slug"),
        space.kind.label("space_kind"),
        space.epoch.label("epoch"),
        space.archived.label("archived"),
        group.slug.label("group_slug"),
    ]


def _actor(rows: Iterable[Any], *, session_id: int | None = None, token_scope: str | None = None) -> Actor:
    rows = list(rows)
    first = rows[0]
    roles: dict[int, set[str]] = {}
    for row in rows:
        if row.group_id is not None and row.role:
            roles.setdefault(row.group_id, set()).add(row.role)
    group_roles = {group: frozenset(names) for group, names in roles.items()}
    spaces: dict[int, SpaceRight] = {}
    for row in rows:
        if row.space_id is None:
            continue
        held = group_roles.get(row.group_id, frozenset())
        writable = not row.archived and held != frozenset({"break-glass"}) and token_scope != "read"
        spaces[row.space_id] = SpaceRight(
            row.space_id,
            row.group_id,
            row.group_slug,
            row.space_slug,
            row.space_kind,
            row.epoch,
            writable,
            held,
        )
    return Actor(
        kind="person",
        person_id=first.person_id,
        name=first.person_name,
        email=first.email,
        organisation_id=first.organisation_id,
        organisation_name=first.organisation_name,
        organisation_short=first.organisation_short,
        organisation_kind=first.organisation_kind,
        session_id=session_id,
        token_scope=token_scope,
        is_administrator=first.is_administrator,
        must=_must(first, roles),
        spaces=MappingProxyType(spaces),
        group_roles=MappingProxyType(group_roles),
    )


def _must(first: Any, roles: dict[int, set[str]]) -> str | None:
    """The first-time step that stands between this person and the rest of the portal."""
    if first.accepted_at is None:
        return "accept"
    privileged = first.is_administrator or any(MUST_HAVE_SECOND_FACTOR & names for names in roles.values())
    if privileged and first.totp_at is None and not first.exempt:
        return "second-factor"
    return None
