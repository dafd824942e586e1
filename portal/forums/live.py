"""Threads for the live hub: which changes there are, how each is rendered, and which facts wake the hub."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template

from portal.core.errors import NotFound
from portal.core.events import after_commit
from portal.core.identity import Actor, current_actor
from portal.forums.events import ThreadChanged
from portal.forums.queries.changes import MOST, ChangeRow, list_change_numbers, list_changes
from portal.forums.queries.post_views import get_post_view
from portal.realtime import hub
from portal.realtime.hub import Change, Feed, Fragment


def render(thread_id: int, change: Change, audience: str) -> Fragment:
    """What pages are told of a change, from the post's present state. Runs inside the fence of its one space.

    A post that is no longer in this thread is told as gone; a change without a post only says that it happened, and
    the page asks. ``audience`` decides nothing yet: all who read a post see the same.
    """
    if change.post_id is None:
        return Fragment("", {})
    try:
        post = get_post_view(current_actor(), change.post_id)
    except NotFound:
        return Fragment("", {"post": change.post_id, "gone": True})
    if post.thread_id != thread_id:
        return Fragment("", {"post": change.post_id, "gone": True})
    html = render_template("forums/_post.html", post=post).strip()
    return Fragment(html, {"post": post.id, "position": post.position, "state": post.state})


def list_missed(actor: Actor, thread_id: int, since: int) -> tuple[list[dict[str, Any]], int | None]:
    """The changes after ``since`` as pages are told them, and the number of the last.

    Of several changes of one post only the last carries its HTML. More than ``MOST`` are not told: the number is
    None, and the page is to be loaded again.
    """
    rows = list_changes(thread_id, since, MOST + 1)
    if len(rows) > MOST:
        return [], None
    last = {row.post_id: row.number for row in rows if row.post_id is not None}
    missed = []
    for row in rows:
        change = _change(row)
        told = row.post_id is None or last[row.post_id] == row.number
        fragment = render(thread_id, change, actor.audience) if told else Fragment("", {})
        missed.append(hub.event_of(thread_id, change, fragment))
    return missed, rows[-1].number if rows else since


def _change(row: ChangeRow) -> Change:
    return Change(row.number, row.kind, row.post_id)


def _changes(thread_id: int, after: int) -> list[Change]:
    return [_change(row) for row in list_changes(thread_id, after)]


def _numbers(thread_ids: Iterable[int]) -> dict[int, int]:
    return list_change_numbers(thread_ids)


@after_commit(ThreadChanged)
def wake_the_hub(event: ThreadChanged) -> None:
    """Open pages of the thread are told, here and in the other processes."""
    hub.nudge(event.thread_id)


hub.feeds(Feed(_numbers, _changes, render))
