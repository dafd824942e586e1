"""Where the corpora are; a test that needs them is left out without them, and fails where CI runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CORPORA = Path(__file__).resolve().parents[3].parent / "shared" / "corpora"
HOSTILE = CORPORA / "hostile-files"

needs_corpora = pytest.mark.skipif(
    not CORPORA.is_dir() and os.environ.get("CI") != "true", reason="../shared/corpora is not here"
)
