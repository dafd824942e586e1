"""What many tables have in common."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock, ids
from portal.core.types import BigId, UtcDateTime


class Numbered:
    """A key that people see: seven to nine random digits. A clash is retried by ``@command``."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False, default=ids.number)


class LongNumbered:
    """As ``Numbered``, for tables that grow to millions of rows."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False, default=ids.long_number)


class Sequenced:
    """A key for the machine alone, in the order of insertion. Never shown."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)


class Created:
    """When the row came to be."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
