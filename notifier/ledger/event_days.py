"""The days that ops give to events by command."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, select

from notifier.ledger.schema import event_days as table
from notifier.ledger.upsert import insert


def event_days(db: Connection) -> dict[str, date]:
    """Return the day of every event on record, by its name in the rules."""
    return {row.name: row.day for row in db.execute(select(table.c.name, table.c.day))}


def set_day(db: Connection, name: str, day: date, *, by: str, at: datetime) -> None:
    """Give an event its day, or another one."""
    add = insert(db, table).values(name=name, day=day, by=by, at=at)
    db.execute(add.on_conflict_do_update(index_elements=["name"], set_={"day": day, "by": by, "at": at}))


def forget_day(db: Connection, name: str) -> bool:
    """Take an event's day back; tell whether it had one."""
    return bool(db.execute(delete(table).where(table.c.name == name)).rowcount)
