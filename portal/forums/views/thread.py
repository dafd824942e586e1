"""The thread page, its print view and CSV, old addresses, and the reader's own place in a thread."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, g, redirect, render_template, request, url_for

from portal.core import clock
from portal.core.identity import Actor, current_actor
from portal.core.permissions import Action, may
from portal.forums.forms import ReplyForm, number
from portal.forums.queries.lists import STATUSES
from portal.forums.queries.pages import (
    Quotable,
    ThreadHead,
    find_quotable,
    find_quotable_by_id,
    get_place,
    get_thread_head,
    get_thread_page,
    get_whole_thread,
    start_of,
)
from portal.forums.services import reading
from portal.forums.views.blueprint import bp
from portal.forums.views.sheets import csv_answer
from portal.groups import banner
from portal.web.edge import Access, access
from portal.web.templating import datetime_words


def find_thread(actor: Actor, number: int) -> ThreadHead:
    """The thread of the address, through the fence."""
    return get_thread_head(actor, number)


def address_of(head: ThreadHead, position: int | None = None) -> str:
    """Where a reader is sent: the canonical address, at a post where ``position`` is given."""
    if not position:
        return head.href
    start = start_of(position)
    return f"{head.href}{f'?from={start}' if start > 1 else ''}#post-{position}"


def place(head: ThreadHead) -> None:
    """Say above the page in whose space the thread stands and who reads it."""
    actor = current_actor()
    section = "issues" if head.kind == "issue" and request.endpoint == "forums.issues" else "forums"
    shown = banner.show(actor, head.space_id, section)
    right = actor.spaces[head.space_id]
    space: dict[str, Any] = {"space": right.slug}
    group = (shown.group_name, shown.group_href)
    g.crumbs = [group, ("Forum", url_for("forums.forum", group=right.group_slug, **space))]


@bp.get("/threads/<int:number>")
@bp.get("/threads/<int:number>-<slug>")
@access(Access.SIGNED_IN, resolve=find_thread)
def thread(head: ThreadHead, slug: str | None = None) -> Any:
    """A range of a thread's posts and the reply form; an old or wrong slug and a merged thread lead on."""
    if head.merged_into_id:
        return redirect(url_for("forums.thread", number=head.merged_into_id))
    if slug != head.slug:
        return redirect(
            head.href + (f"?{urlencode(list(request.args.items(multi=True)))}" if request.args else "")
        )
    if request.args.get("print") == "1":
        place(head)
        return render_template(
            "forums/thread_print.html",
            head=head,
            posts=get_whole_thread(current_actor(), head),
            printed=datetime_words(clock.now()),
        )
    form = ReplyForm()
    start = number(request.args.get("from")) or 1
    answered: Quotable | None = None
    if wanted := number(request.args.get("quote") or request.args.get("reply")):
        answered = find_quotable(current_actor(), head, wanted)
    if answered:
        start = answered.position if "from" not in request.args else start
        form.reply_to.data = str(answered.id)
        if "quote" in request.args:
            form.body.data = (
                "".join(f"> {line}".rstrip() + "\n" for line in answered.markdown.splitlines()[:60]) + "\n"
            )
    return show_thread(head, form, start=start, answered=answered)


