"""The forums through the JSON API: the same commands as the pages (contract.md, "API")."""

from __future__ import annotations

from portal.forums.api import discussion, files, personal  # noqa: F401  (they add their views)
from portal.forums.api.blueprint import bp

__all__ = ["bp"]
