"""What is done to the bytes of an attached file between the form and the reader."""

from __future__ import annotations

import io
import re

from tests.integration.forums.test_pages_writing import HREF, REPLY, field
from tests.support.client import PortalClient
from tests.unit.core.corpora import HOSTILE, needs_corpora


def attach(client: PortalClient, data: bytes, name: str) -> tuple[int, str]:
    """Reply with one file: the answer's status and the page that shows it."""
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    form = {"body": "See the file", "key": field(page, "key"), "attribution": "named"}
    files = {"attachments": (io.BytesIO(data), name)}
    sent = client.post(REPLY, {**form, **files}, content_type="multipart/form-data")
    shown = client.get(HREF) if sent.status_code == 303 else sent
    return sent.status_code, shown.get_data(as_text=True)


@needs_corpora
def test_a_photograph_comes_back_without_where_and_by_whom_it_was_taken(client: PortalClient) -> None:
    original = (HOSTILE / "image" / "exif-gps.jpg").read_bytes()
    assert b"GPS-MARKER" in original
    status, page = attach(client, original, "screen.html")
    assert status == 303
    newest = re.findall(r'"(/attachments/\d+[^"]*)"', page)[-1]
    answer = client.get(newest, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xff\xd8")
    assert b"MARKER" not in answer.data
    assert "screen.html.jpg" in page


def test_case_data_is_found_in_a_sheet_that_excel_saved_as_unicode_text(client: PortalClient) -> None:
    status, page = attach(client, "name,no\na,943 476 5919\n".encode("utf-16"), "sheet.csv")
    assert status == 422
    assert "943 476 5919" in page


def test_a_broken_picture_is_refused_with_a_sentence(client: PortalClient) -> None:
    status, page = attach(client, b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 20, "a.png")
    assert status == 422
    assert "The picture is broken." in page
