"""One application a session, one fresh copy of the world's database a test.

``PORTAL_TEST_DATABASE_URL`` and ``PORTAL_TEST_REDIS_URL`` name the services for the tests marked ``postgres`` and
``redis``. With ``CI=true`` a missing service fails; elsewhere those tests are left out, by name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.core import tenancy
from portal.core.db import db
from tests.support import database
from tests.support.client import PortalClient


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Settings of the session's application: everything in a folder of its own."""
    folder = tmp_path_factory.mktemp("portal")
    return database.settings(folder, f"sqlite:///{folder / 'test.sqlite'}")


@pytest.fixture(scope="session")
def sqlite_app(settings: dict[str, object]) -> Flask:
    """The application on SQLite, its world built once."""
    return database.make(settings)


@pytest.fixture(scope="session")
def postgres_app(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Flask]:
    """The application on PostgreSQL, in a database of this worker's own."""
    url = database.postgres_url(worker_id)
    app = database.make(database.settings(tmp_path_factory.mktemp("postgres"), url))
    yield app
    database.drop_postgres(app)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The xdist worker, or "main"."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """ "sqlite", or "postgres" for tests so marked; ``support.marks.on_both`` runs a test on each."""
    marked = request.node.get_closest_marker("postgres") is not None
    return str(getattr(request, "param", "postgres" if marked else "sqlite"))


@pytest.fixture
def app(request: pytest.FixtureRequest, database_kind: str) -> Iterator[Flask]:
    """The application on a fresh copy of the world."""
    made: Flask = request.getfixturevalue(f"{database_kind}_app")
    database.restore(made)
    yield made
    database.release(made)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context without a fence."""
    with app.app_context():
        yield app
        db.session.rollback()
        tenancy.clear_fence()


@pytest.fixture
def client(app: Flask) -> PortalClient:
    """An anonymous browser that checks every page it opens."""
    return PortalClient(app)


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Override pytest-flask's: its one context for the whole test leaks the first user into every other client."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, by name, tests whose service is missing; with CI=true let them run and fail."""
    if os.environ.get("CI") == "true":
        return
    missing = {mark: why for mark, why in database.missing_services().items() if why}
    for item in items:
        for mark, why in missing.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=why))
