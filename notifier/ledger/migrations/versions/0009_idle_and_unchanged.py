"""What lets an idle pass and the start with unchanged documents look at no task."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index tasks by the moment until which they are planned; keep how a plan's tasks were read."""
    op.create_index("ix_tasks_planned_until", "tasks", ["planned_until"])
    op.add_column("plans", sa.Column("read", sa.String(64), nullable=False, server_default=""))
