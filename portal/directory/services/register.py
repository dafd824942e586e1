"""Files of the register into the directory: judged whole first, then written in batches. Twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func, or_, select

from portal.core.commands import command
from portal.core.db import db
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.directory.events import (
    DeploymentRecorded,
    OrganisationChanged,
    OrganisationCreated,
    PersonChanged,
    PersonCreated,
    ProductRecorded,
    RegisterImported,
)
from portal.directory.importing.rows import (
    AuthorityRow,
    DeploymentRow,
    PersonRow,
    Refused,
    Row,
    SupplierRow,
    parse,
)
from portal.directory.importing.tables import read_table
from portal.directory.models import Deployment, Organisation, Person, Product
from portal.directory.services.organisations import free_slug

BATCH = 200
NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a good row will do: "new", "changed" or "same"."""

    row: Row
    change: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A file judged against the directory as it is, nothing written."""

    kind: str
    note: str
    good: tuple[Judged, ...]
    refused: tuple[Refused, ...]

    def count(self, change: str) -> int:
        """How many good rows are "new", "changed" or "same"."""
        return sum(judged.change == change for judged in self.good)


class Writer(Protocol):
    """How rows of one kind are judged and written."""

    def judge(self, actor: Actor, row: Any) -> str:
        """ "new", "changed" or "same"; raises ``RowProblem``."""

    def write(self, row: Any) -> None:
        """Write a row that was judged new or changed."""


class RowProblem(Exception):
    """Why the directory cannot take a row."""


def _organisation(name: str, kinds: tuple[str, ...]) -> Any:
    wanted = name.lower()
    rows = db.session.scalars(
        select(Organisation).where(
            Organisation.kind.in_(kinds),
            or_(func.lower(Organisation.name) == wanted, func.lower(Organisation.short_name) == wanted),
        )
    ).all()
    if len(rows) > 1:
        raise RowProblem(f"“{name}” is the name of several organisations")
    return rows[0] if rows else None


def _product(supplier_id: int | None, name: str) -> Any:
    owner = Product.supplier_id == supplier_id if supplier_id else Product.supplier_id.is_(None)
    return db.session.scalars(select(Product).where(owner, func.lower(Product.name) == name.lower())).first()


def _changes(found: Any, values: dict[str, Any]) -> bool:
    return any(getattr(found, field) != value for field, value in values.items())


class Authorities:
    """Rows of authorities.csv, known by the DfE's code."""

    def _find(self, row: AuthorityRow) -> Any:
        return db.session.scalars(select(Organisation).where(Organisation.dfe_code == row.code)).first()

    def _values(self, row: AuthorityRow) -> dict[str, Any]:
        return {
            "name": row.name,
            "short_name": row.short_name,
            "type": row.type,
            "region": row.region,
            "rurality": row.rurality,
            "population": row.population,
        }

    def judge(self, actor: Actor, row: AuthorityRow) -> str:
        """By code; a name that another body has is refused."""
        found = self._find(row)
        namesake = db.session.execute(
            select(Organisation.id, Organisation.invented).where(
                func.lower(Organisation.name) == row.name.lower()
            )
        ).first()
        if namesake is not None and (found is None or namesake.id != found.id):
            raise RowProblem(
                f"“{row.name}” is in the directory already, with another code or as another kind of body"
            )
        if found is None:
            return NEW
        return CHANGED if _changes(found, self._values(row)) else SAME

    def write(self, row: AuthorityRow) -> None:
        """Make or change the authority."""
        found = self._find(row)
        if found is None:
            made = Organisation(
                kind="authority", dfe_code=row.code, slug=free_slug(row.short_name), **self._values(row)
            )
            db.session.add(made)
            db.session.flush()
            publish(OrganisationCreated(organisation_id=made.id, kind="authority"))
            return
        for field, value in self._values(row).items():
            setattr(found, field, value)
        publish(OrganisationChanged(organisation_id=found.id))


class Suppliers:
    """Rows of suppliers.csv: a supplier and one of its products."""

    def judge(self, actor: Actor, row: SupplierRow) -> str:
        """New where the supplier or the product is."""
        if row.supplier is None:
            return SAME if _product(None, row.product) else NEW
        other = _organisation(row.supplier, ("authority", "department"))
        if other is not None:
            raise RowProblem(f"“{row.supplier}” is in the directory already, and no supplier")
        supplier = _organisation(row.supplier, ("supplier",))
        return SAME if supplier is not None and _product(supplier.id, row.product) else NEW

    def write(self, row: SupplierRow) -> None:
        """Make what is missing of supplier and product."""
        supplier_id = None
        if row.supplier is not None:
            supplier = _organisation(row.supplier, ("supplier",))
            if supplier is None:
                supplier = Organisation(
                    kind="supplier",
                    name=row.supplier,
                    short_name=row.supplier[:80],
                    slug=free_slug(row.supplier),
                )
                db.session.add(supplier)
                db.session.flush()
                publish(OrganisationCreated(organisation_id=supplier.id, kind="supplier"))
            supplier_id = supplier.id
        if _product(supplier_id, row.product) is None:
            product = Product(supplier_id=supplier_id, name=row.product)
            db.session.add(product)
            db.session.flush()
            publish(ProductRecorded(product_id=product.id, supplier_id=supplier_id))


