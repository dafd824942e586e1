"""notifications

Revision ID: 0003
Revises: 0002

Rules for safe changes: both directions; both databases; batch mode for ALTER on SQLite; never drop a column in the
release that stops using it; new NOT NULL columns come with a server default or a backfill; name every constraint.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notification_preference",
        sa.Column(
            "person_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("mail_mentions_and_replies", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notification_preference_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notification_preference")),
    )
    op.create_table(
        "notification",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("thread_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id")),
        sa.ForeignKeyConstraint(
            ["post_id", "space_id"], ["post.id", "post.space_id"], name="fk_post_id_space"
        ),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_notification_space_id")),
        sa.ForeignKeyConstraint(
            ["thread_id", "space_id"], ["thread.id", "thread.space_id"], name="fk_thread_id_space"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_notification_person_id_key")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notification_bell", ["person_id", "read_at", "created_at", "space_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_notification_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_notification_post_id", ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_space_id"), ["space_id"], unique=False)
        batch_op.create_index("ix_notification_thread_id", ["thread_id"], unique=False)

    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index(
            "ix_thread_pinned",
            ["space_id"],
            unique=False,
            postgresql_where=sa.text("pinned"),
            sqlite_where=sa.text("pinned"),
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_thread_pinned", postgresql_where=sa.text("pinned"), sqlite_where=sa.text("pinned")
        )

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_thread_id")
        batch_op.drop_index(batch_op.f("ix_notification_space_id"))
        batch_op.drop_index("ix_notification_post_id")
        batch_op.drop_index(batch_op.f("ix_notification_person_id"))
        batch_op.drop_index("ix_notification_bell")

    op.drop_table("notification")
    op.drop_table("notification_preference")
