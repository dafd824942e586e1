"""A CSV or XLSX file as a table of texts, within limits that no honest register reaches."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook

from portal.core.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_IN_CELL = 2_000
MOST_INFLATED = 30 * 1024 * 1024
MOST_PARTS = 500
CELL = re.compile(rb'\br="([A-Z]{1,3})?([0-9]{1,9})"')


@dataclass(frozen=True, slots=True)
class Table:
    """A file's headings, its rows each with the line that it stood on, and how its bytes were understood."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    note: str


def refuse(reason: str) -> Invalid:
    """The refusal of a whole file."""
    return Invalid({"file": reason})


def read_table(name: str, data: bytes) -> Table:
    """The table in a file called ``name``. Its bytes decide what it is. Raises ``Invalid`` at ``file``."""
    if len(data) > MOST_BYTES:
        raise refuse(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB")
    if not data.strip():
        raise refuse("The file is empty")
    if data[:4] == b"PK\x03\x04":
        return _headed(_sheet_rows(data), "Excel workbook, first sheet")
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        raise refuse("This is not an Excel workbook (.xlsx). Save it again in Excel, or as CSV")
    text, note = _decode(data)
    return _headed(_csv_rows(text), note)


def _headed(rows: Iterator[tuple[int, list[str]]], note: str) -> Table:
    headings: tuple[str, ...] | None = None
    found: list[tuple[int, dict[str, str]]] = []
    for line, cells in rows:
        if len(cells) > MOST_COLUMNS:
            raise refuse(f"Line {line} has {len(cells):,} columns. The limit is {MOST_COLUMNS}")
        if not any(cells):
            continue
        if headings is None:
            headings = tuple(re.sub(r"[\s_-]+", "_", cell.strip().lower()) for cell in cells)
            continue
        if len(found) >= MOST_ROWS:
            raise refuse(f"The file has more than {MOST_ROWS:,} rows. Split it")
        if any(len(cell) > MOST_IN_CELL for cell in cells):
            raise refuse(f"Line {line} has a cell of more than {MOST_IN_CELL:,} characters")
        padded = [*cells, *[""] * (len(headings) - len(cells))]
        found.append((line, dict(zip(headings, padded, strict=False))))
    if headings is None:
        raise refuse("The file is empty")
    return Table(headings, tuple(found), note)


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "read as UTF-16"
        except UnicodeDecodeError as error:
            raise refuse("The file begins as UTF-16 and does not go on so. Save it as CSV UTF-8") from error
    try:
        return data.decode("utf-8-sig"), "read as UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "not UTF-8: read as Windows-1252, look at £, dashes and accents"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "not UTF-8: read as Latin-1, look at £, dashes and accents"


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refuse(
                f"Line {line} cannot be read: a quotation mark is missing or stands alone"
            ) from error
        yield line, [cell.strip(" ") for cell in cells]
        line = reader.line_num + 1


def _sheet_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    _inspect(data)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        values = sheet.to_python(skip_empty_area=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the reader is no Exception
        raise refuse("The workbook is damaged. Save it again in Excel, or as CSV") from error
    for line, cells in enumerate(values, start=1):
        yield line, [_cell_text(cell) for cell in cells]


def _cell_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip(" ") if value is not None else ""


def _inspect(data: bytes) -> None:
    """Refuse a package that inflates beyond reason, carries macros or a document type, or is a sparse giant."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise refuse("This is a ZIP file, not an Excel workbook")
            if len(parts) > MOST_PARTS:
                raise refuse("The workbook has too many parts")
            if any("vbaproject" in name.lower() for name in names):
                raise refuse("The workbook holds macros. Save it as .xlsx without macros, or as CSV")
            left = MOST_INFLATED
            for part in parts:
                left -= _inspect_part(package, part, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise refuse("The workbook is damaged. Save it again in Excel, or as CSV") from error
    except zlib.error as error:
        raise refuse("The workbook is damaged. Save it again in Excel, or as CSV") from error


def _inspect_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    if part.file_size > left:
        raise refuse("The workbook unpacks to too much. Save only the sheet that is needed, or CSV")
    with package.open(part) as stream:
        content = stream.read(left + 1)
    if len(content) > left:
        raise refuse("The workbook unpacks to too much. Save only the sheet that is needed, or CSV")
    if part.filename.lower().endswith((".xml", ".rels")):
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content[:8]:
            raise refuse("The workbook defines entities of its own, which no spreadsheet needs")
        if part.filename.startswith("xl/worksheets/"):
            _inspect_size(content)
    return len(content)


def _inspect_size(content: bytes) -> None:
    """Refuse cells far out before the reader makes room for all that stand before them."""
    for letters, row in CELL.findall(content):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        if int(row) > MOST_ROWS + 1 or column > MOST_COLUMNS:
            raise refuse(f"The sheet has cells beyond {MOST_ROWS:,} rows or {MOST_COLUMNS} columns")
