"""P3: all that a member could fetch is recorded, the right is ended by its real command, and all of it is replayed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.services import tokens
from portal.core import clock
from portal.directory.services import people
from portal.forums.services import attachments, drafts, posts, reading
from portal.groups.services import glass, lead, members
from tests.contract import checks
from tests.contract.checks import (
    COMPOSED,
    acknowledge,
    actor_of,
    do,
    move_person,
    queue_mail,
    rooms_of,
    run_jobs,
)
from tests.contract.matrix import ALPHA as ALPHA_PEOPLE
from tests.contract.sweep import browser
from tests.support.live import LiveServer, wait_until
from tests.support.marks import on_both
from tests.support.world import ATTACHMENTS, FORUMS, GROUPS, MARKERS, PEOPLE, POSTS, SPACES, THREADS

GROUP = GROUPS["alpha"]
PAGES = ("", "forum/", "forum/new", "issues/", "issues.csv", "readers", "members/")


class Recording:
    """Addresses, each with what it answered, by cookie and by token; and events of a socket."""

    def __init__(self, app: Flask, person: str, spaces: tuple[str, ...]) -> None:
        self.app, self.person, self.spaces = app, person, spaces
        for space in spaces:
            self._leave_traces(space)
        secret = do(app, person, tokens.create_token, name="Mine", scope="read").secret
        self.token = {"Authorization": f"Bearer {secret}"}
        self.kept = {
            (path, by_token): True
            for path in self._addresses()
            for by_token in (False, True)
            if (path.startswith("/api/") or not by_token) and self._tells(path, by_token)
        }

    def _leave_traces(self, space: str) -> None:
        marker = MARKERS[space]
        do(
            self.app,
            self.person,
            drafts.save,
            key=f"draft-{SPACES[space]}",
            space_id=SPACES[space],
            body=f"Draft {marker}",
        )
        do(self.app, self.person, reading.bookmark, post_id=POSTS[space], on=True)
        do(self.app, self.person, reading.follow, thread_id=THREADS[space], state="following")
        do(self.app, self.person, reading.mark_read, thread_id=THREADS[space], position=1)

    def _addresses(self) -> list[str]:
        found = [
            "/",
            "/bookmarks/",
            "/drafts/",
            "/groups/",
            "/people/",
            "/api/v1/me",
            "/api/v1/groups",
            "/account/",
        ]
        for space in self.spaces:
            thread, post, slug = THREADS[space], POSTS[space], space.split("/")
            found += [
                *(
                    f"/threads/{thread}{more}"
                    for more in (f"-title-{MARKERS[space]}", ".csv", "/unread", "/posts/1")
                ),
                f"/threads/{thread}/tools",
                f"/threads/{thread}-title-{MARKERS[space]}?print=1",
                *(f"/posts/{post}{more}" for more in ("", "/edit")),
                *(f"/api/v1/threads/{thread}{more}" for more in ("", "/posts", "/posts?last=5", "/events")),
                *(
                    f"/attachments/{ATTACHMENTS[space]}{more}"
                    for more in ("", f"/{MARKERS[space]}.txt", "?download=1")
                ),
                *(f"/groups/{slug[0]}/{page}?space={slug[1]}" for page in PAGES),
                f"/groups/{slug[0]}/issues/?space={slug[1]}&print=1&all=1",
                f"/api/v1/groups/{slug[0]}/threads?space={slug[1]}",
                f"/api/v1/drafts/draft-{SPACES[space]}",
                f"/api/v1/mentions?space={SPACES[space]}&q=a",
                f"/api/v1/mentions?thread={thread}&q=a",
                f"/search?q={MARKERS[space]}",
                f"/api/v1/search?q={MARKERS[space]}",
                f"/groups/{slug[0]}/forum/?space={slug[1]}&forum={FORUMS[space]}&q={MARKERS[space]}",
            ]
        return found

    def _ask(self, path: str, by_token: bool) -> Any:
        client = browser(self.app, "anonymous" if by_token else self.person)
        return client.get(path, headers=self.token if by_token else {})

    def _tells(self, path: str, by_token: bool) -> bool:
        """Whether an answer holds anything of the spaces: a marker that was not in the address itself."""
        answer = self._ask(path, by_token)
        text = answer.get_data(as_text=True)
        if "/search" in path and answer.status_code == 200:
            return "Body" in text
        inside = answer.status_code == 200 and any(
            f"/groups/{space.split('/')[0]}/" in path or "mentions" in path for space in self.spaces
        )
        return inside or any(MARKERS[space] in text for space in self.spaces)

    def replay(self) -> list[str]:
        """What still answers."""
        self.app.extensions["portal.limiter"].storage.reset()
        still = []
        for path, by_token in self.kept:
            answer = self._ask(path, by_token)
            text = answer.get_data(as_text=True)
            of_space = any(
                f"{THREADS[s]}" in path or f"{POSTS[s]}" in path or f"{ATTACHMENTS[s]}" in path
                for s in self.spaces
            )
            if of_space or "mentions" in path or "/drafts/draft-" in path or "issues.csv" in path:
                if answer.status_code < 300:
                    still.append(f"{path}: {answer.status_code}")
            elif "/search" in path:
                if "Body" in text and "Title" in text:
                    still.append(f"{path}: found")
            elif answer.status_code != 302 and any(MARKERS[space] in text for space in self.spaces):
                still.append(f"{path}: a marker")
        return still


def removed(app: Flask, person: str) -> None:
    do(app, "lead", members.remove_member, group_id=GROUP, person_id=PEOPLE[person].id, reason="Changed post")


def left(app: Flask, person: str) -> None:
    do(app, person, members.leave_group, group_id=GROUP)


def suspended(app: Flask, person: str) -> None:
    do(app, "administrator", people.suspend_person, person_id=PEOPLE[person].id, reason="Long leave")


def changed_organisation(app: Flask, person: str) -> None:
    move_person(app, person, "eastvale")


ENDS: dict[str, Callable[[Flask, str], None]] = {
    "removed by the lead": removed,
    "left": left,
    "suspended": suspended,
    "changed organisation": changed_organisation,
}
BOTH = ("alpha/members", "alpha/supplier")


@on_both
@pytest.mark.parametrize("end", ENDS)
def test_nothing_that_a_member_could_fetch_answers_after_the_end(app: Flask, end: str) -> None:
    recording = Recording(app, "colleague", BOTH)
    assert len(recording.kept) > 40, "the recording holds too little"
    ENDS[end](app, "colleague")
    assert recording.replay() == []


def test_the_recording_replays_while_the_right_stands(app: Flask) -> None:
    """Without this the replay could be silent about everything."""
    recording = Recording(app, "colleague", BOTH)
    removed(app, "neighbour")
    assert len(recording.replay()) > 30


@on_both
def test_a_supplier_who_leaves_keeps_nothing(app: Flask) -> None:
    recording = Recording(app, "supplier", ("alpha/supplier",))
    removed(app, "supplier")
    assert recording.replay() == []
    theirs = browser(app, "supplier").get(f"/threads/{THREADS['nlar/supplier-a']}.csv")
    assert MARKERS["nlar/supplier-a"] in theirs.get_data(as_text=True), "another right of theirs stands"


@on_both
def test_a_seat_that_passes_on_takes_the_nlar_with_it(app: Flask) -> None:
    recording = Recording(app, "lead", ("nlar/members", "nlar/supplier-a", "nlar/supplier-b"))
    assert len(recording.kept) > 50
    do(app, "lead", lead.hand_over_lead, group_id=GROUP, person_id=PEOPLE["deputy"].id)
    do(app, "deputy", members.remove_member, group_id=GROUP, person_id=PEOPLE["lead"].id, reason="Gone")
    assert recording.replay() == []


@on_both
def test_a_lead_who_becomes_a_member_loses_the_leads_pages_and_the_seat(app: Flask) -> None:
    """A downgrade, not a removal: the group stays readable, its desk and the NLAR do not."""
    client = browser(app, "deputy")
    assert client.get(f"/threads/{THREADS['nlar/members']}.csv").status_code == 200
    assert client.get(f"/threads/{THREADS['alpha/members']}/tools").status_code == 200
    do(app, "lead", lead.dismiss_deputy, group_id=GROUP, person_id=PEOPLE["deputy"].id)
    assert client.get(f"/threads/{THREADS['nlar/members']}.csv").status_code == 404
    assert client.get(f"/threads/{THREADS['alpha/members']}/tools").status_code == 403
    assert client.get(f"/threads/{THREADS['alpha/members']}.csv").status_code == 200


@on_both
def test_queued_mail_is_not_sent_after_the_end(app: Flask) -> None:
    queue_mail(app, "colleague", "alpha/members")
    queue_mail(app, "member", "alpha/members")
    removed(app, "colleague")
    COMPOSED.clear()
    run_jobs(app)
    assert [PEOPLE["member"].id] == COMPOSED


def test_a_waiting_file_is_nobodys_after_the_end(app: Flask) -> None:
    added = do(
        app,
        "colleague",
        attachments.add,
        space_id=SPACES["alpha/members"],
        stream=io.BytesIO(b"Words"),
        filename="a.txt",
    )
    client = browser(app, "colleague")
    assert client.get(f"/attachments/{added.id}").status_code == 200
    removed(app, "colleague")
    assert client.get(f"/attachments/{added.id}").status_code == 404


def test_former_members_change_nothing_of_their_own(app: Flask) -> None:
    posted = do(app, "colleague", posts.reply, thread_id=THREADS["alpha/members"], body="My own words")
    removed(app, "colleague")
    for work, more in (
        (posts.edit, {"body": "Changed"}),
        (posts.delete, {}),
        (posts.restore, {}),
        (reading.bookmark, {"on": True}),
    ):
        answer = checks.refusal(app, "colleague", work, post_id=posted.id, **more)
        assert answer.startswith("NotFound"), work
    text = browser(app, "member").get(f"/threads/{THREADS['alpha/members']}.csv").get_data(as_text=True)
    assert "My own words" in text


def test_a_replayed_key_tells_nothing_after_the_end(app: Flask) -> None:
    given = {
        "thread_id": THREADS["alpha/members"],
        "body": "Sent once",
        "idempotency_key": "key-before-the-end",
    }
    do(app, "colleague", posts.reply, **given)
    removed(app, "colleague")
    assert checks.refusal(app, "colleague", posts.reply, **given).startswith("NotFound")


def test_a_break_glass_that_ends_reads_nothing(app: Flask) -> None:
    opened = do(
        app,
        "administrator",
        glass.open_break_glass,
        group_id=GROUP,
        reason="A complaint is looked into",
        until=clock.now() + timedelta(hours=1),
    )
    recording = Recording(app, "administrator", BOTH)
    assert len(recording.kept) > 30
    do(app, "administrator", glass.end_break_glass, break_glass_id=opened.id)
    assert recording.replay() == []


def test_sockets_answer_nothing_after_the_end(app: Flask) -> None:
    with rooms_of(app):
        thread = THREADS["alpha/members"]
        assert acknowledge(app, "colleague", "thread:join", {"thread": thread, "seq": 2})["ok"] is True
        removed(app, "colleague")
        for event, more in checks.SOCKET_SHAPES.items():
            pair = [
                acknowledge(app, "colleague", event, {"thread": n, **more}) for n in (thread, 987_654_321)
            ]
            assert pair[0] == pair[1], event


@on_both
def test_an_open_socket_ends_within_two_seconds_of_the_removal(app: Flask, live: LiveServer) -> None:
    page = live.open("colleague")
    assert page.join(THREADS["alpha/members"])["ok"] is True
    removed(live.app, "colleague")
    for number in range(10):
        do(live.app, "neighbour", posts.reply, thread_id=THREADS["alpha/members"], body=f"After it, {number}")
    assert wait_until(lambda: not page.client.connected, 4, "the end of the socket") < 3
    assert page.of("thread:event") == []


def test_everybody_else_keeps_their_rights(app: Flask) -> None:
    removed(app, "colleague")
    for person in sorted(ALPHA_PEOPLE - {"colleague"}):
        with app.test_request_context():
            assert SPACES["alpha/members"] in actor_of(person).spaces
