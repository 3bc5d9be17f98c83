"""Reminders: one checkpoint owed to one contact. The unique key is what makes planning idempotent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from notifier.ledger.prepared import Prepared
from notifier.ledger.schema import messages, reminders
from notifier.ledger.upsert import Shared, insert, insert_many


class ReminderRecord(NamedTuple):
    """A reminder as the ledger holds it, its columns in order: a tuple, as there are many and a row is one."""

    id: int
    task_id: int
    checkpoint: str
    contact: str
    kind: str
    family: str
    nominal: date
    day: date
    label: str
    provisional: bool
    at: datetime
    slot: datetime
    units: Sequence[str]
    role: str
    copied: bool
    state: str
    reason: str | None
    message_id: int | None

    @property
    def occurrence(self) -> str:
        """The due, start or report this belongs to: `due@2018-08-31`."""
        return f"{self.family}@{self.nominal}"


class Said(NamedTuple):
    """What was said, or will be, to one contact of one date."""

    task_id: int
    contact: str
    checkpoint: str
    family: str
    nominal: date
    at: datetime
    state: str
    reason: str | None


# Built once: a statement's construction costs more than its run, and these run for every mail.
_CLOSE_MESSAGE = Prepared(
    update(reminders)
    .where(reminders.c.message_id == bindparam("message"), reminders.c.state == "planned")
    .values(state=bindparam("becomes"), reason=bindparam("because"))
)
_RECORD = tuple(reminders.c[name] for name in ReminderRecord._fields)
# Not a parameter: SQLite must see that its partial index holds them all.
UNBUNDLED = and_(reminders.c.state == literal_column("'planned'"), reminders.c.message_id.is_(None))
_NOT_BEGUN = and_(
    reminders.c.state == "planned",
    reminders.c.message_id.in_(
        select(messages.c.id).where(
            messages.c.finished.is_(None),
            messages.c.state == "queued",
            messages.c.begun.is_(False),
            messages.c.uncertain.is_(False),
        )
    ),
)
# No mail can have gone out: without a message, or in one that is queued and was never begun.
UNSENT = or_(UNBUNDLED, _NOT_BEGUN)
STANDS = reminders.c.state != "withdrawn"


def are(checkpoints: Mapping[str, date]) -> ColumnElement[bool]:
    """Return what is true of the reminders of these checkpoints, which are given with their nominal days."""
    # The days say nothing that the keys don't, but the index begins with them.
    days = sorted(set(checkpoints.values()))
    return and_(reminders.c.nominal.in_(days), reminders.c.checkpoint.in_(sorted(checkpoints)))


def _these(ids: Iterable[int]) -> ColumnElement[bool]:
    return reminders.c.task_id.in_(list(ids))


FOLDED = "folded into "  # begins the reason of what another reminder, whose checkpoint follows, is told in place of
_KEY = ("task_id", "nominal", "contact", "checkpoint")
_GIVEN = tuple(name for name in ReminderRecord._fields if name not in ("id", "message_id"))
_AT_ONCE = 10_000  # ids in one statement; SQLite's own default allows 32,766


def add_reminders(db: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert reminders; return how many were.

    One whose (task, checkpoint, contact) is there already is left, unless it was withdrawn: that one was never
    sent, and is owed again.
    """
    return add_in_parts(
        db,
        [
            (row["task_id"], (Shared({name: row[name] for name in _GIVEN if name != "task_id"}),))
            for row in rows
        ],
    )


def add_in_parts(db: Connection, rows: Sequence[tuple[int, tuple[Shared, ...]]]) -> int:
    """Do what `add_reminders` does, with each task and the parts of its reminder that others have, too."""
    if not rows:
        return 0
    add = insert(db, reminders).values({name: bindparam(name) for name in _GIVEN})
    renewed: dict[str, Any] = {name: add.excluded[name] for name in _GIVEN if name not in _KEY}
    add = add.on_conflict_do_update(
        index_elements=_KEY,
        set_={**renewed, "message_id": null()},
        where=reminders.c.state == literal_column("'withdrawn'"),
    )
    return insert_many(db, add, reminders, rows, "task_id")


def told_of(
    db: Connection, ids: Iterable[int], checkpoints: Mapping[str, date]
) -> dict[tuple[int, str], set[str]]:
    """Return, by task and checkpoint, the contacts and units with a reminder that wasn't withdrawn.

    The checkpoints are given with their nominal days.
    """
    query = select(reminders.c.task_id, reminders.c.checkpoint, reminders.c.contact, reminders.c.units)
    told: dict[tuple[int, str], set[str]] = {}
    for row in db.execute(query.where(_these(ids), are(checkpoints), STANDS)):
        told.setdefault((row.task_id, row.checkpoint), set()).update((row.contact, *row.units))
    return told


def withdrawn_of(db: Connection, task_id: int, why: str = "") -> set[tuple[str, str]]:
    """Return the (checkpoint, contact) pairs of a task's withdrawn reminders whose reason has `why` in it."""
    query = select(reminders.c.checkpoint, reminders.c.contact)
    query = query.where(reminders.c.reason.contains(why, autoescape=True)) if why else query
    return {tuple(row) for row in db.execute(query.where(reminders.c.task_id == task_id, ~STANDS))}


