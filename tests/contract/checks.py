"""Named checks beside the sweep: each says in words what leaks, or nothing. Mutants must be caught by one of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, request
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from portal.accounts.services import invitations
from portal.core import ids, jobs, outbox, tenancy
from portal.core.db import begin_write, db
from portal.core.errors import PortalError
from portal.core.identity import ANONYMOUS, Actor
from portal.core.permissions import Action
from portal.core.tenancy import OutsideFence
from portal.directory.models import Person
from portal.forums.models import Attachment, Follow, Forum, Mention, Thread
from portal.forums.services import drafts, posts
from portal.groups.models import JoinRequest
from portal.groups.queries import actors
from portal.groups.services import members
from portal.realtime import edge
from portal.realtime.connection import Connection
from portal.realtime.hub import Hub
from portal.search import partitions
from tests.contract.matrix import READERS, SUPPLIERS
from tests.contract.sweep import UNKNOWN, alike, browser, foreign_markers
from tests.support.client import PortalClient
from tests.support.world import ATTACHMENTS, GROUPS, MARKERS, ORGANISATIONS, PEOPLE, POSTS, SPACES, THREADS

ALPHA = "alpha/members"
BETA = "beta/members"


def actor_of(person: str) -> Actor:
    """The actor that somebody of the world is now. Runs in an application context."""
    found = actors.find_actor_of_person(PEOPLE[person].id)
    db.session.rollback()
    assert found is not None, f"{person} is nobody any more"
    return found


def do(app: Flask, person: str, work: Callable[..., Any], **given: Any) -> Any:
    """Run a command as somebody, in a request's context of its own."""
    with app.test_request_context():
        actor = actor_of(person)
        with tenancy.acting_as(actor):
            return work(actor, **given)


def refusal(app: Flask, person: str, work: Callable[..., Any], **given: Any) -> str:
    """How a command is refused: the kind of error and its words; "" where it is done."""
    try:
        do(app, person, work, **given)
    except PortalError as error:
        return f"{type(error).__name__}: {error.detail} {sorted(getattr(error, 'fields', {}).items())}"
    return ""


def same(first: TestResponse, second: TestResponse) -> bool:
    """Whether two answers are one: status, headers by name and value but for what is drawn anew, and body."""
    return alike(first, second) and len(first.data) - len(second.data) in range(-40, 41)


# --- pages and API --------------------------------------------------------------------------------------------


def search_tells(app: Flask) -> Iterator[str]:
    """Search over what one does not read answers as for a word that stands nowhere."""
    for person in ("other_member", "supplier", "former"):
        client = browser(app, person)
        for path in ("/search?q=", "/api/v1/search?q=", "/api/v1/search?kind=post&q="):
            nothing = client.get(path + "zq9999999marker")
            for space in (ALPHA, "alpha/supplier", BETA):
                if person in READERS[space]:
                    continue
                found = client.get(path + MARKERS[space])
                texts = [
                    answer.get_data(as_text=True).replace(word, "")
                    for answer, word in ((found, MARKERS[space]), (nothing, "zq9999999marker"))
                ]
                if found.status_code != nothing.status_code or len(texts[0]) != len(texts[1]):
                    yield f"{person} searches {space} by {path}"


def search_candidates_are_fenced(app: Flask) -> Iterator[str]:
    """The full-text tables themselves are asked over readable spaces alone."""
    with app.test_request_context():
        tenancy.set_fence(actor_of("other_member"))
        try:
            found = partitions.find([SPACES[ALPHA]], [MARKERS[ALPHA]], False, {})
        except OutsideFence:
            return
        yield f"candidates of a foreign space: {found}"


def drafts_are_ones_own(app: Flask) -> Iterator[str]:
    """A draft's key of another person answers as one that nobody has."""
    do(app, "neighbour", drafts.save, key="their-draft", space_id=SPACES[ALPHA], body="Unsent words")
    client = browser(app, "member")
    theirs, nobodys = (client.get(f"/api/v1/drafts/{key}") for key in ("their-draft", "nobodys-draft"))
    if not alike(theirs, nobodys) or "Unsent" in theirs.get_data(as_text=True):
        yield "another person's draft"
    page = client.get("/drafts/").get_data(as_text=True)
    if "Unsent" in page or "their-draft" in page:
        yield "another person's draft in the list"


