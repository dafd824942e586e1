"""Who is who across my groups, and one person's page."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for

from portal.core.identity import Actor, current_actor
from portal.groups.queries.people import Profile, get_profile, list_people
from portal.groups.views.blueprint import bp
from portal.web.edge import Access, access


@bp.get("/people/")
@access(Access.SIGNED_IN)
def people() -> str:
    """The people of my groups and of my organisation, by name."""
    words = request.args.get("q", "").replace("\0", "")[:80].strip()
    found = list_people(current_actor(), words=words, after=request.args.get("after") or None)
    kept: dict[str, Any] = {"q": words} if words else {}
    return render_template(
        "groups/people.html",
        people=found.items,
        words=words,
        next_href=url_for("groups.people", after=found.next, **kept) if found.next else None,
        first_href=url_for("groups.people", **kept) if request.args.get("after") else None,
    )


def find_profile(actor: Actor, person_id: int) -> Profile:
    """A person whom the reader may know."""
    return get_profile(actor, person_id)


@bp.get("/people/<int:person_id>")
@access(Access.SIGNED_IN, resolve=find_profile)
def person(profile: Profile) -> str:
    """One person: post, authority, contact, and the groups that both belong to."""
    g.crumbs = [("People", url_for("groups.people"))]
    return render_template("groups/person.html", profile=profile)
