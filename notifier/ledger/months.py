"""The month's summary's side of the ledger: what it is made from, and that each was queued once.

Its messages are of one month and one address, by their contact: `ops:summary:2018-06:leader@example.org`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from notifier.ledger.ops import EXPIRED
from notifier.ledger.outbox import OPS
from notifier.ledger.schema import extensions, messages, plans, reminders, suspensions, tasks
from notifier.ledger.upsert import insert

SUMMARY = f"{OPS}summary:"
_NOBODY = "unit:"  # begins the contact of a unit that has none


class Course(NamedTuple):
    """What decides when a task falls due."""

    id: int
    rule: str
    issued: date
    until: date | None
    imported: datetime
    completed: date | None
    is_done: bool


class Extended(NamedTuple):
    """A due day that was moved in the month."""

    task_id: int
    original: date
    was: date
    day: date
    note: str


class Resting(NamedTuple):
    """A task that is suspended, or was for a while, of a unit (None: all)."""

    task_id: int
    unit: str | None
    at: datetime
    until: datetime | None
    ended: datetime | None
    note: str


class Unreached(NamedTuple):
    """An address to which mail was refused or given up."""

    address: str
    mails: int
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mails:
    """What became of the mails to contacts."""

    sent: int
    failed: int
    uncertain: int
    missed: int  # reminders that downtime made too old


def courses(db: Connection) -> list[Course]:
    """Return when the tasks of listed plans fall due; those that are no longer in their documents are left out."""
    query = (
        select(
            tasks.c.id,
            tasks.c.rule,
            plans.c.issued,
            plans.c.until,
            tasks.c.imported,
            tasks.c.completed,
            tasks.c.state == "done",
        )
        .join_from(tasks, plans)
        .where(plans.c.active, tasks.c.state != "vanished", tasks.c.timing_state != "review")
        .order_by(plans.c.id, tasks.c.position)
    )
    return [Course(*row) for row in db.execute(query)]


def rests_of(db: Connection, ids: Collection[int]) -> dict[int, list[Resting]]:
    """Return all suspensions that these tasks ever had, by task."""
    columns = (suspensions.c[name] for name in Resting._fields)
    found: dict[int, list[Resting]] = {}
    for row in db.execute(select(*columns).where(suspensions.c.task_id.in_(list(ids)))):
        found.setdefault(row.task_id, []).append(Resting(*row))
    return found


def rests_between(db: Connection, since: datetime, until: datetime) -> list[Resting]:
    """Return the suspensions that stood at some moment between, by task."""
    stood = and_(suspensions.c.at < until, or_(suspensions.c.ended.is_(None), suspensions.c.ended >= since))
    columns = (suspensions.c[name] for name in Resting._fields)
    query = select(*columns).where(stood).order_by(suspensions.c.task_id, suspensions.c.id)
    return [Resting(*row) for row in db.execute(query)]


def extended_between(db: Connection, since: datetime, until: datetime) -> list[Extended]:
    """Return the extensions made in [since, until), by task; of one that was moved twice, the last."""
    made = and_(extensions.c.at >= since, extensions.c.at < until, extensions.c.ended.is_(None))
    columns = (extensions.c[name] for name in Extended._fields)
    query = select(*columns).where(made).order_by(extensions.c.task_id, extensions.c.id)
    return [Extended(*row) for row in db.execute(query)]


def mails_between(db: Connection, since: datetime, until: datetime) -> Mails:
    """Count the mails to contacts that ended in [since, until), and the reminders of then that went in none."""
    ended = and_(
        messages.c.finished >= since, messages.c.finished < until, ~messages.c.contact.startswith(OPS)
    )
    by_state: dict[str, int] = dict(
        db.execute(select(messages.c.state, func.count()).where(ended).group_by(messages.c.state)).all()
    )
    uncertain = select(func.count()).where(ended, messages.c.uncertain)
    missed = select(func.count()).where(
        reminders.c.state == "expired",
        reminders.c.reason.startswith(EXPIRED),
        reminders.c.at >= since,
        reminders.c.at < until,
    )
    return Mails(
        sent=by_state.get("accepted", 0),
        failed=by_state.get("refused", 0) + by_state.get("failed", 0),
        uncertain=db.execute(uncertain).scalar_one(),
        missed=db.execute(missed).scalar_one(),
    )


def unreached_between(db: Connection, since: datetime, until: datetime) -> list[Unreached]:
    """Return the addresses to which a mail ended in [since, until) without arriving, the most first."""
    number = func.count().label("mails")
    query = (
        select(messages.c.address, number, func.coalesce(func.max(messages.c.reply), ""))
        .where(
            messages.c.finished >= since,
            messages.c.finished < until,
            messages.c.state.in_(("refused", "failed")),
            ~messages.c.contact.startswith(OPS),
        )
        .group_by(messages.c.address)
    )
    return [Unreached(*row) for row in db.execute(query.order_by(number.desc(), messages.c.address))]


def nobody_between(db: Connection, since: datetime, until: datetime) -> list[str]:
    """Return the units without a contact that a reminder with a slot in [since, until) was for, the most first."""
    query = (
        select(reminders.c.contact)
        .where(
            reminders.c.state == "unreachable",
            reminders.c.slot >= since,
            reminders.c.slot < until,
            reminders.c.contact.startswith(_NOBODY),
        )
        .group_by(reminders.c.contact)
        .order_by(func.count().desc(), reminders.c.contact)
    )
    return [contact.removeprefix(_NOBODY) for contact in db.execute(query).scalars()]


def is_under_way(db: Connection, until: datetime) -> bool:
    """Tell whether a listed plan was there before a moment: without one there is nothing to sum up."""
    query = select(plans.c.id).where(plans.c.active, plans.c.imported < until)
    return db.execute(query.limit(1)).first() is not None


def queued(db: Connection, contacts: Collection[str]) -> set[str]:
    """Return for whom of these a summary was queued already, whatever became of it."""
    query = select(messages.c.contact).where(messages.c.contact.in_(list(contacts)))
    return set(db.execute(query).scalars())


def queue(
    db: Connection, *, contact: str, address: str, slot: datetime, message_id: str, now: datetime
) -> bool:
    """Queue a summary; False when there is one of this Message-ID, which is the same whoever queues it, and when."""
    add = insert(db, messages).values(
        contact=contact,
        address=address,
        name="",
        slot=slot,
        message_id=message_id,
        state="queued",
        uncertain=False,
        begun=False,
        attempts=0,
        not_before=slot,
        created=now,
    )
    return db.execute(add.on_conflict_do_nothing()).rowcount == 1


def undelivered(db: Connection, contacts: Collection[str]) -> list[tuple[str, str]]:
    """Return (address, reply) of those of these summaries that were refused or given up."""
    query = select(messages.c.address, messages.c.reply).where(
        messages.c.contact.in_(list(contacts)), messages.c.state.in_(("refused", "failed"))
    )
    return [(row.address, row.reply or "") for row in db.execute(query.order_by(messages.c.id))]
