"""Whose inbox holds what, as posts, rights and threads change; and the pages that show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.identity import ANONYMOUS, Actor
from portal.core.permissions import Action, may
from portal.forums.services import posts, reading, threads
from portal.groups.services import members
from portal.notifications import queries
from portal.notifications.listeners import count_of_person
from portal.notifications.models import Notification
from portal.notifications.services import inbox, preferences
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import FORUMS, GROUPS, MARKERS, PEOPLE, POSTS, THREADS

HERE = "alpha/members"
Acting = Callable[[str], Actor]


def naming(person: str) -> str:
    return f"Ask @[{PEOPLE[person].name}](person:{PEOPLE[person].id})"


def rows(acting: Acting, *, of: str, seen_by: str = "lead") -> list[tuple[str, bool]]:
    """The kinds of somebody's notifications in the group and whether they are read, as they stand in the table."""
    acting(seen_by)
    found = db.session.execute(
        select(Notification.kind, Notification.read_at)
        .where(Notification.person_id == PEOPLE[of].id)
        .order_by(Notification.id)
    ).all()
    db.session.rollback()
    return [(row.kind, row.read_at is not None) for row in found]


def remove(acting: Acting, person: str) -> None:
    members.remove_member(
        acting("lead"), group_id=GROUPS["alpha"], person_id=PEOPLE[person].id, reason="Has a new post"
    )


@on_both
def test_a_follower_who_left_is_told_nothing_more(acting: Acting) -> None:
    reading.follow(acting("colleague"), thread_id=THREADS[HERE], state="following")
    remove(acting, "colleague")
    posts.reply(acting("member"), thread_id=THREADS[HERE], body="After the end", reply_to=POSTS[HERE])
    assert rows(acting, of="colleague") == []
    assert rows(acting, of="neighbour") == [("answer", False)]


@on_both
def test_the_bell_falls_silent_with_the_membership(acting: Acting) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("colleague"))
    assert count_of_person(PEOPLE["colleague"].id) == 1
    remove(acting, "colleague")
    assert count_of_person(PEOPLE["colleague"].id) == 0
    former = acting("colleague")
    assert list(queries.list_inbox(former).items) == []


@on_both
def test_whoever_answers_has_read_what_they_were_told(acting: Acting) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    posts.reply(acting("lead"), thread_id=THREADS[HERE], body="Here I am")
    assert rows(acting, of="lead") == [("mention", True)]


@on_both
def test_hiding_is_told_anew_each_time_and_taken_back_with_the_hiding(acting: Acting) -> None:
    posts.hide(acting("lead"), post_id=POSTS[HERE], reason="Names a person")
    assert rows(acting, of="neighbour") == [("hidden", False)]
    posts.unhide(acting("lead"), post_id=POSTS[HERE])
    assert rows(acting, of="neighbour") == []
    posts.hide(acting("lead"), post_id=POSTS[HERE], reason="Names a person again")
    assert rows(acting, of="neighbour") == [("hidden", False)]


@on_both
def test_whoever_hides_their_own_post_is_not_told(acting: Acting) -> None:
    posted = posts.reply(acting("lead"), thread_id=THREADS[HERE], body="Better not")
    posts.hide(acting("lead"), post_id=posted.id, reason="Names a person")
    assert rows(acting, of="lead") == []


@on_both
def test_notifications_go_along_with_posts_that_are_split_off(acting: Acting) -> None:
    posted = posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("neighbour"))
    new = threads.split(acting("lead"), thread_id=THREADS[HERE], title="Of its own", post_ids=[posted.id])
    me = acting("neighbour")
    [row] = queries.list_inbox(me).items
    assert (row.thread_id, row.title) == (new.id, "Of its own")


@on_both
def test_a_deleted_post_is_taken_out_of_the_inbox(acting: Acting) -> None:
    posted = posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("lead"))
    posts.delete(acting("member"), post_id=posted.id)
    assert rows(acting, of="lead") == []


@on_both
def test_the_inbox_pages_by_key_and_keeps_every_group_once(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "A_PAGE", 2)
    for number in range(5):
        threads.start(
            acting("member"),
            forum_id=FORUMS[HERE],
            kind="discussion",
            title=f"Thread {number}",
            body=naming("lead"),
        )
    me, seen, after = acting("lead"), [], None
    while True:
        found = queries.list_inbox(me, after=after)
        seen += [row.title for row in found.items]
        after = found.next
        if after is None:
            break
    assert seen == [f"Thread {number}" for number in (4, 3, 2, 1, 0)]
    with pytest.raises(Invalid):
        queries.list_inbox(me, after="nonsense")