def mentions_stay_inside(app: Flask) -> Iterator[str]:
    """Completing a name over a foreign space or thread answers as over none."""
    for person in ("member", "supplier"):
        client = browser(app, person)
        for field, foreign in (("space", SPACES[BETA]), ("thread", THREADS[BETA])):
            for words in ("", "o", "x"):
                pair = [
                    client.get(f"/api/v1/mentions?{field}={number}&q={words}")
                    for number in (foreign, UNKNOWN)
                ]
                if not same(*pair):
                    yield f"{person} completes {words!r} by a foreign {field}"


def people_are_known_by_a_shared_group(app: Flask) -> Iterator[str]:
    """The list of people holds those of one's groups and organisation; a supplier's, those of their organisation."""
    for person in ("other_member", "supplier", "former", "member"):
        client = browser(app, person)
        text = client.get("/people/").get_data(as_text=True)
        me = PEOPLE[person]
        for key, other in PEOPLE.items():
            close = other.organisation == me.organisation
            if person not in SUPPLIERS:
                close |= bool(
                    {group for group, _ in other.memberships} & {group for group, _ in me.memberships}
                )
            if not close and f"/people/{other.id}" in text:
                yield f"{person} finds {key}"
            if not close and not same(client.get(f"/people/{other.id}"), client.get(f"/people/{UNKNOWN}")):
                yield f"{person} opens {key}"


def nothing_is_cached(app: Flask) -> Iterator[str]:
    """Every answer for somebody is private to them."""
    for person in ("member", "anonymous"):
        client = browser(app, person)
        for path in (
            "/",
            f"/threads/{THREADS[ALPHA]}.csv",
            "/api/v1/me",
            "/people/",
            f"/attachments/{ATTACHMENTS[ALPHA]}",
        ):
            for answer in (client.get(path), client.get(path + "?x=1")):
                control = answer.headers.get("Cache-Control", "")
                if "no-store" not in control or "private" not in control or "public" in control:
                    yield f"{person} {path}: Cache-Control {control!r}"
                if "Cookie" not in answer.headers.get("Vary", ""):
                    yield f"{person} {path}: no Vary: Cookie"


def files_are_ones_own(app: Flask) -> Iterator[str]:
    """A foreign file cannot be put to a post of one's own, and the answer is that for no file at all."""
    answers = [
        refusal(
            app, "member", posts.reply, thread_id=THREADS[ALPHA], body="With a file", attachments=[number]
        )
        for number in (ATTACHMENTS[BETA], UNKNOWN)
    ]
    if not answers[0] or answers[0] != answers[1]:
        yield f"a foreign file is answered {answers[0]!r}, none {answers[1]!r}"
    with app.test_request_context(), tenancy.acting_as(actor_of("other_member")):
        post = db.session.scalar(select(Attachment.post_id).where(Attachment.id == ATTACHMENTS[BETA]))
        if post != POSTS[BETA]:
            yield "a foreign file was put to another post"
        db.session.rollback()


# --- writing --------------------------------------------------------------------------------------------------


def writes_stay_where_one_writes(app: Flask) -> Iterator[str]:
    """Whoever reads and does not write changes no row, and adds none."""
    with app.test_request_context():
        reader = actor_of("member")
        right = reader.spaces[SPACES[ALPHA]]
        readonly = type(right)(
            right.space_id,
            right.group_id,
            right.group_slug,
            right.slug,
            right.kind,
            right.epoch,
            False,
            right.roles,
        )
        fence = Actor(kind="person", person_id=reader.person_id, spaces={right.space_id: readonly})
        with tenancy.acting_as(fence):
            begin_write()
            changed = db.session.execute(update(Thread).values(title="changed"))
            if changed.rowcount:  # type: ignore[attr-defined]
                yield "a reader changed a thread"
            db.session.rollback()
            db.session.add(Forum(space_id=right.space_id, name="Mine"))
            try:
                db.session.flush()
                yield "a reader added a forum"
            except OutsideFence:
                pass
            db.session.rollback()


