"""search, partitioned by space

Revision ID: 0002
Revises: 0001

On PostgreSQL the table is partitioned by space: an index shared between spaces tells by its time and its ranks what
stands in other groups. On SQLite each space gets a full-text table of its own when it is first written to.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = """
    space_id BIGINT NOT NULL CONSTRAINT fk_search_row_space_id REFERENCES space (id),
    id BIGINT NOT NULL,
    kind VARCHAR(20) NOT NULL,
    subject_id BIGINT NOT NULL,
    title VARCHAR(300) NOT NULL,
    body TEXT NOT NULL,
    path VARCHAR(200) NOT NULL,
    by VARCHAR(200) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_search_row PRIMARY KEY (space_id, id),
    CONSTRAINT uq_search_row_space_id_kind_subject_id UNIQUE (space_id, kind, subject_id)
"""
TSV = (
    "tsv tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english'::regconfig, title), 'A') || "
    "setweight(to_tsvector('english'::regconfig, body), 'B')) STORED"
)


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE TABLE search_row ({COLUMNS}, {TSV}) PARTITION BY LIST (space_id)")
        op.execute("CREATE INDEX ix_search_row_tsv ON search_row USING gin (tsv)")
    else:
        op.execute(f"CREATE TABLE search_row ({COLUMNS.replace('TIMESTAMP WITH TIME ZONE', 'DATETIME')})")
    op.create_index("ix_search_row_at", "search_row", ["space_id", "at"])


def downgrade() -> None:
    """Take back."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        for (name,) in bind.execute(
            sa.text(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE search_fts_%'"
            )
        ).all():
            op.execute(f"DROP TABLE {name}")
    op.execute("DROP TABLE search_row")
