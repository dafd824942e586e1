"""Posts as their readers see them: the same for every reader of an audience, on a page and in a live fragment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, literal, select
from sqlalchemy.orm import aliased

from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.directory.models import Organisation, Person
from portal.forums.models import Attachment, Post, Reaction
from portal.forums.queries.attribution import ShownAs, shown_as
from portal.forums.queries.unread import Reader

REACTIONS = {"thanks": "Thanks", "agree": "Agree", "same": "We have this too"}
"""The reactions by their stored word, in the order in which they are shown."""

_Quoted = aliased(Post)
_QuotedPerson = aliased(Person)
_QuotedOrganisation = aliased(Organisation)


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file beside a post."""

    id: int
    filename: str
    mime: str
    size: int

    @property
    def is_image(self) -> bool:
        """Whether browsers show it in the page."""
        return self.mime in {"image/png", "image/jpeg", "image/gif", "image/webp"}

    @property
    def size_words(self) -> str:
        """ "340 kB", "1.2 MB"."""
        if self.size >= 1_000_000:
            return f"{self.size / 1_000_000:.1f} MB"
        return f"{max(1, round(self.size / 1000))} kB"


@dataclass(frozen=True, slots=True)
class QuotedView:
    """The post that another answers, attributed as it is now; ``author`` None where it is no longer shown."""

    thread_id: int
    position: int
    author: ShownAs | None


@dataclass(frozen=True, slots=True)
class PostView:
    """One post as everybody who may read it sees it. Holds no id of a person."""

    id: int
    thread_id: int
    position: int
    kind: str
    state: str  # "shown", "deleted" or "hidden"
    author: ShownAs
    html: Markup
    created_at: datetime
    edited_at: datetime | None
    quoted: QuotedView | None = None
    attachments: tuple[AttachmentView, ...] = ()
    reactions: tuple[tuple[str, str, int], ...] = ()  # stored word, label, how many

    @property
    def href(self) -> str:
        """Its lasting address, which leads on when the post moves."""
        return f"/threads/{self.thread_id}/posts/{self.position}"


def select_posts(actor: Reader) -> Any:
    """The columns of ``post_view``; ``own`` says for the page alone whether the reader wrote it."""
    return (
        select(
            Post.id,
            Post.thread_id,
            Post.position,
            Post.kind,
            Post.attribution,
            Post.described_as,
            Post.html,
            Post.created_at,
            Post.edited_at,
            Post.deleted_at,
            Post.hidden_at,
            (Post.author_id == (literal(0) if actor.person_id is None else actor.person_id)).label("own"),
            Person.name.label("person"),
            Organisation.short_name.label("organisation"),
            Organisation.kind.label("organisation_kind"),
            _Quoted.thread_id.label("quoted_thread_id"),
            _Quoted.position.label("quoted_position"),
            _Quoted.attribution.label("quoted_attribution"),
            _Quoted.described_as.label("quoted_described_as"),
            func.coalesce(_Quoted.deleted_at, _Quoted.hidden_at).label("quoted_gone"),
            _QuotedPerson.name.label("quoted_person"),
            _QuotedOrganisation.short_name.label("quoted_organisation"),
            _QuotedOrganisation.kind.label("quoted_organisation_kind"),
        )
        .join(Person, Person.id == Post.author_id)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .outerjoin(_Quoted, _Quoted.id == Post.reply_to_id)
        .outerjoin(_QuotedPerson, _QuotedPerson.id == _Quoted.author_id)
        .outerjoin(_QuotedOrganisation, _QuotedOrganisation.id == _Quoted.organisation_id)
    )


def post_view(
    row: Any,
    attachments: tuple[AttachmentView, ...] = (),
    reactions: tuple[tuple[str, str, int], ...] = (),
) -> PostView:
    """A row of ``select_posts`` with what hangs on it. A deleted or hidden post carries no words, files or counts."""
    state = "deleted" if row.deleted_at else "hidden" if row.hidden_at else "shown"
    shown = state == "shown"
    return PostView(
        id=row.id,
        thread_id=row.thread_id,
        position=row.position,
        kind=row.kind,
        state=state,
        author=shown_as(
            row.attribution, row.described_as, row.person, row.organisation, row.organisation_kind
        ),
        html=Markup(row.html) if shown else Markup(""),  # noqa: S704  (cleaned when it was written)
        created_at=row.created_at,
        edited_at=row.edited_at if shown else None,
        quoted=_quoted(row) if shown else None,
        attachments=attachments if shown else (),
        reactions=reactions if shown else (),
    )


def _quoted(row: Any) -> QuotedView | None:
    if row.quoted_position is None:
        return None
    author = None
    if row.quoted_gone is None:
        author = shown_as(
            row.quoted_attribution,
            row.quoted_described_as,
            row.quoted_person,
            row.quoted_organisation,
            row.quoted_organisation_kind,
        )
    return QuotedView(row.quoted_thread_id, row.quoted_position, author)


def views_of(rows: Sequence[Any]) -> tuple[PostView, ...]:
    """The views of some rows, with files and reactions in one query each."""
    ids = [row.id for row in rows]
    files = list_attachments(ids)
    reactions = count_reactions(ids)
    return tuple(post_view(row, files.get(row.id, ()), reactions.get(row.id, ())) for row in rows)


def get_post_view(actor: Actor, post_id: int) -> PostView:
    """One post as a live fragment shows it. Raises ``NotFound``."""
    row = db.session.execute(select_posts(actor).where(Post.id == post_id)).first()
    if row is None:
        raise NotFound()
    return views_of([row])[0]


def list_attachments(post_ids: Sequence[int]) -> dict[int, tuple[AttachmentView, ...]]:
    """The files of some posts, oldest first, in one query."""
    if not post_ids:
        return {}
    rows = db.session.execute(
        select(Attachment.post_id, Attachment.id, Attachment.filename, Attachment.mime, Attachment.size)
        .where(Attachment.post_id.in_(post_ids), Attachment.removed_at.is_(None))
        .order_by(Attachment.created_at, Attachment.id)
    )
    found: dict[int, list[AttachmentView]] = defaultdict(list)
    for row in rows:
        found[row.post_id].append(AttachmentView(row.id, row.filename, row.mime, row.size))
    return {post: tuple(files) for post, files in found.items()}


def list_waiting_files(actor: Actor, ids: Sequence[int]) -> list[AttachmentView]:
    """Those of ``ids`` that are the actor's own files and belong to no post yet, in the given order."""
    if not ids:
        return []
    rows = db.session.execute(
        select(Attachment.id, Attachment.filename, Attachment.mime, Attachment.size).where(
            Attachment.id.in_(ids),
            Attachment.uploader_id == actor.person_id,
            Attachment.post_id.is_(None),
            Attachment.removed_at.is_(None),
        )
    )
    found = {row.id: AttachmentView(row.id, row.filename, row.mime, row.size) for row in rows}
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def count_reactions(post_ids: Sequence[int]) -> dict[int, tuple[tuple[str, str, int], ...]]:
    """How many of each reaction some posts have, in one query and in the order of ``REACTIONS``."""
    if not post_ids:
        return {}
    rows = db.session.execute(
        select(Reaction.post_id, Reaction.kind, func.count().label("number"))
        .where(Reaction.post_id.in_(post_ids))
        .group_by(Reaction.post_id, Reaction.kind)
    ).all()
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row.post_id][row.kind] = row.number
    return {
        post: tuple((kind, label, counts[kind]) for kind, label in REACTIONS.items() if kind in counts)
        for post, counts in found.items()
    }
