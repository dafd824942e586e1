"""Putting notifications into inboxes, and taking them as read.

The functions that are no commands are called by other packages' listeners, inside the transaction of the change that
they tell of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from portal.core import clock, outbox
from portal.core.commands import command
from portal.core.db import db
from portal.core.errors import Invalid
from portal.core.events import publish
from portal.core.identity import Actor
from portal.core.permissions import Action
from portal.notifications.describing import is_mailed
from portal.notifications.events import InboxChanged
from portal.notifications.models import Notification
from portal.notifications.queries import list_wanting_mail


def notify(
    recipients: Iterable[int], *, space_id: int, kind: str, key: str, thread_id: int, post_id: int
) -> None:
    """Tell people of a post, in the present transaction; by mail too where the kind and the person want it.

    ``recipients`` read the space: the caller has made sure of it. ``key`` names what happened: who was told of it
    before is not told again, unless the new kind is mailed and the former was not (whoever follows a thread and is
    named in it hears that they are named).
    """
    wanted = sorted(set(recipients))
    if not wanted:
        return
    rows = db.session.execute(
        select(Notification.person_id, Notification.kind).where(
            Notification.key == key, Notification.person_id.in_(wanted)
        )
    ).all()
    known: dict[int, str] = {row.person_id: row.kind for row in rows}
    new = [person_id for person_id in wanted if person_id not in known]
    raised = [person_id for person_id, before in known.items() if is_mailed(kind) and not is_mailed(before)]
    if new:
        row = {
            "space_id": space_id,
            "kind": kind,
            "key": key,
            "thread_id": thread_id,
            "post_id": post_id,
            "created_at": clock.now(),
        }
        db.session.execute(insert(Notification), [{**row, "person_id": person_id} for person_id in new])
    if raised:
        _change(
            {"kind": kind, "created_at": clock.now(), "read_at": None},
            Notification.key == key,
            Notification.person_id.in_(raised),
        )
    told = sorted({*new, *raised})
    if is_mailed(kind):
        for person_id in sorted(list_wanting_mail(told)):
            outbox.queue_content_mail(
                person_id, space_id, kind, key=key, thread_id=thread_id, post_id=post_id
            )
    _tell(told)


def retract(post_id: int, kinds: Iterable[str]) -> None:
    """Take back what was told of a post that shows no words any more, in the present transaction."""
    concerned = (Notification.post_id == post_id, Notification.kind.in_(sorted(kinds)))
    people = db.session.scalars(
        select(Notification.person_id).where(*concerned, Notification.read_at.is_(None))
    ).all()
    db.session.execute(delete(Notification).where(*concerned).execution_options(synchronize_session=False))
    _tell(people)


def carry(post_ids: Iterable[int], thread_id: int) -> None:
    """Let notifications follow posts into another thread of the same space, in the present transaction."""
    _change({"thread_id": thread_id}, Notification.post_id.in_(sorted(set(post_ids))))


def list_unread_posts(person_id: int, thread_id: int) -> list[int]:
    """The posts of a thread that a person was told of and has not read."""
    return list(
        db.session.scalars(
            select(Notification.post_id).where(
                Notification.person_id == person_id,
                Notification.thread_id == thread_id,
                Notification.read_at.is_(None),
            )
        )
    )


def mark_posts_read(person_id: int, post_ids: Iterable[int]) -> None:
    """Take what a person was told of these posts as read, in the present transaction."""
    wanted = sorted(set(post_ids))
    if wanted:
        _read(person_id, Notification.post_id.in_(wanted))


@command(Action.NOTIFICATIONS_INBOX_READ, audited=False)
def mark_read(actor: Actor, *, thread_id: int | None = None) -> None:
    """Take one's notifications as read: those of one thread, or all. Raises ``Invalid`` for no number of a thread."""
    if thread_id is None:
        _read(actor.person_id or 0)
        return
    if isinstance(thread_id, bool) or not isinstance(thread_id, int) or not 0 < thread_id < 2**63:
        raise Invalid({"thread": "This is not the number of a thread."})
    _read(actor.person_id or 0, Notification.thread_id == thread_id)


def _read(person_id: int, *conditions: ColumnElement[bool]) -> None:
    own = (Notification.person_id == person_id, Notification.read_at.is_(None))
    if _change({"read_at": clock.now()}, *own, *conditions):
        _tell([person_id])


def _change(values: dict[str, Any], *conditions: ColumnElement[bool]) -> int:
    done = db.session.execute(
        update(Notification).where(*conditions).values(**values).execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0))


def _tell(people: Iterable[int]) -> None:
    for person_id in sorted(set(people)):
        publish(InboxChanged(person_id=person_id))
