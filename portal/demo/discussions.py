"""What the cast says: written through the same services as everybody's posts, at moments of the last weeks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from portal.core import clock, tenancy
from portal.core.db import db
from portal.core.identity import Actor
from portal.core.spaces import Space
from portal.demo.cast import PLAYERS, Player
from portal.demo.people import DATA
from portal.directory.models import Person
from portal.forums.models import Forum
from portal.forums.services import posts, reading, threads
from portal.groups.models import Group

A_LEAD, A_MEMBER, A_DEPUTY = "Ruth Sandmoor", "Asha Fenn", "Tom Arkwell"
KINDS = {"Issue": "issue", "Question": "question", "Good practice": "practice", "Proposal": "discussion"}

HOMES = {
    "networking": "Support between members",
    "common-themes": "Common themes and priorities",
    "supplier-messages": "Messages to the supplier",
    "good-practice": "Good practice",
    "tough-issues": "Tough issues and guidance",
    "supplier-difficulties": "Difficulties with the supplier",
}
"""Where a category of the data file belongs in a user group; in the NLAR its forums carry the categories' names."""
NLAR_HOMES = {
    "national-issues": "National issues from user groups",
    "common-themes": "Common themes and priorities",
    "supplier-messages": "Messages to suppliers",
    "good-practice": "Good practice",
    "tough-issues": "Tough issues and guidance",
    "dcsf-queries": "Queries to the DCSF",
    "interoperability": "Interoperability",
    "user-groups": "Good user groups",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One reply: who, how many days ago, what, and under what name."""

    who: str
    days: float
    words: str
    attribution: str = "named"


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread that is not among the issues of the data file."""

    space: str
    who: str
    days: float
    kind: str
    title: str
    words: str
    replies: tuple[Said, ...] = ()


REPLIES: dict[str, tuple[Said, ...]] = {
    "ISS-002": (
        Said(
            "Idris Webb",
            36.4,
            "We have the same, and it reached a conference report before anyone saw it. Staff clone because the form "
            "asks for the same family history four times. Turning cloning off has made that worse, so please do not "
            "ask for it to be removed altogether.",
            "withheld",
        ),
        Said(A_MEMBER, 20, "Northmoor has it too. We now check a sample of ten each month."),
        Said(
            A_DEPUTY,
            1.2,
            "We ran the script on 7.1.3. Step 4 still fails. Until 7.2 we use a saved search "
            "for records completed on "
            "the same day for one household; it finds most of them.",
        ),
        Said(A_LEAD, 1.1, "Thank you. Can everybody who runs 7.1.3 do the same, and say here what they see?"),
    ),
    "ISS-003": (
        Said("Priya Holme", 18, "Eight working days for us, and the upgrade had been booked for six weeks."),
        Said(
            A_LEAD, 12, "I will put it on the agenda. What notice would be enough? I would say **six weeks**."
        ),
        Said("Greta Moss", 5, "Six weeks, and the list of changed screens in the first draft already."),
        Said("Maud Pell", 0.3, "Agreed. Training needs the screens, not only the notes."),
    ),
    "ISS-007": (
        Said("Nerys Vale", 10, "Castlemere can take the review exemplar."),
        Said(
            "Owen Lark",
            2,
            "Aldercombe takes the placement record. Who has a test environment that is refreshed?",
        ),
    ),
    "ISS-005": (
        Said(
            "Morgan Reed",
            9,
            "The revised guidance applies from its publication. Authorities choose the day on which they switch.",
        ),
        Said(
            A_LEAD,
            8,
            "Then our group will switch on the first working day of a month, so that returns stay clean.",
        ),
    ),
}

TALKS = (
    Talk(
        "supplier-a/members", A_DEPUTY, 15, "issue", "Report builder drops the last line of long narratives",
        "Reports longer than about 30 lines lose their last line when they are exported.\n\n"
        "| where | what we see |\n|---|---|\n| screen | whole |\n| print | whole |\n| "
        "export | last line missing |\n\n"
        "Does anybody else see it?",
        (Said("Felix Thorne", 14, "Yes, on 7.1.3 only."), Said(A_MEMBER, 13.5, "Not with us, but we still run 7.1.2.")),
    ),
    Talk(
        "supplier-a/members", "Maud Pell", 3, "question", "Where do you keep the signed section 47 outcome?",
        "We scan it and attach it to the record, but the attachment does not print with the conference pack. "
        "How do you do it?",
    ),
    Talk(
        "supplier-a/supplier", A_LEAD, 11, "question", "Which fixes are planned for release 7.2?",
        "Could Supplier A list here what 7.2 is going to fix, so that the group can plan its testing?",
        (
            Said("Sam Alder", 9, "The list goes out on Friday. Time-outs and the export of long narratives are in it."),
            Said(A_DEPUTY, 8.8, "Thank you. Please say for each which version it was found in."),
        ),
    ),
    Talk(
        "supplier-a/supplier", "Sam Alder", 4, "discussion", "Test environment with the first build of 7.2",
        "A test environment with the first build will be open from Monday week. Who would like to use it?",
        (Said(A_MEMBER, 3.5, "Northmoor would."), Said("Priya Holme", 2.1, "Saltmere too, for two weeks.")),
    ),
    Talk(
        "supplier-b/members", "Oscar Heath", 7, "issue", "Chronology does not show events without an end date",
        "Events that are still going on are left out of the printed chronology. We found it in a test case.",
        (Said("Olive Tarn", 6, "Eastvale sees the same."), Said("Bram Oakley", 5.5, "And Fenwick Vale.")),
    ),
    Talk(
        "supplier-b/supplier", "Edith Crane", 6, "question", "Who answers when the help desk does not?",
        "Two of our calls have waited for ten working days. Whom should we ask?",
        (Said("Una Birch", 5, "Please send me the numbers of the calls; I will chase them today."),),
    ),
    Talk(
        "nlar/supplier-a", "Morgan Reed", 10, "discussion", "How the NLAR and Supplier A will work together",
        "This space is for what concerns every user group of one supplier. Delegates, "
        "the DCSF and Supplier A read it.",
    ),
    Talk(
        "national/authorities", "Morgan Reed", 16, "discussion", "Welcome to the national space",
        "Everybody who is signed in from an authority or the department reads this. Say "
        "what you would like to find here.",
        (Said("Wes Harbin", 15, "A list of who runs what, with a name to telephone."),),
    ),
    Talk(
        "national/suppliers", "Morgan Reed", 14, "discussion", "What stands in this space",
        "Authorities, suppliers and the department all read this space. What is not for "
        "suppliers goes into the other one.",
    ),
)  # fmt: skip


def write_discussions() -> int:
    """Write everything; how many threads. Needs the cast."""
    spaces = _spaces()
    people = _people()
    count = 0
    for number, issue in enumerate(json.loads((DATA / "issues.json").read_text(encoding="utf-8"))["issues"]):
        author = _speaker(issue["authority"])
        space = (
            "nlar/members"
            if issue["scope"] == "All user groups" and _is_delegate(author)
            else _own_space(author)
        )
        if issue["id"] in {"ISS-002", "ISS-007"}:
            space = "supplier-a/members"
        days = 40 - 3 * number
        talk = Talk(
            space, author.name, days, KINDS[issue["kind"]], issue["title"], issue["body_markdown"],
            REPLIES.get(issue["id"], ()),
        )  # fmt: skip
        _hold(
            talk, spaces, people, (NLAR_HOMES if space.startswith("nlar") else HOMES).get(issue["category"])
        )
        count += 1
    for talk in TALKS:
        _hold(talk, spaces, people, None)
        count += 1
    return count


def _spaces() -> dict[str, int]:
    rows = db.session.execute(
        select(Group.slug, Space.slug, Space.id).join(Space, Space.group_id == Group.id)
    )
    found = {f"{group}/{space}": number for group, space, number in rows}
    db.session.rollback()
    return found


def _people() -> dict[str, int]:
    rows = db.session.execute(select(Person.name, Person.id).where(Person.invented)).all()
    found = {row.name: row.id for row in rows}
    db.session.rollback()
    return found


def _actor(person_id: int) -> Actor:
    actor: Actor | None = current_app.extensions["portal.find_actor"].of_person(person_id)
    db.session.rollback()
    if actor is None:
        raise LookupError("a player of the demonstration is missing")
    return actor


def _speaker(body: str) -> Player:
    """Who speaks for an authority: its lead or deputy where it has one."""
    players = [player for player in PLAYERS if player.body == body]
    return next((player for player in players if _is_delegate(player)), players[0])


def _is_delegate(player: Player) -> bool:
    return any(role in {"lead", "deputy"} for role, _ in player.roles)


def _own_space(player: Player) -> str:
    return f"{player.roles[0][1]}/members"


def _hold(talk: Talk, spaces: dict[str, int], people: dict[str, int], home: str | None) -> None:
    space_id = spaces[talk.space]
    actor = _actor(people[talk.who])
    with clock.shifted(-timedelta(days=talk.days)):
        forum_id = _forum(actor, space_id, home)
        with tenancy.acting_as(actor):
            started = threads.start(
                actor, forum_id=forum_id, kind=talk.kind, title=talk.title, body=talk.words, invented=True
            )
    for said in talk.replies:
        speaker = _actor(people[said.who])
        with clock.shifted(-timedelta(days=said.days)), tenancy.acting_as(speaker):
            posts.reply(
                speaker, thread_id=started.id, body=said.words, attribution=said.attribution, invented=True
            )
    with tenancy.acting_as(actor):
        reading.mark_read(actor, thread_id=started.id, position=1 + len(talk.replies))


def _forum(actor: Actor, space_id: int, name: str | None) -> int:
    """The forum called ``name`` in the space, else its first; its people open it where there is none."""
    with tenancy.acting_as(actor):
        query = (
            select(Forum.id, Forum.name).where(Forum.space_id == space_id).order_by(Forum.position, Forum.id)
        )
        rows = db.session.execute(query).all()
        db.session.rollback()
    named = [row.id for row in rows if name is None or row.name == name]
    if named:
        return int(named[0])
    return int(rows[0].id)
