"""Events in a chain of hashes; it begins with all that is there."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PAGE = 1000
_events = sa.table(
    "events",
    sa.column("id", sa.Integer()),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("by", sa.Text()),
    sa.column("action", sa.Text()),
    sa.column("detail", sa.Text()),
    sa.column("link", sa.Integer()),
    sa.column("hash", sa.String(64)),
)


def upgrade() -> None:
    """Add the columns, and link every event in the order of its id."""
    op.add_column("events", sa.Column("link", sa.Integer()))
    op.add_column("events", sa.Column("hash", sa.String(64)))
    op.create_index("ix_events_link", "events", ["link"], unique=True)
    db = op.get_bind()
    link, digest, last = 0, "", 0
    this = sa.update(_events).where(_events.c.id == sa.bindparam("event"))
    to_link = this.values(link=sa.bindparam("place"), hash=sa.bindparam("digest"))
    while True:
        page = sa.select(_events).where(_events.c.id > last).order_by(_events.c.id).limit(_PAGE)
        rows = db.execute(page).all()
        if not rows:
            return
        links = []
        for place, row in enumerate(rows, link + 1):
            # SQLite keeps UTC without saying so, a server says it.
            at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
            words = [text.replace("\0", "\ufffd") for text in (row.by, row.action, row.detail)]
            facts = [digest, at.isoformat(timespec="microseconds"), *words]
            digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
            links.append({"event": row.id, "place": place, "digest": digest})
        db.execute(to_link, links)
        link, last = link + len(rows), rows[-1].id
