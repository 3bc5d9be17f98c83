"""When a mail was last begun, so that one without an answer counts for that day; indexes that hold over years."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which nobody knows of what was begun earlier, and the index; narrow another."""
    op.add_column("messages", sa.Column("last_begun", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_reminders_contact_task_id_nominal", "reminders", ["contact", "task_id", "nominal"], unique=False
    )
    op.drop_index("ix_reminders_message_id", "reminders")
    op.create_index(
        "ix_reminders_message_id",
        "reminders",
        ["message_id"],
        unique=False,
        sqlite_where=sa.text("message_id IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
