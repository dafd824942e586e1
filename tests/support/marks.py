"""Marks that many tests carry."""

from __future__ import annotations

import pytest

on_both = pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""Run a test on SQLite and on PostgreSQL."""
