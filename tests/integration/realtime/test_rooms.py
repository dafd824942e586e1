"""Who hears what: rooms, rights that end, and the races between them."""

from __future__ import annotations

import time

import pytest
import socketio

from portal.accounts.models import AuthSession
from portal.core import spaces
from portal.core.db import begin_write, db
from portal.forums.services import posts
from tests.support.live import LiveServer, acting, elsewhere, wait_until
from tests.support.marks import on_both
from tests.support.world import PEOPLE, SPACES, THREADS, end_membership

ALPHA = THREADS["alpha/members"]
SHARED = THREADS["alpha/supplier"]


def say(live: LiveServer, person: str, body: str, thread: int = ALPHA) -> posts.Posted:
    return acting(live.app, person, posts.reply, thread_id=thread, body=body)


def remove(live: LiveServer, person: str) -> None:
    """End a membership as the commands do: the row, the epochs, the revocations, in one transaction."""

    def end() -> None:
        begin_write()
        end_membership(person, "alpha", commit=False)
        spaces.end_rights(PEOPLE[person].id, {SPACES["alpha/members"], SPACES["alpha/supplier"]})
        db.session.commit()

    elsewhere(live.app, end)


@on_both
def test_a_post_reaches_the_other_page(live: LiveServer) -> None:
    member, neighbour = live.open("member"), live.open("neighbour")
    assert member.join(ALPHA)["seq"] == 2
    assert neighbour.join(ALPHA)["present"] == ["Castlemere", "Northmoor"]
    begin = time.monotonic()
    posted = neighbour.call(
        "thread:post", {"thread": ALPHA, "body": "It is *back*.", "key": "key-of-the-first"}
    )
    assert posted["ok"] is True
    (event,) = member.wait_for("thread:event")
    assert time.monotonic() - begin < 2
    assert (event["thread"], event["seq"], event["kind"]) == (ALPHA, 3, "post.added")
    assert "It is <em>back</em>." in event["html"]
    assert event["data"] == {"post": posted["post"], "position": 3, "state": "shown"}
    for person in PEOPLE.values():
        assert str(person.id) not in str(event)
    again = neighbour.call(
        "thread:post", {"thread": ALPHA, "body": "It is *back*.", "key": "key-of-the-first"}
    )
    assert again == posted
    time.sleep(0.3)
    assert len(member.of("thread:event")) == 1


def test_what_may_not_be_read_is_as_if_it_were_not_there(live: LiveServer) -> None:
    page = live.open("other_member")
    forbidden = page.join(ALPHA)
    unknown = page.join(999_999_998)
    assert forbidden == unknown
    assert forbidden["problem"]["status"] == 404
    shapes = (
        ("thread:typing", {}),
        ("thread:post", {"body": "x", "key": "key-number-one"}),
        ("thread:leave", {}),
    )
    for event, more in shapes:
        answers = [page.call(event, {"thread": thread, **more}) for thread in (ALPHA, 999_999_998)]
        assert answers[0] == answers[1], event
    assert live.open("former").join(ALPHA) == forbidden
    assert live.open("supplier").join(ALPHA) == forbidden
    assert live.open("supplier").join(SHARED)["ok"] is True
    assert live.open("administrator").join(ALPHA) == forbidden


@on_both
def test_whoever_was_removed_hears_nothing_and_is_disconnected(live: LiveServer) -> None:
    leaver, stays = live.open("colleague"), live.open("member")
    leaver.join(ALPHA)
    stays.join(ALPHA)
    remove(live, "colleague")
    for number in range(20):
        say(live, "neighbour", f"After the removal, number {number}")
    wait_until(lambda: not leaver.client.connected, 5, "the end of the socket")
    stays.wait_for("thread:rejoin")
    answer = stays.join(ALPHA)
    heard = {event["seq"] for event in (*answer["missed"], *stays.of("thread:event"))}
    assert heard >= set(range(3, 23))
    assert leaver.of("thread:event") == []
    back = live.open("colleague")
    assert back.join(ALPHA)["problem"]["status"] == 404
    say(live, "neighbour", "And one more")
    wait_until(lambda: any(event["seq"] == 23 for event in stays.of("thread:event")), 5, "the last post")
    assert back.of("thread:event") == []


