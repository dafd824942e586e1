"""What the directory shows: authorities with what they run, suppliers with their products.

Contract end and procurement stage are read by authorities and the department alone: the functions that return them
refuse everybody else as if there were nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select, tuple_

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import AUTHORITY_SIDE, Actor
from portal.core.pagination import Page, decode, page
from portal.directory.models import Deployment, Organisation, Person, Product

IN_HOUSE = "In-house"
LIMIT = 50


@dataclass(frozen=True, slots=True)
class Run:
    """What an authority uses: the product, and how far it is with it."""

    id: int
    product_id: int
    product: str
    supplier: str
    version: str | None
    since: date | None
    stage: str
    contract_end: date | None


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """An authority in the list, with the products it runs."""

    id: int
    slug: str
    name: str
    type: str | None
    region: str | None
    invented: bool
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority's page."""

    id: int
    slug: str
    name: str
    short_name: str
    type: str | None
    region: str | None
    rurality: str | None
    population: int | None
    dfe_code: str | None
    invented: bool
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """A supplier with the names of its products."""

    id: int
    slug: str
    name: str
    invented: bool
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list of authorities can be filtered by."""

    regions: tuple[str, ...]
    types: tuple[str, ...]
    products: tuple[tuple[int, str], ...]


def require_authority_side(actor: Actor) -> Actor:
    """The actor, where they stand for an authority or the department; for others raises ``NotFound``."""
    if actor.organisation_kind not in AUTHORITY_SIDE:
        raise NotFound()
    return actor


def _contains(column: Any, words: str) -> Any:
    pattern = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(column).like(f"%{pattern}%", escape="\\")


def list_authorities(
    actor: Actor,
    *,
    region: str | None = None,
    type: str | None = None,
    product_id: int | None = None,
    words: str = "",
    after: str | None = None,
    limit: int = LIMIT,
) -> Page[AuthorityRow]:
    """Authorities by name. Raises ``NotFound`` for suppliers' people, ``Invalid`` for a broken ``after``."""
    require_authority_side(actor)
    query = select(
        Organisation.id,
        Organisation.slug,
        Organisation.name,
        Organisation.type,
        Organisation.region,
        Organisation.invented,
    ).where(Organisation.kind == "authority")
    if region:
        query = query.where(Organisation.region == region)
    if type:
        query = query.where(Organisation.type == type)
    if words:
        query = query.where(_contains(Organisation.name, words))
    if product_id is not None:
        running = select(Deployment.authority_id).where(
            Deployment.product_id == product_id, Deployment.ended_at.is_(None)
        )
        query = query.where(Organisation.id.in_(running))
    key = decode(after, (str, int))
    if key is not None:
        query = query.where(tuple_(Organisation.name, Organisation.id) > tuple_(*key))
    rows = db.session.execute(query.order_by(Organisation.name, Organisation.id).limit(limit + 1)).all()
    found = page(rows, limit, lambda row: (row.name, row.id))
    runs = _runs([row.id for row in found.items])
    return Page([AuthorityRow(**row._mapping, runs=runs[row.id]) for row in found.items], found.next)


def _runs(authority_ids: list[int]) -> dict[int, tuple[Run, ...]]:
    found: dict[int, list[Run]] = defaultdict(list)
    rows = db.session.execute(
        select(
            Deployment.authority_id,
            Deployment.id,
            Deployment.product_id,
            Product.name.label("product"),
            Organisation.short_name.label("supplier"),
            Deployment.version,
            Deployment.since,
            Deployment.stage,
            Deployment.contract_end,
        )
        .join(Product, Product.id == Deployment.product_id)
        .outerjoin(Organisation, Organisation.id == Product.supplier_id)
        .where(Deployment.authority_id.in_(authority_ids), Deployment.ended_at.is_(None))
        .order_by(Product.name, Deployment.id)
    )
    for row in rows:
        values = dict(row._mapping)
        authority_id = values.pop("authority_id")
        found[authority_id].append(Run(**{**values, "supplier": row.supplier or IN_HOUSE}))
    return defaultdict(tuple, {key: tuple(runs) for key, runs in found.items()})


def get_authority(actor: Actor, slug: str) -> Authority:
    """An authority with what it runs. Raises ``NotFound``, for suppliers' people always."""
    require_authority_side(actor)
    row = db.session.execute(
        select(
            Organisation.id,
            Organisation.slug,
            Organisation.name,
            Organisation.short_name,
            Organisation.type,
            Organisation.region,
            Organisation.rurality,
            Organisation.population,
            Organisation.dfe_code,
            Organisation.invented,
        ).where(Organisation.slug == slug, Organisation.kind == "authority")
    ).first()
    if row is None:
        raise NotFound()
    return Authority(**row._mapping, runs=_runs([row.id])[row.id])


def list_choices(actor: Actor) -> Choices:
    """Regions, types and products to filter by. Raises ``NotFound`` for suppliers' people."""
    require_authority_side(actor)
    places = db.session.execute(
        select(Organisation.region, Organisation.type).where(Organisation.kind == "authority").distinct()
    ).all()
    return Choices(
        tuple(sorted({row.region for row in places if row.region})),
        tuple(sorted({row.type for row in places if row.type})),
        tuple(list_products()),
    )


