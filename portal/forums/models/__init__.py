"""The tables of discussion. All are SpaceScoped; children hold composite keys to their parents."""

from __future__ import annotations

from portal.forums.models.personal import Bookmark, Draft, Follow, ReadMark
from portal.forums.models.posts import (
    Attachment,
    InventedStatement,
    Mention,
    Post,
    PostMove,
    PostRevision,
    Reaction,
)
from portal.forums.models.threads import Forum, Thread, ThreadEvent

__all__ = [
    "Attachment",
    "Bookmark",
    "Draft",
    "Follow",
    "Forum",
    "InventedStatement",
    "Mention",
    "Post",
    "PostMove",
    "PostRevision",
    "Reaction",
    "ReadMark",
    "Thread",
    "ThreadEvent",
]