def test_a_right_that_ends_while_joining_gives_no_place(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = live.hub.enter

    def late(*given: object) -> int:
        epoch = enter(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(live.hub, "enter", enter)
        remove(live, "colleague")
        say(live, "neighbour", "Written after the removal")
        return epoch

    monkeypatch.setattr(live.hub, "enter", late)
    page = live.open("colleague")
    try:
        answer = page.join(ALPHA)
    except socketio.exceptions.TimeoutError:
        answer = {"ok": False, "problem": {"status": 404}}  # disconnected before the answer
    assert answer["problem"]["status"] == 404
    time.sleep(1.3)
    assert page.of("thread:event") == []


def test_an_epoch_that_moves_while_joining_is_joined_again(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter, epochs = live.hub.enter, []

    def late(*given: object) -> int:
        epochs.append(enter(*given))  # type: ignore[arg-type]
        if len(epochs) == 1:
            remove(live, "colleague")
        return epochs[-1]

    monkeypatch.setattr(live.hub, "enter", late)
    page = live.open("member")
    assert page.join(ALPHA)["ok"] is True
    assert epochs == [1, 2]
    say(live, "neighbour", "To the new room")
    assert page.wait_for("thread:event")[0]["seq"] == 3


def test_a_right_that_ends_between_rendering_and_sending_is_kept(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaver, epochs = live.open("colleague"), live.hub._epochs
    leaver.join(ALPHA)
    calls: list[int] = []

    def late(space_ids: object) -> dict[int, int]:
        calls.append(1)
        if len(calls) == 1:
            remove(live, "colleague")
        return epochs(space_ids)  # type: ignore[arg-type]

    monkeypatch.setattr(live.hub, "_epochs", late)
    say(live, "neighbour", "Sent while the right ends")
    wait_until(lambda: not leaver.client.connected, 4, "the end of the socket")
    assert leaver.of("thread:event") == []


@on_both
def test_what_was_deleted_is_never_sent_after_that(live: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    page = live.open("member")
    page.join(ALPHA)
    posted = say(live, "neighbour", "First words")
    page.wait_for("thread:event")
    epochs, done = live.hub._epochs, []

    def late(space_ids: object) -> dict[int, int]:
        if posted.id and not done:
            done.append(1)
            acting(live.app, "neighbour", posts.delete, post_id=posted.id)
        return epochs(space_ids)  # type: ignore[arg-type]

    monkeypatch.setattr(
        live.hub, "_epochs", late
    )  # the delete commits after the edit was seen, before it is sent
    acting(live.app, "neighbour", posts.edit, post_id=posted.id, body="Secretword")
    heard = page.wait_for("thread:event", 3)
    assert [event["kind"] for event in heard] == ["post.added", "post.edited", "post.removed"]
    assert "Secretword" not in str(heard)
    assert heard[-1]["data"]["state"] == "deleted"


def test_signing_out_ends_the_sockets_of_that_sign_in(live: LiveServer) -> None:
    page, other = live.open("member"), live.open("colleague")
    page.join(ALPHA)
    with live.app.app_context():
        begin_write()
        spaces.end_sessions_of(PEOPLE["member"].id, session_id=PEOPLE["member"].id)
        db.session.query(AuthSession).filter(AuthSession.id == PEOPLE["member"].id).delete()
        db.session.commit()
    took = wait_until(lambda: not page.client.connected, 3, "the end of the socket")
    assert took < 2.5
    assert other.client.connected


def test_a_supplier_sees_no_presence_and_no_typing(live: LiveServer) -> None:
    supplier, member, lead = live.open("supplier"), live.open("member"), live.open("lead")
    assert supplier.join(SHARED)["present"] == []
    assert member.join(SHARED)["present"] == ["Northmoor"]  # the supplier is not among those present either
    assert lead.join(SHARED)["present"] == ["Northmoor", "Thornhithe"]
    member.wait_for("thread:present")
    lead.call("thread:typing", {"thread": SHARED})
    assert member.wait_for("thread:typing") == [{"thread": SHARED, "authority": "Thornhithe"}]
    supplier.call("thread:typing", {"thread": SHARED})
    member.call("thread:typing", {"thread": SHARED, "attribution": "withheld"})
    time.sleep(1.3)
    assert lead.of("thread:typing") == []
    assert len(member.of("thread:typing")) == 1
    assert {event for event, _ in supplier.heard} <= {"thread:event"}
    say(live, "lead", "Both sides read this", SHARED)
    assert supplier.wait_for("thread:event")[0]["seq"] == 3
