"""Writing without JavaScript: posted once, refused with everything kept, changed, deleted, led."""

from __future__ import annotations

import io
import re

import pytest

from tests.support.client import PortalClient
from tests.support.world import FORUMS, MARKERS, POSTS, THREADS

THREAD = THREADS["alpha/members"]
POST = POSTS["alpha/members"]
HREF = f"/threads/{THREAD}-title-{MARKERS['alpha/members']}"
REPLY = f"/threads/{THREAD}/reply"
NEW = "/groups/alpha/forum/new?space=members&kind=issue"
BORN = "The second child, born 19/07/2001 and called Test Gamma, gets the first one's text."


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def reply(client: PortalClient, body: str, **more: object) -> str:
    """Send the reply form of the thread's page; the address that it leads to."""
    page = client.get(HREF).get_data(as_text=True)
    data = {"body": body, "key": field(page, "key"), "attribution": "named", **more}
    sent = client.post(REPLY, data)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    return sent.headers["Location"]


def test_a_reply_is_posted_and_read_by_the_others(client: PortalClient) -> None:
    client.sign_in_as("member")
    assert reply(client, "We have **this** too") == f"{HREF}#post-3"
    page = client.sign_in_as("lead").get(HREF).get_data(as_text=True)
    assert "<strong>this</strong>" in page
    assert "Asha Fenn" in page


