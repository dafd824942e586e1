"""The live server of the realtime tests, for the revocation replay."""

from __future__ import annotations

from tests.integration.realtime.conftest import live

__all__ = ["live"]
