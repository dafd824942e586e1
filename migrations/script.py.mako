"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}

Rules for safe changes: both directions; both databases; batch mode for ALTER on SQLite; never drop a column in the
release that stops using it; new NOT NULL columns come with a server default or a backfill; name every constraint.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take back."""
    ${downgrades if downgrades else "pass"}
