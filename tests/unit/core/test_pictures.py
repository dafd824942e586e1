"""What a picture tells beside what it shows is taken out."""

from __future__ import annotations

import struct
import zlib

import pytest

from portal.core.filetypes import FileRefused
from portal.core.pictures import without_metadata
from tests.unit.core.corpora import HOSTILE, needs_corpora

SECRET = b"SECRET"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def exif(order: str, value: int) -> bytes:
    mark = b"MM" if order == ">" else b"II"
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, value, 0) + struct.pack(f"{order}HHI", 0x013B, 2, 4)
    return (
        b"Exif\0\0" + mark + struct.pack(f"{order}HIH", 42, 8, 2) + entries + b"abc\0" + b"\0\0\0\0" + SECRET
    )


SCAN = segment(0xDA, b"\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
FRAME = segment(0xDB, b"\0" * 65)


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + FRAME + SCAN + segment(0xC4, b"table") + SCAN + b"\xff\xd9"


@needs_corpora
@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("image/exif-gps.jpg", "image/jpeg"),
        ("polyglot/png-with-html-comment.png", "image/png"),
        ("polyglot/png-plus-zip.png", "image/png"),
    ],
)
def test_nothing_is_left_of_the_hostile_pictures(name: str, mime: str) -> None:
    before = (HOSTILE / name).read_bytes()
    after = without_metadata(before, mime)
    assert b"MARKER" in before or b"PK\x03\x04" in before
    assert b"MARKER" not in after
    assert b"PK\x03\x04" not in after
    assert without_metadata(after, mime) == after


@pytest.mark.parametrize("order", [">", "<"])
def test_a_photograph_keeps_its_scans_and_which_way_up_it_is(order: str) -> None:
    dirty = jpeg(segment(0xE1, exif(order, 6)), segment(0xED, SECRET), segment(0xFE, SECRET)) + SECRET
    clean = without_metadata(dirty, "image/jpeg")
    assert SECRET not in clean
    assert clean.endswith(jpeg()[2:])
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in clean


def test_a_photograph_keeps_what_its_colours_need() -> None:
    needed = segment(0xE0, b"JFIF\0") + segment(0xE2, b"ICC_PROFILE\0\1\1x") + segment(0xEE, b"Adobe")
    assert without_metadata(jpeg(needed), "image/jpeg") == jpeg(needed)
    assert SECRET not in without_metadata(jpeg(segment(0xE2, b"FPXR\0" + SECRET)), "image/jpeg")


def test_a_png_keeps_the_needed_chunks_in_order() -> None:
    start, body, end = png_chunk(b"IHDR", b"\0" * 13), png_chunk(b"IDAT", b"x"), png_chunk(b"IEND", b"")
    clean = b"\x89PNG\r\n\x1a\n" + start + png_chunk(b"tRNS", b"a") + body + end
    dirty = clean.replace(body, png_chunk(b"tEXt", SECRET) + png_chunk(b"eXIf", SECRET) + body) + SECRET
    assert without_metadata(dirty, "image/png") == clean


def test_a_gif_keeps_its_frames_and_its_loop() -> None:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0" * 6
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    frame = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c" + b"\0" * 9 + b"\x02\x02\x44\x01\0"
    comment, application = b"\x21\xfe\x06SECRET\0", b"\x21\xff\x0bXMP DataXMP\x06SECRET\0"
    dirty = head + comment + loop + application + frame + frame + b"\x3b" + SECRET
    assert without_metadata(dirty, "image/gif") == head + loop + frame + frame + b"\x3b"


def test_a_webp_says_no_more_that_it_has_metadata() -> None:
    def riff(*chunks: tuple[bytes, bytes]) -> bytes:
        body = b"WEBP" + b"".join(k + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for k, c in chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    picture = (b"VP8L", b"odd")
    dirty = riff((b"VP8X", b"\x3c" + b"\0" * 9), picture, (b"EXIF", SECRET), (b"XMP ", SECRET)) + SECRET
    assert without_metadata(dirty, "image/webp") == riff((b"VP8X", b"\x30" + b"\0" * 9), picture)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\xff\xd8<html>", "image/jpeg"),
        (b"\xff\xd8" + SCAN, "image/jpeg"),
        (b"\xff\xd8\xff\xe0\0\0", "image/jpeg"),
        (b"GIF89a/*\0\0\0\0\0*/=1;x", "image/gif"),
        (b"RIFF\x40\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg/>", "image/svg+xml"),
    ],
)
def test_broken_pictures_are_refused(data: bytes, mime: str) -> None:
    with pytest.raises(FileRefused):
        without_metadata(data, mime)
