"""What the forums show on Home and on a group's page."""

from __future__ import annotations

from typing import Any

from flask import get_template_attribute, url_for
from markupsafe import Markup

from portal.core.identity import Actor
from portal.forums.queries import home
from portal.web import panels


def _macro(name: str) -> Any:
    return get_template_attribute("forums/_panels.html", name)


@panels.fills("home.waiting", order=40)
def waiting(actor: Actor, **context: Any) -> Markup | None:
    """Posts that name the reader and that they have not answered, and questions nobody has answered."""
    mentions = home.list_mentions(actor)
    questions = home.list_unanswered_questions(actor)
    return Markup(_macro("waiting")(mentions, questions)) if mentions or questions else None  # noqa: S704  (a template's own)


@panels.fills("home.changed", order=40)
def changed(actor: Actor, **context: Any) -> Markup | None:
    """Threads with posts that the reader has not read since they last looked, by space."""
    news = home.list_changes(actor)
    return Markup(_macro("changed")(news)) if news else None  # noqa: S704


@panels.fills("home.side", order=40)
def drafts(actor: Actor, **context: Any) -> Markup | None:
    """The reader's drafts."""
    rows = home.list_drafts(actor, limit=5)
    return Markup(_macro("drafts")(rows)) if rows else None  # noqa: S704


@panels.fills("group.home", order=20)
def group_home(actor: Actor, *, space_id: int, **context: Any) -> Markup | None:
    """Open issues and the latest threads of the space in which the reader stands."""
    right = actor.spaces.get(space_id)
    if right is None:
        return None
    where: dict[str, Any] = {"group": right.group_slug, "space": right.slug}
    return Markup(  # noqa: S704
        _macro("group")(
            home.list_open_issues(actor, space_id),
            home.list_latest(actor, space_id),
            url_for("forums.issues", **where),
            url_for("forums.forum", **where),
        )
    )
