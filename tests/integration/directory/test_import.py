"""The register's files in the database: whole, twice without change, nothing where a row is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from portal.core.audit import AuditEntry
from portal.core.db import db
from portal.core.identity import OPERATOR
from portal.directory.cli import import_group
from portal.directory.models import Organisation, Person, Product
from portal.directory.services.register import CHANGED, NEW, SAME, import_rows, plan_import
from portal.groups.queries import actors
from tests.support.marks import on_both
from tests.support.world import PEOPLE

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def _import(kind: str, name: str, data: bytes | None = None, **more: bool) -> object:
    plan = plan_import(OPERATOR, kind, name, data if data is not None else (DATA / name).read_bytes())
    return import_rows(OPERATOR, plan, **more)


def _count(model: type, *conditions: object) -> int:
    found = db.session.scalar(select(func.count()).select_from(model).where(*conditions))
    db.session.rollback()
    return found or 0


@on_both
@pytest.mark.usefixtures("context")
def test_the_register_comes_in_once_and_twice_changes_nothing() -> None:
    first = _import("authorities", "authorities.csv")
    assert (first.count(NEW), first.count(SAME), first.refused) == (152, 0, ())
    assert _count(Organisation, Organisation.kind == "authority", Organisation.dfe_code.is_not(None)) == 152
    again = _import("authorities", "authorities.csv")
    assert (again.count(NEW), again.count(CHANGED), again.count(SAME)) == (0, 0, 152)

    suppliers = _import("suppliers", "suppliers.csv")
    assert suppliers.count(NEW) == 11
    assert _import("suppliers", "suppliers.csv").count(SAME) == 11
    assert _count(Product, Product.supplier_id.is_(None)) == 1

    usage = _import("deployments", "supplier_usage.csv", keep_good=True)
    assert (usage.count(NEW), len(usage.refused)) == (1, 4)
    assert _import("deployments", "supplier_usage.csv", keep_good=True).count(SAME) == 1


@pytest.mark.usefixtures("context")
def test_nothing_is_written_where_a_row_is_refused() -> None:
    people = (
        b"email,name,organisation\nann.new@northmoor.example,Ann New,Northmoor\nx@y.example,Bob,Nowhere\n"
    )
    before = _count(Person)
    done = _import("people", "people.csv", people)
    assert [(row.line, row.reason) for row in done.refused] == [
        (3, "“Nowhere” is no organisation of the directory")
    ]
    assert _count(Person) == before
    kept = _import("people", "people.csv", people, keep_good=True)
    assert kept.count(NEW) == 1
    assert _count(Person) == before + 1


@pytest.mark.usefixtures("context")
def test_an_address_does_not_move_to_another_organisation() -> None:
    line = f"email,name,organisation\n{PEOPLE['member'].email},Asha Fenn,Eastvale\n".encode()
    (refused,) = _import("people", "people.csv", line).refused
    assert "another organisation" in refused.reason


@pytest.mark.usefixtures("context")
def test_an_administrator_imports_nobody_of_their_own_organisation() -> None:
    ada = actors.find_actor_of_person(PEOPLE["administrator"].id)
    rows = b"email,name,organisation\nnew@dcsf.example,New Person,DCSF\nnew@northmoor.example,New Other,Northmoor\n"
    plan = plan_import(ada, "people", "people.csv", rows)
    assert [row.line for row in plan.refused] == [2]
    done = import_rows(ada, plan, keep_good=True)
    assert done.count(NEW) == 1
    assert _count(Person, Person.email == "new@dcsf.example") == 0
    assert _count(AuditEntry, AuditEntry.action == "directory:register:import") == 1


def _run(app: Flask, *arguments: str) -> object:
    app.extensions["portal.may_work_unscoped"] = True
    try:
        return CliRunner().invoke(import_group, arguments, obj={"make": lambda: app})
    finally:
        app.extensions["portal.may_work_unscoped"] = False


def test_the_command_says_every_refused_row_and_fails(app: Flask, tmp_path: Path) -> None:
    good = _run(app, "authorities", str(DATA / "authorities.csv"))
    assert good.exit_code == 0, good.output
    assert "152 new, 0 changed, 0 unchanged, 0 refused." in good.output
    dry = _run(app, "suppliers", str(DATA / "suppliers.csv"), "--dry-run")
    assert "11 would be new" in dry.output
    bad = _run(app, "deployments", str(DATA / "supplier_usage.csv"))
    assert bad.exit_code == 1
    assert "Line 5: “product” is empty" in bad.output
    assert "Nothing was written" in bad.output
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("one,two\n1,2\n")
    refused = _run(app, "people", str(wrong))
    assert refused.exit_code == 1
    assert "lacks the heading “email”" in refused.output
