"""Who acts. An Actor is a frozen value, made at the edge by one query (wired in ``portal.app``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from flask import current_app, g

Kind = Literal["anonymous", "person", "system", "operator"]
OrganisationKind = Literal["authority", "supplier", "department"]
AUTHORITY_SIDE: frozenset[str] = frozenset({"authority", "department"})


@dataclass(frozen=True, slots=True)
class SpaceRight:
    """One space that an actor reads: its epoch when read, whether it may be written, and in what role.

    ``roles`` are the actor's roles in the group (member, lead, deputy, delegate, moderator, supplier);
    empty in a national space that is read because of the organisation alone.
    """

    space_id: int
    group_id: int
    group_slug: str
    slug: str
    kind: str
    epoch: int
    writable: bool
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and all that this person may read and write at this moment."""

    kind: Kind = "anonymous"
    person_id: int | None = None
    name: str = ""
    email: str = ""
    organisation_id: int | None = None
    organisation_name: str = ""
    organisation_short: str = ""
    organisation_kind: OrganisationKind | None = None
    session_id: int | None = None
    token_scope: str | None = None
    is_administrator: bool = False
    must: str | None = None  # the first-time step still owed: "accept", "second-factor" or None
    spaces: Mapping[int, SpaceRight] = field(default_factory=lambda: MappingProxyType({}))
    group_roles: Mapping[int, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_authenticated(self) -> bool:
        """Part of flask-login's protocol."""
        return self.kind == "person"

    @property
    def is_active(self) -> bool:
        """Part of flask-login's protocol: a suspended person's sessions are gone, so whoever loads is active."""
        return self.kind == "person"

    @property
    def is_anonymous(self) -> bool:
        """Part of flask-login's protocol."""
        return self.kind == "anonymous"

    def get_id(self) -> str:
        """Part of flask-login's protocol."""
        return str(self.person_id)

    @property
    def readable(self) -> frozenset[int]:
        """Ids of the spaces the actor reads."""
        return frozenset(self.spaces)

    @property
    def writable(self) -> frozenset[int]:
        """Ids of the spaces the actor writes in."""
        return frozenset(space for space, right in self.spaces.items() if right.writable)

    def reads(self, space_id: int) -> bool:
        """Whether the actor reads the space."""
        return space_id in self.spaces

    def writes(self, space_id: int) -> bool:
        """Whether the actor writes in the space."""
        right = self.spaces.get(space_id)
        return right is not None and right.writable

    def roles_in(self, group_id: int) -> frozenset[str]:
        """The actor's roles in a group; empty for none."""
        return self.group_roles.get(group_id, frozenset())

    def roles_in_space(self, space_id: int) -> frozenset[str]:
        """The actor's roles in the group of a space they read; empty for none."""
        right = self.spaces.get(space_id)
        return self.roles_in(right.group_id) if right else frozenset()

    @property
    def audience(self) -> str:
        """The kind of organisation the actor stands for: live fragments are rendered once for each."""
        return self.organisation_kind or "none"


ANONYMOUS = Actor()
OPERATOR = Actor(kind="operator", name="The operator")


def system_actor(space: SpaceRight) -> Actor:
    """The actor of a due job: reads and writes one space and nothing else."""
    return Actor(kind="system", name="ICS Exchange", spaces=MappingProxyType({space.space_id: space}))


@dataclass(frozen=True)
class Loaders:
    """How the kernel learns of people and rights without knowing the packages that keep them.

    ``reload(actor)`` reads a person's rights again (None: no longer signed in or suspended).
    """

    reload: Callable[[Actor], Actor | None]


def loaders() -> Loaders:
    """The application's loaders."""
    found: Loaders = current_app.extensions["portal.loaders"]
    return found


def current_actor() -> Actor:
    """Who acts in this context; anonymous where the edge has named nobody."""
    actor: Actor = g.get("actor", ANONYMOUS)
    return actor
