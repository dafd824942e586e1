"""Bulk content for measuring: deterministic, at bounded memory, a million posts in minutes.

Rows go in by the batch, past commands and events; that is why only the command line may do it, unscoped. What a post
brings with it is written too: thread events, counters, search rows, so that pages cost what they would in use.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import func, insert, select

from portal.core import clock, ids
from portal.core.db import begin_write, db
from portal.core.spaces import Space
from portal.directory.models import Organisation, Person
from portal.forums.models import Forum, Post, Thread, ThreadEvent
from portal.groups.models import Group, Membership
from portal.search import partitions
from portal.search.models import SearchRow

BATCH = 5_000
# fmt: off
WORDS = (
    "assessment", "record", "worker", "team", "form", "field", "screen", "print", "export", "narrative",
    "chronology", "plan", "review", "conference", "core", "initial", "referral", "contact", "section",
    "outcome", "date", "time", "release", "version", "test", "step", "result", "fails", "passes", "slow",
    "lost", "saved", "copy", "clone", "sibling", "address", "history", "signature", "manager", "approval",
    "workflow", "report", "return", "census", "data", "quality", "training", "guidance", "supplier",
    "message", "answer", "question", "meeting", "agenda", "action", "minutes", "library", "script", "map",
    "process",
)
# fmt: on
RARE = tuple(f"zx{number:04d}" for number in range(2000))


@dataclass
class Bulk:
    """How much to add, and the random source that makes it the same each time."""

    groups: int
    people: int
    threads: int
    posts: int
    seed: int
    random: random.Random = field(init=False)
    start: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  (no secret: the same content each time)
        self.start = clock.now() - timedelta(days=700)

    def number(self, low: int = ids.NUMBER_MIN, high: int = ids.NUMBER_MAX) -> int:
        """A number for a row, from the same source as everything else."""
        return self.random.randrange(low, high)

    def sentence(self, size: int = 40) -> str:
        """Some words; one sentence in fifty holds a rare one."""
        words = self.random.choices(WORDS, k=size)
        if self.random.random() < 0.02:
            words[size // 2] = self.random.choice(RARE)
        return " ".join(words).capitalize() + "."


@dataclass(frozen=True, slots=True)
class Place:
    """A space to fill: its forum and the people who write in it."""

    space_id: int
    forum_id: int
    writers: tuple[tuple[int, int], ...]


def grow(bulk: Bulk) -> dict[str, int]:
    """Add the content; what was added, by kind. Runs unscoped."""
    places = _groups(bulk)
    made = _discussions(bulk, places)
    return {"groups": bulk.groups, "people": bulk.people, **made}


def _send(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(model), rows)


def _groups(bulk: Bulk) -> list[Place]:
    begin_write()
    known = db.session.scalar(select(func.count()).select_from(Group)) or 0
    organisation = db.session.scalars(
        select(Organisation.id)
        .where(Organisation.kind == "authority", Organisation.invented)
        .order_by(Organisation.id)
    ).all()
    places: list[Place] = []
    groups, spaces, forums, people, members = [], [], [], [], []
    for index in range(bulk.groups):
        group, space, forum = bulk.number(), bulk.number(), bulk.number()
        name = f"Bulk group {known + index + 1}"
        groups.append(
            {"id": group, "slug": f"bulk-{known + index + 1}", "name": name, "kind": "inhouse", "monogram": "BG",
             "accent": "cobalt", "how_to_join": "", "invented": True}
        )  # fmt: skip
        spaces.append(
            {"id": space, "group_id": group, "slug": "members", "kind": "members", "open_to": "members"}
        )
        forums.append({"id": forum, "space_id": space, "name": "Bulk", "purpose": "", "position": 0})
        writers = []
        for member in range(max(1, bulk.people // bulk.groups)):
            person, body = bulk.number(), bulk.random.choice(organisation)
            people.append(
                {"id": person, "organisation_id": body, "email": f"bulk-{group}-{member}@bulk.example",
                 "invented": True,
                 "name": f"Bulk Person {group}-{member}", "post": "Practitioner", "is_administrator": False}
            )  # fmt: skip
            members.append(
                {
                    "group_id": group,
                    "person_id": person,
                    "organisation_id": body,
                    "role": "member",
                    "side": "authority",
                }
            )
            writers.append((person, body))
        places.append(Place(space, forum, tuple(writers)))
    for model, rows in (
        (Group, groups),
        (Space, spaces),
        (Person, people),
        (Forum, forums),
        (Membership, members),
    ):
        _send(model, rows)
    for place in places:
        partitions.ensure(place.space_id)
    db.session.commit()
    return places


def _discussions(bulk: Bulk, places: list[Place]) -> dict[str, int]:
    each, extra = divmod(bulk.posts, bulk.threads)
    threads, posts, events, rows = [], [], [], []
    next_row = {place.space_id: 1 for place in places}
    made = 0
    with click.progressbar(length=bulk.posts, label="Posts") as bar:
        for index in range(bulk.threads):
            place = places[index % len(places)]
            count = each + (1 if index < extra else 0)
            begun = bulk.start + timedelta(seconds=index * 60 * 60 * 24 * 690 // max(1, bulk.threads))
            thread = _thread(bulk, place, index, count, begun)
            threads.append(thread)
            for post in _posts(bulk, place, thread, count, begun):
                row_id = next_row[place.space_id]
                next_row[place.space_id] += 1
                posts.append(post)
                events.append(
                    {"thread_id": thread["id"], "number": post["position"], "kind": "post.added", "post_id": post["id"],
                     "space_id": place.space_id, "at": post["created_at"]}
                )  # fmt: skip
                rows.append(
                    {"space_id": place.space_id, "id": row_id, "kind": "post", "subject_id": post["id"],
                     "title": thread["title"], "body": post["markdown"], "by": "Bulk",
                     "path": f"/threads/{thread['id']}/posts/{post['position']}", "at": post["created_at"]}
                )  # fmt: skip
            if len(posts) >= BATCH:
                made += _flush(threads, posts, events, rows)
                bar.update(BATCH)
        made += _flush(threads, posts, events, rows)
        bar.update(bulk.posts)
    return {"threads": bulk.threads, "posts": made}


def _flush(*batches: list[dict[str, Any]]) -> int:
    threads, posts, events, rows = batches
    made = len(posts)
    begin_write()
    for model, batch in ((Thread, threads), (Post, posts), (ThreadEvent, events), (SearchRow, rows)):
        _send(model, batch)
    partitions.put_many(rows)
    db.session.commit()
    for batch in batches:
        batch.clear()
    return made


def _thread(bulk: Bulk, place: Place, index: int, count: int, begun: datetime) -> dict[str, Any]:
    person, body = bulk.random.choice(place.writers)
    kind = ("discussion", "question", "issue", "practice")[index % 4]
    return {
        "id": bulk.number(), "space_id": place.space_id, "forum_id": place.forum_id, "kind": kind,
        "title": bulk.sentence(8).rstrip("."), "author_id": person, "organisation_id": body, "attribution": "named",
        "status": "raised" if kind == "issue" else None, "created_at": begun,
        "last_posted_at": begun + timedelta(minutes=max(0, count - 1)), "last_position": count, "change_number": count,
        "post_count": count, "pinned": False,
    }  # fmt: skip


def _posts(
    bulk: Bulk, place: Place, thread: dict[str, Any], count: int, begun: datetime
) -> Iterator[dict[str, Any]]:
    for position in range(1, count + 1):
        person, body = bulk.random.choice(place.writers)
        text = bulk.sentence()
        yield {
            "id": bulk.number(ids.LONG_MIN, ids.LONG_MAX), "space_id": place.space_id, "thread_id": thread["id"],
            "position": position, "kind": "post", "author_id": person, "organisation_id": body, "attribution": "named",
            "markdown": text, "html": f"<p>{text}</p>", "renderer": 1, "revision": 1,
            "created_at": begun + timedelta(minutes=position - 1),
        }  # fmt: skip
