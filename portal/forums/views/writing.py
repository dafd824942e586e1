"""Writing: replies, new threads, changes to one's posts, reactions, and the page of one post."""

from __future__ import annotations

import itertools
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for

from portal.core import ids
from portal.core.errors import Conflict, Forbidden, IdempotencyMismatch, Invalid, PortalError
from portal.core.identity import Actor, current_actor
from portal.core.markup import diff_html
from portal.core.permissions import Action, may
from portal.forums.forms import EditForm, OneField, ReplyForm, ThreadForm, number
from portal.forums.queries.lists import list_boards
from portal.forums.queries.pages import ThreadHead, find_draft, get_thread_head
from portal.forums.queries.post_page import (
    PostFacts,
    find_sent,
    get_post_facts,
    list_own_reactions,
    list_revisions,
    words_of,
)
from portal.forums.queries.post_views import REACTIONS, get_post_view
from portal.forums.services import drafts, posts, reactions, reading, threads
from portal.forums.views.blueprint import bp
from portal.forums.views.files import files_of_form
from portal.forums.views.forum import find_space
from portal.forums.views.thread import address_of, find_thread, place, show_thread
from portal.groups import banner
from portal.web.edge import Access, access

TITLES = {
    "issue": "Raise an issue",
    "question": "Ask a question",
    "discussion": "Start a discussion",
    "practice": "Share good practice",
}
REFUSED = (Invalid, Forbidden, Conflict)


def find_post(actor: Actor, post_id: int) -> PostFacts:
    """The post of the address, through the fence."""
    return get_post_facts(actor, post_id)


def _rejected(form: Any, error: PortalError) -> None:
    if isinstance(error, Invalid):
        form.take(error)
    else:
        form.form_errors.append(error.detail)


def _sent_before(actor: Actor, command: str, error: PortalError, form: Any) -> dict[str, Any] | None:
    """What the same form was answered with, where it was sent twice with files: each sending stores them anew,
    so that their numbers differ though nothing that a person typed does."""
    if not isinstance(error, IdempotencyMismatch) or not any(
        file.filename for file in request.files.values()
    ):
        return None
    return find_sent(actor, command, form.key.data or "", form.body.data or "")


@bp.post("/threads/<int:number>/reply")
@access(Access.SIGNED_IN, resolve=find_thread)
def reply(head: ThreadHead) -> Any:
    """Post a reply; refused, the thread's page comes back with everything that was typed."""
    actor = current_actor()
    form = ReplyForm(request.form)
    form.offer(actor)
    try:
        g.files = files_of_form(actor, head.space_id, form)
        posted = posts.reply(
            actor,
            thread_id=head.id,
            body=form.body.data or "",
            attribution=form.attribution.data,
            reply_to=number(form.reply_to.data),
            attachments=[file.id for file in g.files],
            invented=form.invented.data,
            idempotency_key=form.key.data,
        )
    except REFUSED as error:
        if (sent := _sent_before(actor, "reply", error, form)) is not None:
            return redirect(f"/threads/{sent['thread_id']}/posts/{sent['position']}", 303)
        _rejected(form, error)
        return show_thread(
            find_thread(actor, head.id), form, start=number(request.form.get("from")) or 1
        ), error.status
    drafts.discard(actor, key=f"reply:{head.id}")
    return redirect(address_of(find_thread(actor, posted.thread_id), posted.position), 303)


