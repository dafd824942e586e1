"""A live server for each test, on an application of its own: a hub that was stopped is not started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from tests.support import database
from tests.support.live import LiveServer


@pytest.fixture
def live(app: Flask, tmp_path: Path) -> Iterator[LiveServer]:
    """The application of the test, served by a second one on the same database."""
    served = create_app(database.settings(tmp_path, app.config["PORTAL_DATABASE_URL"], PORTAL_THREADS=24))
    served.extensions["portal.hasher"] = database.CHEAP
    with LiveServer(served) as server:
        yield server
    database.release(served)
