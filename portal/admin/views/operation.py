"""What the operator looks at: jobs that keep failing, and account mail that does not leave."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template

from portal.admin import queries
from portal.admin.views.blueprint import bp
from portal.core import clock
from portal.web.edge import Access, access

LATE = timedelta(minutes=10)


@bp.get("/admin/operation/")
@access(Access.ADMINISTRATOR)
def operation() -> str:
    """Stuck jobs and late mail, in ids and kinds."""
    return render_template(
        "admin/operation.html", stuck=queries.list_stuck(), unsent=queries.list_unsent(clock.now() - LATE)
    )
