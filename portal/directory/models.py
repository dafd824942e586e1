"""Organisations, people, products and deployments (domain.md, "People and organisations")."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.mixins import Created, Numbered
from portal.core.types import BigId, UtcDateTime


class Organisation(Numbered, Created, Base):
    """A local authority, a supplier, or the department. Every person belongs to exactly one.

    ``invented`` marks demonstration content: an invented body is never shown as if it were real.
    """

    __tablename__ = "organisation"

    kind: Mapped[str]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    short_name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    type: Mapped[str | None] = mapped_column(String(60))
    region: Mapped[str | None] = mapped_column(String(60))
    dfe_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    rurality: Mapped[str | None] = mapped_column(String(60))
    population: Mapped[int | None]
    invented: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("kind IN ('authority', 'supplier', 'department')", name="kind"),
        Index("ix_organisation_kind", "kind", "name"),
    )


class Person(Numbered, Created, Base):
    """Somebody who may sign in. The post is a label and a way to address updates; it gives no rights."""

    __tablename__ = "person"

    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)  # always lower case
    name: Mapped[str] = mapped_column(String(120))
    post: Mapped[str | None] = mapped_column(String(60))
    telephone: Mapped[str | None] = mapped_column(String(40))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_reason: Mapped[str | None] = mapped_column(String(200))
    invented: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_person_organisation_id", "organisation_id", "name"),
    )


class Product(Numbered, Base):
    """A case-management system. ``supplier_id`` is None for an authority's own (in-house)."""

    __tablename__ = "product"

    supplier_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))

    __table_args__ = (UniqueConstraint("supplier_id", "name"),)


class Deployment(Numbered, Created, Base):
    """An authority uses a product. Contract end and procurement stage never leave the authorities' space."""

    __tablename__ = "deployment"

    authority_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    version: Mapped[str | None] = mapped_column(String(40))
    since: Mapped[date | None] = mapped_column(Date)
    stage: Mapped[str] = mapped_column(default="operational")
    contract_end: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("authority_id", "product_id"),
        CheckConstraint("stage IN ('procurement', 'operational', 'review')", name="stage"),
        Index("ix_deployment_product_id", "product_id"),
    )
