"""Files of the register: the real ones are read whole, hostile ones are refused with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from portal.core.errors import Invalid
from portal.directory.importing.rows import KINDS, AuthorityRow, DeploymentRow, Refused, SupplierRow, parse
from portal.directory.importing.tables import read_table

SHARED = Path(__file__).resolve().parents[4] / "shared"
HOSTILE = SHARED / "corpora" / "hostile-files"


def _parse(kind: str, text: str, name: str = "file.csv") -> list[object]:
    return list(parse(kind, read_table(name, text.encode())))


def _file(kind: str, name: str) -> list[object]:
    return list(parse(kind, read_table(name, (SHARED / "data" / name).read_bytes())))


def test_the_authorities_are_152_and_none_is_refused() -> None:
    rows = _file("authorities", "authorities.csv")
    assert len(rows) == 152
    assert all(isinstance(row, AuthorityRow) for row in rows)
    camden = next(row for row in rows if isinstance(row, AuthorityRow) and row.code == "202")
    assert (camden.name, camden.region, camden.population) == ("Camden", "London", 220338)


def test_the_suppliers_are_eleven_products_one_of_them_in_house() -> None:
    rows = _file("suppliers", "suppliers.csv")
    assert len(rows) == 11
    assert [row.product for row in rows if isinstance(row, SupplierRow) and row.supplier is None] == ["KCics"]


def test_rows_that_do_not_name_a_product_are_refused_with_line_and_reason() -> None:
    rows = _file("deployments", "supplier_usage.csv")
    refused = {row.line: row.reason for row in rows if isinstance(row, Refused)}
    assert sorted(refused) == [2, 4, 5, 6]
    assert "remark in brackets" in refused[2]
    assert "“product” is empty" in refused[4]
    good = [row for row in rows if isinstance(row, DeploymentRow)]
    assert [(row.code, row.supplier, row.product) for row in good] == [("207", None, "KCics")]


CORPUS = sorted(
    path
    for folder in ("csv", "office", "archives")
    for path in (HOSTILE / folder).glob("*")
    if path.is_file()
)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_file_is_refused_with_a_reason(kind: str, path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        list(parse(kind, read_table(path.name, path.read_bytes())))
    assert set(refused.value.fields) == {"file"}
    assert len(refused.value.detail) > 10


def test_windows_bytes_are_understood_and_said() -> None:
    table = read_table("x.csv", "supplier,product\nPr\xeat,Caf\xe9 £5\n".encode("cp1252"))
    assert table.rows[0][1] == {"supplier": "Prêt", "product": "Café £5"}
    assert "Windows-1252" in table.note


def test_utf16_and_semicolons_are_understood() -> None:
    table = read_table("x.csv", "Supplier;Product\nA;B\n".encode("utf-16"))
    assert table.rows == ((2, {"supplier": "A", "product": "B"}),)


def test_a_control_character_is_refused_at_its_line() -> None:
    rows = _parse("suppliers", "supplier,product\nA,B\nC,D\x00E\n")
    assert isinstance(rows[0], SupplierRow)
    assert isinstance(rows[1], Refused)
    assert rows[1].line == 3
    assert "cannot be seen" in rows[1].reason


def test_what_looks_like_a_formula_stays_the_text_it_is() -> None:
    (row,) = _parse("suppliers", 'supplier,product\n"=cmd|calc","+1"\n')
    assert isinstance(row, SupplierRow)
    assert (row.supplier, row.product) == ("=cmd|calc", "+1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nobody,A Person,Northmoor Council,,", "no e-mail address"),
        ("a@b.example,,Northmoor Council,,", "“name” is empty"),
        ("a@b.example,A Person,,,", "“organisation” is empty"),
        ("a@b.example,A Person,Northmoor Council,,ring me", "no telephone number"),
        ("a@b.example,Case 943 476 5919,Northmoor Council,,", "child or family"),
        ("a@b.example," + "x" * 130 + ",Northmoor Council,,", "120 characters"),
    ],
)
def test_a_person_is_refused_for_what_is_wrong(line: str, reason: str) -> None:
    (row,) = _parse("people", f"email,name,organisation,post,telephone\n{line}\n")
    assert isinstance(row, Refused)
    assert reason in row.reason


def test_a_row_that_repeats_another_is_refused() -> None:
    rows = _parse("people", "email,name,organisation\na@b.example,Ann,X\nA@B.example,Ann,X\n")
    assert isinstance(rows[1], Refused)
    assert "line 2" in rows[1].reason


def _workbook(sheet: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", sheet)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        ('<sheetData><row r="1"><c r="XFD1048576"/></row></sheetData>', "beyond"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><sheetData/>', "entities"),
        ("<broken", "damaged"),
    ],
)
def test_a_strange_workbook_is_refused(sheet: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        read_table("x.xlsx", _workbook(sheet))
