"""Groups through the JSON API: who I am, where I read, which groups there are (contract.md, "API")."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify

from portal.core.identity import Actor, current_actor
from portal.groups.queries.groups import GroupCard, MyGroup, SpaceView, list_groups_known, list_my_groups
from portal.web.edge import Access, access

bp = Blueprint("groups_api", __name__)
RANK = ("lead", "deputy", "moderator", "delegate", "supplier", "member", "break-glass")


def _role(roles: frozenset[str]) -> str:
    """The role that says most; "reader" where a national space is read because of the organisation."""
    return next((role for role in RANK if role in roles), "reader")


def _space(actor: Actor, space: SpaceView) -> dict[str, Any]:
    return {"slug": space.slug, "name": space.label, "kind": space.kind, "writable": actor.writes(space.id)}


def _group(actor: Actor, group: MyGroup) -> dict[str, Any]:
    return {
        "slug": group.card.slug,
        "name": group.card.name,
        "role": _role(group.roles),
        "spaces": [_space(actor, space) for space in group.spaces],
    }


@bp.get("/api/v1/me")
@access(Access.SIGNED_IN)
def me() -> Any:
    """Who I am, and my spaces."""
    actor = current_actor()
    return jsonify(
        number=actor.person_id,
        name=actor.name,
        email=actor.email,
        organisation={"name": actor.organisation_name, "kind": actor.organisation_kind},
        administrator=actor.is_administrator,
        scope=actor.token_scope or "write",
        spaces=[
            {"group": group.card.slug, "role": _role(group.roles), **_space(actor, space)}
            for group in list_my_groups(actor)
            for space in group.spaces
        ],
    )


@bp.get("/api/v1/groups")
@access(Access.SIGNED_IN)
def groups() -> Any:
    """The groups in which I read a space."""
    actor = current_actor()
    return jsonify(items=[_group(actor, group) for group in list_my_groups(actor)], next=None)


def _card(card: GroupCard) -> dict[str, Any]:
    return {
        "slug": card.slug,
        "name": card.name,
        "kind": card.kind,
        "supplier": card.supplier_name,
        "lead_authority": card.lead_organisation,
        "how_to_join": card.how_to_join,
        "archived": card.archived,
    }


@bp.get("/api/v1/directory/groups")
@access(Access.SIGNED_IN)
def directory() -> Any:
    """The cards of all groups that I may know of."""
    return jsonify(items=[_card(card) for card in list_groups_known(current_actor())], next=None)
