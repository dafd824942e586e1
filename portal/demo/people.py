"""Writes the cast: organisations, groups with their spaces, people with their accounts and memberships."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import select

from portal.accounts.models import Credential
from portal.core import clock, ids
from portal.core.db import db
from portal.core.spaces import Space
from portal.demo.cast import BODIES, GROUPS, PLAYERS, USERS, Player
from portal.directory.models import Deployment, Organisation, Person, Product
from portal.forums.starting import start_forums
from portal.groups.models import Group, Membership

DATA = Path(__file__).parent / "data"
ACCENTS = ("teal", "plum", "ochre", "forest", "indigo", "brick", "rose", "olive", "cobalt", "umber")
IN_HOUSE = "in-house"


def write_register() -> dict[str, int]:
    """The real register: 152 authorities, the department, and a group for every supplier of Annex 2, empty.

    Returns organisation ids by slug. Nothing invented is said of any of them.
    """
    found: dict[str, int] = {}
    with (DATA / "authorities.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            slug = ids.slugify(row["name"])
            population = row["population_total_2011"]
            found[slug] = _organisation(
                "authority",
                row["dfe_name"] or row["name"],
                row["name"],
                slug,
                type=row["type"],
                region=row["region"],
                dfe_code=row["dfe_la_code"],
                rurality=row["rurality_band"] or None,
                population=int(float(population)) if population else None,
            )
    found["dcsf"] = _organisation(
        "department", "Department for Children, Schools and Families", "DCSF", "dcsf"
    )
    with (DATA / "suppliers.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "commercial"]
    for number, row in enumerate(rows):
        slug = ids.slugify(row["supplier"])
        supplier = found[slug] = _organisation("supplier", row["supplier"], row["supplier"], slug)
        db.session.add(Product(supplier_id=supplier, name=row["product"]))
        name = f"{row['supplier']} user group"
        _group(
            slug,
            name,
            "sug",
            ACCENTS[number % len(ACCENTS)],
            row["supplier"][:2].upper(),
            supplier,
            invented=False,
        )
    db.session.flush()
    return found


def write_cast(password_hash: str, organisations: dict[str, int]) -> None:
    """The invented bodies, groups and people. ``organisations`` gains their ids."""
    for body in BODIES:
        organisations[body.slug] = _organisation(
            body.kind, body.name, body.short, body.slug, type=body.type, region=body.region, invented=True
        )
    groups = {
        slug: _group(
            slug,
            name,
            kind,
            accent,
            mono,
            organisations.get(supplier or ""),
            invented=kind in {"sug", "inhouse"},
        )
        for slug, name, kind, accent, mono, supplier in GROUPS
    }
    for slug, users in USERS.items():
        supplier = organisations.get(slug) if slug != IN_HOUSE else None
        product = Product(
            supplier_id=supplier, name="Own system" if supplier is None else f"Case system {slug[-1].upper()}"
        )
        db.session.add(product)
        db.session.flush()
        for body_slug in users:
            db.session.add(
                Deployment(authority_id=organisations[body_slug], product_id=product.id, version="7.1.3")
            )
    _nlar_spaces(groups["nlar"], organisations)
    for player in PLAYERS:
        _person(player, password_hash, organisations, groups)
    db.session.flush()


def _organisation(kind: str, name: str, short: str, slug: str, **more: object) -> int:
    known = db.session.scalar(select(Organisation.id).where(Organisation.slug == slug))
    if known is not None:
        return known
    row = Organisation(kind=kind, name=name, short_name=short[:80], slug=slug, **more)
    db.session.add(row)
    db.session.flush()
    return row.id


def _group(
    slug: str, name: str, kind: str, accent: str, mono: str, supplier: int | None, *, invented: bool
) -> int:
    row = Group(
        slug=slug, name=name, kind=kind, accent=accent, monogram=mono, supplier_id=supplier, invented=invented
    )
    db.session.add(row)
    db.session.flush()
    if kind == "national":
        db.session.add(Space(group_id=row.id, slug="authorities", kind="members", open_to="authorities"))
        db.session.add(Space(group_id=row.id, slug="suppliers", kind="members", open_to="everyone"))
    else:
        db.session.add(Space(group_id=row.id, slug="members", kind="members"))
    if kind == "sug":
        db.session.add(Space(group_id=row.id, slug="supplier", kind="supplier", supplier_id=supplier))
    db.session.flush()
    return row.id


def _nlar_spaces(nlar: int, organisations: dict[str, int]) -> None:
    """The NLAR's space with each supplier of the demonstration."""
    for slug in ("supplier-a", "supplier-b", "supplier-c"):
        db.session.add(Space(group_id=nlar, slug=slug, kind="supplier", supplier_id=organisations[slug]))


def _person(
    player: Player, password_hash: str, organisations: dict[str, int], groups: dict[str, int]
) -> None:
    organisation = organisations[player.body]
    person = Person(
        organisation_id=organisation,
        email=player.email,
        name=player.name,
        post=player.post,
        is_administrator=("administrator", None) in player.roles,
        invented=True,
    )
    db.session.add(person)
    db.session.flush()
    db.session.add(
        Credential(
            person_id=person.id,
            password_hash=password_hash,
            password_changed_at=clock.now(),
            second_factor_exempt=True,
            policies_accepted_at=clock.now(),
            policies_version="1",
        )
    )
    for role, group in player.roles:
        if group is None:
            continue
        _membership(person, role, groups[group], "appointed")
        if role in {"lead", "deputy"}:
            _membership(person, "delegate", groups["nlar"], "seat", seat=groups[group])
        if role == "supplier":
            _membership(person, "supplier", groups["nlar"], "appointed")


def _membership(person: Person, role: str, group: int, ground: str, seat: int | None = None) -> None:
    side = {"supplier": "supplier", "moderator": "department"}.get(role, "authority")
    db.session.add(
        Membership(
            group_id=group,
            person_id=person.id,
            organisation_id=person.organisation_id,
            role=role,
            side=side,
            ground=ground,
            seat_group_id=seat,
        )
    )


def write_forums() -> None:
    """The first forums of every space of the cast; the register's groups begin empty."""
    slugs = [slug for slug, *_ in GROUPS]
    rows = db.session.execute(
        select(Space.id, Space.kind, Group.kind.label("group_kind"))
        .join(Group, Group.id == Space.group_id)
        .where(Group.slug.in_(slugs))
    ).all()
    for row in rows:
        start_forums(row.id, row.group_kind, row.kind)
