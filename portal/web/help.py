"""The help pages: open to everybody, signed in or not, because some of them say how to get in."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from portal.web.edge import Access, access

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("/")
@access(Access.PUBLIC)
def index() -> str:
    """What help there is."""
    return render_template("pages/help/index.html")


@bp.get("/what-the-supplier-sees")
@access(Access.PUBLIC)
def what_the_supplier_sees() -> str:
    """What a supplier's representative can and cannot see."""
    return render_template("pages/help/what_the_supplier_sees.html")


@bp.get("/withhold-my-name")
@access(Access.PUBLIC)
def withhold_my_name() -> str:
    """How to raise something without one's name on it."""
    return render_template("pages/help/withhold_my_name.html")


@bp.get("/acceptable-use")
@access(Access.PUBLIC)
def acceptable_use() -> str:
    """The rules."""
    return render_template("pages/help/acceptable_use.html")


@bp.get("/privacy")
@access(Access.PUBLIC)
def privacy() -> str:
    """The privacy notice."""
    return render_template("pages/help/privacy.html", contact_address=current_app.config["PORTAL_CONTACT"])


@bp.get("/accessibility")
@access(Access.PUBLIC)
def accessibility() -> str:
    """The accessibility statement."""
    return render_template(
        "pages/help/accessibility.html", contact_address=current_app.config["PORTAL_CONTACT"]
    )


@bp.get("/cookies")
@access(Access.PUBLIC)
def cookies() -> str:
    """The cookies and what they are for."""
    return render_template("pages/help/cookies.html", hours=current_app.config["PORTAL_SESSION_HOURS"])


@bp.get("/contact")
@access(Access.PUBLIC)
def contact() -> str:
    """How to reach those who run the service."""
    return render_template("pages/help/contact.html", contact_address=current_app.config["PORTAL_CONTACT"])
