"""Which mail went with the built-in text, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier mail the events say it."""
    op.add_column("messages", sa.Column("built_in", sa.Text()))
