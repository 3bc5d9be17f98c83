"""What became of the mails in the outbox, counted and summed up for ops: through all of them, so not for each mail."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from notifier.ledger.schema import messages


def counts_by_state(db: Connection) -> dict[str, int]:
    """Return how many messages are in each state."""
    query = select(messages.c.state, func.count()).group_by(messages.c.state)
    return dict(db.execute(query).all())


def count_uncertain(db: Connection) -> int:
    """Return how many messages may have reached their contact twice."""
    return db.execute(select(func.count()).where(messages.c.uncertain)).scalar_one()


def refused_contacts(db: Connection) -> dict[str, str]:
    """Return, by contact, what the mail server said where it refused the latest mail for good."""
    newest = func.row_number().over(
        partition_by=messages.c.contact, order_by=(messages.c.finished.desc(), messages.c.id.desc())
    )
    ended = (
        select(messages.c.contact, messages.c.reply, messages.c.state, newest.label("place"))
        .where(messages.c.state.in_(("accepted", "refused")))
        .subquery()
    )
    query = select(ended.c.contact, ended.c.reply).where(ended.c.place == 1, ended.c.state == "refused")
    return {row.contact: row.reply or "" for row in db.execute(query)}


def oldest_open(db: Connection) -> datetime | None:
    """Return the slot of the oldest message that is not finished."""
    return db.execute(select(func.min(messages.c.slot)).where(messages.c.finished.is_(None))).scalar()
