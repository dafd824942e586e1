"""HTTP plumbing and page furniture: the edge, errors, headers, templates, navigation and named slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.core.identity import Actor


@dataclass(frozen=True)
class FindActor:
    """How the edges find who asks (wired in ``portal.app``): by the digest of a cookie or token, or by person."""

    by_session: Callable[[str], tuple[Actor, datetime, str] | None]
    by_token: Callable[[str], Actor | None]
    of_person: Callable[[int], Actor | None]
