"""Answers lost after DATA are counted on their own; mail too big and addresses refused are on record."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what may have arrived already has lost one answer at least."""
    op.add_column("messages", sa.Column("uncertain_attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("retried", sa.DateTime(timezone=True)))
    op.add_column("messages", sa.Column("at_most", sa.Integer))
    op.create_table(
        "refusals",
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_refusals")),
    )
    op.execute("UPDATE messages SET uncertain_attempts = 1 WHERE uncertain")
    # `begun` is about the claim that holds a message; on one that waits, an earlier release left it standing.
    op.execute("UPDATE messages SET begun = false WHERE state <> 'claimed'")
