"""The audit trail: filtered, by pages, as a file; each look at it is on the record before it is answered."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, render_template, request, url_for

from portal.admin import queries
from portal.admin.services.trail import note_reading
from portal.admin.views.blueprint import bp, words_asked
from portal.core import audit as chain
from portal.core.errors import Invalid
from portal.core.identity import current_actor
from portal.core.permissions import Action
from portal.forums.views.sheets import csv_answer
from portal.web.edge import Access, access
from portal.web.templating import LONDON

NAMES = ("person", "action", "group", "since", "until")


def _day(name: str) -> datetime | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({name: "Enter a date, like 2010-03-31"}) from error
    if not 2000 <= day.year <= 2100:
        raise Invalid({name: "Enter a date between 2000 and 2100"})
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


def _chosen() -> queries.TrailFilter:
    until = _day("until")
    return queries.TrailFilter(
        person=words_asked("person"),
        action=words_asked("action"),
        group=words_asked("group"),
        since=_day("since"),
        until=until + timedelta(days=1) if until else None,
    )


def _kept() -> dict[str, Any]:
    return {name: request.args[name] for name in NAMES if request.args.get(name)}


@bp.get("/admin/audit/")
@access(Access.ADMINISTRATOR)
def audit() -> Any:
    """The trail, the newest first. ``verify`` walks the chain as well."""
    problems: dict[str, str] = {}
    verifying = "verify" in request.args
    found, verdict = None, None
    try:
        chosen = _chosen()
        about = queries.find_person_id(chosen.person)
        note_reading(current_actor(), how="verify" if verifying else "page", about_person_id=about)
        found = queries.list_entries(chosen, after=request.args.get("after"))
        verdict = chain.verify() if verifying else None
    except Invalid as refused:
        problems = dict(refused.fields)
    kept = _kept()
    more = url_for("admin.audit", **kept, after=found.next) if found and found.next else None
    answer = render_template(
        "admin/audit.html",
        entries=found.items if found else [],
        more=more,
        first=url_for("admin.audit", **kept) if request.args.get("after") else None,
        kept=kept,
        problems=problems,
        groups=queries.list_groups(),
        actions=sorted(str(action) for action in Action),
        seal=queries.find_seal(),
        verdict=verdict,
        file=url_for("admin.audit_file", **kept),
    )
    return (answer, 422) if problems else answer


@bp.get("/admin/audit.csv")
@access(Access.ADMINISTRATOR)
def audit_file() -> Response:
    """The filtered trail as CSV, ten thousand acts at most; no cell is a formula."""
    chosen = _chosen()
    note_reading(current_actor(), how="file", about_person_id=queries.find_person_id(chosen.person))
    found = queries.list_entries(chosen, limit=queries.IN_A_FILE)
    rows = (
        (
            entry.id,
            entry.at.isoformat(timespec="seconds"),
            entry.person or entry.actor_kind,
            entry.person_id or "",
            entry.action,
            entry.subject,
            entry.subject_id or "",
            entry.group or "",
            json.dumps(entry.details, sort_keys=True) if entry.details else "",
            entry.sealed or "",
        )
        for entry in found.items
    )
    columns = (
        "entry",
        "at",
        "who",
        "person",
        "action",
        "subject",
        "subject id",
        "group",
        "details",
        "sealed as",
    )
    return csv_answer("audit-trail", columns, rows)
