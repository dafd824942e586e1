"""The search page and its API."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for

from portal.core.identity import current_actor
from portal.search import index, places, queries
from portal.web.edge import Access, access

bp = Blueprint("search", __name__, template_folder="templates")


@bp.get("/search")
@access(Access.SIGNED_IN)
def search() -> str:
    """Results of ``?q=`` over everything the reader may read; ``kind`` filters, ``after`` pages."""
    actor = current_actor()
    words = request.args.get("q", "")
    kind = request.args.get("kind") if request.args.get("kind") in index.kinds() else None
    found = queries.list_hits(actor, words, kind=kind, after=request.args.get("after"))
    more = url_for("search.search", q=words, kind=kind, after=found.next) if found.next else None
    return render_template(
        "search/search.html",
        words=words,
        kind=kind,
        kinds=index.kinds(),
        hits=found.items,
        more=more,
        place_names=places.names(actor) if found.items else {},
    )


@bp.get("/api/v1/search")
@access(Access.SIGNED_IN)
def search_api() -> Any:
    """Search results as JSON: ``?q=&kind=&after=``."""
    actor = current_actor()
    found = queries.list_hits(
        actor,
        request.args.get("q", ""),
        kind=request.args.get("kind") or None,
        after=request.args.get("after"),
    )
    items = [
        {
            "kind": hit.kind,
            "title": hit.title.striptags(),
            "excerpt": hit.excerpt.striptags(),
            "path": hit.path,
            "by": hit.by,
            "at": hit.at.isoformat(),
            "group": actor.spaces[hit.space_id].group_slug,
            "space": actor.spaces[hit.space_id].slug,
        }
        for hit in found.items
    ]
    return jsonify(items=items, next=found.next)
