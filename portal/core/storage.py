"""Blobs: bytes under the name of their SHA-256, behind one protocol.

A blob is served through a row, never by its name.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from portal.core.commands import outside_transaction
from portal.core.errors import TooLarge

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What was stored: its SHA-256 in hex and its size in bytes."""

    sha256: str
    size: int


class Storage(Protocol):
    """Keeps blobs."""

    def put(self, stream: BinaryIO, limit: int) -> StoredBlob:
        """Store all of ``stream``; atomic. Raises ``TooLarge`` past ``limit`` bytes, leaving nothing behind."""

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end`` (not included). Raises ``FileNotFoundError``."""

    def exists(self, sha256: str) -> bool:
        """Whether the blob is there."""

    def delete(self, sha256: str) -> None:
        """Forget a blob; nothing happens where there is none."""

    def healthy(self) -> bool:
        """Whether storing would work now."""


class LocalStorage:
    """Blobs in a folder of this machine, readable by the service alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, stream: BinaryIO, limit: int) -> StoredBlob:
        """Write to a temporary name, fsync, rename: a blob is there whole or not at all."""
        outside_transaction("storage")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix="incoming-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"The file is larger than {limit // (1024 * 1024)} MB.")
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            path = self._path(digest.hexdigest())
            if not path.parent.is_dir():
                path.parent.mkdir(exist_ok=True, mode=0o700)
                self._sync(self.folder)
            os.replace(name, path)
            self._sync(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return StoredBlob(digest.hexdigest(), size)

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Opened at once, so that a missing blob is known before the answer begins."""
        outside_transaction("storage")
        file = self._path(sha256).open("rb")
        file.seek(start)
        return self._chunks(file, None if end is None else end - start)

    @staticmethod
    def _chunks(file: BinaryIO, left: int | None) -> Iterator[bytes]:
        with file:
            while left is None or left > 0:
                chunk = file.read(CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk

    def exists(self, sha256: str) -> bool:
        """Whether the blob is there."""
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """Remove the file."""
        self._path(sha256).unlink(missing_ok=True)

    def healthy(self) -> bool:
        """Whether the folder can be written."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.access(self.folder, os.W_OK)

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise FileNotFoundError("not the name of a blob")
        return self.folder / sha256[:2] / sha256

    @staticmethod
    def _sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def storage_from_url(url: str) -> Storage:
    """``file:///folder``. Raises ``ValueError`` for anything else: a host would silently be another folder."""
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc or parts.query or parts.fragment or len(folder.parts) < 2:
        raise ValueError("PORTAL_STORAGE_URL must be file:/// followed by the absolute path of a folder")
    return LocalStorage(folder)