@on_both
def test_marking_read_is_for_ones_own_inbox_and_one_thread(acting: Acting) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=f"{naming('lead')} {naming('deputy')}")
    inbox.mark_read(acting("deputy"), thread_id=THREADS["alpha/supplier"])
    assert rows(acting, of="deputy") == [("mention", False)]
    inbox.mark_read(acting("deputy"), thread_id=THREADS[HERE])
    assert rows(acting, of="deputy") == [("mention", True)]
    assert rows(acting, of="lead") == [("mention", False)]
    for wrong in (0, -1, 2**63, True, "7"):
        with pytest.raises(Invalid):
            inbox.mark_read(acting("deputy"), thread_id=wrong)


def test_nobody_but_a_person_has_an_inbox_or_a_switch() -> None:
    assert not may(ANONYMOUS, Action.NOTIFICATIONS_INBOX_READ)
    assert not may(ANONYMOUS, Action.NOTIFICATIONS_PREFERENCES_CHANGE)


# --- pages ----------------------------------------------------------------------------------------------------


def test_the_inbox_of_a_supplier_names_no_other_space(acting: Acting, app: Flask) -> None:
    shared = "alpha/supplier"
    posts.reply(acting("member"), thread_id=THREADS[shared], body=naming("supplier"))
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("supplier"))
    page = PortalClient(app).sign_in_as("supplier").get("/notifications/").get_data(as_text=True)
    assert MARKERS[shared] in page
    assert MARKERS[HERE] not in page
    assert "with supplier" in page


def test_after_the_membership_no_page_tells_of_what_stood_in_the_inbox(acting: Acting, app: Flask) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("colleague"))
    browser = PortalClient(app).sign_in_as("colleague")
    assert MARKERS[HERE] in browser.get("/notifications/").get_data(as_text=True)
    remove(acting, "colleague")
    for path in ("/notifications/", "/notifications/settings", "/account/", "/people/"):
        text = browser.get(path).get_data(as_text=True)
        assert MARKERS[HERE] not in text
        assert "Notifications, none new" in text


def test_a_withheld_author_is_withheld_in_the_inbox(acting: Acting, app: Flask) -> None:
    posts.reply(acting("member"), thread_id=THREADS[HERE], body=naming("neighbour"), attribution="withheld")
    page = PortalClient(app).sign_in_as("neighbour").get("/notifications/").get_data(as_text=True)
    assert "A member authority names you" in page
    assert PEOPLE["member"].name not in page


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 30, "1.5", "²"])
def test_a_broken_number_of_a_thread_is_a_clear_error(app: Flask, wrong: str) -> None:
    answer = (
        PortalClient(app)
        .sign_in_as("member")
        .post("/notifications/read", {"thread": wrong}, form_at="/notifications/settings")
    )
    assert answer.status_code == 422


def test_a_broken_page_address_is_a_clear_error(app: Flask) -> None:
    browser = PortalClient(app).sign_in_as("member")
    for wrong in ("x", "W10", "WzFlMzA5LDEsIngiXQ"):
        assert browser.get(f"/notifications/?after={wrong}").status_code == 422


def test_the_bell_is_one_query(acting: Acting) -> None:
    me = acting("lead")
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        queries.count_unread(me)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) == 1


# --- the address that stops mail ------------------------------------------------------------------------------


def test_every_address_to_stop_mail_answers_alike_and_stops_its_own_person_alone(
    acting: Acting, app: Flask
) -> None:
    real = preferences.unsubscribe_path(PEOPLE["lead"].id)
    nobody = preferences.unsubscribe_path(987_654_321)
    forged = real[:-3] + "abc"
    anonymous = PortalClient(app)
    bodies = set()
    for path in (real, nobody, forged, "/notifications/unsubscribe/x"):
        assert anonymous.get(path).status_code == 200
        answer = anonymous.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        bodies.add(_without_nonces(answer.get_data(as_text=True)))
    assert len(bodies) == 1
    assert not queries.wants_mail(PEOPLE["lead"].id)
    assert queries.wants_mail(PEOPLE["deputy"].id)
    assert queries.list_wanting_mail({PEOPLE["lead"].id, PEOPLE["deputy"].id}) == {PEOPLE["deputy"].id}


def _without_nonces(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "nonce=" not in line)


def test_opening_the_address_stops_nothing(acting: Acting, app: Flask) -> None:
    PortalClient(app).get(preferences.unsubscribe_path(PEOPLE["lead"].id))
    assert queries.wants_mail(PEOPLE["lead"].id)
