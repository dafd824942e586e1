"""The small world that most tests stand in: two user groups, the NLAR, the nation, and one person for each role.

Ids are fixed, so that tests can name rows without looking them up. All bodies and people are invented.

Groups: alpha (Supplier A), beta (Supplier B), inhouse, nlar, national, and gamma (archived, Supplier A).
Spaces and threads are named ``<group>/<slug>``, e.g. ``alpha/members``, ``nlar/supplier-a``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import update

from portal.accounts.models import AuthSession, Credential
from portal.core import clock, ids
from portal.core.db import db
from portal.core.spaces import Space
from portal.directory.models import Deployment, Organisation, Person, Product
from portal.forums.models import Attachment, Forum, Post, Thread, ThreadEvent
from portal.groups.models import Group, Membership
from portal.search import index

AUTHORITIES = ("Northmoor", "Thornhithe", "Castlemere", "Eastvale", "Harrowdale", "Westermarsh")
ORGANISATIONS: dict[str, int] = {name.lower(): 1_000_001 + n for n, name in enumerate(AUTHORITIES)}
ORGANISATIONS |= {"supplier-a": 1_000_101, "supplier-b": 1_000_102, "dcsf": 1_000_201}

GROUPS: dict[str, int] = {"alpha": 2_000_001, "beta": 2_000_002, "inhouse": 2_000_003, "nlar": 2_000_004}
GROUPS |= {"national": 2_000_005, "gamma": 2_000_006}

SPACES: dict[str, int] = {
    "alpha/members": 3_000_001,
    "alpha/supplier": 3_000_002,
    "beta/members": 3_000_003,
    "beta/supplier": 3_000_004,
    "inhouse/members": 3_000_005,
    "nlar/members": 3_000_006,
    "nlar/supplier-a": 3_000_007,
    "nlar/supplier-b": 3_000_008,
    "national/authorities": 3_000_009,
    "national/suppliers": 3_000_010,
    "gamma/members": 3_000_011,
}
FORUMS: dict[str, int] = {name: number + 1_000_000 for name, number in SPACES.items()}
THREADS: dict[str, int] = {name: number + 2_000_000 for name, number in SPACES.items()}
POSTS: dict[str, int] = {name: 10**14 + number * 10 for name, number in SPACES.items()}
"""The first post of each thread; the second is one more."""

ATTACHMENTS: dict[str, int] = {name: number + 3_000_000 for name, number in SPACES.items()}
"""A file beside the first post of each thread: its bytes and its name hold the marker."""

MARKERS: dict[str, str] = {name: f"zq{number}marker" for name, number in SPACES.items()}
"""A word that stands in every text of that space and nowhere else."""


@dataclass(frozen=True)
class Somebody:
    """A person of the world: where they belong and what they hold."""

    id: int
    name: str
    organisation: str
    memberships: tuple[tuple[str, str], ...] = ()
    administrator: bool = False

    @property
    def email(self) -> str:
        """The address that they sign in with."""
        return f"{self.name.lower().replace(' ', '.')}@{self.organisation}.example"

    @property
    def token(self) -> str:
        """The secret in the cookie of their standing sign-in session."""
        return f"session-of-{self.id}"


PEOPLE: dict[str, Somebody] = {
    "member": Somebody(1_500_001, "Asha Fenn", "northmoor", (("alpha", "member"),)),
    "colleague": Somebody(1_500_002, "Colin Brook", "northmoor", (("alpha", "member"),)),
    "neighbour": Somebody(1_500_003, "Nerys Vale", "castlemere", (("alpha", "member"),)),
    "lead": Somebody(1_500_004, "Ruth Sandmoor", "thornhithe", (("alpha", "lead"), ("nlar", "delegate"))),
    "deputy": Somebody(1_500_005, "Dev Marsh", "castlemere", (("alpha", "deputy"), ("nlar", "delegate"))),
    "supplier": Somebody(1_500_006, "Sam Alder", "supplier-a", (("alpha", "supplier"), ("nlar", "supplier"))),
    "other_member": Somebody(1_500_007, "Olive Tarn", "eastvale", (("beta", "member"),)),
    "other_lead": Somebody(1_500_008, "Oscar Heath", "harrowdale", (("beta", "lead"), ("nlar", "delegate"))),
    "other_supplier": Somebody(
        1_500_009, "Una Birch", "supplier-b", (("beta", "supplier"), ("nlar", "supplier"))
    ),
    "moderator": Somebody(
        1_500_010, "Morgan Reed", "dcsf", (("nlar", "moderator"), ("national", "moderator"))
    ),
    "administrator": Somebody(1_500_011, "Ada Stone", "dcsf", (), True),
    "former": Somebody(1_500_012, "Fay Rush", "northmoor"),
    "inhouse_member": Somebody(
        1_500_013, "Ines Holt", "westermarsh", (("inhouse", "lead"), ("nlar", "delegate"))
    ),
    "officer": Somebody(1_500_014, "Dora Penn", "dcsf"),
}
PASSWORD = "correct horse battery staple"


def build(password_hash: str) -> None:
    """Write the world. Runs unscoped, once; tests work on copies."""
    _organisations()
    _groups()
    db.session.flush()
    _people(password_hash)
    db.session.flush()
    for name, space_id in SPACES.items():
        _discussion(name, space_id)
        _file(name, space_id, PEOPLE[AUTHORS[name.split("/")[0]]].id)
        _searchable(name, space_id)
    db.session.commit()


def _organisations() -> None:
    for name in AUTHORITIES:
        slug = name.lower()
        db.session.add(
            Organisation(
                id=ORGANISATIONS[slug],
                kind="authority",
                name=f"{name} Council",
                short_name=name,
                slug=slug,
                type="Unitary authority",
                region="South West",
                invented=True,
            )
        )
    for letter in "ab":
        slug = f"supplier-{letter}"
        name = f"Supplier {letter.upper()}"
        db.session.add(
            Organisation(
                id=ORGANISATIONS[slug], kind="supplier", name=name, short_name=name, slug=slug, invented=True
            )
        )
    db.session.add(
        Organisation(
            id=ORGANISATIONS["dcsf"],
            kind="department",
            name="Department for Children, Schools and Families",
            short_name="DCSF",
            slug="dcsf",
        )
    )
    db.session.flush()
    for number, letter in enumerate("ab"):
        db.session.add(
            Product(
                id=1_700_001 + number,
                supplier_id=ORGANISATIONS[f"supplier-{letter}"],
                name=f"Product {letter.upper()}",
            )
        )
    db.session.flush()
    users = (("northmoor", 0), ("thornhithe", 0), ("castlemere", 0), ("eastvale", 1), ("harrowdale", 1))
    for number, (slug, product) in enumerate(users):
        db.session.add(
            Deployment(
                id=1_800_001 + number,
                authority_id=ORGANISATIONS[slug],
                product_id=1_700_001 + product,
                version="7.1",
            )
        )


def _groups() -> None:
    rows = (
        ("alpha", "Supplier A user group", "sug", "teal", "A", "supplier-a"),
        ("beta", "Supplier B user group", "sug", "plum", "B", "supplier-b"),
        ("inhouse", "In-house systems group", "inhouse", "ochre", "IH", None),
        ("nlar", "NLAR forum", "nlar", "violet", "N", None),
        ("national", "National space", "national", "slate", "EN", None),
        ("gamma", "Supplier A pilot group", "working", "rose", "G", None),
    )
    for slug, name, kind, accent, monogram, supplier in rows:
        db.session.add(
            Group(
                id=GROUPS[slug],
                slug=slug,
                name=name,
                kind=kind,
                accent=accent,
                monogram=monogram,
                supplier_id=ORGANISATIONS[supplier] if supplier else None,
                parent_id=GROUPS["alpha"] if slug == "gamma" else None,
                archived_at=clock.now() if slug == "gamma" else None,
                invented=kind in {"sug", "working"},
            )
        )
        db.session.flush()
    for name, space_id in SPACES.items():
        group, slug = name.split("/")
        supplier = {"supplier": f"supplier-{'a' if group == 'alpha' else 'b'}"}.get(slug, slug)
        shared = slug.startswith("supplier") and group != "national"
        db.session.add(
            Space(
                id=space_id,
                group_id=GROUPS[group],
                slug=slug,
                kind="supplier" if shared else "members",
                supplier_id=ORGANISATIONS[supplier] if shared else None,
                open_to={"national/authorities": "authorities", "national/suppliers": "everyone"}.get(
                    name, "members"
                ),
                archived=group == "gamma",
            )
        )


def _people(password_hash: str) -> None:
    sides = {"supplier-a": "supplier", "supplier-b": "supplier", "dcsf": "department"}
    seats = {"lead": "alpha", "deputy": "alpha", "other_lead": "beta", "inhouse_member": "inhouse"}
    for key, somebody in PEOPLE.items():
        db.session.add(
            Person(
                id=somebody.id,
                organisation_id=ORGANISATIONS[somebody.organisation],
                email=somebody.email,
                name=somebody.name,
                post="Application manager",
                is_administrator=somebody.administrator,
                invented=True,
            )
        )
        db.session.flush()
        db.session.add(
            Credential(
                person_id=somebody.id,
                password_hash=password_hash,
                second_factor_exempt=True,
                policies_accepted_at=clock.now(),
                policies_version="1",
            )
        )
        db.session.add(
            AuthSession(
                id=somebody.id,
                person_id=somebody.id,
                token_digest=ids.digest(somebody.token),
                seen_at=clock.now(),
                expires_at=clock.now() + timedelta(days=3650),
            )
        )
        for group, role in somebody.memberships:
            db.session.add(
                Membership(
                    group_id=GROUPS[group],
                    person_id=somebody.id,
                    organisation_id=ORGANISATIONS[somebody.organisation],
                    role=role,
                    side=sides.get(somebody.organisation, "authority"),
                    ground="seat" if role == "delegate" else "appointed",
                    seat_group_id=GROUPS[seats[key]] if role == "delegate" else None,
                )
            )
    db.session.add(
        Membership(
            group_id=GROUPS["alpha"],
            person_id=PEOPLE["former"].id,
            organisation_id=ORGANISATIONS["northmoor"],
            role="member",
            side="authority",
            ground="invited",
            ended_at=clock.now(),
            end_reason="left",
        )
    )


AUTHORS = {
    "alpha": "neighbour",
    "beta": "other_member",
    "inhouse": "inhouse_member",
    "nlar": "moderator",
    "national": "moderator",
    "gamma": "lead",
}


def _discussion(name: str, space_id: int) -> None:
    author = PEOPLE[AUTHORS[name.split("/")[0]]]
    marker = MARKERS[name]
    organisation = ORGANISATIONS[author.organisation]
    db.session.add(
        Forum(id=FORUMS[name], space_id=space_id, name=f"Forum {marker}", purpose=f"Purpose {marker}")
    )
    db.session.flush()
    db.session.add(
        Thread(
            id=THREADS[name],
            space_id=space_id,
            forum_id=FORUMS[name],
            kind="issue",
            status="raised",
            title=f"Title {marker}",
            author_id=author.id,
            organisation_id=organisation,
            last_position=2,
            change_number=2,
            post_count=2,
        )
    )
    db.session.flush()
    for position in (1, 2):
        db.session.add(
            Post(
                id=POSTS[name] + position - 1,
                space_id=space_id,
                thread_id=THREADS[name],
                position=position,
                author_id=author.id,
                organisation_id=organisation,
                markdown=f"Body {position} {marker}",
                html=f"<p>Body {position} {marker}</p>",
            )
        )
        db.session.add(
            ThreadEvent(
                space_id=space_id,
                thread_id=THREADS[name],
                number=position,
                kind="post.added",
                post_id=POSTS[name] + position - 1,
            )
        )
    db.session.flush()


def _file(name: str, space_id: int, uploader: int) -> None:
    marker = MARKERS[name]
    blob = current_app.extensions["portal.storage"].put(io.BytesIO(f"Bytes {marker}".encode()), 1000)
    db.session.add(
        Attachment(
            id=ATTACHMENTS[name],
            space_id=space_id,
            post_id=POSTS[name],
            uploader_id=uploader,
            sha256=blob.sha256,
            filename=f"{marker}.txt",
            mime="text/plain",
            size=blob.size,
        )
    )
    db.session.flush()


def _searchable(name: str, space_id: int) -> None:
    for position in (1, 2):
        index.put(
            index.Entry(
                space_id=space_id,
                kind="post",
                subject_id=POSTS[name] + position - 1,
                title=f"Title {MARKERS[name]}",
                body=f"Body {position} {MARKERS[name]}",
                path=f"/threads/{THREADS[name]}/posts/{position}",
                by="Somebody",
                at=clock.now(),
            )
        )


def end_membership(person: str, group: str, *, commit: bool = True) -> None:
    """End a membership behind the portal's back, as only tests may (no epoch rises)."""
    db.session.execute(
        update(Membership)
        .where(Membership.person_id == PEOPLE[person].id, Membership.group_id == GROUPS[group])
        .values(ended_at=clock.now(), end_reason="left")
    )
    if commit:
        db.session.commit()