def newest_by_occurrence(
    db: Connection, ids: Iterable[int], nominal: Iterable[date], until: datetime
) -> dict[tuple[int, str, date, str], datetime]:
    """Return, for each (task, family, nominal day, contact), the latest moment up to `until` already reminded of."""
    which = (reminders.c.task_id, reminders.c.family, reminders.c.nominal, reminders.c.contact)
    query = select(*which, func.max(reminders.c.at).label("at")).group_by(*which)
    due = reminders.c.at <= until
    rows = db.execute(query.where(_these(ids), reminders.c.nominal.in_(list(nominal)), STANDS, due))
    return {(row.task_id, row.family, row.nominal, row.contact): row.at for row in rows}


def unsent_of(db: Connection, ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """Return (id, task, checkpoint) of the tasks' reminders of which no mail can have gone out."""
    query = select(reminders.c.id, reminders.c.task_id, reminders.c.checkpoint).where(_these(ids), UNSENT)
    return [tuple(row) for row in db.execute(query)]


def unsent_records(db: Connection, task_id: int) -> list[ReminderRecord]:
    """Return a task's reminders of which no mail can have gone out."""
    query = select(reminders).where(reminders.c.task_id == task_id, UNSENT).order_by(reminders.c.id)
    return list(map(ReminderRecord._make, db.execute(query)))


def name_units(db: Connection, reminder: int, units: Iterable[str]) -> None:
    """Let a reminder be for these units."""
    db.execute(update(reminders).where(reminders.c.id == reminder).values(units=list(units)))


def close_reminders(db: Connection, ids: Sequence[int], state: str, reason: str | None) -> None:
    """Bring reminders to a terminal state."""
    for first in range(0, len(ids), _AT_ONCE):
        some = reminders.c.id.in_(ids[first : first + _AT_ONCE])
        db.execute(update(reminders).where(some).values(state=state, reason=reason))


def close_message(db: Connection, message: int, state: str, reason: str | None) -> None:
    """Bring what a message still carries to a terminal state."""
    _CLOSE_MESSAGE.run(db, {"message": message, "becomes": state, "because": reason})


def close_messages(db: Connection, messages: Iterable[int], state: str, reason: str | None) -> None:
    """Bring what these messages still carry to a terminal state."""
    ends = [{"message": message, "becomes": state, "because": reason} for message in messages]
    _CLOSE_MESSAGE.run_all(db, ends)


def withdraw_unsent(db: Connection, task_id: int, reason: str) -> int:
    """Withdraw a task's reminders of which no mail can have gone out."""
    query = update(reminders).where(reminders.c.task_id == task_id, UNSENT)
    return db.execute(query.values(state="withdrawn", reason=reason)).rowcount


def of_messages(db: Connection, ids: Iterable[int]) -> dict[int, list[ReminderRecord]]:
    """Return the still planned reminders of each message."""
    query = select(*_RECORD).where(reminders.c.message_id.in_(list(ids)), reminders.c.state == "planned")
    found: dict[int, list[ReminderRecord]] = {}
    for record in map(ReminderRecord._make, db.execute(query.order_by(reminders.c.id))):
        if record.message_id is not None:
            found.setdefault(record.message_id, []).append(record)
    return found


def said_of_the_same(
    db: Connection, ids: Iterable[int], until: datetime
) -> dict[tuple[int, str], list[Said]]:
    """Return, by (task, contact), in order, what bears upon what these messages carry and fell due until then.

    That is what is newer of the same date, and was sent or will be, and what was folded into it. What a clock that was
    ahead said of a moment yet to come outdoes nothing.
    """
    waiting = reminders.alias("waiting")
    is_newer = and_(reminders.c.at > waiting.c.at, reminders.c.state.in_(("planned", "sent")))
    is_folded = and_(reminders.c.state == "superseded", reminders.c.reason == FOLDED + waiting.c.checkpoint)
    query = (
        select(*(reminders.c[name] for name in Said._fields))
        .join(
            waiting,
            (reminders.c.task_id == waiting.c.task_id)
            & (reminders.c.contact == waiting.c.contact)
            & (reminders.c.nominal == waiting.c.nominal)
            & (reminders.c.id != waiting.c.id),
        )
        .where(
            waiting.c.message_id.in_(list(ids)),
            waiting.c.state == "planned",
            reminders.c.at <= until,
            or_(is_newer, is_folded),
        )
        .distinct()
        .order_by(reminders.c.at, reminders.c.checkpoint)
    )
    found: dict[tuple[int, str], list[Said]] = {}
    for said in map(Said._make, db.execute(query)):
        found.setdefault((said.task_id, said.contact), []).append(said)
    return found


def waiting(db: Connection) -> list[ReminderRecord]:
    """Return the planned reminders of which no mail can have gone out."""
    # Each half by its own index; together they would be looked for in the whole table.
    both = (row for half in (UNBUNDLED, _NOT_BEGUN) for row in db.execute(select(*_RECORD).where(half)))
    return sorted(map(ReminderRecord._make, both), key=lambda record: record.id)


def unreachable_since(db: Connection, since: datetime) -> list[ReminderRecord]:
    """Return the unreachable reminders that fell due after `since`."""
    query = select(reminders).where(reminders.c.state == "unreachable", reminders.c.at > since)
    return [ReminderRecord(**row) for row in db.execute(query.order_by(reminders.c.id)).mappings()]
