"""The space banner of every page in a space: whose it is and, truly, who reads it (look.md, "Space banner")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, url_for

from portal.core.errors import NotFound
from portal.core.identity import Actor
from portal.groups.queries.readers import Audience, find_audience
from portal.web import navigation
from portal.web.banner import Piece, SpaceBanner
from portal.web.templating import clock_time, count_words


@dataclass(frozen=True, slots=True)
class GroupInNavigation:
    """What the entries of a group's navigation ask of the group."""

    id: int
    slug: str
    name: str
    kind: str


def show(actor: Actor, space_id: int, section: str) -> SpaceBanner:
    """Put the banner of a space that the actor reads on this page (``g.banner``), with ``section`` as the present one.

    One query. Raises ``NotFound`` where the actor does not read the space.
    """
    audiences = find_audience(actor, space_id)
    here = next((one for one in audiences if one.space_id == space_id), None)
    if here is None:
        raise NotFound()
    group = GroupInNavigation(here.group_id, here.group_slug, here.group_name, here.group_kind)
    banner = SpaceBanner(
        group_name=here.group_name,
        group_href=_group_href(here),
        monogram=here.monogram,
        accent=here.accent,
        kind=_look(here),
        icon="globe" if here.group_kind == "national" else "eye" if here.kind == "supplier" else "lock",
        sentence=sentence(actor, here),
        composer_sentence=(
            ("You are writing in ", False),
            (f"{here.group_name}. ", True),
            *sentence(actor, here),
        ),
        reply_label=reply_label(here),
        post_label=post_label(here),
        readers_href=url_for("groups.readers", group=here.group_slug, space=here.space_slug),
        switch=_switch(audiences, space_id),
        sub_nav=navigation.group_items(actor, group, section, here.space_slug),
        archived=here.archived,
    )
    g.banner = banner
    g.crumbs = []
    return banner


def _group_href(here: Audience) -> str:
    more: dict[str, Any] = {"space": here.space_slug} if here.space_slug != "members" else {}
    return url_for("groups.home", group=here.group_slug, **more)


def _look(here: Audience) -> Any:
    if here.kind == "supplier":
        return "supplier"
    return here.group_kind if here.group_kind in {"nlar", "national"} else "members"


def _switch(audiences: list[Audience], space_id: int) -> tuple[tuple[str, str, bool], ...]:
    """The ways between those spaces of the group that this reader reads; none where there is one."""
    if len(audiences) < 2:
        return ()
    return tuple(
        (one.label, f"/groups/{one.group_slug}/forum/?space={one.space_slug}", one.space_id == space_id)
        for one in audiences
    )


def sentence(actor: Actor, here: Audience) -> tuple[Piece, ...]:
    """Who reads the space, as told to this reader. A supplier's representative learns of no counts."""
    pieces = _readers(actor, here)
    if here.archived:
        pieces += ((" Archived: read only.", False),)
    if here.glass_until is not None:
        pieces += (
            (
                f" An administrator reads this too, until {clock_time(here.glass_until)}, for a recorded reason.",
                True,
            ),
        )
    return pieces


def _readers(actor: Actor, here: Audience) -> tuple[Piece, ...]:
    if here.group_kind == "national":
        if here.open_to == "everyone":
            return (
                ("Everyone signed in reads this: the authorities, the DCSF ", False),
                ("and every supplier’s representatives.", True),
            )
        return (
            ("Everyone signed in from an authority or the DCSF reads this. ", False),
            ("Not the suppliers.", True),
        )
    if here.kind == "supplier":
        return _with_supplier(actor, here)
    if here.group_kind == "nlar":
        return (
            ("Delegates of the user groups and DCSF moderators read this. ", False),
            ("Not the suppliers.", True),
        )
    if here.group_kind == "working":
        return (
            (f"Read by the {_many(here.people, 'person', 'people')} named in this working group. ", False),
            ("Nobody else.", True),
        )
    whose = f"Read by the group’s {_many(here.authorities, 'authority', 'authorities')}. "
    if here.group_kind == "inhouse":
        return ((whose, False), ("Not the suppliers, not the DCSF.", True))
    return ((whose, False), ("Not the supplier, not the DCSF.", True))


def _with_supplier(actor: Actor, here: Audience) -> tuple[Piece, ...]:
    name = here.supplier_name or "The supplier"
    if actor.organisation_kind == "supplier":
        others = (
            "with the delegates of the user groups and DCSF moderators"
            if here.group_kind == "nlar"
            else "with the user group’s members"
        )
        closing = "." if here.group_kind == "nlar" else ". Not the DCSF."
        return ((f"You and {name} colleagues read this", True), (f", {others}{closing}", False))
    if here.group_kind == "nlar":
        return (
            (f"{name} reads this", True),
            (", with the delegates of the user groups and DCSF moderators. No other supplier.", False),
        )
    return (
        (f"{name} reads this", True),
        (f", with the group’s {_many(here.authorities, 'authority', 'authorities')}. Not the DCSF.", False),
    )


def _many(number: int, one: str, many: str) -> str:
    return f"{count_words(number) if number < 10 else number} {one if number == 1 else many}"


def _place(here: Audience) -> str | None:
    """Where the words go, as the buttons name it, beyond the members."""
    if here.kind == "supplier":
        return f"where {here.supplier_name or 'the supplier'} reads it"
    if here.group_kind == "national":
        return "where suppliers read it" if here.open_to == "everyone" else "to all authorities"
    return None


def reply_label(here: Audience) -> str:
    """The words of the button that sends a reply."""
    place = _place(here)
    if place:
        return (
            f"Reply {place}"
            if here.group_kind == "national" and here.open_to != "everyone"
            else f"Post {place}"
        )
    return {"nlar": "Reply to delegates", "working": "Reply to the working group"}.get(
        here.group_kind, "Reply to members"
    )


def post_label(here: Audience) -> str:
    """The words of the button that sends a new thread."""
    place = _place(here)
    if place:
        return f"Post {place}"
    return {"nlar": "Post to delegates", "working": "Post to the working group"}.get(
        here.group_kind, "Post to members"
    )