def test_the_button_and_the_sentence_name_the_audience(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    assert ">Reply to members</button>" in page
    assert page.count("Not the supplier, not the DCSF.") == 2
    shared = f"/threads/{THREADS['alpha/supplier']}-title-{MARKERS['alpha/supplier']}"
    assert ">Post where Supplier A reads it</button>" in client.get(shared).get_data(as_text=True)


def test_sent_twice_is_posted_once(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    data = {"body": "Once only", "key": field(page, "key"), "attribution": "named"}
    first, second = client.post(REPLY, data), client.post(REPLY, data)
    assert first.headers["Location"] == second.headers["Location"]
    assert client.get(HREF).get_data(as_text=True).count("<p>Once only</p>") == 1
    other = client.post(REPLY, {**data, "body": "Something else"})
    assert other.status_code == 422
    assert "Something else" in other.get_data(as_text=True)
    assert field(other.get_data(as_text=True), "key") != data["key"]


def test_sent_twice_with_a_file_is_posted_once(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    data = {"body": "With a file", "key": field(page, "key"), "attribution": "named"}

    def send() -> str:
        files = {"attachments": (io.BytesIO(b"step,result\n1,passes\n"), "results.csv")}
        sent = client.post(REPLY, {**data, **files}, content_type="multipart/form-data")
        assert sent.status_code == 303, sent.get_data(as_text=True)
        return client.get(sent.headers["Location"]).headers.get("Location", sent.headers["Location"])

    assert send() == send()
    page = client.get(HREF).get_data(as_text=True)
    assert page.count("<p>With a file</p>") == 1
    assert "results.csv" in page


def test_case_data_is_refused_by_its_words_and_nothing_typed_is_lost(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    data = {"body": BORN, "key": field(page, "key"), "attribution": "withheld", "reply_to": str(POST)}
    refused = client.post(REPLY, data)
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "<title>Error:" in text
    assert 'href="#composer-text"' in text
    assert "19/07/2001" in text
    assert "called Test Gamma, gets the first one" in text
    assert re.search(r'value="withheld" selected', text)
    assert field(text, "reply_to") == str(POST)
    assert "These details are invented" in text
    sent = client.post(REPLY, {**data, "invented": "y"})
    assert sent.status_code == 303
    shown = client.get(HREF).get_data(as_text=True)
    assert "A member authority" in shown
    assert "In reply to" in shown


def test_an_empty_reply_says_what_is_missing(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    refused = client.post(REPLY, {"body": " ", "key": field(page, "key")})
    assert refused.status_code == 422
    assert "Enter what you want to say" in refused.get_data(as_text=True)


def test_a_file_goes_with_the_text_and_is_kept_when_the_text_is_refused(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(HREF).get_data(as_text=True)
    data = {"body": BORN, "key": field(page, "key"), "attribution": "named"}
    files = {"attachments": (io.BytesIO(b"step,result\n1,passes\n"), "results.csv")}
    refused = client.post(REPLY, {**data, **files}, content_type="multipart/form-data")
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    kept = re.search(r'name="attachment" value="(\d+)"', text)
    assert kept
    assert "results.csv" in text
    sent = client.post(REPLY, {**data, "body": "Cleaned", "attachment": kept.group(1)})
    assert sent.status_code == 303
    assert f"/attachments/{kept.group(1)}" in client.get(HREF).get_data(as_text=True)


def test_a_quote_and_a_reply_begin_without_a_script(client: PortalClient) -> None:
    client.sign_in_as("member")
    quoting = client.get(f"{HREF}?quote=2").get_data(as_text=True)
    assert f"&gt; Body 2 {MARKERS['alpha/members']}" in quoting
    assert "Nerys Vale, post 2" in quoting
    assert field(quoting, "reply_to") == str(POST + 1)
    assert field(client.get(f"{HREF}?reply=1").get_data(as_text=True), "reply_to") == str(POST)


def test_a_thread_is_started_and_a_rejected_one_keeps_everything(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(NEW).get_data(as_text=True)
    data = {
        "space": "members",
        "kind": "issue",
        "title": "",
        "body": "Text of the issue",
        "forum_id": str(FORUMS["alpha/members"]),
        "attribution": "withheld",
        "key": field(page, "key"),
        "draft": field(page, "draft"),
    }
    refused = client.post("/groups/alpha/forum/new", data, form_at=NEW)
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "Text of the issue" in text
    assert 'value="withheld" checked' in text
    assert 'href="#title"' in text
    sent = client.post("/groups/alpha/forum/new", {**data, "title": "Copies go astray"})
    assert sent.status_code == 303
    shown = client.get(sent.headers["Location"]).get_data(as_text=True)
    assert "Copies go astray" in shown
    assert "raised by A member authority" in shown
    again = client.post("/groups/alpha/forum/new", {**data, "title": "Copies go astray"})
    assert again.headers["Location"] == sent.headers["Location"]


def test_a_new_thread_stays_in_the_space_of_its_form(client: PortalClient) -> None:
    client.sign_in_as("supplier")
    assert client.get(NEW).status_code == 404
    shared = "/groups/alpha/forum/new?space=supplier&kind=question"
    data = {
        "space": "supplier",
        "kind": "question",
        "title": "A question to you",
        "body": "What?",
        "attribution": "named",
        "forum_id": str(FORUMS["alpha/members"]),
        "key": "a-key-of-a-form-12345",
    }
    assert client.post("/groups/alpha/forum/new", data, form_at=shared).status_code == 422
    data["forum_id"] = str(FORUMS["alpha/supplier"])
    assert client.post("/groups/alpha/forum/new", data).status_code == 303


def test_an_edit_keeps_what_was_said(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    page = client.get(f"/posts/{POST}/edit").get_data(as_text=True)
    data = {"body": "Said otherwise", "key": field(page, "key"), "revision": field(page, "revision")}
    assert client.post(f"/posts/{POST}/edit", data).headers["Location"] == f"{HREF}#post-1"
    assert "Said otherwise" in client.get(HREF).get_data(as_text=True)
    history = client.get(f"/posts/{POST}").get_data(as_text=True)
    assert "<del>" in history
    assert "What it said before" in history
    stale = client.post(f"/posts/{POST}/edit", {**data, "body": "Third", "key": "another-key-of-a-form"})
    assert stale.status_code == 409
    assert "Third" in stale.get_data(as_text=True)
    assert client.sign_in_as("member").get(f"/posts/{POST}/edit").status_code == 403


def test_deleting_can_be_undone(client: PortalClient) -> None:
    client.sign_in_as("neighbour")
    sent = client.post(f"/posts/{POST}/delete", form_at=HREF)
    page = client.get(sent.headers["Location"].split("#")[0]).get_data(as_text=True)
    assert "Undo" in page
    assert f"<p>Body 1 {MARKERS['alpha/members']}</p>" not in page
    assert client.post(f"/posts/{POST}/restore").status_code == 303
    assert f"<p>Body 1 {MARKERS['alpha/members']}</p>" in client.get(HREF).get_data(as_text=True)
    assert client.sign_in_as("member").post(f"/posts/{POST}/delete").status_code == 403


def test_reactions_bookmarks_and_following(client: PortalClient) -> None:
    client.sign_in_as("member")
    client.post(f"/posts/{POST}/react", {"kind": "thanks", "on": "1"}, form_at=HREF)
    assert "Thanks: <b>1</b>" in client.get(HREF).get_data(as_text=True)
    client.post(f"/posts/{POST}/bookmark", {"on": "1"})
    assert f"/threads/{THREAD}/posts/1" in client.get("/bookmarks/").get_data(as_text=True)
    client.post(f"/posts/{POST}/bookmark", {"on": "0", "back": "bookmarks"})
    assert "No bookmark yet" in client.get("/bookmarks/").get_data(as_text=True)
    client.post(f"/threads/{THREAD}/follow", {"state": "following"})
    assert 'aria-pressed="true"' in client.get(HREF).get_data(as_text=True)


def test_a_lead_pins_locks_renames_and_hides(client: PortalClient) -> None:
    client.sign_in_as("lead")
    assert client.post(f"/threads/{THREAD}/pin", {"on": "1"}, form_at=HREF).status_code == 303
    assert "Pinned" in client.get("/groups/alpha/forum/").get_data(as_text=True)
    renamed = client.post(f"/threads/{THREAD}/rename", {"rename-words": "Another title"})
    assert renamed.headers["Location"] == f"/threads/{THREAD}-another-title"
    assert client.get(HREF).headers["Location"] == f"/threads/{THREAD}-another-title"
    refused = client.post(f"/posts/{POST}/hide", {"hide-words": ""})
    assert refused.status_code == 422
    assert client.post(f"/posts/{POST}/hide", {"hide-words": "It names a child"}).status_code == 303
    assert client.post(f"/threads/{THREAD}/lock", {"on": "1"}).status_code == 303
    member = client.sign_in_as("member").get(f"/threads/{THREAD}-another-title").get_data(as_text=True)
    assert "hidden by the lead" in member
    assert "It names a child" not in member
    assert "locked this thread" in member
    assert "<textarea" not in member
    assert client.post(f"/threads/{THREAD}/pin", {"on": "0"}).status_code == 403


def test_a_split_and_a_merge_keep_old_addresses_true(client: PortalClient) -> None:
    client.sign_in_as("lead")
    refused = client.post(f"/threads/{THREAD}/split", {"words": "Second half"}, form_at=HREF)
    assert refused.status_code == 422
    sent = client.post(f"/threads/{THREAD}/split", {"words": "Second half", "post": str(POST + 1)})
    there = sent.headers["Location"]
    assert there.endswith("-second-half")
    assert client.get(f"/threads/{THREAD}/posts/2").headers["Location"].startswith(there)
    number = re.findall(r"\d+", there)[0]
    wrong = client.post(f"/threads/{number}/merge", {"merge-words": str(THREADS["alpha/supplier"])})
    assert wrong.status_code == 422
    merged = client.post(f"/threads/{number}/merge", {"merge-words": f"http://127.0.0.1:5000{HREF}"})
    assert merged.headers["Location"] == HREF
    assert client.get(there, follow_redirects=True).request.path == HREF
    assert "Body 2" in client.get(client.get(f"/threads/{number}/posts/1").headers["Location"]).get_data(
        as_text=True
    )


def test_a_lead_arranges_the_forums(client: PortalClient) -> None:
    boards = "/groups/alpha/forum/boards"
    client.sign_in_as("lead")
    made = client.post(
        boards, {"space": "members", "name": "Releases", "purpose": "", "key": "k" * 20}, form_at=boards
    )
    assert made.status_code == 303
    page = client.get(boards).get_data(as_text=True)
    number = re.findall(rf"{boards}/(\d+)", page)
    added = next(one for one in number if int(one) != FORUMS["alpha/members"])
    assert client.post(boards, {"space": "members", "name": "Releases", "key": "l" * 20}).status_code == 422
    client.post(f"{boards}/{added}", {"space": "members", "act": "up"})
    page = client.get(boards).get_data(as_text=True)
    assert page.index("<b>Releases</b>") < page.index(f"<b>Forum {MARKERS['alpha/members']}</b>")
    client.post(f"{boards}/{added}", {"space": "members", "act": "close"})
    assert "Open again" in client.get(boards).get_data(as_text=True)
    client.post(f"{boards}/{added}", {"space": "members", "act": "reopen"})
    client.post(
        f"{boards}/{added}", {"space": "members", "act": "change", "name": "Releases, new", "purpose": "x"}
    )
    assert "Releases, new" in client.get("/groups/alpha/forum/").get_data(as_text=True)
    assert client.sign_in_as("member").post(boards, {"space": "members", "name": "Mine"}).status_code == 403


@pytest.mark.parametrize("person", ["other_member", "former", "supplier", "administrator"])
def test_nobody_else_writes(client: PortalClient, person: str) -> None:
    client.sign_in_as(person)
    for path in (
        REPLY,
        f"/threads/{THREAD}/follow",
        f"/threads/{THREAD}/pin",
        f"/posts/{POST}/react",
        f"/posts/{POST}/hide",
    ):
        assert client.post(path, {"body": "x"}, form_at="/account/").status_code == 404, path
