"""The search row: all that a result shows, so that the search page needs no other model."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.tenancy import SpaceScoped
from portal.core.types import BigId, UtcDateTime


class SearchRow(SpaceScoped, Base):
    """One thing that can be found. ``by`` is the attribution as readers see it, never more.

    On PostgreSQL the table is partitioned by space and has a generated ``tsv`` column with an index in each
    partition; on SQLite each space has a full-text table of its own with this ``id`` as row id.
    """

    __tablename__ = "search_row"

    space_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("space.id"), primary_key=True, autoincrement=False
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int] = mapped_column(BigId)
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("space_id", "kind", "subject_id"),
        Index("ix_search_row_at", "space_id", "at"),
    )
