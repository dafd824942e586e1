"""What a group's lead does with threads and posts: pin, lock, move, rename, merge, split, hide."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for

from portal.core.errors import Forbidden, Invalid, NotFound
from portal.core.identity import current_actor
from portal.core.permissions import Action, may
from portal.forums.forms import OneField, number
from portal.forums.queries.lists import list_boards
from portal.forums.queries.pages import ThreadHead, get_thread_head, get_whole_thread
from portal.forums.queries.post_page import PostFacts
from portal.forums.services import posts, threads
from portal.forums.views.blueprint import bp
from portal.forums.views.thread import address_of, find_thread, place
from portal.forums.views.writing import find_post, show_post
from portal.web.edge import Access, access


def _may_lead(head: ThreadHead) -> None:
    decision = may(current_actor(), Action.FORUMS_THREAD_PIN, head)
    if not decision:
        raise Forbidden(decision.reason)


@bp.get("/threads/<int:number>/tools")
@access(Access.SIGNED_IN, resolve=find_thread)
def tools(head: ThreadHead) -> str:
    """The lead's tools for a thread."""
    _may_lead(head)
    return _show_tools(head, rename=OneField(prefix="rename-"), merge=OneField(prefix="merge-"))


def _show_tools(head: ThreadHead, *, rename: OneField, merge: OneField) -> str:
    place(head)
    g.crumbs = [*g.crumbs, (head.title, head.href)]
    if request.method == "GET":
        rename.words.data = head.title
    boards = list_boards(current_actor(), head.space_id)
    return render_template("forums/tools.html", head=head, boards=boards, rename=rename, merge=merge)


def _done(head: ThreadHead, words: str) -> Response:
    flash(words, "success")
    return redirect(find_thread(current_actor(), head.id).href, 303)  # type: ignore[return-value]


@bp.post("/threads/<int:number>/pin")
@access(Access.SIGNED_IN, resolve=find_thread)
def pin(head: ThreadHead) -> Response:
    """Pin the thread above the others, or no longer."""
    on = request.form.get("on") == "1"
    threads.pin(current_actor(), thread_id=head.id, pinned=on)
    return _done(head, "The thread now stands above the others." if on else "The thread is no longer pinned.")


@bp.post("/threads/<int:number>/lock")
@access(Access.SIGNED_IN, resolve=find_thread)
def lock(head: ThreadHead) -> Response:
    """Lock the thread against replies, or open it again."""
    on = request.form.get("on") == "1"
    threads.lock(current_actor(), thread_id=head.id, locked=on)
    return _done(head, "The thread is locked: nothing is added to it." if on else "The thread is open again.")


@bp.post("/threads/<int:number>/move")
@access(Access.SIGNED_IN, resolve=find_thread)
def move(head: ThreadHead) -> Response:
    """Move the thread to another forum of the same space."""
    forum_id = number(request.form.get("forum_id"))
    if forum_id is None:
        raise NotFound()
    threads.move(current_actor(), thread_id=head.id, forum_id=forum_id)
    return _done(head, "The thread has moved.")


@bp.post("/threads/<int:number>/rename")
@access(Access.SIGNED_IN, resolve=find_thread)
def rename(head: ThreadHead) -> Any:
    """Give the thread another title; its old address leads to it."""
    form = OneField(request.form, prefix="rename-")
    try:
        threads.rename(current_actor(), thread_id=head.id, title=form.words.data or "")
    except Invalid as error:
        form.take(error)
        return _show_tools(head, rename=form, merge=OneField(prefix="merge-")), 422
    return _done(head, "The thread has a new title.")


def _number_in(text: str) -> int | None:
    """The thread's number in a number or an address, as somebody pastes it."""
    tail = text.strip().rpartition("/threads/")[2]
    digits = tail[: next((i for i, sign in enumerate(tail) if not sign.isdigit()), len(tail))]
    return number(digits)


@bp.post("/threads/<int:number>/merge")
@access(Access.SIGNED_IN, resolve=find_thread)
def merge(head: ThreadHead) -> Any:
    """Put the thread's posts into another thread of the same space; its address then leads there."""
    form = OneField(request.form, prefix="merge-")
    actor = current_actor()
    try:
        wanted = _number_in(form.words.data or "")
        if wanted is None:
            raise Invalid({"words": "Give the number or the address of the thread that the posts go to"})
        try:
            other = get_thread_head(actor, wanted)
        except NotFound:
            raise Invalid({"words": "There is no thread with this number in this space"}) from None
        if other.space_id != head.space_id or other.id == head.id:
            raise Invalid({"words": "There is no thread with this number in this space"})
        threads.merge(actor, thread_id=head.id, into_id=other.id)
    except Invalid as error:
        form.take(error)
        return _show_tools(head, rename=OneField(prefix="rename-", words=head.title), merge=form), 422
    flash("The posts of both threads now stand in this one.", "success")
    return redirect(find_thread(actor, other.id).href, 303)


@bp.route("/threads/<int:number>/split", methods=["GET", "POST"])
@access(Access.SIGNED_IN, resolve=find_thread)
def split(head: ThreadHead) -> Any:
    """Choose posts that become a thread of their own."""
    _may_lead(head)
    actor = current_actor()
    form = OneField(request.form)
    chosen = [value for value in (number(text) for text in request.form.getlist("post")) if value]
    if request.method == "POST":
        try:
            if not chosen:
                raise Invalid({"words": "Choose at least one post"})
            started = threads.split(actor, thread_id=head.id, post_ids=chosen, title=form.words.data or "")
        except Invalid as error:
            form.take(error)
        else:
            flash("The posts are a thread of their own now. A line in the old one leads here.", "success")
            return redirect(get_thread_head(actor, started.id).href, 303)
    place(head)
    g.crumbs = [*g.crumbs, (head.title, head.href)]
    views = [view for view in get_whole_thread(actor, head) if view.kind == "post"]
    page = render_template("forums/split.html", head=head, posts=views, form=form, chosen=chosen)
    return page, (422 if form.errors else 200)


@bp.post("/posts/<int:post_id>/hide")
@access(Access.SIGNED_IN, resolve=find_post)
def hide(facts: PostFacts) -> Any:
    """Hide a post from its readers, with a reason that its author is told."""
    actor = current_actor()
    form = OneField(request.form, prefix="hide-")
    try:
        posts.hide(actor, post_id=facts.id, reason=form.words.data or "")
    except Invalid as error:
        form.take(error)
        return show_post(facts, form), 422
    flash("The post is hidden, and its author is told why.", "success")
    return redirect(address_of(get_thread_head(actor, facts.thread_id), facts.position), 303)


@bp.post("/posts/<int:post_id>/unhide")
@access(Access.SIGNED_IN, resolve=find_post)
def unhide(facts: PostFacts) -> Response:
    """Show a hidden post again."""
    posts.unhide(current_actor(), post_id=facts.id)
    flash("The post is shown again.", "success")
    return redirect(url_for("forums.post", post_id=facts.id), 303)  # type: ignore[return-value]
