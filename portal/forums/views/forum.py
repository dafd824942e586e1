"""A space's forum and its issues: lists, filters, print view and CSV."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, g, render_template, request, url_for

from portal.core import clock
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, may
from portal.forums.forms import number
from portal.forums.queries.lists import (
    EXPORTED,
    KINDS,
    OVER,
    SORTS,
    STATUSES,
    Filters,
    list_boards,
    list_issues,
    list_issues_to_export,
    list_threads,
)
from portal.forums.views.blueprint import bp
from portal.forums.views.sheets import csv_answer
from portal.groups import banner
from portal.groups.queries.groups import get_readable_space
from portal.web.edge import Access, access
from portal.web.templating import date_words, datetime_words

STARTS = (
    ("discussion", "Start a discussion"),
    ("question", "Ask a question"),
    ("issue", "Raise an issue"),
)


def find_space(actor: Actor, group: str) -> Any:
    """The space that the address names with ``?space=``; the first that the reader has where it names none."""
    return get_readable_space(actor, group, request.values.get("space") or None)


def _among(name: str, known: Any) -> tuple[str, ...]:
    return tuple(value for value in request.args.getlist(name) if value in known)


def filters_of_address() -> Filters:
    """The filters in the address; what is unknown is left out."""
    sort = request.args.get("sort", "activity")
    forums = [number(value) for value in request.args.getlist("forum")[:50]]
    return Filters(
        kinds=_among("kind", KINDS),
        statuses=_among("status", STATUSES),
        forums=tuple(value for value in forums if value),
        unread=request.args.get("unread") == "1",
        words=request.args.get("q", "").replace("\0", "")[:100].strip(),
        sort=sort if sort in SORTS else "activity",
    )


def _address(endpoint: str, **more: Any) -> str:
    return (
        f"{url_for(endpoint, group=g.group_slug)}?{urlencode(more, doseq=True)}"
        if more
        else url_for(endpoint, group=g.group_slug)
    )


def _query(filters: Filters, space: str, **change: Any) -> dict[str, Any]:
    """The address's parameters for ``filters``, with some of them changed."""
    held: dict[str, Any] = {
        "space": space,
        "kind": list(filters.kinds),
        "status": list(filters.statuses),
        "forum": list(filters.forums),
        "unread": "1" if filters.unread else "",
        "q": filters.words,
        "sort": filters.sort if filters.sort != "activity" else "",
    }
    return {name: value for name, value in {**held, **change}.items() if value}


def _chips(filters: Filters, space: str, boards: dict[int, str]) -> list[tuple[str, str]]:
    """Each filter that is on, with the address that leaves it off."""
    chips = []

    def chip(label: str, **change: Any) -> None:
        chips.append((label, _address("forums.forum", **_query(filters, space, **change))))

    for kind in filters.kinds:
        chip(KINDS[kind], kind=[other for other in filters.kinds if other != kind])
    for status in filters.statuses:
        chip(STATUSES[status], status=[other for other in filters.statuses if other != status])
    for board in filters.forums:
        if board in boards:
            chip(boards[board], forum=[other for other in filters.forums if other != board])
    if filters.unread:
        chip("Not read", unread="")
    if filters.words:
        chip(f"“{filters.words}”", q="")
    return chips


@bp.get("/groups/<group>/forum/")
@access(Access.SIGNED_IN, resolve=find_space)
def forum(space: Any, group: str) -> str:
    """The threads of a space, filtered and sorted as the address says."""
    actor = current_actor()
    g.group_slug = group
    banner.show(actor, space.id, "forums")
    filters = filters_of_address()
    boards = list_boards(actor, space.id)
    after = request.args.get("after") or None
    threads = list_threads(actor, space.id, filters, after=after)
    first = _address("forums.forum", **_query(filters, space.slug))
    return render_template(
        "forums/forum.html",
        space=space,
        group_slug=group,
        threads=threads.items,
        next_href=_address("forums.forum", **_query(filters, space.slug, after=threads.next))
        if threads.next
        else None,
        first_href=first if after else None,
        clear_href=_address("forums.forum", space=space.slug),
        filters=filters,
        chips=_chips(filters, space.slug, {board.id: board.name for board in boards}),
        boards=boards,
        kinds=KINDS,
        statuses=STATUSES,
        sorts=SORTS,
        starts=_starts(actor, space, group),
        may_arrange=bool(may(actor, Action.FORUMS_FORUM_CREATE, space)),
    )


def _starts(actor: Actor, space: Any, group: str) -> list[tuple[str, str]]:
    """The buttons above the list: what one may begin here."""
    if not actor.writes(space.id):
        return []
    return [
        (label, url_for("forums.new_thread", group=group, space=space.slug, kind=kind))
        for kind, label in STARTS
    ]


def _issue_statuses() -> tuple[str, ...]:
    """The statuses that the address names; by default those of issues that are not over."""
    chosen = _among("status", STATUSES)
    if chosen or request.args.get("all") == "1":
        return chosen
    return tuple(status for status in STATUSES if status not in OVER)


@bp.get("/groups/<group>/issues/")
@access(Access.SIGNED_IN, resolve=find_space)
def issues(space: Any, group: str) -> str:
    """The issues of a space; ``?all=1`` with those that are over, ``?print=1`` for the meeting's table."""
    actor = current_actor()
    g.group_slug = group
    banner.show(actor, space.id, "issues")
    statuses = _issue_statuses()
    more = {"space": space.slug} | ({"all": "1"} if request.args.get("all") == "1" else {})
    if request.args.get("print") == "1":
        rows = list_issues_to_export(actor, space.id, statuses=statuses)
        return render_template(
            "forums/issues_print.html", issues=rows, most=EXPORTED, printed=datetime_words(clock.now())
        )
    after = request.args.get("after") or None
    page = list_issues(actor, space.id, statuses=statuses, after=after)
    return render_template(
        "forums/issues.html",
        space=space,
        issues=page.items,
        everything=request.args.get("all") == "1",
        next_href=_address("forums.issues", **more, after=page.next) if page.next else None,
        first_href=_address("forums.issues", **more) if after else None,
        open_href=_address("forums.issues", space=space.slug),
        all_href=_address("forums.issues", space=space.slug, all="1"),
        print_href=_address("forums.issues", **more, print="1"),
        csv_href=_address("forums.issues_csv", **more),
        raise_href=url_for("forums.new_thread", group=group, space=space.slug, kind="issue")
        if actor.writes(space.id)
        else None,
    )


@bp.get("/groups/<group>/issues.csv")
@access(Access.SIGNED_IN, resolve=find_space)
def issues_csv(space: Any, group: str) -> Response:
    """The issues of a space as CSV."""
    rows = list_issues_to_export(current_actor(), space.id, statuses=_issue_statuses())
    return csv_answer(
        f"issues-{group}-{space.slug}",
        ("Number", "Title", "Status", "Forum", "From", "Raised", "Latest activity", "Posts"),
        (
            (
                row.id,
                row.title,
                row.status_label,
                row.forum_name,
                row.author.origin,
                date_words(row.created_at),
                datetime_words(row.last_posted_at),
                row.post_count,
            )
            for row in rows
        ),
    )
