"""Who plays in the demonstration: invented authorities, suppliers and people, beside the real register.

No invented fault stands beside a real authority, supplier or product, and no real person is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PASSWORD = "demo-exchange-2010"
"""The password of every demonstration account; production refuses to start with such an account."""


@dataclass(frozen=True, slots=True)
class Body:
    """An invented organisation."""

    slug: str
    name: str
    short: str
    kind: str = "authority"
    type: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Player:
    """An invented person: ``roles`` are (role, group slug), or ("administrator", None)."""

    name: str
    body: str
    post: str
    roles: tuple[tuple[str, str | None], ...]
    listed: bool = True

    @property
    def email(self) -> str:
        """The address they sign in with."""
        return f"{self.name.lower().replace(' ', '.')}@{self.body}.example"


BODIES = (
    Body(
        "northmoor",
        "Northmoor Metropolitan Borough Council",
        "Northmoor",
        type="Metropolitan district",
        region="North West",
    ),
    Body("eastvale", "Eastvale County Council", "Eastvale", type="County council", region="East of England"),
    Body("thornhithe", "London Borough of Thornhithe", "Thornhithe", type="London borough", region="London"),
    Body("kelsmere", "Kelsmere Council", "Kelsmere", type="Unitary authority", region="South West"),
    Body(
        "harrowdale",
        "Harrowdale City Council",
        "Harrowdale",
        type="Metropolitan district",
        region="Yorkshire and The Humber",
    ),
    Body(
        "westermarsh", "Westermarsh County Council", "Westermarsh", type="County council", region="South East"
    ),
    Body("aldercombe", "Aldercombe County Council", "Aldercombe", type="County council", region="South West"),
    Body(
        "castlemere",
        "Castlemere Borough Council",
        "Castlemere",
        type="Unitary authority",
        region="East Midlands",
    ),
    Body("greyhaven", "Greyhaven City Council", "Greyhaven", type="Unitary authority", region="North East"),
    Body("marlstead", "Marlstead County Council", "Marlstead", type="County council", region="West Midlands"),
    Body("ottermouth", "Ottermouth Council", "Ottermouth", type="Unitary authority", region="South West"),
    Body(
        "saltmere",
        "Saltmere Metropolitan Borough Council",
        "Saltmere",
        type="Metropolitan district",
        region="North West",
    ),
    Body(
        "tarrowby",
        "Tarrowby Council",
        "Tarrowby",
        type="Unitary authority",
        region="Yorkshire and The Humber",
    ),
    Body("wychfield", "Wychfield County Council", "Wychfield", type="County council", region="West Midlands"),
    Body(
        "brackenshaw",
        "Brackenshaw Metropolitan District Council",
        "Brackenshaw",
        type="Metropolitan district",
        region="North West",
    ),
    Body(
        "fenwick-vale",
        "Fenwick Vale Council",
        "Fenwick Vale",
        type="Unitary authority",
        region="East of England",
    ),
    Body("supplier-a", "Supplier A", "Supplier A", kind="supplier"),
    Body("supplier-b", "Supplier B", "Supplier B", kind="supplier"),
    Body("supplier-c", "Supplier C", "Supplier C", kind="supplier"),
)

GROUPS = (
    ("supplier-a", "Supplier A user group", "sug", "teal", "A", "supplier-a"),
    ("supplier-b", "Supplier B user group", "sug", "plum", "B", "supplier-b"),
    ("supplier-c", "Supplier C user group", "sug", "ochre", "C", "supplier-c"),
    ("in-house", "In-house systems group", "inhouse", "forest", "IH", None),
    ("nlar", "NLAR forum", "nlar", "violet", "N", None),
    ("national", "National space", "national", "slate", "EN", None),
)

USERS = {
    "supplier-a": (
        "northmoor", "thornhithe", "aldercombe", "castlemere", "greyhaven", "marlstead", "ottermouth", "saltmere",
        "tarrowby", "wychfield", "brackenshaw",
    ),
    "supplier-b": ("eastvale", "harrowdale", "fenwick-vale"),
    "supplier-c": ("kelsmere",),
    "in-house": ("westermarsh",),
}  # fmt: skip
"""Which invented authorities run whose product: one group of eleven, one of three."""

A, B, C, IN_HOUSE = "supplier-a", "supplier-b", "supplier-c", "in-house"
PLAYERS = (
    Player("Asha Fenn", "northmoor", "ICS champion", (("member", A),)),
    Player("Colin Brook", "northmoor", "Performance and quality", (("member", A),)),
    Player("Ruth Sandmoor", "thornhithe", "Strategic manager", (("lead", A),)),
    Player("Tom Arkwell", "greyhaven", "Application manager", (("deputy", A),)),
    Player("Nerys Vale", "castlemere", "Practice manager", (("member", A),), listed=False),
    Player("Priya Holme", "saltmere", "Application manager", (("member", A),), listed=False),
    Player("Owen Lark", "aldercombe", "Practitioner", (("member", A),), listed=False),
    Player("Maud Pell", "marlstead", "ICS champion", (("member", A),), listed=False),
    Player("Felix Thorne", "ottermouth", "ICT", (("member", A),), listed=False),
    Player("Greta Moss", "tarrowby", "Application manager", (("member", A),), listed=False),
    Player("Idris Webb", "wychfield", "Practice manager", (("member", A),), listed=False),
    Player("Joan Skerry", "brackenshaw", "ICS champion", (("member", A),), listed=False),
    Player("Olive Tarn", "eastvale", "Application manager", (("member", B),)),
    Player("Oscar Heath", "harrowdale", "ICS champion", (("lead", B),)),
    Player("Edith Crane", "eastvale", "Practice manager", (("deputy", B),)),
    Player("Bram Oakley", "fenwick-vale", "Application manager", (("member", B),), listed=False),
    Player("Kit Marlow", "kelsmere", "Performance and quality", (("lead", C),), listed=False),
    Player("Wes Harbin", "westermarsh", "Application manager", (("lead", IN_HOUSE),), listed=False),
    Player("Sam Alder", "supplier-a", "Account manager", (("supplier", A),)),
    Player("Una Birch", "supplier-b", "Account manager", (("supplier", B),)),
    Player("Morgan Reed", "dcsf", "ICS improvement team", (("moderator", "nlar"), ("moderator", "national"))),
    Player("Ada Stone", "dcsf", "Service administrator", (("administrator", None),)),
)


def accounts() -> list[dict[str, Any]]:
    """The accounts that people may try, as contract.md lists them. Leads and deputies hold their group's NLAR seat."""
    names = {body.slug: body.name for body in BODIES} | {
        "dcsf": "Department for Children, Schools and Families"
    }
    found: list[dict[str, Any]] = []
    for player in PLAYERS:
        if not player.listed:
            continue
        roles = [{"role": role, "group": group} for role, group in player.roles]
        if any(role in {"lead", "deputy"} for role, _ in player.roles):
            roles.append({"role": "delegate", "group": "nlar"})
        found.append(
            {
                "email": player.email,
                "password": PASSWORD,
                "name": player.name,
                "organisation": names[player.body],
                "roles": roles,
            }
        )
    return found