class People:
    """Rows of people: known by their address, which never moves somebody to another organisation."""

    def judge(self, actor: Actor, row: PersonRow) -> str:
        """Refused for an unknown organisation, another's address, and the importer's own organisation."""
        organisation = _organisation(row.organisation, ("authority", "supplier", "department"))
        if organisation is None:
            raise RowProblem(f"“{row.organisation}” is no organisation of the directory")
        found = db.session.scalars(select(Person).where(Person.email == row.email)).first()
        if found is not None and found.organisation_id != organisation.id:
            raise RowProblem("This address belongs to somebody of another organisation")
        if found is not None and not _changes(found, self._values(row)):
            return SAME
        if organisation.id == actor.organisation_id:
            raise RowProblem("Nobody gives rights to people of their own organisation")
        return NEW if found is None else CHANGED

    def _values(self, row: PersonRow) -> dict[str, Any]:
        return {"name": row.name, "post": row.post, "telephone": row.telephone}

    def write(self, row: PersonRow) -> None:
        """Make or change the person."""
        found = db.session.scalars(select(Person).where(Person.email == row.email)).first()
        if found is not None:
            for field, value in self._values(row).items():
                setattr(found, field, value)
            publish(PersonChanged(person_id=found.id))
            return
        organisation = _organisation(row.organisation, ("authority", "supplier", "department"))
        made = Person(organisation_id=organisation.id, email=row.email, **self._values(row))
        db.session.add(made)
        db.session.flush()
        publish(PersonCreated(person_id=made.id, organisation_id=organisation.id))


class Deployments:
    """Rows of who runs what: authority and product must be known."""

    def _find(self, row: DeploymentRow) -> tuple[Any, Any, Any]:
        if row.code is not None:
            authority = db.session.scalars(
                select(Organisation).where(Organisation.dfe_code == row.code)
            ).first()
        else:
            authority = _organisation(row.authority, ("authority",))
        if authority is None:
            raise RowProblem(
                f"“{row.authority}” is no authority of the directory: import the authorities first"
            )
        supplier = _organisation(row.supplier, ("supplier",)) if row.supplier else None
        if row.supplier and supplier is None:
            raise RowProblem(f"“{row.supplier}” is no supplier of the directory: import the suppliers first")
        product = _product(supplier.id if supplier else None, row.product)
        if product is None:
            raise RowProblem(f"“{row.product}” is no product of {row.supplier or 'an authority’s own'}")
        found = db.session.scalars(
            select(Deployment).where(
                Deployment.authority_id == authority.id, Deployment.product_id == product.id
            )
        ).first()
        return authority, product, found

    def _values(self, row: DeploymentRow) -> dict[str, Any]:
        return {
            "version": row.version,
            "since": row.since,
            "stage": row.stage,
            "contract_end": row.contract_end,
            "ended_at": None,
        }

    def judge(self, actor: Actor, row: DeploymentRow) -> str:
        """Refused for what is not known, and for the importer's own organisation."""
        authority, _product_row, found = self._find(row)
        if found is not None and not _changes(found, self._values(row)):
            return SAME
        if authority.id == actor.organisation_id:
            raise RowProblem("Nobody gives rights to people of their own organisation")
        return NEW if found is None else CHANGED

    def write(self, row: DeploymentRow) -> None:
        """Make or change the deployment."""
        authority, product, found = self._find(row)
        if found is None:
            found = Deployment(authority_id=authority.id, product_id=product.id)
            db.session.add(found)
        for field, value in self._values(row).items():
            setattr(found, field, value)
        db.session.flush()
        publish(DeploymentRecorded(deployment_id=found.id, authority_id=authority.id, product_id=product.id))


WRITERS: dict[str, Writer] = {
    "authorities": Authorities(),
    "suppliers": Suppliers(),
    "people": People(),
    "deployments": Deployments(),
}


def plan_import(
    actor: Actor, kind: str, name: str, data: bytes, progress: Callable[[Iterable[Any]], Iterable[Any]] = iter
) -> Plan:
    """Judge a file of ``kind`` without writing anything. Raises ``Invalid`` at ``file`` for what is no such file."""
    table = read_table(name, data)
    writer = WRITERS[kind]
    good: list[Judged] = []
    refused: list[Refused] = []
    for row in progress(list(parse(kind, table))):
        if isinstance(row, Refused):
            refused.append(row)
            continue
        try:
            good.append(Judged(row, writer.judge(actor, row)))
        except RowProblem as problem:
            refused.append(Refused(row.line, str(problem)))
    db.session.rollback()
    return Plan(kind, table.note, tuple(good), tuple(refused))


def import_rows(
    actor: Actor,
    plan: Plan,
    *,
    keep_good: bool = False,
    progress: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> Plan:
    """Write a plan's good rows, a batch a transaction; nothing where a row is refused, unless ``keep_good``.

    The plan that comes back says what was done: rows that changed meanwhile are judged again as they are written.
    """
    if plan.refused and not keep_good:
        return Plan(plan.kind, plan.note, (), plan.refused)
    rows = [judged.row for judged in plan.good]
    done: list[Judged] = []
    refused = list(plan.refused)
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    for batch in progress(batches):
        written, late = import_batch(actor, kind=plan.kind, rows=batch)
        done += written
        refused += late
    return Plan(plan.kind, plan.note, tuple(done), tuple(refused))


@command(Action.DIRECTORY_REGISTER_IMPORT)
def import_batch(actor: Actor, *, kind: str, rows: Sequence[Row]) -> tuple[list[Judged], list[Refused]]:
    """Write some rows of one kind; what each did, and those that cannot be taken any more."""
    writer = WRITERS[kind]
    done: list[Judged] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            change = writer.judge(actor, row)
        except RowProblem as problem:
            refused.append(Refused(row.line, str(problem)))
            continue
        if change != SAME:
            writer.write(row)
        done.append(Judged(row, change))
    publish(RegisterImported(kind=kind, rows=sum(judged.change != SAME for judged in done)))
    return done, refused
