"""Takes out of a picture what is not the picture: where and by whom it was taken, comments, and what is appended.

A photograph's place is case data too. Nothing is decoded: the parts of the file are read and the needed ones kept.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from portal.core.filetypes import FileRefused

_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT cICP".split(b" ")
)
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_ORIENTATION = 0x0112


def without_metadata(data: bytes, mime: str) -> bytes:
    """The picture of type ``mime`` without metadata and without anything after its end.

    A photograph (JPEG) keeps which way up it was taken. Raises ``FileRefused`` where the picture is
    broken or of no type known here.
    """
    if mime not in _CLEANERS:
        raise FileRefused("Pictures of this type are not taken.")
    try:
        return _CLEANERS[mime](data)
    except (IndexError, struct.error) as error:
        raise FileRefused("The picture is broken.") from error


def _broken() -> FileRefused:
    return FileRefused("The picture is broken.")


def _png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while True:
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise _broken()
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _jpeg(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while True:
        if data[at] != 0xFF:
            raise _broken()
        marker = data[at + 1]
        if marker == 0xFF:  # padding before a marker
            at += 1
            continue
        if marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        (size,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise _broken()
        if marker == 0xDA:
            end = _after_scan(data, end)
        segment = data[at:end]
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            kept.append(_turned(segment[10:]))
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or _colour(marker, segment):
            kept.append(segment)
        at = end


def _colour(marker: int, segment: bytes) -> bool:
    """Whether an application's segment says how to show the colours: JFIF, an ICC profile, Adobe's transform."""
    return marker in {0xE0, 0xEE} or (marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0")


def _after_scan(data: bytes, at: int) -> int:
    """Where the marker after a scan's coded bytes stands; restarts and stuffed zeros belong to the scan."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _broken()
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at


def _turned(tiff: bytes) -> bytes:
    """A new Exif segment with the orientation alone, or nothing where there is none to keep."""
    order = {b"MM": ">", b"II": "<"}.get(tiff[:2])
    if order is None:
        return b""
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, place)
            if tag == _ORIENTATION and kind == 3 and 2 <= value <= 8:
                entry = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, value, 0, 0)
                return b"\xff\xe1" + struct.pack(">H", len(entry) + 8) + b"Exif\0\0" + entry
    except struct.error:
        return b""
    return b""


def _gif(data: bytes) -> bytes:
    at = 13 + _table(data[10])
    kept = [data[:at]]
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            end = _after_blocks(data, at + 10 + _table(data[at + 9]) + 1)
            kept.append(data[at:end])
        elif data[at] == 0x21:
            end = _after_blocks(data, at + 2)
            if data[at + 1] == 0xF9 or (data[at + 1] == 0xFF and data[at + 3 : at + 14] in _GIF_KEPT):
                kept.append(data[at:end])
        else:
            raise _broken()
        at = end
    return b"".join([*kept, b"\x3b"])


def _table(flags: int) -> int:
    """The bytes of a colour table, by the flags before it."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 4)
    kept, at, end = [], 12, 8 + size
    if end > len(data) + 1:
        raise _broken()
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise _broken()
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:]  # no Exif, no XMP any more
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        at += 8 + length + length % 2
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
