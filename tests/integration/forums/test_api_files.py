"""Files through the API and by their own address."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import ATTACHMENTS, MARKERS, POSTS, THREADS

HERE = "alpha/members"
FILE = f"/attachments/{ATTACHMENTS[HERE]}"
BYTES = f"Bytes {MARKERS[HERE]}".encode()
THREAD = f"/api/v1/threads/{THREADS[HERE]}"


def send(client: PortalClient, data: bytes, name: str, **more: Any) -> Any:
    fields = {"file": (io.BytesIO(data), name), "thread": str(THREADS[HERE]), **more}
    headers = {"X-CSRFToken": client.token(), "Accept": "application/json"}
    return client.http.post(
        "/api/v1/attachments", data=fields, headers=headers, content_type="multipart/form-data"
    )


@on_both
def test_a_file_waits_for_its_uploader_and_is_read_beside_its_post(client: PortalClient) -> None:
    client.sign_in_as("member")
    added = send(client, b"Just a note", "note.txt")
    assert added.status_code == 201
    number = added.get_json()["number"]
    assert client.http.get(f"/attachments/{number}").data == b"Just a note"
    client.sign_in_as("lead")
    assert client.http.get(f"/attachments/{number}").status_code == 404
    assert client.json("DELETE", f"/api/v1/attachments/{number}").status_code == 404
    stolen = client.json("POST", f"{THREAD}/posts", {"body": "x", "attachments": [number]})
    assert [error["field"] for error in stolen.get_json()["errors"]] == ["attachments"]
    client.sign_in_as("member")
    posted = client.json("POST", f"{THREAD}/posts", {"body": "x", "attachments": [number]})
    assert posted.status_code == 201
    client.sign_in_as("lead")
    assert client.http.get(f"/attachments/{number}/note.txt").data == b"Just a note"
    assert client.json("DELETE", f"/api/v1/attachments/{number}").status_code == 403
    shown = client.json("GET", f"{THREAD}/posts?last=1").get_json()["items"][0]["attachments"]
    assert [file["filename"] for file in shown] == ["note.txt"]


@on_both
def test_a_file_taken_away_is_gone_and_open_pages_hear_of_it(client: PortalClient) -> None:
    client.sign_in_as("member")
    number = send(client, b"Just a note", "note.txt").get_json()["number"]
    post = client.json("POST", f"{THREAD}/posts", {"body": "x", "attachments": [number]}).get_json()
    assert client.json("DELETE", f"/api/v1/attachments/{number}").status_code == 204
    assert client.http.get(f"/attachments/{number}").status_code == 404
    assert client.json("DELETE", f"/api/v1/attachments/{number}").status_code == 404
    events = client.json("GET", f"{THREAD}/events?since={post['seq']}").get_json()["items"]
    assert [(event["kind"], event["post"]) for event in events] == [("post.edited", post["id"])]


def test_the_bytes_come_in_a_sandbox(client: PortalClient) -> None:
    answer = client.sign_in_as("member").http.get(FILE)
    assert answer.data == BYTES
    assert answer.headers["Content-Disposition"] == f"attachment; filename={MARKERS[HERE]}.txt"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.http.head(FILE).headers["Content-Length"] == str(len(BYTES))


@pytest.mark.parametrize(
    ("wanted", "status", "data"),
    [
        ("bytes=0-4", 206, BYTES[:5]),
        ("bytes=-3", 206, BYTES[-3:]),
        ("bytes=6-", 206, BYTES[6:]),
        ("bytes=3-999999", 206, BYTES[3:]),
        ("bytes=9999-", 416, b""),
        ("bytes=0-1,3-4", 200, BYTES),
        ("lines=1-2", 200, BYTES),
        ("bytes=b-a", 200, BYTES),
        ("bytes=5-2", 200, BYTES),
        (f"bytes={10**30}-", 416, b""),
    ],
)
def test_ranges_are_answered(client: PortalClient, wanted: str, status: int, data: bytes) -> None:
    answer = client.sign_in_as("member").http.get(FILE, headers={"Range": wanted})
    assert (answer.status_code, answer.data) == (status, data)
    if status == 206:
        assert answer.headers["Content-Range"].endswith(f"/{len(BYTES)}")
        assert answer.headers["Content-Length"] == str(len(data))


@on_both
def test_the_file_of_a_post_that_is_not_shown_is_not_there(client: PortalClient) -> None:
    path = f"/api/v1/posts/{POSTS[HERE]}"
    client.sign_in_as("neighbour").json("DELETE", path)
    assert client.sign_in_as("member").http.get(FILE).status_code == 404
    client.sign_in_as("neighbour").json("POST", f"{path}/restore")
    assert client.sign_in_as("member").http.get(FILE).status_code == 200
    client.sign_in_as("lead").post(f"/posts/{POSTS[HERE]}/hide", {"hide-words": "Names a person"})
    assert client.sign_in_as("member").http.get(FILE).status_code == 404
    assert client.sign_in_as("lead").http.get(FILE).status_code == 200


@pytest.mark.parametrize("person", ["other_member", "supplier", "administrator", "former"])
def test_a_file_elsewhere_is_not_there(client: PortalClient, person: str) -> None:
    client.sign_in_as(person)
    assert client.http.get(FILE).status_code == 404
    assert client.http.get(FILE + "/x", headers={"Range": "bytes=0-1"}).status_code == 404
    assert send(client, b"x", "x.txt").status_code == 404


@on_both
def test_case_data_in_a_file_or_its_name_is_refused_until_it_is_stated_to_be_invented(
    client: PortalClient,
) -> None:
    client.sign_in_as("member")
    for data, name in ((b"no, 943 476 5919", "list.txt"), (b"nothing", "NHS_943_476_5919.txt")):
        refused = send(client, data, name)
        assert refused.status_code == 422
        assert "943 476 5919" in refused.get_data(as_text=True)
        assert send(client, data, name, invented="true").status_code == 201


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"file": "not a file"}, 422),
        ({"file": (io.BytesIO(b"x"), "")}, 422),
        ({"file": (io.BytesIO(b"x"), "x.txt"), "thread": "abc"}, 422),
        ({"file": (io.BytesIO(b"x"), "x.txt"), "thread": str(2**70)}, 404),
        ({"file": (io.BytesIO(b"x"), "x.txt"), "space": "-1"}, 404),
        ({"file": (io.BytesIO(b""), "x.txt"), "space": "5"}, 404),
    ],
)
def test_a_form_that_says_too_little_is_refused(
    client: PortalClient, fields: dict[str, Any], status: int
) -> None:
    client.sign_in_as("member")
    copied = {
        name: (io.BytesIO(b"x"), value[1]) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }
    headers = {"X-CSRFToken": client.token(), "Accept": "application/json"}
    answer = client.http.post(
        "/api/v1/attachments", data=copied, headers=headers, content_type="multipart/form-data"
    )
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_broken_multipart_body_is_refused(client: PortalClient) -> None:
    client.sign_in_as("member")
    headers = {"X-CSRFToken": client.token(), "Content-Type": "multipart/form-data; boundary=b"}
    for data in (
        b"",
        b"--b",
        b"--b\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nx",
        b"\0" * 50,
    ):
        answer = client.http.post("/api/v1/attachments", data=data, headers=headers)
        assert answer.status_code in {400, 422}, data
        assert answer.mimetype == "application/problem+json"
