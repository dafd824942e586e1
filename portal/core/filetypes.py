"""What a file is, from its bytes and never from its name; and which files a discussion takes."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Literal
from xml.parsers import expat

import filetype

Kind = Literal["image", "document", "text", "archive"]
HEAD = 8192
MAX_PIXELS = 50_000_000
MAX_MEMBERS = 2000
MAX_RATIO = 200


class FileRefused(ValueError):
    """A file that the portal does not take; the message says why, to its sender."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type: MIME, usual extension, kind, and whether a page may show it in place."""

    mime: str
    extension: str
    kind: Kind
    inline: bool = False


IMAGES = {
    "image/png": FileType("image/png", "png", "image", True),
    "image/jpeg": FileType("image/jpeg", "jpg", "image", True),
    "image/gif": FileType("image/gif", "gif", "image", True),
    "image/webp": FileType("image/webp", "webp", "image", True),
}
PDF = FileType("application/pdf", "pdf", "document")
_OFFICE = "application/vnd.openxmlformats-officedocument."
OFFICE = {
    "word/": FileType(_OFFICE + "wordprocessingml.document", "docx", "document"),
    "xl/": FileType(_OFFICE + "spreadsheetml.sheet", "xlsx", "document"),
    "ppt/": FileType(_OFFICE + "presentationml.presentation", "pptx", "document"),
}
OPEN = {
    "application/vnd.oasis.opendocument.text": FileType(
        "application/vnd.oasis.opendocument.text", "odt", "document"
    ),
    "application/vnd.oasis.opendocument.spreadsheet": FileType(
        "application/vnd.oasis.opendocument.spreadsheet", "ods", "document"
    ),
}
TEXTS = {
    "csv": FileType("text/csv", "csv", "text"),
    "md": FileType("text/markdown", "md", "text"),
    "feature": FileType("text/plain", "feature", "text"),
    "bpmn": FileType("application/xml", "bpmn", "text"),
    "xml": FileType("application/xml", "xml", "text"),
    "txt": FileType("text/plain", "txt", "text"),
    "log": FileType("text/plain", "txt", "text"),
}
_ACTIVE = re.compile(
    rb"<\s*(?:!doctype\s+html|html|svg|script|iframe|body|head|object|embed|img)\b|javascript:|\+ADw-",
    re.IGNORECASE,
)


_NOT_TAKEN = "Files of this type are not taken. Send a picture, a PDF, an office document or plain text."
_COULD_RUN = "Web pages, drawings and scripts are not taken, because they could run."
_DRAWN_BY_BROWSERS = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_SAME_ENDING = {"jpeg": "jpg", "jpe": "jpg", "log": "txt"}
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_MACRO_TYPES = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)


