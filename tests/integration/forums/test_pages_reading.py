"""The pages of the forums as the people of the world read them: what they see, where they end, what they cost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, update

from portal.core import clock, tenancy
from portal.core.db import db
from portal.core.spaces import Space
from portal.forums.models import Post, Thread
from portal.groups.queries import actors
from tests.support.client import PortalClient
from tests.support.world import MARKERS, PEOPLE, POSTS, SPACES, THREADS

THREAD = THREADS["alpha/members"]
HREF = f"/threads/{THREAD}-title-{MARKERS['alpha/members']}"
SHARED = f"/threads/{THREADS['alpha/supplier']}-title-{MARKERS['alpha/supplier']}"
pytestmark = pytest.mark.usefixtures("app")


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent while the block runs."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "PRAGMA")):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def add_posts(app: Flask, number: int) -> None:
    """Let the neighbour write ``number`` more posts in alpha's members' thread."""
    neighbour = PEOPLE["neighbour"]
    with app.app_context():
        actor = actors.find_actor_of_person(neighbour.id)
        assert actor is not None
        with tenancy.acting_as(actor):
            first = db.session.query(Post.position).filter(Post.thread_id == THREAD).count() + 1
            for position in range(first, first + number):
                db.session.add(
                    Post(
                        space_id=SPACES["alpha/members"],
                        thread_id=THREAD,
                        position=position,
                        author_id=neighbour.id,
                        organisation_id=actor.organisation_id,
                        markdown=f"Number {position}",
                        html=f"<p>Number {position}</p>",
                        reply_to_id=POSTS["alpha/members"],
                    )
                )
            db.session.flush()
            db.session.execute(
                update(Thread)
                .where(Thread.id == THREAD)
                .values(last_position=first + number - 1, post_count=first + number - 1)
                .execution_options(synchronize_session=False)
            )
            db.session.commit()


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("member", "/groups/alpha/forum/", 200),
        ("member", "/groups/alpha/forum/?space=supplier", 200),
        ("lead", "/groups/alpha/forum/", 200),
        ("supplier", "/groups/alpha/forum/", 200),
        ("supplier", "/groups/alpha/forum/?space=members", 404),
        ("other_member", "/groups/alpha/forum/", 404),
        ("other_supplier", "/groups/alpha/forum/?space=supplier", 404),
        ("former", "/groups/alpha/forum/", 404),
        ("administrator", "/groups/alpha/forum/", 404),
        ("member", HREF, 200),
        ("supplier", SHARED, 200),
        ("supplier", HREF, 404),
        ("other_member", HREF, 404),
        ("former", HREF, 404),
        ("administrator", HREF, 404),
        ("member", "/threads/99999999999999999999", 404),
        ("member", f"/posts/{POSTS['alpha/members']}", 200),
        ("supplier", f"/posts/{POSTS['alpha/members']}", 404),
        ("former", f"/threads/{THREAD}/posts/1", 404),
        ("member", f"/threads/{THREAD}/posts/77", 404),
        ("lead", f"/threads/{THREAD}/tools", 200),
        ("member", f"/threads/{THREAD}/tools", 403),
        ("member", f"/threads/{THREAD}/split", 403),
        ("lead", "/groups/alpha/forum/boards", 200),
        ("member", "/groups/alpha/forum/boards", 403),
        ("other_lead", "/groups/alpha/forum/boards", 404),
        ("member", "/groups/alpha/forum/?after=nonsense", 422),
        ("member", "/bookmarks/", 200),
        ("member", "/drafts/", 200),
    ],
)
def test_a_page_answers_as_the_rights_say(client: PortalClient, person: str, path: str, status: int) -> None:
    assert client.sign_in_as(person).get(path).status_code == status


def test_the_forum_shows_its_space_alone(client: PortalClient) -> None:
    page = client.sign_in_as("member").get("/groups/alpha/forum/").get_data(as_text=True)
    assert MARKERS["alpha/members"] in page
    assert MARKERS["alpha/supplier"] not in page
    assert "Not the supplier" in page


def test_a_supplier_learns_no_counts_of_the_group(client: PortalClient) -> None:
    page = client.sign_in_as("supplier").get("/groups/alpha/forum/").get_data(as_text=True)
    assert MARKERS["alpha/supplier"] in page
    assert "three authorities" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=issue", True),
        ("kind=question", False),
        ("status=raised", True),
        ("status=closed", False),
        ("unread=1", True),
        ("q=TITLE", True),
        ("q=100%25", False),
        ("q=%00title", True),
        ("kind=nonsense&sort=nonsense&forum=x", True),
        ("sort=newest", True),
    ],
)
def test_filters_narrow_the_list(client: PortalClient, query: str, shown: bool) -> None:
    page = client.sign_in_as("member").get(f"/groups/alpha/forum/?{query}").get_data(as_text=True)
    assert (f"Title {MARKERS['alpha/members']}" in page) is shown


def test_an_old_slug_and_a_lasting_address_lead_to_the_page(client: PortalClient) -> None:
    client.sign_in_as("member")
    assert client.get(f"/threads/{THREAD}-once-called-so?from=1").headers["Location"] == f"{HREF}?from=1"
    assert client.get(f"/threads/{THREAD}").headers["Location"] == HREF
    assert client.get(f"/threads/{THREAD}/posts/2").headers["Location"] == f"{HREF}#post-2"


def test_ranges_unread_and_the_way_to_them(app: Flask, client: PortalClient) -> None:
    add_posts(app, 43)
    client.sign_in_as("member").post(f"/threads/{THREAD}/read", {"position": "25"}, form_at=HREF)
    assert client.get(f"/threads/{THREAD}/unread").headers["Location"] == f"{HREF}?from=21#post-26"
    first = client.get(HREF).get_data(as_text=True)
    assert "Jump to the first post you have not read" in first
    assert 'id="post-20"' in first
    assert 'id="post-21"' not in first
    middle = client.get(f"{HREF}?from=30").get_data(as_text=True)
    assert middle.index("New since") < middle.index('id="post-26"')
    assert middle.index('id="post-25"') < middle.index("New since")
    forum = client.get("/groups/alpha/forum/").get_data(as_text=True)
    assert "20 new" in forum
    assert "20 new" in client.get("/").get_data(as_text=True)


def test_withheld_and_described_authors_leave_no_trace(app: Flask, client: PortalClient) -> None:
    with app.app_context():
        actor = actors.find_actor_of_person(PEOPLE["neighbour"].id)
        assert actor is not None
        with tenancy.acting_as(actor):
            change = {"attribution": "withheld"}
            for model in (Post, Thread):
                key = Post.thread_id if model is Post else Thread.id
                db.session.execute(
                    update(model)
                    .where(key == THREAD)
                    .values(**change)
                    .execution_options(synchronize_session=False)
                )
            db.session.commit()
    client.sign_in_as("member")
    for path in (
        HREF,
        f"{HREF}?print=1",
        f"/threads/{THREAD}.csv",
        "/groups/alpha/forum/",
        f"/posts/{POSTS['alpha/members']}",
        "/",
    ):
        page = client.get(path).get_data(as_text=True)
        assert "A member authority" in page or path == "/"
        assert PEOPLE["neighbour"].name not in page
        assert str(PEOPLE["neighbour"].id) not in page
        assert "Castlemere" not in page


def test_csv_cells_are_no_formulas(app: Flask, client: PortalClient) -> None:
    with app.app_context():
        actor = actors.find_actor_of_person(PEOPLE["neighbour"].id)
        assert actor is not None
        with tenancy.acting_as(actor):
            title = update(Thread).where(Thread.id == THREAD).values(title='=HYPERLINK("http://x")')
            db.session.execute(title.execution_options(synchronize_session=False))
            db.session.commit()
    answer = client.sign_in_as("member").get("/groups/alpha/issues.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[1][1] == '\'=HYPERLINK("http://x")'
    assert client.get("/groups/alpha/issues/?print=1").status_code == 200


def test_print_views_hold_no_form(client: PortalClient) -> None:
    page = client.sign_in_as("member").get(f"{HREF}?print=1").get_data(as_text=True)
    assert "<form" not in page
    assert "Body 1" in page
    assert "Read by the group" in page


def test_an_archived_space_is_read_and_says_why_nobody_writes(app: Flask, client: PortalClient) -> None:
    with app.app_context():
        change = update(Space).where(Space.id == SPACES["alpha/members"]).values(archived=True)
        db.session.execute(change)
        db.session.commit()
    client.sign_in_as("member")
    page = client.get(HREF).get_data(as_text=True)
    assert "This group has been closed" in page
    assert "<textarea" not in page
    assert "Raise an issue" not in client.get("/groups/alpha/forum/").get_data(as_text=True)
    assert client.get("/groups/alpha/forum/new").status_code == 403
    sent = client.post(f"/threads/{THREAD}/reply", {"body": "Too late", "key": "k" * 20}, form_at=HREF)
    assert sent.status_code == 403
    assert "Too late" in sent.get_data(as_text=True)


@pytest.mark.postgres
def test_the_pages_stand_on_postgresql_too(client: PortalClient) -> None:
    client.sign_in_as("member")
    for path in (
        HREF,
        "/groups/alpha/forum/?unread=1&q=title&kind=issue",
        "/groups/alpha/issues/",
        "/",
        "/bookmarks/",
        "/drafts/",
    ):
        assert client.get(path).status_code == 200, path
    assert client.get(f"/posts/{POSTS['alpha/members']}").status_code == 200
    assert client.get("/groups/alpha/forum/?after=WzFlMzAwLCAxXQ").status_code == 422


@pytest.mark.parametrize(
    "path", [HREF, f"{HREF}?from=41", "/groups/alpha/forum/", "/groups/alpha/forum/?unread=1&kind=issue"]
)
def test_a_page_keeps_to_twelve_queries_however_much_is_written(
    app: Flask, client: PortalClient, path: str
) -> None:
    client.sign_in_as("member")
    client.get(path)
    with counted(app) as few:
        assert client.get(path).status_code == 200
    add_posts(app, 60)
    with counted(app) as many:
        assert client.get(path).status_code == 200
    assert len(few) <= 12, few
    assert len(many) <= len(few) + 1


def test_reading_writes_nothing(app: Flask, client: PortalClient) -> None:
    client.sign_in_as("member")
    client.get(HREF)  # the session's own use is noted once
    with counted(app) as sent:
        for path in (HREF, "/groups/alpha/forum/", f"{HREF}?quote=1", f"/posts/{POSTS['alpha/members']}"):
            client.get(path)
    writes = [statement for statement in sent if statement.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert not writes


def test_home_agrees_and_can_be_marked_as_seen(app: Flask, client: PortalClient) -> None:
    client.sign_in_as("member")
    home = client.get("/").get_data(as_text=True)
    assert f"Title {MARKERS['alpha/members']}" in home
    assert "2 new" in home
    with clock.shifted(clock.timedelta(seconds=1)):
        assert client.post("/home/seen", form_at="/").status_code == 303
    assert f"Title {MARKERS['alpha/members']}" not in client.get("/").get_data(as_text=True)
    assert "2 new" in client.get("/groups/alpha/forum/").get_data(as_text=True)
