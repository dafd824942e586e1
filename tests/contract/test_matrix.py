"""Every endpoint does what the matrix says, for every role, and leaks no marker."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.contract.matrix import READERS, ROWS
from tests.contract.sweep import browser, walk
from tests.support.world import ATTACHMENTS, MARKERS, POSTS, THREADS


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(ROWS) == set(), "add rows to tests/contract/matrix.py"
    assert set(ROWS) - endpoints == set(), "rows of endpoints that are gone"


def test_every_view_declares_how_it_is_reached(app: Flask) -> None:
    undeclared = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, "portal_access") and endpoint != "static"
    ]
    assert undeclared == []


@pytest.mark.parametrize("endpoint", sorted(ROWS))
def test_the_endpoint_does_what_the_matrix_says(app: Flask, endpoint: str) -> None:
    app.extensions["portal.limiter"].storage.reset()
    assert list(walk(app, endpoint)) == []


@pytest.mark.parametrize("space", sorted(READERS))
def test_those_who_read_a_space_do_see_its_marker(app: Flask, space: str) -> None:
    """Without this the sweep could pass because nothing is shown to anybody."""
    marker = MARKERS[space]
    for person in sorted(READERS[space]):
        client = browser(app, person)
        number = THREADS[space]
        for path in (
            f"/threads/{number}-x",
            f"/threads/{number}.csv",
            f"/posts/{POSTS[space]}",
            f"/api/v1/threads/{number}",
            f"/api/v1/threads/{number}/posts",
            f"/attachments/{ATTACHMENTS[space]}",
            f"/search?q={marker}",
            f"/api/v1/search?q={marker}",
        ):
            page = client.get(path, follow_redirects=True)
            assert page.status_code == 200, (person, path)
            assert marker in page.get_data(as_text=True), (person, path)