def detect(stream: BinaryIO, filename: str) -> FileType:
    """The type of a file from its bytes; the name only chooses among kinds of plain text.

    Leaves ``stream`` at its beginning. Raises ``FileRefused``.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    if not head:
        raise FileRefused("The file is empty.")
    guess = filetype.guess(head)
    mime = guess.mime if guess else ""
    if mime in IMAGES:
        _check_image(mime, head)
        return IMAGES[mime]
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _office(stream)
    if guess is not None and not mime.startswith("text/") and mime != "application/xml":
        raise FileRefused(_NOT_TAKEN)
    return _text(stream, filename)


def _check_image(mime: str, head: bytes) -> None:
    width = height = 0
    if mime == "image/png" and len(head) >= 24:
        width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    elif mime == "image/gif" and len(head) >= 10:
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    elif mime == "image/jpeg" and (frame := re.search(rb"\xff[\xc0-\xc3]\x00.\x08(..)(..)", head, re.DOTALL)):
        height, width = int.from_bytes(frame.group(1), "big"), int.from_bytes(frame.group(2), "big")
    if width * height > MAX_PIXELS:
        raise FileRefused("The picture has too many pixels to show.")


def _office(stream: BinaryIO) -> FileType:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(members) > MAX_MEMBERS:
                raise FileRefused("The file holds too many parts.")
            for member in members:
                if member.flag_bits & 1:
                    raise FileRefused("The file is encrypted.")
                if member.file_size > 64 * 1024 * 1024 or member.file_size > MAX_RATIO * max(
                    member.compress_size, 1024
                ):
                    raise FileRefused("The file unpacks to far more than it is. It is not taken.")
            if _has_macros(archive, names):
                raise FileRefused("The document holds macros. Save it without them and send it again.")
            if "mimetype" in names:
                kind = _beginning(archive, "mimetype", 100).decode("ascii", "replace").strip()
                if kind in OPEN:
                    return OPEN[kind]
            if "[Content_Types].xml" in names:
                for folder, found in OFFICE.items():
                    if any(name.startswith(folder) for name in names):
                        return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise FileRefused("The file is broken.") from error
    finally:
        stream.seek(0)
    raise FileRefused("Archives are not taken. Send the files one by one.")


def _beginning(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    with archive.open(name) as member:
        return member.read(size)


def _has_macros(archive: zipfile.ZipFile, names: list[str]) -> bool:
    """By the part's usual name, by what the list of contents declares, or by the folders of an open document."""
    if any(
        name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/")) for name in names
    ):
        return True
    contents = "[Content_Types].xml"
    return contents in names and bool(_MACRO_TYPES.search(_beginning(archive, contents, 1024 * 1024)))


def _text(stream: BinaryIO, filename: str) -> FileType:
    data = stream.read()
    stream.seek(0)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace").encode()
    else:
        text = data
        if b"\x00" in data:
            raise FileRefused(_NOT_TAKEN)
    if _CONTROLS.search(text):
        raise FileRefused(_NOT_TAKEN)
    ending = filename.rsplit(".", 1)[-1].lower() if "." in filename else "txt"
    if ending not in TEXTS:
        raise FileRefused(_NOT_TAKEN)
    if TEXTS[ending].mime == "application/xml":
        _check_xml(data)
    elif ending in {"txt", "log"} and _ACTIVE.match(text.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]):
        raise FileRefused(_COULD_RUN)
    return TEXTS[ending]


def _check_xml(data: bytes) -> None:
    """Well-formed, without a document type (entities, other files) and without what a browser would run.

    The parser itself says which namespace an element is in, however that is written; depth and width cost nothing,
    and a word like ``script`` in a process map is only a word.
    """
    outermost = True

    def document_type(*_: object) -> None:
        raise FileRefused("XML with a document type or entities is not taken. Save it without them.")

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal outermost
        namespace, _, local = name.rpartition(" ")
        if namespace in _DRAWN_BY_BROWSERS or (outermost and local.lower() in {"html", "svg", "script"}):
            raise FileRefused(_COULD_RUN)
        outermost = False

    def instruction(target: str, _: str) -> None:
        if target.lower() == "xml-stylesheet":
            raise FileRefused(_COULD_RUN)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = document_type
    parser.ProcessingInstructionHandler = instruction
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("The file is not well-formed XML.") from error


def read_text(data: bytes) -> str:
    """The words of a text file as its writer saw them: UTF-16 by its mark, UTF-8, else Windows-1252. Never raises."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def safe_filename(name: str, extension: str | None = None) -> str:
    """A name that is safe in a header and on any disk: no path, no control or direction characters, 120 at most.

    With the ``extension`` that ``detect`` found, the name ends in it: what is a PDF is not saved as "report.html".
    """
    last = re.split(r"[/\\]", name or "")[-1]
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter)[0] != "C" and unicodedata.category(letter) not in {"Zl", "Zp"}
    )
    plain = re.sub(r'[<>:"|?*;%]', "_", plain).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem or len(ending) > 10 or not ending.isalnum():
        stem, ending = plain, ""
    if extension and _SAME_ENDING.get(ending.lower(), ending.lower()) != extension:
        stem, ending = plain, extension
    stem = stem[:109].rstrip(" .") or "file"
    if _DEVICE.match(stem):
        stem = f"_{stem}"
    return f"{stem}.{ending}" if ending else stem