def mentions_reach_readers_alone(app: Flask) -> Iterator[str]:
    """A mention of somebody who does not read the space tells and makes them follow nothing."""
    me = PEOPLE["other_member"]
    body = f"Ask @[{me.name}](person:{me.id}), and @[Asha Fenn](person:{PEOPLE['member'].id})"
    do(app, "neighbour", posts.reply, thread_id=THREADS[ALPHA], body=body)
    with app.test_request_context(), tenancy.acting_as(actor_of("neighbour")):
        for table in (Mention, Follow):
            if db.session.scalar(select(func.count(table.id)).where(table.person_id == me.id)):
                yield f"a row of {table.__name__} for somebody who does not read it"
        db.session.rollback()


def rights_end_with_the_epoch(app: Flask) -> Iterator[str]:
    """Removing somebody raises the epochs of the spaces they lose, and stands as a revocation."""
    with app.test_request_context():
        before = actor_of("neighbour").spaces
    do(
        app,
        "lead",
        members.remove_member,
        group_id=GROUPS["alpha"],
        person_id=PEOPLE["colleague"].id,
        reason="Gone",
    )
    with app.test_request_context():
        after = actor_of("neighbour").spaces
    for space in (ALPHA, "alpha/supplier"):
        if after[SPACES[space]].epoch <= before[SPACES[space]].epoch:
            yield f"the epoch of {space} did not rise"


def ended_rights_read_nothing(app: Flask) -> Iterator[str]:
    """Whoever left, and whoever changed their organisation, reads nothing of the group."""
    move_person(app, "colleague", "eastvale")
    for person in ("former", "colleague"):
        client = browser(app, person)
        for path in (f"/threads/{THREADS[ALPHA]}.csv", f"/api/v1/threads/{THREADS[ALPHA]}", "/api/v1/me"):
            answer = client.get(path)
            if foreign_markers("former", answer) or (answer.status_code != 404 and "me" not in path[-3:]):
                yield f"{person} still reads {path}: {answer.status_code}"
            if b'"alpha"' in answer.data:
                yield f"{person} still belongs: {path}"


def move_person(app: Flask, person: str, organisation: str) -> None:
    """Let somebody belong to another organisation, as the register does: their memberships stand as they are."""
    with app.app_context():
        begin_write()
        row = db.session.scalars(select(Person).where(Person.id == PEOPLE[person].id)).one()
        row.organisation_id = ORGANISATIONS[organisation]
        db.session.commit()


def join_request(app: Flask, person: str, group: str) -> int:
    """A standing request to join, as the card's form makes it; its number."""
    with app.app_context():
        begin_write()
        row = JoinRequest(group_id=GROUPS[group], person_id=PEOPLE[person].id, words="Please let me in")
        db.session.add(row)
        db.session.commit()
        return row.id


# --- mail and jobs --------------------------------------------------------------------------------------------

COMPOSED: list[int | None] = []


@outbox.composes("tests.contract")
def _compose(reader: Actor, subject: dict[str, Any]) -> outbox.Composed:
    COMPOSED.append(tenancy.present_fence().person_id)
    return outbox.Composed("A post", f"Body {MARKERS[ALPHA]}")


def queue_mail(app: Flask, person: str, space: str) -> None:
    """Queue a content mail, as a change in the space does."""
    with app.test_request_context():
        author = actor_of("neighbour")
        with tenancy.acting_as(author):
            begin_write()
            outbox.queue_content_mail(
                PEOPLE[person].id,
                SPACES[space],
                "tests.contract",
                key=f"test:{person}",
                thread=THREADS[space],
            )
            db.session.commit()


def run_jobs(app: Flask) -> str:
    """Run what is due; all mail that was sent since the session began, as text."""
    with app.app_context():
        jobs.run_due()
    folder = Path(app.config["PORTAL_MAIL_URL"].removeprefix("file://"))
    return "".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*")) if path.is_file())


