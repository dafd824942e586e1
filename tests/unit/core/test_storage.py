"""Blobs in a folder: whole or not at all, under the name of their bytes, for the service alone."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

import pytest

from portal.core.errors import TooLarge
from portal.core.storage import LocalStorage, storage_from_url

BYTES = b"0123456789" * 60_000
NAME = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def files_in(storage: LocalStorage) -> list[Path]:
    return [path for path in storage.folder.rglob("*") if path.is_file()]


def test_what_is_put_is_read_back_whole_and_in_ranges(storage: LocalStorage) -> None:
    blob = storage.put(io.BytesIO(BYTES), 10**6)
    assert (blob.sha256, blob.size) == (NAME, len(BYTES))
    assert b"".join(storage.read(NAME)) == BYTES
    assert b"".join(storage.read(NAME, 5, 12)) == BYTES[5:12]
    assert b"".join(storage.read(NAME, len(BYTES) - 3)) == BYTES[-3:]
    assert b"".join(storage.read(NAME, 4, 4)) == b""


def test_the_same_bytes_are_kept_once(storage: LocalStorage) -> None:
    storage.put(io.BytesIO(BYTES), 10**6)
    storage.put(io.BytesIO(BYTES), 10**6)
    assert len(files_in(storage)) == 1


def test_only_the_service_may_look(storage: LocalStorage) -> None:
    storage.put(io.BytesIO(BYTES), 10**6)
    (path,) = files_in(storage)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, storage.folder)} == {0o700}


def test_too_large_a_file_leaves_nothing(storage: LocalStorage) -> None:
    with pytest.raises(TooLarge):
        storage.put(io.BytesIO(BYTES), len(BYTES) - 1)
    assert files_in(storage) == []
    assert storage.put(io.BytesIO(BYTES), len(BYTES)).size == len(BYTES)


def test_a_stream_that_breaks_leaves_nothing(storage: LocalStorage) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise ConnectionError("gone")
            return super().read(10)

    with pytest.raises(ConnectionError):
        storage.put(Broken(BYTES), 10**6)
    assert files_in(storage) == []


def test_bytes_are_on_disk_before_they_have_their_name(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (steps.append("fsync"), fsync(number))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("rename"), replace(a, b))[1])
    storage.put(io.BytesIO(BYTES), 10**6)
    assert steps == [
        "fsync",
        "fsync",
        "rename",
        "fsync",
    ]  # bytes, the new folder's name; then the blob's name


def test_a_blob_can_be_forgotten_twice(storage: LocalStorage) -> None:
    storage.put(io.BytesIO(BYTES), 10**6)
    assert storage.exists(NAME)
    storage.delete(NAME)
    storage.delete(NAME)
    assert not storage.exists(NAME)
    with pytest.raises(FileNotFoundError):
        storage.read(NAME)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "A" * 64, "0" * 63, "0" * 63 + "/"])
def test_a_name_that_is_no_digest_reaches_no_path(storage: LocalStorage, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read(name)


@pytest.mark.parametrize(
    "url",
    ["s3://bucket", "http://x.example/a", "files", "file://files/blobs", "file:///", "file:///a?b=c", ""],
)
def test_other_addresses_of_storage_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="PORTAL_STORAGE_URL"):
        storage_from_url(url)


def test_a_folder_s_address_gives_its_storage(tmp_path: Path) -> None:
    made = storage_from_url(f"file://{tmp_path}/with%20space")
    assert made.healthy()
    assert made.put(io.BytesIO(BYTES), 10**6).sha256 == NAME
    assert (tmp_path / "with space").is_dir()