def list_products() -> list[tuple[int, str]]:
    """Every product with its supplier, as (id, words), by name."""
    rows = db.session.execute(
        select(Product.id, Product.name, Organisation.short_name.label("supplier"))
        .outerjoin(Organisation, Organisation.id == Product.supplier_id)
        .order_by(Product.name, Product.id)
    )
    return [(row.id, f"{row.name} ({row.supplier or IN_HOUSE})") for row in rows]


def list_suppliers() -> list[SupplierRow]:
    """Every supplier with its products, by name; those who run in-house systems are no supplier."""
    products: dict[int, list[str]] = defaultdict(list)
    named = (
        select(Product.supplier_id, Product.name)
        .where(Product.supplier_id.is_not(None))
        .order_by(Product.name)
    )
    for row in db.session.execute(named):
        products[row.supplier_id or 0].append(row.name)
    rows = db.session.execute(
        select(Organisation.id, Organisation.slug, Organisation.name, Organisation.invented)
        .where(Organisation.kind == "supplier")
        .order_by(Organisation.name, Organisation.id)
    )
    return [SupplierRow(**row._mapping, products=tuple(products[row.id])) for row in rows]


def list_in_house_products() -> list[str]:
    """The names of authorities' own systems that are recorded."""
    return list(
        db.session.scalars(select(Product.name).where(Product.supplier_id.is_(None)).order_by(Product.name))
    )


def list_organisation_names(kind: str | None = None) -> list[tuple[int, str]]:
    """Organisations as (id, name), by name, for a choice."""
    query = select(Organisation.id, Organisation.name).order_by(Organisation.name, Organisation.id)
    if kind:
        query = query.where(Organisation.kind == kind)
    return [(row.id, row.name) for row in db.session.execute(query)]


def find_organisations(
    words: str = "", kind: str | None = None, after: str | None = None, limit: int = LIMIT
) -> Page[Any]:
    """Organisations by name: id, slug, name, short_name, kind, region. For the administration."""
    query = select(
        Organisation.id,
        Organisation.slug,
        Organisation.name,
        Organisation.short_name,
        Organisation.kind,
        Organisation.region,
    )
    if kind:
        query = query.where(Organisation.kind == kind)
    if words:
        query = query.where(
            or_(_contains(Organisation.name, words), _contains(Organisation.short_name, words))
        )
    key = decode(after, (str, int))
    if key is not None:
        query = query.where(tuple_(Organisation.name, Organisation.id) > tuple_(*key))
    rows = db.session.execute(query.order_by(Organisation.name, Organisation.id).limit(limit + 1)).all()
    return page(rows, limit, lambda row: (row.name, row.id))


def get_organisation(actor: Actor, organisation_id: int) -> Organisation:
    """An organisation by its number, for a command or the administration. Raises ``NotFound``."""
    found = db.session.scalar(select(Organisation).where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound()
    return found


def find_people(
    words: str = "", organisation_id: int | None = None, after: str | None = None, limit: int = LIMIT
) -> Page[Any]:
    """People by name, found by name or address: for the administration alone."""
    query = select(
        Person.id,
        Person.name,
        Person.email,
        Person.post,
        Person.is_administrator,
        Person.suspended_at,
        Person.organisation_id,
        Organisation.name.label("organisation"),
    ).join(Organisation, Organisation.id == Person.organisation_id)
    if words:
        query = query.where(or_(_contains(Person.name, words), _contains(Person.email, words)))
    if organisation_id is not None:
        query = query.where(Person.organisation_id == organisation_id)
    key = decode(after, (str, int))
    if key is not None:
        query = query.where(tuple_(Person.name, Person.id) > tuple_(*key))
    rows = db.session.execute(query.order_by(Person.name, Person.id).limit(limit + 1)).all()
    return page(rows, limit, lambda row: (row.name, row.id))


def get_person(actor: Actor, person_id: int) -> Person:
    """A person by number, for a command or the administration; held until the transaction ends. Raises ``NotFound``."""
    query = (
        select(Person)
        .where(Person.id == person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def get_person_row(person_id: int) -> Any:
    """A person with the name of their organisation, for a page of the administration. Raises ``NotFound``."""
    row = db.session.execute(
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.post,
            Person.telephone,
            Person.is_administrator,
            Person.suspended_at,
            Person.suspended_reason,
            Person.organisation_id,
            Organisation.name.label("organisation"),
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id == person_id)
    ).first()
    if row is None:
        raise NotFound()
    return row


def get_deployment(actor: Actor, deployment_id: int) -> Deployment:
    """A deployment that has not ended, for a command. Raises ``NotFound``."""
    found = db.session.scalar(
        select(Deployment).where(Deployment.id == deployment_id, Deployment.ended_at.is_(None))
    )
    if found is None:
        raise NotFound()
    return found


def list_runs(authority_id: int) -> tuple[Run, ...]:
    """What an authority runs, for the administration."""
    return _runs([authority_id])[authority_id]
