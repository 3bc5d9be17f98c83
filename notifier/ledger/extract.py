"""What of a ledger counts for what is ahead, in memory: a look ahead neither locks the ledger nor grows with it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, or_, select

from notifier.ledger.engine import in_memory, only_reading
from notifier.ledger.schema import (
    completions,
    event_days,
    extensions,
    messages,
    plans,
    reminders,
    suspensions,
    tasks,
)

_PAGE = 2000  # rows


def extract(source: Engine, now: datetime, since: datetime) -> Engine:
    """Return a ledger in memory with all tasks, what waits and the reminders of since then, without any mail's text."""
    made = in_memory(now)
    with only_reading(source).begin() as theirs, made.begin() as ours:
        for table in (plans, tasks, completions, suspensions, extensions, event_days):
            _copy(theirs, ours, table, select(table))
        is_open = messages.c.finished.is_(None)
        there = set(theirs.execute(select(messages.c.id).where(is_open)).scalars())
        _copy(theirs, ours, messages, select(messages).where(is_open), body=lambda _body: None)
        counts = or_(reminders.c.state == "planned", reminders.c.at >= since)
        _copy(
            theirs, ours, reminders, select(reminders).where(counts),
            message_id=lambda message: message if message in there else None,
        )  # fmt: skip
    return made


def twin(made: Engine, now: datetime) -> Engine:
    """Return a second ledger in memory with what is in the first."""
    other = in_memory(now)
    ours, theirs = made.raw_connection(), other.raw_connection()
    try:
        ours.driver_connection.backup(theirs.driver_connection)  # type: ignore[union-attr]
    finally:
        ours.close()
        theirs.close()
    return other


def _copy(source: Connection, target: Connection, table: Table, query: Any, **changes: Any) -> None:
    rows = source.execute(query, execution_options={"yield_per": _PAGE}).mappings()
    for page in rows.partitions():
        values = [dict(row) for row in page]
        for name, change in changes.items():
            for row in values:
                row[name] = change(row[name])
        target.execute(insert(table), values)
