"""Reading one's inbox: the bell's number and the grouped list; and who wants mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from portal.core.db import db
from portal.core.identity import Actor
from portal.core.pagination import Page, decode, moment, page
from portal.notifications.describing import Described, Subject, describe, in_one_line
from portal.notifications.models import MailPreference, Notification

COUNTED = 99
"""The bell counts so far; the number then stands for that many and more."""
A_PAGE = 30


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of the inbox: one notification, or several of one kind and thread."""

    thread_id: int
    line: str
    title: str
    path: str
    place: str
    at: datetime
    unread: bool


def count_unread(actor: Actor) -> int:
    """How many unread notifications the actor has in the spaces they read, ``COUNTED`` at most. One query."""
    some = (
        select(Notification.space_id)
        .where(Notification.person_id == actor.person_id, Notification.read_at.is_(None))
        .limit(COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def list_inbox(actor: Actor, *, after: str | None = None) -> Page[InboxRow]:
    """The actor's notifications, newest first, those of one kind in one thread together, read apart from unread.

    Raises ``Invalid`` for a cursor that is none.
    """
    newest = func.max(Notification.created_at)
    is_unread = Notification.read_at.is_(None)
    query = (
        select(
            Notification.thread_id,
            Notification.kind,
            is_unread.label("unread"),
            func.count().label("number"),
            newest.label("at"),
        )
        .where(Notification.person_id == actor.person_id)
        .group_by(Notification.thread_id, Notification.kind, is_unread)
        .order_by(newest.desc(), Notification.thread_id.desc(), Notification.kind.desc())
        .limit(A_PAGE + 1)
    )
    key = decode(after, (float, int, str))
    if key is not None:
        at = moment(key[0])
        same = and_(
            newest == at,
            or_(
                Notification.thread_id < key[1],
                and_(Notification.thread_id == key[1], Notification.kind < key[2]),
            ),
        )
        query = query.having(or_(newest < at, same))
    found = page(
        db.session.execute(query).all(), A_PAGE, lambda row: (row.at.timestamp(), row.thread_id, row.kind)
    )
    return Page(_in_words(actor, found.items), found.next)


def _in_words(actor: Actor, groups: Iterable[Any]) -> list[InboxRow]:
    groups = list(groups)
    if not groups:
        return []
    latest = {
        (row.thread_id, row.kind, row.created_at): Subject(row.kind, row.thread_id, row.post_id)
        for row in db.session.execute(
            select(
                Notification.thread_id, Notification.kind, Notification.created_at, Notification.post_id
            ).where(
                Notification.person_id == actor.person_id,
                Notification.thread_id.in_({group.thread_id for group in groups}),
                Notification.created_at.in_({group.at for group in groups}),
            )
        )
    }
    described = describe(actor, latest.values())
    rows = []
    for group in groups:
        words = described.get(latest[group.thread_id, group.kind, group.at])
        if words is not None:
            rows.append(_row(group, words))
    return rows


def _row(group: Any, words: Described) -> InboxRow:
    several = group.number > 1
    return InboxRow(
        group.thread_id,
        in_one_line(group.kind, group.number) if several else words.line,
        words.title,
        words.first_path if several and group.unread else words.path,
        words.place,
        group.at,
        bool(group.unread),
    )


def wants_mail(person_id: int) -> bool:
    """Whether a person wants mail of mentions and replies."""
    return bool(list_wanting_mail({person_id}))


def list_wanting_mail(person_ids: Iterable[int]) -> set[int]:
    """Those of these people who want mail of mentions and replies: everybody who has not said no."""
    wanted = set(person_ids)
    if not wanted:
        return wanted
    refusing = db.session.scalars(
        select(MailPreference.person_id).where(
            MailPreference.person_id.in_(wanted), MailPreference.mail_mentions_and_replies.is_(False)
        )
    )
    return wanted - set(refusing)


def is_read(person_id: int, kind: str, post_id: int) -> bool:
    """Whether a person has read what they were told of a post, or is no longer told it."""
    row = db.session.execute(
        select(Notification.read_at).where(
            Notification.person_id == person_id,
            Notification.kind == kind,
            Notification.post_id == post_id,
        )
    ).first()
    return row is None or row.read_at is not None
