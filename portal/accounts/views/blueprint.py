"""The blueprint of all pages of accounts, and what they share."""

from __future__ import annotations

import re

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from portal.web.edge import cookie_name

bp = Blueprint("accounts", __name__, template_folder="../templates")

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device() -> str:
    """The browser in words, as the list of sessions shows it: "Edge on Windows"."""
    agent = request.headers.get("User-Agent", "")[:400]
    browser = next((name for mark, name in BROWSERS if mark in agent), None)
    system = next((name for mark, name in SYSTEMS if mark in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[^ -~]", "", agent)[:60] or "Unknown browser"


def address() -> str:
    """The network address that the request came from."""
    return (request.remote_addr or "unknown")[:45]


def set_cookie(response: Response, token: str) -> None:
    """Give the browser its session: out of reach of scripts, of other sites' forms, and of plain http."""
    response.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        secure=current_app.config["PORTAL_HTTPS"],
        samesite="Lax",
        path="/",
    )


def drop_cookie(response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(
        cookie_name(), httponly=True, secure=current_app.config["PORTAL_HTTPS"], samesite="Lax", path="/"
    )
