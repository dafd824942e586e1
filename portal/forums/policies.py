"""Who may do what in the forums. Targets are threads, posts, forums and spaces, or the queries' views of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.core import clock
from portal.core.identity import Actor
from portal.core.permissions import ALLOWED, Action, Decision, denied, policy

LEADING = frozenset({"lead", "deputy", "moderator"})
UNDO = timedelta(minutes=10)
READ_ONLY = denied("This space is read-only: nothing can be added or changed here.")


def _space(target: Any) -> int:
    return int(getattr(target, "space_id", None) or target.id)


def leads(actor: Actor, target: Any) -> bool:
    """Whether the actor leads the group of the target's space, or moderates it."""
    return bool(LEADING & actor.roles_in_space(_space(target)))


def _writes(actor: Actor, target: Any) -> Decision:
    return ALLOWED if actor.writes(_space(target)) else READ_ONLY


def _leading(actor: Actor, target: Any) -> Decision:
    """The group’s lead and deputies; in the NLAR and the national spaces their moderators."""
    if not _writes(actor, target):
        return READ_ONLY
    return (
        ALLOWED
        if leads(actor, target)
        else denied("Only the group’s lead, a deputy or a moderator may do this.")
    )


def _open_thread(actor: Actor, thread: Any) -> Decision:
    if not _writes(actor, thread):
        return READ_ONLY
    if thread.merged_into_id is not None:
        return denied("This thread has been merged into another one. Write there.")
    if thread.locked_at is not None and not leads(actor, thread):
        return denied("This thread is locked. You can still read it.")
    return ALLOWED


@policy(Action.FORUMS_THREAD_START)
def may_start(actor: Actor, forum: Any) -> Decision:
    """Whoever writes in the space, in a forum that is open."""
    if forum.closed_at is not None:
        return denied("This forum is closed: no new threads are started in it.")
    return _writes(actor, forum)


@policy(Action.FORUMS_POST_REPLY)
def may_reply(actor: Actor, thread: Any) -> Decision:
    """Whoever writes in the space, while the thread is open."""
    return _open_thread(actor, thread)


@policy(Action.FORUMS_POST_EDIT)
def may_edit(actor: Actor, post: Any) -> Decision:
    """The author alone, while the thread is open."""
    if post.author_id != actor.person_id:
        return denied("Only its author can change a post.")
    if post.kind != "post" or post.deleted_at is not None or post.hidden_at is not None:
        return denied("A post that is not shown cannot be changed.")
    return _open_thread(actor, post)


@policy(Action.FORUMS_POST_DELETE)
def may_delete(actor: Actor, post: Any) -> Decision:
    """The author, while the thread is open."""
    if post.author_id != actor.person_id:
        return denied("Only its author can delete a post. A lead can hide it.")
    if post.kind != "post":
        return denied("This line cannot be deleted.")
    return _open_thread(actor, post)


@policy(Action.FORUMS_POST_RESTORE)
def may_restore(actor: Actor, post: Any) -> Decision:
    """The author for ten minutes; a lead or moderator after that too."""
    if not _writes(actor, post):
        return READ_ONLY
    if leads(actor, post):
        return ALLOWED
    if post.deleted_by_id != actor.person_id or post.author_id != actor.person_id:
        return denied("Only its author, a lead or a moderator can bring a post back.")
    if post.deleted_at is not None and clock.now() - post.deleted_at > UNDO:
        return denied("Its author can bring a post back for ten minutes. Ask the lead to do it.")
    return ALLOWED


@policy(Action.FORUMS_POST_REACT)
def may_react(actor: Actor, post: Any) -> Decision:
    """Whoever writes in the space."""
    if post.deleted_at is not None or post.hidden_at is not None or post.kind != "post":
        return denied("A post that is not shown takes no reactions.")
    return _writes(actor, post)


def may_keep_own(actor: Actor, target: Any) -> Decision:
    """Read marks, bookmarks, follows and drafts are the reader's own: whoever reads keeps them."""
    return ALLOWED if actor.reads(_space(target)) else denied("You do not read this space.")


for _action in (
    Action.FORUMS_THREAD_READ,
    Action.FORUMS_THREAD_FOLLOW,
    Action.FORUMS_BOOKMARK_SET,
    Action.FORUMS_DRAFT_SAVE,
):
    policy(_action)(may_keep_own)


@policy(Action.FORUMS_DRAFT_DISCARD)
def may_discard(actor: Actor, target: Any) -> Decision:
    """Whoever is signed in, among their own drafts: the query finds no others."""
    return ALLOWED if actor.person_id is not None else denied("Sign in first.")


@policy(Action.FORUMS_HOME_SEE)
def may_see_home(actor: Actor, target: Any) -> Decision:
    """Whoever is signed in, for themselves."""
    return ALLOWED if actor.person_id is not None else denied("Sign in first.")


@policy(Action.FORUMS_ATTACHMENT_ADD)
def may_attach(actor: Actor, space: Any) -> Decision:
    """Whoever writes in the space."""
    return _writes(actor, space)


@policy(Action.FORUMS_ATTACHMENT_REMOVE)
def may_detach(actor: Actor, file: Any) -> Decision:
    """Whoever added the file, while the thread of its post is open."""
    if file.uploader_id != actor.person_id:
        return denied("Only whoever added a file can take it away.")
    return _writes(actor, file) if file.post is None else _open_thread(actor, file.post)


for _action in (
    Action.FORUMS_POST_HIDE,
    Action.FORUMS_THREAD_PIN,
    Action.FORUMS_THREAD_LOCK,
    Action.FORUMS_THREAD_MOVE,
    Action.FORUMS_THREAD_SPLIT,
    Action.FORUMS_THREAD_MERGE,
    Action.FORUMS_FORUM_CREATE,
    Action.FORUMS_FORUM_CHANGE,
):
    policy(_action)(_leading)
