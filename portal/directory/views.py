"""The pages of the directory, and its API. Suppliers' people see suppliers and products, and nothing of authorities."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, render_template, request, url_for

from portal.core.errors import Invalid
from portal.core.identity import AUTHORITY_SIDE, Actor, current_actor
from portal.directory import queries
from portal.directory.words import is_one_line
from portal.web.edge import Access, access
from portal.web.navigation import NavItem

bp = Blueprint("directory", __name__, template_folder="templates")


def _reader(actor: Actor) -> Actor:
    return queries.require_authority_side(actor)


def _side_nav(actor: Actor, current: str) -> list[NavItem]:
    items = [("Authorities", "directory.index"), ("Suppliers and products", "directory.suppliers")]
    if actor.organisation_kind not in AUTHORITY_SIDE:
        items = items[1:]
    return [NavItem(label, url_for(endpoint), endpoint == current) for label, endpoint in items]


def _filters() -> dict[str, Any]:
    """The filters of the present address. Raises ``Invalid`` for a product that is no number."""
    text = {name: request.args.get(name, "").strip() for name in ("region", "type", "q", "product")}
    if any(len(value) > 200 or not is_one_line(value) for value in text.values()):
        raise Invalid({"q": "Use fewer and plain words to filter by"})
    if text["product"] and not (
        text["product"].isascii() and text["product"].isdigit() and len(text["product"]) < 12
    ):
        raise Invalid({"product": "Choose a product from the list"})
    return {
        "region": text["region"] or None,
        "type": text["type"] or None,
        "product_id": int(text["product"]) if text["product"] else None,
        "words": text["q"],
        "after": request.args.get("after"),
    }


@bp.get("/directory/")
@access(Access.SIGNED_IN, resolve=_reader)
def index(actor: Actor) -> str:
    """Authorities by name, filtered by ``region``, ``type``, ``product`` and words (``q``)."""
    chosen = _filters()
    found = queries.list_authorities(actor, **chosen)
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("region", "type", "product", "q") if request.args.get(name)
    }
    return render_template(
        "directory/index.html",
        side_nav=_side_nav(actor, "directory.index"),
        authorities=found.items,
        choices=queries.list_choices(actor),
        chosen=chosen,
        filtered=bool(kept),
        first=url_for("directory.index", **kept) if chosen["after"] else None,
        more=url_for("directory.index", **kept, after=found.next) if found.next else None,
    )


def _authority(actor: Actor, slug: str) -> queries.Authority:
    return queries.get_authority(actor, slug)


@bp.get("/directory/authorities/<slug>")
@access(Access.SIGNED_IN, resolve=_authority)
def authority(authority: queries.Authority) -> str:
    """One authority with the systems that it runs."""
    g.crumbs = [("Directory", url_for("directory.index"))]
    return render_template("directory/authority.html", authority=authority)


@bp.get("/directory/suppliers/")
@access(Access.SIGNED_IN)
def suppliers() -> str:
    """Every supplier with its products."""
    actor = current_actor()
    return render_template(
        "directory/suppliers.html",
        side_nav=_side_nav(actor, "directory.suppliers"),
        suppliers=queries.list_suppliers(),
        in_house=queries.list_in_house_products(),
    )


@bp.get("/api/v1/directory/authorities")
@access(Access.SIGNED_IN, resolve=_reader)
def authorities_api(actor: Actor) -> Any:
    """Authorities as JSON, with the same filters, by pages (``after``)."""
    found = queries.list_authorities(actor, **_filters())
    return jsonify(items=[_authority_json(row) for row in found.items], next=found.next)


def _authority_json(row: queries.AuthorityRow) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "type": row.type,
        "region": row.region,
        "invented": row.invented,
        "deployments": [
            {
                "product": run.product,
                "supplier": run.supplier,
                "version": run.version,
                "since": run.since.isoformat() if run.since else None,
                "stage": run.stage,
                "contract_end": run.contract_end.isoformat() if run.contract_end else None,
            }
            for run in row.runs
        ],
    }
