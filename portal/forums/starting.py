"""The forums with which a new space starts: the areas of focus of the guide's section 3.4.3, in our words."""

from __future__ import annotations

from sqlalchemy import select

from portal.core.db import db
from portal.forums.models import Forum

FOR_NLAR = (
    ("Support between delegates", "Help each other to resolve what comes up"),
    ("National issues from user groups", "What the user groups bring to the national table"),
    ("Common themes and priorities", "What several groups have in common, and what comes first"),
    ("Product assessment", "Questions on how products are assessed"),
    ("ICS improvement updates", "News of the improvement work, and what it means"),
    ("Messages to suppliers", "What the delegates agree to tell the suppliers"),
    ("Good practice", "Testing scripts, process maps, lessons learned"),
    ("Tough issues and guidance", "What nobody could solve alone"),
    ("Queries to the DCSF", "Questions to the department, and its answers"),
    ("Compliance and accreditation", "What systems must do, and how it is shown"),
    ("Interoperability", "Working with other systems"),
    ("Difficulties with suppliers", "What does not go well, and how to mend it"),
    ("Good user groups", "How a user group works well"),
)
FOR_MEMBERS = (
    ("Support between members", "Help each other to resolve what comes up"),
    ("Common themes and priorities", "What several authorities have in common, and what comes first"),
    ("Releases and testing", "Release notes, upgrades, test results"),
    ("Messages to the supplier", "What the group wants to tell its supplier"),
    ("Good practice", "Testing scripts, process maps, lessons learned"),
    ("Tough issues and guidance", "What nobody could solve alone"),
    ("Difficulties with the supplier", "What does not go well, and how to mend it"),
    ("Our user group", "How the group works, and how it could work better"),
)
FOR_SUPPLIER = (
    ("Questions and answers", "Ask the supplier; its answers stand for everybody in the group"),
    ("Releases and testing", "What is planned, what is in it, how it is tested"),
    ("Faults and fixes", "What is wrong, and when it will be right"),
)
FOR_NATION = (
    ("Announcements", "What everybody should know"),
    ("Good practice", "What worked, and may work elsewhere"),
    ("Questions to everybody", "Ask all authorities at once"),
)


def starting_forums(group_kind: str, space_kind: str) -> tuple[tuple[str, str], ...]:
    """Names and purposes for a new space."""
    if space_kind == "supplier":
        return FOR_SUPPLIER
    return {"nlar": FOR_NLAR, "national": FOR_NATION}.get(group_kind, FOR_MEMBERS)


def start_forums(space_id: int, group_kind: str, space_kind: str) -> None:
    """Give a space its first forums, where it has none, in the present transaction and fence."""
    if db.session.scalar(select(Forum.id).where(Forum.space_id == space_id).limit(1)) is not None:
        return
    for position, (name, purpose) in enumerate(starting_forums(group_kind, space_kind), start=1):
        db.session.add(Forum(space_id=space_id, name=name, purpose=purpose, position=position))
    db.session.flush()