@bp.route("/groups/<group>/forum/new", methods=["GET", "POST"])
@access(Access.SIGNED_IN, resolve=find_space)
def new_thread(space: Any, group: str) -> Any:
    """The form of a new thread, and starting it."""
    actor = current_actor()
    if not actor.writes(space.id):
        raise Forbidden("Nothing can be added here: you read this space and do not write in it.")
    form = ThreadForm(request.form)
    draft_key = request.values.get("draft", "")[:80] or f"new:{space.id}:{ids.number()}"
    if request.method == "GET":
        kind = request.args.get("kind", "")
        form.kind.data = kind if kind in TITLES else "discussion"
        form.forum_id.data = request.args.get("forum")
        if "draft" in request.args and (draft := find_draft(actor, draft_key)):
            form.body.data = draft.body
            form.title.data = str(draft.fields.get("title") or "")
            form.kind.data = (
                draft.fields.get("kind") if draft.fields.get("kind") in TITLES else form.kind.data
            )
            form.forum_id.data = draft.fields.get("forum_id") or form.forum_id.data
            form.attribution.data = draft.fields.get("attribution")
    form.offer(actor)
    boards = list_boards(actor, space.id)
    form.offer_forums((board.id, board.name) for board in boards)
    if request.method == "POST":
        try:
            g.files = files_of_form(actor, space.id, form)
            forum_id = number(form.forum_id.data)
            here = {board.id for board in boards}  # the page has said who reads it
            if forum_id is None or forum_id not in here:
                raise Invalid({"forum_id": "Choose the forum in which it belongs"})
            started = threads.start(
                actor,
                forum_id=forum_id,
                kind=form.kind.data or "",
                title=form.title.data or "",
                body=form.body.data or "",
                attribution=form.attribution.data,
                attachments=[file.id for file in g.files],
                invented=form.invented.data,
                idempotency_key=form.key.data,
            )
        except REFUSED as error:
            if (sent := _sent_before(actor, "start", error, form)) is not None:
                return redirect(f"/threads/{sent['id']}-{sent['slug']}", 303)
            _rejected(form, error)
            return _thread_form(actor, space, group, form, draft_key), error.status
        drafts.discard(actor, key=draft_key)
        return redirect(f"/threads/{started.id}-{started.slug}", 303)
    return _thread_form(actor, space, group, form, draft_key)


def _thread_form(actor: Actor, space: Any, group: str, form: ThreadForm, draft_key: str) -> str:
    shown = banner.show(actor, space.id, "forums")
    g.crumbs = [
        (shown.group_name, shown.group_href),
        ("Forum", url_for("forums.forum", group=group, space=space.slug)),
    ]
    kind = form.kind.data if form.kind.data in TITLES else "discussion"
    return render_template(
        "forums/new_thread.html",
        space=space,
        group_slug=group,
        form=form,
        heading=TITLES[kind],
        kind=kind,
        draft_key=draft_key,
        files=g.get("files", ()),
        others=[(label, other) for other, label in TITLES.items() if other != kind],
    )


@bp.get("/posts/<int:post_id>")
@access(Access.SIGNED_IN, resolve=find_post)
def post(facts: PostFacts) -> str:
    """One post: what may be done with it, and what it said before."""
    return show_post(facts, OneField(prefix="hide-"))


def show_post(facts: PostFacts, hide_form: OneField) -> str:
    """The page of a post, with the form for hiding it as typed."""
    actor = current_actor()
    head = get_thread_head(actor, facts.thread_id)
    place(head)
    g.crumbs = [*g.crumbs, (head.title, head.href)]

    def allowed(action: Action) -> bool:
        return bool(may(actor, action, facts))

    readable = facts.deleted_at is None and facts.hidden_at is None
    own = facts.author_id == actor.person_id
    return render_template(
        "forums/post.html",
        head=head,
        facts=facts,
        post=get_post_view(actor, facts.id),
        back=address_of(head, facts.position),
        own=own,
        hide_form=hide_form,
        history=_differences(actor, facts) if readable and facts.revision > 1 else [],
        reactions=REACTIONS if readable and allowed(Action.FORUMS_POST_REACT) else {},
        given=list_own_reactions(actor, facts.id),
        may_edit=readable and allowed(Action.FORUMS_POST_EDIT),
        may_delete=facts.deleted_at is None and allowed(Action.FORUMS_POST_DELETE),
        may_restore=facts.deleted_at is not None and allowed(Action.FORUMS_POST_RESTORE),
        may_hide=facts.deleted_at is None and not own and allowed(Action.FORUMS_POST_HIDE),
        may_lead=bool(may(actor, Action.FORUMS_THREAD_SPLIT, head)),
    )


