"""What a row of each kind of file says, or why it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from portal.core.casedata import find_case_data
from portal.directory.importing.tables import Table, refuse
from portal.directory.words import TELEPHONE, find_problem, normal_address

STAGES = ("procurement", "operational", "review")
IN_HOUSE = re.compile(r"in[- ]?house", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not taken: its line in the file, and why, in words."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """A local authority."""

    line: int
    code: str
    name: str
    short_name: str
    type: str
    region: str
    rurality: str | None
    population: int | None

    @property
    def key(self) -> str:
        """What no two rows of a file share."""
        return self.code


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """A supplier and one product of theirs; without a supplier the product is an authority's own."""

    line: int
    supplier: str | None
    product: str

    @property
    def key(self) -> str:
        """What no two rows of a file share."""
        return f"{(self.supplier or '').lower()} / {self.product.lower()}"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of an organisation that is known by name."""

    line: int
    email: str
    name: str
    organisation: str
    post: str | None
    telephone: str | None

    @property
    def key(self) -> str:
        """What no two rows of a file share."""
        return self.email


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """An authority, known by name or code, uses a product."""

    line: int
    authority: str
    code: str | None
    supplier: str | None
    product: str
    version: str | None
    since: date | None
    stage: str
    contract_end: date | None

    @property
    def key(self) -> str:
        """What no two rows of a file share."""
        return f"{self.code or self.authority.lower()} / {(self.supplier or '').lower()} / {self.product.lower()}"


Row = AuthorityRow | SupplierRow | PersonRow | DeploymentRow


class _Problem(Exception):
    """Why a row is refused."""


class _Cells:
    """The cells of one row, each read with what it must be."""

    def __init__(self, cells: dict[str, str]) -> None:
        self.cells = cells

    def text(self, name: str, *, most: int, least: int = 0) -> str:
        value = " ".join(part for part in self.cells.get(name, "").split(" ") if part)
        problem = find_problem(value, most=most, least=least, missing=f"“{name}” is empty")
        if problem:
            raise _Problem(problem if "empty" in problem else f"“{name}”: {problem[0].lower()}{problem[1:]}")
        if find_case_data(value):
            raise _Problem(f"“{name}” looks as if it held details of a child or family")
        return value

    def date(self, name: str) -> date | None:
        value = self.cells.get(name, "").strip()
        if not value:
            return None
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
            try:
                found = datetime.strptime(value, form).date()
            except ValueError:
                continue
            if 1990 <= found.year <= 2100:
                return found
        raise _Problem(f"“{name}” is no date, as 2010-03-31 or 31/03/2010")

    def number(self, name: str) -> int | None:
        value = self.cells.get(name, "").strip().replace(",", "")
        if not value:
            return None
        if not re.fullmatch(r"[0-9]{1,9}(\.0+)?", value):
            raise _Problem(f"“{name}” is no whole number")
        return int(value.split(".")[0])


def _authority(line: int, cells: _Cells) -> AuthorityRow:
    code = cells.text("dfe_la_code", most=10, least=1)
    if not re.fullmatch(r"[0-9]{3}", code):
        raise _Problem("“dfe_la_code” has three figures")
    short = cells.text("name", most=80, least=2)
    return AuthorityRow(
        line,
        code,
        cells.text("dfe_name", most=200) or short,
        short,
        cells.text("type", most=60, least=1),
        cells.text("region", most=60, least=1),
        cells.text("rurality_band", most=60) or None,
        cells.number("population_total_2011"),
    )


def _supplier_name(cells: _Cells) -> str | None:
    name = cells.text("supplier", most=200, least=1)
    return None if IN_HOUSE.search(name) or cells.cells.get("kind", "") == "in-house" else name


def _supplier(line: int, cells: _Cells) -> SupplierRow:
    return SupplierRow(line, _supplier_name(cells), cells.text("product", most=120, least=1))


def _person(line: int, cells: _Cells) -> PersonRow:
    email = normal_address(cells.cells.get("email", ""))
    if email is None:
        raise _Problem("“email” is no e-mail address")
    telephone = cells.cells.get("telephone", "").strip()
    if telephone and not TELEPHONE.match(telephone):
        raise _Problem("“telephone” is no telephone number")
    return PersonRow(
        line,
        email,
        cells.text("name", most=120, least=2),
        cells.text("organisation", most=200, least=1),
        cells.text("post", most=60) or None,
        telephone or None,
    )


def _deployment(line: int, cells: _Cells) -> DeploymentRow:
    product = cells.text("product", most=120)
    if not product:
        raise _Problem("“product” is empty: the row does not say what the authority runs")
    if product.startswith("("):
        raise _Problem("“product” is a remark in brackets, not the name of a product")
    stage = cells.text("stage", most=20).lower() or "operational"
    if stage not in STAGES:
        raise _Problem("“stage” is one of: procurement, operational, review")
    since, end = cells.date("since"), cells.date("contract_end")
    if since and end and end < since:
        raise _Problem("“contract_end” is before “since”")
    return DeploymentRow(
        line,
        cells.text("authority", most=200, least=1),
        cells.text("dfe_la_code", most=10) or None,
        _supplier_name(cells),
        product,
        cells.text("version", most=40) or None,
        since,
        stage,
        end,
    )


@dataclass(frozen=True)
class FileKind:
    """A kind of file: the headings that it must have, those it may have, and how a row is read."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[int, _Cells], Row]


KINDS: dict[str, FileKind] = {
    "authorities": FileKind(
        ("dfe_la_code", "name", "type", "region"),
        ("dfe_name", "rurality_band", "population_total_2011"),
        _authority,
    ),
    "suppliers": FileKind(("supplier", "product"), ("kind",), _supplier),
    "people": FileKind(("email", "name", "organisation"), ("post", "telephone"), _person),
    "deployments": FileKind(
        ("authority", "supplier", "product"),
        ("dfe_la_code", "version", "since", "stage", "contract_end"),
        _deployment,
    ),
}


def parse(kind: str, table: Table) -> Iterable[Row | Refused]:
    """Each row of a file of ``kind``, read or refused, in order. Raises ``Invalid`` where a heading is missing."""
    known = KINDS[kind]
    missing = [name for name in known.required if name not in table.headings]
    if missing:
        raise refuse(f"The first line lacks the heading {', '.join(f'“{name}”' for name in missing)}")
    seen: dict[str, int] = {}
    found: list[Row | Refused] = []
    for line, cells in table.rows:
        try:
            row = known.read(line, _Cells(cells))
        except _Problem as problem:
            found.append(Refused(line, str(problem)))
            continue
        if row.key in seen:
            found.append(Refused(line, f"Says the same as line {seen[row.key]} again"))
            continue
        seen[row.key] = line
        found.append(row)
    return found
