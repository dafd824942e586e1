"""What has happened to organisations, products and people."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCreated(Event):
    """A body exists in the directory; ``kind`` is authority, supplier or department."""

    organisation_id: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChanged(Event):
    """A body's name, region or the like is another now."""

    organisation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRecorded(Event):
    """A case-management system is known; without ``supplier_id`` it is an authority's own."""

    product_id: int
    supplier_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecorded(Event):
    """It is recorded that an authority uses a product, or how, at which stage and until when."""

    deployment_id: int
    authority_id: int
    product_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEnded(Event):
    """An authority no longer uses a product."""

    deployment_id: int
    authority_id: int
    product_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCreated(Event):
    """Somebody is recorded who has no way to sign in yet: a mailed link gives it."""

    person_id: int
    organisation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Event):
    """A person's name, post or telephone was changed by the administration or an import."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEmailChanged(Event):
    """Another than the person changed their address: sessions end, memberships wait for their leads."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSuspended(Event):
    """A person may no longer sign in; every session and token of theirs ends."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReinstated(Event):
    """A suspended person may sign in again, with the memberships that still stand."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministratorChanged(Event):
    """A person has become an administrator, or is none any more."""

    person_id: int
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterImported(Event):
    """A batch of rows of a file was written to the directory."""

    kind: str
    rows: int