def _differences(actor: Actor, facts: PostFacts) -> list[dict[str, Any]]:
    """Each version of a post against the one before it, newest first."""
    versions: list[tuple[str, Any]] = [(row.words, row.at) for row in list_revisions(actor, facts.id)]
    versions.append((words_of(facts.markdown), facts.edited_at))
    pairs = itertools.pairwise(versions)
    return [{"at": after[1], "html": diff_html(before[0], after[0])} for before, after in pairs][::-1][:20]


@bp.route("/posts/<int:post_id>/edit", methods=["GET", "POST"])
@access(Access.SIGNED_IN, resolve=find_post)
def edit(facts: PostFacts) -> Any:
    """Change one's own post."""
    actor = current_actor()
    decision = may(actor, Action.FORUMS_POST_EDIT, facts)
    if not decision:
        raise Forbidden(decision.reason)
    form = EditForm(request.form)
    head = get_thread_head(actor, facts.thread_id)
    if request.method == "POST":
        form.offer(actor)
        try:
            posts.edit(
                actor,
                post_id=facts.id,
                body=form.body.data or "",
                revision=number(form.revision.data),
                invented=form.invented.data,
                idempotency_key=form.key.data,
            )
        except REFUSED as error:
            _rejected(form, error)
            return _edit_form(actor, facts, head, form), error.status
        drafts.discard(actor, key=facts.key)
        return redirect(address_of(head, facts.position), 303)
    draft = find_draft(actor, facts.key)
    form.body.data = draft.body if draft else facts.markdown
    form.revision.data = str(facts.revision)
    form.offer(actor)
    return _edit_form(actor, facts, head, form)


def _edit_form(actor: Actor, facts: PostFacts, head: ThreadHead, form: EditForm) -> str:
    place(head)
    g.crumbs = [*g.crumbs, (head.title, head.href)]
    return render_template(
        "forums/edit.html", facts=facts, head=head, form=form, back=address_of(head, facts.position)
    )


@bp.post("/posts/<int:post_id>/delete")
@access(Access.SIGNED_IN, resolve=find_post)
def delete(facts: PostFacts) -> Response:
    """Delete a post; the thread's page then offers to undo it."""
    actor = current_actor()
    posts.delete(actor, post_id=facts.id)
    head = get_thread_head(actor, facts.thread_id)
    return redirect(f"{address_of(head).split('#')[0]}?from={facts.position}&undo={facts.id}#undo", 303)  # type: ignore[return-value]


@bp.post("/posts/<int:post_id>/restore")
@access(Access.SIGNED_IN, resolve=find_post)
def restore(facts: PostFacts) -> Response:
    """Bring a deleted post back."""
    actor = current_actor()
    posts.restore(actor, post_id=facts.id)
    flash("The post is back.", "success")
    return redirect(address_of(get_thread_head(actor, facts.thread_id), facts.position), 303)  # type: ignore[return-value]


@bp.post("/posts/<int:post_id>/react")
@access(Access.SIGNED_IN, resolve=find_post)
def react(facts: PostFacts) -> Response:
    """Give a reaction, or take it back."""
    actor = current_actor()
    reactions.react(
        actor, post_id=facts.id, kind=request.form.get("kind", ""), on=request.form.get("on") == "1"
    )
    return redirect(url_for("forums.post", post_id=facts.id), 303)  # type: ignore[return-value]


@bp.post("/posts/<int:post_id>/bookmark")
@access(Access.SIGNED_IN, resolve=find_post)
def bookmark(facts: PostFacts) -> Response:
    """Keep a post among one's bookmarks, or no longer."""
    on = request.form.get("on") == "1"
    reading.bookmark(current_actor(), post_id=facts.id, on=on)
    flash("Kept among your bookmarks." if on else "No longer among your bookmarks.", "success")
    back = (
        url_for("forums.bookmarks")
        if request.form.get("back") == "bookmarks"
        else url_for("forums.post", post_id=facts.id)
    )
    return redirect(back, 303)  # type: ignore[return-value]
