"""What a rehearsal found, read from its ledger: every reminder that went out, and those that nobody can get."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, select

from notifier.ledger import tasks
from notifier.ledger.schema import messages, plans, reminders
from notifier.ledger.schema import tasks as task_table
from notifier.ledger.tasks import TaskRecord
from notifier.spreadsheet import write_csv

_AT_ONCE = 2_000  # rows in hand: of a large office there are a million


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail that went out, at the local time of its slot."""

    id: int
    sent_at: datetime
    address: str
    name: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What of a task is told, and of which day."""

    task: TaskRecord
    key: str
    kind: str
    nominal: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One reminder of one mail that went out; the mails of a checkpoint share it, so that it is held once."""

    mail: Mail
    checkpoint: Checkpoint
    units: tuple[str, ...]
    role: str

    @property
    def sent_at(self) -> datetime:
        """When its mail went."""
        return self.mail.sent_at

    @property
    def address(self) -> str:
        """Where its mail went."""
        return self.mail.address

    @property
    def name(self) -> str:
        """Who got it."""
        return self.mail.name

    @property
    def plan(self) -> str:
        """The plan of its task."""
        return self.checkpoint.task.plan

    @property
    def task(self) -> str:
        """The ref of its task."""
        return self.checkpoint.task.ref

    @property
    def text(self) -> str:
        """The text of its task."""
        return self.checkpoint.task.text

    @property
    def kind(self) -> str:
        """What is announced."""
        return self.checkpoint.kind

    @property
    def nominal(self) -> date:
        """The day that the rule names."""
        return self.checkpoint.nominal

    @property
    def message(self) -> int:
        """Its mail's number in the ledger."""
        return self.mail.id

    @property
    def message_id(self) -> str:
        """The Message-ID of its mail."""
        return self.mail.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """One reminder that nobody gets: its unit has no contact, or the name is no unit of the directory."""

    at: datetime
    unit: str
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsal found."""

    records: tuple[TaskRecord, ...]
    sent: tuple[Sent, ...]
    lost: tuple[Unreachable, ...]

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return len(self.records)

    @property
    def digests(self) -> int:
        """How many mails went."""
        return len({line.message for line in self.sent})

    @property
    def contacts(self) -> int:
        """How many people got at least one."""
        return len({line.address for line in self.sent})

    @property
    def unreachable(self) -> tuple[str, ...]:
        """The units and groups at which there is nobody to tell."""
        return tuple(sorted({line.unit for line in self.lost}))

    @property
    def review(self) -> tuple[str, ...]:
        """The tasks, as plan/ref, whose time a person has to read."""
        return tuple(f"{task.plan}/{task.ref}" for task in self.records if task.timing_state == "review")


def by_mail(found: Rehearsal, *, after: datetime | None = None) -> list[list[Sent]]:
    """Return the reminders, or those sent at or after an instant, grouped by mail."""
    mails: dict[int, list[Sent]] = {}
    for line in found.sent:
        if after is None or line.sent_at >= after:
            mails.setdefault(line.message, []).append(line)
    return list(mails.values())


def units_of(lines: Iterable[Sent]) -> list[str]:
    """Return the units for which a mail's contact is told, each once, in the order of the tasks."""
    return list(dict.fromkeys(unit for line in lines for unit in line.units))


_WHAT = (reminders.c.task_id, reminders.c.checkpoint, reminders.c.kind, reminders.c.nominal)
_SENT = (
    select(messages.c.id, reminders.c.units, reminders.c.role, *_WHAT)
    .join_from(reminders, messages)
    .join(task_table, task_table.c.id == reminders.c.task_id)
    .join(plans)
    .where(reminders.c.state == "sent", messages.c.state == "accepted")
    .order_by(messages.c.slot, messages.c.address, plans.c.id, task_table.c.position, reminders.c.at)
)
_MAILS = select(
    messages.c.id, messages.c.slot, messages.c.address, messages.c.name, messages.c.message_id
).where(messages.c.state == "accepted")
_LOST = (
    select(reminders.c.contact, reminders.c.at, *_WHAT)
    .where(reminders.c.state == "unreachable")
    .order_by(reminders.c.contact, reminders.c.at, reminders.c.task_id)
)


def read(engine: Engine, zone: ZoneInfo) -> Rehearsal:
    """Return what a rehearsal left in its ledger, in order of slot, address and the documents; local times."""
    with engine.begin() as db:
        everything = tasks.tasks_of(db)
        by_id = {task.id: task for task in everything}
        told = set(db.execute(select(reminders.c.task_id).distinct()).scalars())
        by_id |= tasks.tasks_by_id(db, told - by_id.keys())  # of plans that are no longer listed
        checkpoints: dict[tuple[int, str], Checkpoint] = {}
        mails = {
            id_: Mail(
                id=id_, sent_at=slot.astimezone(zone), address=address, name=name, message_id=message_id
            )
            for id_, slot, address, name, message_id in _rows(db, _MAILS)
        }
        named: dict[tuple[str, ...], tuple[str, ...]] = {}

        def checkpoint(task: int, key: str, kind: str, nominal: date) -> Checkpoint:
            if (known := checkpoints.get((task, key))) is None:
                known = Checkpoint(task=by_id[task], key=key, kind=kind, nominal=nominal)
                checkpoints[task, key] = known
            return known

        sent = tuple(
            Sent(
                mail=mails[mail],
                checkpoint=checkpoint(*what),
                units=named.setdefault(tuple(units), tuple(units)),
                role=role,
            )
            for mail, units, role, *what in _rows(db, _SENT)
        )
        lost = tuple(
            Unreachable(
                at=at.astimezone(zone), unit=contact.removeprefix("unit:"), checkpoint=checkpoint(*what)
            )
            for contact, at, *what in _rows(db, _LOST)
        )
    return Rehearsal(records=tuple(everything), sent=sent, lost=lost)


def _rows(db: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from db.execute(query.execution_options(yield_per=_AT_ONCE))


def write_reminders(found: Rehearsal, path: Path) -> None:
    """Write one row a reminder: sent_at (local), contact, unit, task, kind, nominal_day; safe for spreadsheets."""
    many = len({line.plan for line in found.sent}) > 1
    rows = (
        [
            line.sent_at.isoformat(),
            line.address,
            "、".join(line.units),
            f"{line.plan}/{line.task}" if many else line.task,
            line.kind,
            str(line.nominal),
        ]
        for line in found.sent
    )
    write_csv(path, ["sent_at", "contact", "unit", "task", "kind", "nominal_day"], rows)
