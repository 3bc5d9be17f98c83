"""An index by which to see that no task is planned further than the clock."""

from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index tasks by the moment until which they are planned."""
    op.create_index("ix_tasks_planned_until", "tasks", ["planned_until"])
