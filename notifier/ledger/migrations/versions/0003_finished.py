"""An index by which to count what went on a day."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index messages by the moment at which they ended."""
    op.create_index("ix_messages_finished", "messages", ["finished"])
