"""What became of reminders: each with the mail that carried it, and what was closed of its task, then and now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from notifier.ledger.reminders import ReminderRecord
from notifier.ledger.schema import completions, messages, reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRecord:
    """A mail as far as it explains what became of a line of it."""

    id: int
    message_id: str
    address: str
    slot: datetime
    state: str
    uncertain: bool
    attempts: int
    not_before: datetime
    reply: str | None
    finished: datetime | None
    built_in: str | None  # why the templates could not make it


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reminder, and the mail that carries or carried it."""

    reminder: ReminderRecord
    mail: MailRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedOnce:
    """A completion, taken back by now or not."""

    unit: str | None
    scope: str
    by: str
    at: datetime
    reopened: datetime | None


def history(db: Connection, task_id: int, contacts: Collection[str]) -> list[Told]:
    """Return the reminders of a task for these contact keys, in order of their moments."""
    query = select(reminders).where(reminders.c.task_id == task_id, reminders.c.contact.in_(list(contacts)))
    found = [
        ReminderRecord(**row) for row in db.execute(query.order_by(reminders.c.at, reminders.c.id)).mappings()
    ]
    fields = tuple(messages.c[name] for name in MailRecord.__dataclass_fields__)
    ids = [record.message_id for record in found if record.message_id is not None]
    rows = db.execute(select(*fields).where(messages.c.id.in_(ids))).mappings() if ids else ()
    mails = {row["id"]: MailRecord(**row) for row in rows}
    return [
        Told(reminder=record, mail=None if record.message_id is None else mails.get(record.message_id))
        for record in found
    ]


def has_history(db: Connection, task_id: int, contact: str) -> bool:
    """Tell whether a contact ever had a reminder of a task."""
    query = select(reminders.c.id).where(reminders.c.task_id == task_id, reminders.c.contact == contact)
    return db.execute(query.limit(1)).first() is not None


def closed_once(db: Connection, task_id: int, until: datetime) -> list[ClosedOnce]:
    """Return what was closed of a task before `until`, the oldest first, also what was taken back since."""
    query = select(
        completions.c.unit, completions.c.scope, completions.c.by, completions.c.at, completions.c.reopened
    )
    query = query.where(
        completions.c.task_id == task_id,
        completions.c.at <= until,
        or_(completions.c.reopened.is_(None), completions.c.reopened > completions.c.at),
    )
    return [ClosedOnce(**row) for row in db.execute(query.order_by(completions.c.id)).mappings()]
