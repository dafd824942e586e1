"""Organisations, products, and who runs what."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select

from portal.core import clock, ids
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.events import (
    DeploymentEnded,
    DeploymentRecorded,
    OrganisationChanged,
    OrganisationCreated,
    ProductRecorded,
)
from portal.directory.models import Deployment, Organisation, Product
from portal.directory.queries import get_deployment, get_organisation
from portal.directory.words import checked

KINDS = ("authority", "supplier", "department")
STAGES = ("procurement", "operational", "review")
TAKEN = "Another organisation has this name"


def _prepare_names(actor: Actor, **given: Any) -> dict[str, Any]:
    name = checked(given.get("name"), "name", most=200, least=2, missing="Enter the organisation’s name")
    short = checked(given.get("short_name"), "short_name", most=80) or name[:80]
    more: dict[str, Any] = {
        field: checked(given.get(field), field, most=60) or None
        for field in ("type", "region")
        if field in given
    }
    return {**given, "name": name, "short_name": short, **more}


def free_slug(name: str) -> str:
    """An address part for a new organisation that no other has."""
    slug = base = ids.slugify(name)
    number = 2
    while db.session.scalar(select(Organisation.id).where(Organisation.slug == slug)):
        slug, number = f"{base}-{number}", number + 1
    return slug


def _refuse_taken(name: str, but: int | None = None) -> None:
    known = db.session.scalar(select(Organisation.id).where(func.lower(Organisation.name) == name.lower()))
    if known is not None and known != but:
        raise Invalid({"name": TAKEN})


@command(Action.DIRECTORY_ORGANISATION_CREATE, prepare=_prepare_names)
def create_organisation(
    actor: Actor,
    *,
    kind: str,
    name: str,
    short_name: str = "",
    type: str | None = None,
    region: str | None = None,
) -> int:
    """Record an authority, a supplier or the department; its number. Raises ``Invalid``."""
    if kind not in KINDS:
        raise Invalid({"kind": "Choose what kind of organisation this is"})
    _refuse_taken(name)
    made = Organisation(
        kind=kind, name=name, short_name=short_name, slug=free_slug(short_name), type=type, region=region
    )
    db.session.add(made)
    db.session.flush()
    publish(OrganisationCreated(organisation_id=made.id, kind=kind))
    return made.id


@command(Action.DIRECTORY_ORGANISATION_CHANGE, target=get_organisation, prepare=_prepare_names)
def change_organisation(
    actor: Actor,
    organisation: Organisation,
    *,
    name: str,
    short_name: str,
    type: str | None = None,
    region: str | None = None,
) -> None:
    """Change what an organisation is called and where it is; its kind stays. Raises ``Invalid``, ``NotFound``."""
    _refuse_taken(name, organisation.id)
    organisation.name, organisation.short_name = name, short_name
    organisation.type, organisation.region = type, region
    publish(OrganisationChanged(organisation_id=organisation.id))


def _prepare_product(actor: Actor, *, name: str, **given: Any) -> dict[str, Any]:
    return {"name": checked(name, "name", most=120, least=1, missing="Enter the product’s name"), **given}


@command(Action.DIRECTORY_PRODUCT_RECORD, prepare=_prepare_product)
def record_product(actor: Actor, *, name: str, supplier_id: int | None) -> int:
    """Record a product of a supplier (None: an authority's own), unless it is known; its number."""
    if supplier_id is not None and get_organisation(actor, supplier_id).kind != "supplier":
        raise Invalid({"supplier_id": "Choose a supplier"})
    owner = Product.supplier_id == supplier_id if supplier_id else Product.supplier_id.is_(None)
    known = db.session.scalar(select(Product.id).where(owner, func.lower(Product.name) == name.lower()))
    if known is not None:
        return known
    made = Product(name=name, supplier_id=supplier_id)
    db.session.add(made)
    db.session.flush()
    publish(ProductRecorded(product_id=made.id, supplier_id=supplier_id))
    return made.id


def _authority(actor: Actor, authority_id: int) -> Organisation:
    return get_organisation(actor, authority_id)


def _prepare_deployment(actor: Actor, **given: Any) -> dict[str, Any]:
    if given.get("stage", "operational") not in STAGES:
        raise Invalid({"stage": "Choose a stage"})
    since, end = given.get("since"), given.get("contract_end")
    if since and end and end < since:
        raise Invalid({"contract_end": "The contract ends before the product came into use"})
    return {**given, "version": checked(given.get("version"), "version", most=40) or None}


@command(Action.DIRECTORY_DEPLOYMENT_RECORD, target=_authority, prepare=_prepare_deployment)
def record_deployment(
    actor: Actor,
    authority: Organisation,
    *,
    product_id: int,
    version: str | None = None,
    since: date | None = None,
    stage: str = "operational",
    contract_end: date | None = None,
) -> int:
    """Record that an authority uses a product, or change what is recorded of it; the deployment's number."""
    if authority.kind != "authority":
        raise Invalid({"authority_id": "Only an authority runs a product"})
    if db.session.scalar(select(Product.id).where(Product.id == product_id)) is None:
        raise Invalid({"product_id": "Choose a product"})
    found = db.session.scalar(
        select(Deployment).where(Deployment.authority_id == authority.id, Deployment.product_id == product_id)
    )
    if found is None:
        found = Deployment(authority_id=authority.id, product_id=product_id)
        db.session.add(found)
    found.version, found.since, found.stage, found.contract_end = version, since, stage, contract_end
    found.ended_at = None
    db.session.flush()
    publish(DeploymentRecorded(deployment_id=found.id, authority_id=authority.id, product_id=product_id))
    return found.id


@command(Action.DIRECTORY_DEPLOYMENT_END, target=get_deployment)
def end_deployment(actor: Actor, deployment: Deployment) -> None:
    """Record that an authority no longer uses a product. Raises ``NotFound``."""
    deployment.ended_at = clock.now()
    db.session.flush()
    publish(
        DeploymentEnded(
            deployment_id=deployment.id,
            authority_id=deployment.authority_id,
            product_id=deployment.product_id,
        )
    )
