"""What the office's ops were told of, by which of their mails."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "ops_told",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("lasts", sa.Boolean(), nullable=False),
        sa.Column("urgent_for", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_ops_told_message_id")),
        sa.PrimaryKeyConstraint("message_id", "key", name=op.f("pk_ops_told")),
    )