def show_thread(head: ThreadHead, form: ReplyForm, *, start: int, answered: Quotable | None = None) -> str:
    """The thread page with ``form`` in it, as typed: the one place that renders it."""
    actor = current_actor()
    place(head)
    page = get_thread_page(actor, head, start)
    fresh = request.method == "GET"
    if fresh and page.draft and not form.body.data:
        form.body.data = page.draft.body
        form.reply_to.data = form.reply_to.data or str(page.draft.fields.get("reply_to") or "")
        form.attribution.data = page.draft.fields.get("attribution")
    form.offer(actor)
    if answered is None and form.reply_to.data:
        answered = find_quotable_by_id(actor, head, number(form.reply_to.data) or 0)
    if answered is None:
        form.reply_to.data = ""
    reply = may(actor, Action.FORUMS_POST_REPLY, head)
    first = head.first_unread
    return render_template(
        "forums/thread.html",
        head=head,
        page=page,
        form=form,
        files=g.get("files", ()),
        undo=number(request.args.get("undo")),
        status_label=STATUSES.get(head.status or "", head.status),
        answered=answered,
        may_reply=bool(reply),
        why_not=why_closed(head) or reply.reason,
        first_unread_href=address_of(head, first) if first and not _in_range(first, page.start) else None,
        last_shown=page.posts[-1].position if page.posts else head.last_position,
        latest_href=address_of(head, head.last_position) if not page.is_last else None,
        may_lead=bool(may(actor, Action.FORUMS_THREAD_PIN, head)),
        previous_href=f"{head.href}{f'?from={page.previous}' if (page.previous or 1) > 1 else ''}",
        next_href=f"{head.href}?from={page.next}",
    )


def why_closed(head: ThreadHead) -> str:
    """Why nobody writes in this thread; empty where writing is open."""
    if not current_actor().writes(head.space_id):
        if g.banner.archived:
            return "This group has been closed. Its discussions are kept to be read, and nothing is added to them."
        return "You can read this discussion, and cannot write in it."
    if head.locked_at:
        return "The lead has locked this thread. It can be read, and nothing is added to it."
    return ""


def _in_range(position: int, start: int) -> bool:
    return start_of(position) == start


@bp.get("/threads/<int:number>/posts/<int:position>")
@access(Access.SIGNED_IN)
def post_address(number: int, position: int) -> Response:
    """The lasting address of a post: to where it stands now, whatever was split or merged since."""
    actor = current_actor()
    thread_id, place_now = get_place(actor, number, position)
    return redirect(address_of(get_thread_head(actor, thread_id), place_now))  # type: ignore[return-value]


@bp.get("/threads/<int:number>/unread")
@access(Access.SIGNED_IN, resolve=find_thread)
def unread(head: ThreadHead) -> Response:
    """To the first post that the reader has not read, or to the last one."""
    return redirect(address_of(head, head.first_unread or head.last_position))  # type: ignore[return-value]


@bp.get("/threads/<int:number>.csv")
@access(Access.SIGNED_IN, resolve=find_thread)
def thread_csv(head: ThreadHead) -> Response:
    """The posts of a thread as CSV: what a reader sees, in words."""
    actor = current_actor()
    views = get_whole_thread(actor, head)
    return csv_answer(
        f"thread-{head.id}",
        ("Post", "From", "Of", "When", "In reply to post", "Text"),
        (
            (
                view.position,
                view.author.name,
                view.author.place,
                datetime_words(view.created_at),
                view.quoted.position if view.quoted and view.quoted.author else "",
                view.html.striptags() if view.html else "",
            )
            for view in views
        ),
    )


@bp.post("/threads/<int:number>/read")
@access(Access.SIGNED_IN, resolve=find_thread)
def mark_read(head: ThreadHead) -> Response:
    """Keep how far the reader has read: up to ``position``, the last post of the range they had before them."""
    upto = min(number(request.form.get("position")) or head.last_position, head.last_position)
    reading.mark_read(current_actor(), thread_id=head.id, position=upto)
    following = start_of(upto + 1) if upto < head.last_position else start_of(upto)
    return redirect(address_of(head, upto + 1 if upto < head.last_position and following > 1 else upto))  # type: ignore[return-value]


@bp.post("/threads/<int:number>/follow")
@access(Access.SIGNED_IN, resolve=find_thread)
def follow(head: ThreadHead) -> Response:
    """Follow the thread, mute it, or neither."""
    state = request.form.get("state", "")
    reading.follow(
        current_actor(), thread_id=head.id, state=state if state in {"following", "muted"} else None
    )
    words = {"following": "You follow this thread.", "muted": "You will hear nothing of this thread."}
    flash(words.get(state, "You no longer follow this thread."), "success")
    return redirect(head.href)  # type: ignore[return-value]
