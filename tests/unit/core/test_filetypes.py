"""Types from bytes, on the hostile files' own list of what a correct server does, and safe names."""

from __future__ import annotations

import io
import zipfile

import pytest

from portal.core.filetypes import FileRefused, detect, read_text, safe_filename
from tests.unit.core.corpora import CORPORA, HOSTILE, needs_corpora


def kind_of(data: bytes, name: str) -> str:
    return detect(io.BytesIO(data), name).extension


def zipped(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@needs_corpora
@pytest.mark.parametrize(
    "name",
    [
        "bpmn/laughs.bpmn", "bpmn/xxe-file.bpmn", "bpmn/xxe-http-loopback.bpmn", "bpmn/not-bpmn-root.bpmn",
        "xml/billion-laughs-1MB.xml", "xml/quadratic-blowup.xml", "csv/nul-and-controls.csv",
        "office/macro-placeholder.xlsm", "office/macro-renamed.xlsx", "office/sheet-bomb-40MiB.xlsx",
        "polyglot/html-as.png", "polyglot/html-as.txt", "polyglot/utf7.html.txt",
        "image/pixel-flood-50000x50000.png", "ical/injection.ics", "json/deep-100000.json",
    ],
)  # fmt: skip
def test_hostile_files_are_refused(name: str) -> None:
    with (HOSTILE / name).open("rb") as stream, pytest.raises(FileRefused):
        detect(stream, name)


@needs_corpora
@pytest.mark.parametrize(
    ("name", "extension", "inline"),
    [
        ("bpmn/xss-in-names.bpmn", "bpmn", False),
        ("bpmn/javascript-links.bpmn", "bpmn", False),
        ("bpmn/deep-subprocess-2000.bpmn", "bpmn", False),
        ("bpmn/wide-5000-tasks.bpmn", "bpmn", False),
        ("csv/latin1-pound.csv", "csv", False),
        ("csv/utf16le-bom.csv", "csv", False),
        ("csv/formula-injection.csv", "csv", False),
        ("office/formula-injection.xlsx", "xlsx", False),
        ("polyglot/pdf-html.pdf", "pdf", False),
        ("polyglot/pdf-openaction-js.pdf", "pdf", False),
        ("polyglot/png-plus-zip.png", "png", True),
        ("image/exif-gps.jpg", "jpg", True),
    ],
)
def test_what_is_taken_is_shown_in_place_only_where_it_is_a_picture(
    name: str, extension: str, inline: bool
) -> None:
    with (HOSTILE / name).open("rb") as stream:
        found = detect(stream, name)
        assert stream.tell() == 0
    assert (found.extension, found.inline) == (extension, inline)


@needs_corpora
def test_every_reference_process_map_is_taken() -> None:
    maps = sorted((CORPORA / "bpmn").rglob("*.bpmn"))
    assert len(maps) > 60
    for path in maps:
        assert kind_of(path.read_bytes(), path.name) == "bpmn"


@needs_corpora
def test_every_file_that_tries_to_run_script_is_refused() -> None:
    files = [
        path for path in (CORPORA / "xss" / "payloadsallthethings-files").iterdir() if path.name != "LICENSE"
    ]
    assert len(files) > 8
    for path in files:
        for name in (path.name, "renamed.xml", "renamed.bpmn", "renamed.png"):
            with pytest.raises(FileRefused):
                kind_of(path.read_bytes(), name)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:script/></h:html>", "a.xml"),
        (b"<a xmlns='http://www.w3.org/1999/xhtm&#108;'/>", "a.xml"),
        (b"<a><b xmlns='http://www.w3.org/2000/svg'/></a>", "a.bpmn"),
        ("<a xmlns='http://www.w3.org/2000/svg'/>".encode("utf-16"), "a.bpmn"),
        (b"<?xml-stylesheet href='https://x.example/a.xsl'?><a/>", "a.xml"),
        (b"<!DOCTYPE a><a/>", "a.xml"),
        (b"<a><b></a>", "a.xml"),
        (b"\xef\xbb\xbf <script>1</script>", "a.txt"),
        (b"MZ\x90\x00", "a.txt"),
        (b"\x7fELF\x02\x01\x01", "a.txt"),
        (b"\x01\x02\x03 text", "a.csv"),
        (b"#!/bin/sh\nls\n", "a.sh"),
        (b"GIF89a" + b"\xff\xff\xff\xff" + b"\0" * 10, "a.gif"),
        (b"PK\x03\x04broken", "a.docx"),
        (zipped(**{"a.txt": b"x"}), "a.docx"),
        (zipped(**{"[Content_Types].xml": b"<t c='x.macroEnabled.main+xml'/>", "xl/w.xml": b""}), "a.xlsx"),
        (zipped(**{"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/a.xml": b""}), "a.odt"),
    ],
)
def test_what_could_run_or_is_not_what_it_says_is_refused(data: bytes, name: str) -> None:
    with pytest.raises(FileRefused, match=r"\w+"):
        kind_of(data, name)


@pytest.mark.parametrize(
    ("data", "name", "extension"),
    [
        (b"a,b\n1,2\n", "a.csv", "csv"),
        (b"Feature: x\n", "a.feature", "feature"),
        (b"<script> is a word here", "a.md", "md"),
        (b"<a><script>x</script></a>", "map.bpmn", "bpmn"),
        (b"<a xmlns:html='http://www.w3.org/1999/xhtml'/>", "map.bpmn", "bpmn"),
        (zipped(**{"[Content_Types].xml": b"<t/>", "word/document.xml": b""}), "a.zip", "docx"),
        (zipped(**{"mimetype": b"application/vnd.oasis.opendocument.text"}), "a", "odt"),
        (b"%PDF-1.7\n", "page.html", "pdf"),
    ],
)
def test_honest_files_are_taken_for_what_they_are(data: bytes, name: str, extension: str) -> None:
    assert kind_of(data, name) == extension


@pytest.mark.parametrize(
    ("name", "extension", "safe"),
    [
        ("../../etc/passwd", None, "passwd"),
        ("C:\\a\\b.docx", None, "b.docx"),
        ("page.html", "pdf", "page.html.pdf"),
        ("photo.JPEG", "jpg", "photo.JPEG"),
        ("report.pdf", "pdf", "report.pdf"),
        ("noending", "csv", "noending.csv"),
        ("exe\u202egnp.exe", "png", "exegnp.exe.png"),
        ("a\r\nSet-Cookie: x.txt", None, "aSet-Cookie_ x.txt"),
        ("a\u2028b.txt", None, "ab.txt"),
        ("con.txt", None, "_con.txt"),
        (".htaccess", None, "htaccess"),
        ("", "png", "file.png"),
        ("....", None, "file"),
    ],
)
def test_names_are_safe_and_end_in_what_the_file_is(name: str, extension: str | None, safe: str) -> None:
    assert safe_filename(name, extension) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_filename("é" * 500 + ".docx", "docx") == "é" * 109 + ".docx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_as_its_writer_saw_it(encoding: str) -> None:
    assert read_text("£5 – paid".encode(encoding)) == "£5 – paid"


def test_broken_text_is_still_read() -> None:
    assert read_text(b"\xff\xfea") != ""
    assert read_text(b"a\x81") != ""
