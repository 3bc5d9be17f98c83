"""When the ledger wants a pass next."""

from datetime import datetime

from sqlalchemy import Connection

from notifier.ledger import outbox, reminders, tasks


def next_moment(db: Connection) -> datetime | None:
    """Return the next moment at which a checkpoint falls due, a slot comes, or a message may be tried."""
    moments = (tasks.earliest_checkpoint(db), reminders.earliest_slot(db), outbox.earliest_attempt(db))
    return min((moment for moment in moments if moment is not None), default=None)
