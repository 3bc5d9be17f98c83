"""The ops mail's side of the ledger: what went wrong with mail, and what ops were told of it.

What a mail tells is on record with it before it goes, and counts as told once the server took it, or may have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from notifier.ledger.outbox import OPS
from notifier.ledger.schema import events, messages, ops_told, plans, reminders, tasks

_ARRIVED = or_(messages.c.state == "accepted", messages.c.uncertain)
_AT_ONCE = 10_000  # values in one statement; SQLite's own default allows 32,766
EXPIRED = "older than"  # how the reason of a reminder begins that downtime or a late change cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A matter that a mail tells."""

    key: str
    lasts: bool
    urgent_for: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A mail to a contact that was refused, given up, or may have come twice."""

    id: int
    address: str
    name: str
    slot: datetime
    state: str
    uncertain: bool
    reply: str
    retried: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A checkpoint of a task that was too old to be told, and to how many contacts."""

    task_id: int
    plan: str
    ref: str
    text: str
    checkpoint: str
    at: datetime
    contacts: int


def first_mail(db: Connection, contact: str) -> datetime | None:
    """Return when the first ops mail to someone was queued: what lay long before is no news."""
    return db.execute(select(func.min(messages.c.created)).where(messages.c.contact == contact)).scalar()


def is_open(db: Connection, contact: str) -> bool:
    """Tell whether an ops mail to someone waits; what is new goes into that one."""
    query = select(messages.c.id).where(messages.c.contact == contact, messages.c.finished.is_(None))
    return db.execute(query).first() is not None


def went_between(db: Connection, contact: str, since: datetime, until: datetime) -> bool:
    """Tell whether an ops mail reached someone between two moments, or may have."""
    when = messages.c.finished.between(since, until)
    query = select(messages.c.id).where(messages.c.contact == contact, when, _ARRIVED)
    return db.execute(query).first() is not None


def told_to(db: Connection, contact: str) -> dict[str, Told]:
    """Return, by key, what someone was told: of several times the latest date for which it was urgent."""
    query = (
        select(ops_told.c.key, ops_told.c.lasts, func.max(ops_told.c.urgent_for).label("urgent_for"))
        .join(messages)
        .where(messages.c.contact == contact, _ARRIVED)
        .group_by(ops_told.c.key, ops_told.c.lasts)
    )
    return {row["key"]: Told(**row) for row in db.execute(query).mappings()}


def tell(db: Connection, message: int, told: Iterable[Told]) -> None:
    """Put on record what a mail tells, in the place of what it would have told before."""
    db.execute(delete(ops_told).where(ops_told.c.message_id == message))
    rows = [
        {"message_id": message, "key": each.key, "lasts": each.lasts, "urgent_for": each.urgent_for}
        for each in told
    ]
    if rows:
        db.execute(insert(ops_told), rows)


def forget(db: Connection, contact: str, keys: Sequence[str]) -> None:
    """Forget that someone was told of matters that are over: should they come back, they are new."""
    mine = select(messages.c.id).where(messages.c.contact == contact, messages.c.finished.is_not(None))
    for first in range(0, len(keys), _AT_ONCE):
        over = ops_told.c.key.in_(keys[first : first + _AT_ONCE])
        db.execute(delete(ops_told).where(over, ops_told.c.message_id.in_(mine)))


def troubles(db: Connection, since: datetime) -> list[Trouble]:
    """Return the mails to contacts that failed since a moment, or may have come twice, the latest first."""
    when = or_(messages.c.finished >= since, and_(messages.c.finished.is_(None), messages.c.uncertain))
    what = or_(messages.c.state.in_(("refused", "failed")), messages.c.uncertain)
    query = select(*(messages.c[name] for name in Trouble.__slots__)).where(
        when, what, ~messages.c.contact.startswith(OPS)
    )
    return [
        Trouble(**{**row, "reply": row["reply"] or ""})
        for row in db.execute(query.order_by(messages.c.slot.desc(), messages.c.id.desc())).mappings()
    ]


def carried(db: Connection, ids: Iterable[int]) -> dict[int, tuple[list[tuple[str, str]], list[str]]]:
    """Return what messages carry, or carried: (plan, ref) of the tasks in their order, and the units."""
    query = (
        select(reminders.c.message_id, plans.c.key, tasks.c.ref, reminders.c.units)
        .join_from(reminders, tasks)
        .join(plans)
        .where(reminders.c.message_id.in_(list(ids)))
        .order_by(plans.c.id, tasks.c.position)
    )
    found: dict[int, tuple[list[tuple[str, str]], list[str]]] = {}
    for row in db.execute(query):
        refs, units = found.setdefault(row.message_id, ([], []))
        if (row.key, row.ref) not in refs:
            refs.append((row.key, row.ref))
        units += [unit for unit in row.units if unit not in units]
    return found


def missed(db: Connection, since: datetime) -> list[Missed]:
    """Return what fell due since a moment and had become too old when it could be told, task by task."""
    query = (
        select(
            reminders.c.task_id,
            plans.c.key.label("plan"),
            tasks.c.ref,
            tasks.c.text,
            reminders.c.checkpoint,
            func.min(reminders.c.at).label("at"),
            func.count().label("contacts"),
        )
        .join_from(reminders, tasks)
        .join(plans)
        .where(
            reminders.c.state == "expired", reminders.c.reason.startswith(EXPIRED), reminders.c.at >= since
        )
        .group_by(reminders.c.task_id, tasks.c.id, plans.c.id, reminders.c.checkpoint)
        .order_by(func.min(reminders.c.at), plans.c.id, tasks.c.position)
    )
    return [Missed(**row) for row in db.execute(query).mappings()]


def happened(db: Connection, since: datetime, action: str) -> list[tuple[int, datetime, str]]:
    """Return (id, moment, detail) of what the daemon recorded under an action since a moment."""
    query = select(events.c.id, events.c.at, events.c.detail)
    rows = db.execute(query.where(events.c.at >= since, events.c.action == action).order_by(events.c.id))
    return [(row.id, row.at, row.detail) for row in rows]