def mail_is_composed_as_its_reader(app: Flask) -> Iterator[str]:
    """Content mail is written inside its reader's own fence, and not for whoever lost the right since."""
    queue_mail(app, "member", ALPHA)
    queue_mail(app, "other_member", ALPHA)
    queue_mail(app, "colleague", ALPHA)
    do(
        app,
        "lead",
        members.remove_member,
        group_id=GROUPS["alpha"],
        person_id=PEOPLE["colleague"].id,
        reason="Gone",
    )
    COMPOSED.clear()
    with app.app_context():
        jobs.run_due()
    if [PEOPLE["member"].id] != COMPOSED:
        yield f"composed inside the fences of {COMPOSED}, not of {[PEOPLE['member'].id]}"


# --- live -----------------------------------------------------------------------------------------------------


class Rooms:
    """Stands for the Socket.IO server: who is in which room, and what each heard."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[str]] = defaultdict(set)
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.server = SimpleNamespace(
            enter_room=lambda sid, room, namespace: self.rooms[room].add(sid),
            leave_room=lambda sid, room, namespace: self.rooms[room].discard(sid),
            disconnect=lambda sid, namespace: None,
            manager=SimpleNamespace(eio_sid_from_sid=lambda sid, namespace: None),
        )

    def emit(self, event: str, words: Any, *, to: str, namespace: str, skip_sid: str | None) -> None:
        """Deliver to a room, or to one socket."""
        for sid in {to} | self.rooms.get(to, set()):
            if sid != skip_sid:
                self.heard[sid].append(f"{event} {words}")

    def start_background_task(self, work: Callable[..., Any], *given: Any) -> None:
        """Rejoining is asked for elsewhere: here nobody answers."""


@contextmanager
def rooms_of(app: Flask) -> Iterator[tuple[Hub, Rooms]]:
    """A hub that nobody runs, with rooms that are looked into."""
    rooms = Rooms()
    hub = Hub(app, rooms)
    before = app.extensions["portal.hub"]
    app.extensions["portal.hub"] = hub
    try:
        yield hub, rooms
    finally:
        app.extensions["portal.hub"] = before


def take_seat(app: Flask, hub: Hub, person: str, space: str) -> None:
    """Seat somebody at a thread, as ``thread:join`` does after it has asked the fence."""
    with app.test_request_context():
        hub.enter(person, THREADS[space], SPACES[space], 2, actor_of(person))


def whoever_was_removed_hears_nothing(app: Flask) -> Iterator[str]:
    """After the removal nothing reaches the removed, even before their socket is ended; the others hear."""
    with rooms_of(app) as (hub, rooms):
        for person in ("colleague", "member"):
            take_seat(app, hub, person, ALPHA)
        do(app, "neighbour", posts.reply, thread_id=THREADS[ALPHA], body="Before")
        hub.look()
        if not rooms.heard["colleague"] or not rooms.heard["member"]:
            yield "a post does not reach the members"
        rooms.heard.clear()
        person_id = PEOPLE["colleague"].id
        do(app, "lead", members.remove_member, group_id=GROUPS["alpha"], person_id=person_id, reason="Gone")
        do(app, "neighbour", posts.reply, thread_id=THREADS[ALPHA], body="After the removal")
        hub.look()
        if any("thread:event" in event for event in rooms.heard["colleague"]):
            yield "the removed hears what was written after the removal"


def suppliers_hear_no_presence(app: Flask) -> Iterator[str]:
    """Typing and presence are told to authorities' people alone."""
    with rooms_of(app) as (hub, rooms):
        for person in ("supplier", "member", "lead"):
            take_seat(app, hub, person, "alpha/supplier")
        hub.typing(THREADS["alpha/supplier"], "Thornhithe", "lead")
        hub.look()
        if not any("Thornhithe" in event for event in rooms.heard["member"]):
            yield "authorities do not hear of typing"
        if rooms.heard["supplier"]:
            yield f"the supplier hears {rooms.heard['supplier']}"


