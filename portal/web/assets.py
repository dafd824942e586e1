"""Addresses of style sheets and scripts, with a digest of their bytes so that browsers may keep them."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from flask import Flask, current_app, url_for

PLACES = ("vendor/js", "vendor", "css", "js/modules", "img")


@functools.lru_cache(maxsize=256)
def _find(root: str, name: str, fresh: float) -> tuple[str, str] | None:
    for place in PLACES:
        path = Path(root) / place / name
        if path.is_file():
            return f"{place}/{name}", hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return None


def asset_url(name: str) -> str:
    """The address of ``page.js``, ``portal.css``, …; built files come before sources. Empty where there is none."""
    root = current_app.static_folder or ""
    found = _find(root, name, 0.0)
    if found is None:
        return ""
    path, digest = found
    return url_for("static", filename=path, v=digest)


def init_app(app: Flask) -> None:
    """Give templates ``asset_url``."""
    app.jinja_env.globals["asset_url"] = asset_url