def acknowledge(app: Flask, person: str, event: str, payload: Any) -> dict[str, Any]:
    """What a socket of somebody is answered to an event, through the real edge of the sockets."""
    hub = app.extensions["portal.hub"]
    with app.test_request_context():
        request.sid = f"sid-of-{person}"  # type: ignore[attr-defined]
        connection = Connection(
            f"sid-of-{person}", ids.digest(PEOPLE[person].token), False, PEOPLE[person].id, PEOPLE[person].id
        )
        hub.connections.add(connection)
        try:
            answer: dict[str, Any] = json.loads(json.dumps(edge.dispatch(event, payload)))
            answer.get("problem", {}).pop("reference", None)
            return answer
        finally:
            hub.gone(connection.sid)


SOCKET_SHAPES: dict[str, dict[str, Any]] = {
    "thread:join": {"seq": 2},
    "thread:leave": {},
    "thread:post": {"body": "Words", "key": "key-of-the-check"},
    "thread:typing": {},
}


def sockets_tell_nothing_of_foreign_threads(app: Flask) -> Iterator[str]:
    """Every event for a foreign thread is answered as for none."""
    with rooms_of(app):
        for person, space in (
            ("other_member", ALPHA),
            ("supplier", ALPHA),
            ("administrator", BETA),
            ("former", ALPHA),
        ):
            for event, more in SOCKET_SHAPES.items():
                pair = [
                    acknowledge(app, person, event, {"thread": n, **more}) for n in (THREADS[space], UNKNOWN)
                ]
                if pair[0] != pair[1]:
                    yield f"{person} {event} in {space}: {pair[0]}, not {pair[1]}"


def invitations_are_used_once(app: Flask) -> Iterator[str]:
    """An invitation's address works once, and never after it was taken back."""
    client = PortalClient(app)
    with app.app_context():
        token = "an-invitation-of-the-check"
        for number, name in enumerate(("first", "revoked")):
            begin_write()
            db.session.add(
                invitations.Invitation(
                    email=f"{name}@northmoor.example",
                    name="New Person",
                    organisation_id=ORGANISATIONS["northmoor"],
                    group_id=GROUPS["alpha"],
                    role="member",
                    token_digest=ids.digest(f"{token}-{name}"),
                    invited_by=PEOPLE["lead"].id,
                    expires_at=invitations.clock.now() + invitations.LASTS,
                    used_at=invitations.clock.now() if number == 0 else None,
                    revoked_at=invitations.clock.now() if number == 1 else None,
                )
            )
            db.session.commit()
    unknown = client.http.get(f"/invitations/{token}-unknown")
    for name in ("first", "revoked"):
        if not same(client.http.get(f"/invitations/{token}-{name}"), unknown):
            yield f"the page of an invitation that is {name}"
        with app.test_request_context():
            tenancy.set_fence(ANONYMOUS)
            given = {"name": "New Person", "password": "long enough a phrase", "device": "", "address": ""}
            try:
                invitations.accept_invitation(ANONYMOUS, token=f"{token}-{name}", **given)
                yield f"an invitation that is {name} was accepted"
            except PortalError as error:
                if error.status != 404:
                    yield f"an invitation that is {name}: {error.detail}"


def every_action_is_refused_to_nobody_in_particular(app: Flask) -> Iterator[str]:
    """Commands that act on a thing of a space refuse foreign numbers as unknown ones."""
    wanted = {
        Action.FORUMS_POST_REPLY: (posts.reply, {"body": "Words"}),
        Action.FORUMS_POST_DELETE: (posts.delete, {}),
    }
    for action, (work, more) in wanted.items():
        name = "thread_id" if action is Action.FORUMS_POST_REPLY else "post_id"
        numbers = (THREADS[BETA], UNKNOWN) if name == "thread_id" else (POSTS[BETA], UNKNOWN)
        answers = [refusal(app, "member", work, **{name: number}, **more) for number in numbers]
        if not answers[0] or answers[0] != answers[1]:
            yield f"{action}: {answers[0]!r}, not {answers[1]!r}"
