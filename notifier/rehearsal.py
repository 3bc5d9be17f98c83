"""Rehearsal: the very same passes on a simulated clock that jumps from one moment to the next."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from notifier.app import App
from notifier.database import Server
from notifier.errors import NotifierError, UsageError
from notifier.ledger import engine as ledger
from notifier.ledger import tasks
from notifier.ledger.event_days import set_day
from notifier.ledger.schema import messages, plans, reminders
from notifier.ledger.schema import tasks as task_table
from notifier.ledger.tasks import WHOLE_TASK, Completion
from notifier.mail.maildir import MaildirTransport
from notifier.mail.transport import Outgoing, Result, Transport
from notifier.passes.carrying import carry_over
from notifier.passes.plan import context_of, rule_of
from notifier.spreadsheet import write_csv
from notifier.timing.checkpoint import Kind
from notifier.timing.outline import is_ongoing, milestones, recurrence
from notifier.timing.stream import between

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One reminder of one mail that went out."""

    sent_at: datetime
    address: str
    name: str
    units: tuple[str, ...]
    plan: str
    task: str
    text: str
    kind: str
    nominal: date
    message: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsal found."""

    tasks: int
    sent: tuple[Sent, ...]
    unreachable: tuple[str, ...]
    review: tuple[str, ...]

    @property
    def digests(self) -> int:
        """How many mails went."""
        return len({line.message for line in self.sent})

    @property
    def contacts(self) -> int:
        """How many people got at least one."""
        return len({line.address for line in self.sent})


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


class Nowhere:
    """A transport that takes every mail and keeps none but those that `wanted` asks for, in `kept`."""

    def __init__(self, wanted: Callable[[Outgoing], bool] = lambda _mail: False) -> None:
        self.kept: list[Outgoing] = []
        self.count = 0
        self._wanted = wanted

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,  # noqa: ARG002
    ) -> Result | None:
        """Take the mails."""
        for mail in mails:
            if stop():
                break
            begin(mail)
            self.count += 1
            if self._wanted(mail):
                self.kept.append(mail)
            record(mail, Result(state="accepted", scope="message", reply="250 rehearsed"))
        return None

    def check(self) -> list[str]:
        """Return one line: nothing leaves."""
        return ["nothing leaves"]

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def day_start(app: App, day: date) -> datetime:
    """Return the instant at which a day begins where the office is."""
    return datetime.combine(day, time(), app.config.zone).astimezone(UTC)


def rehearse(
    app: App,
    start: datetime,
    end: datetime,
    transport: Transport,
    *,
    all_done: bool = False,
    copy_of: Path | Server | None = None,
    enough: Callable[[], bool] = lambda: False,
    progress: Callable[[datetime, int], None] = lambda _now, _mails: None,
) -> Rehearsal:
    """Run the passes from `start` to `end`, both included, over a ledger in memory; real ledgers aren't touched.

    With `all_done`, every task is closed on its due date, at the hour when its day ends. With `copy_of`, the
    rehearsal goes on from a copy of that ledger instead of a first import. `enough` ends it early.
    """
    clock = _Clock(start)
    engine = ledger.in_memory(start, copy_of=copy_of)
    try:
        passes = app.passes(engine, transport, clock=clock, rehearsed=True)
        with engine.begin() as db:
            for name, day in app.setting.recorded.items():
                set_day(db, name, day, by="rehearsal", at=start)
        passes.adopt(start)
        if copy_of is None:
            _carry_over(app, engine, start)
        closings = list(_closings(app, engine, start, end)) if all_done else []
        mails = 0
        while clock.now <= end and not enough():
            while closings and closings[0].at <= clock.now:
                _close(engine, closings.pop(0))
            planned = passes.plan(clock.now)
            sent = passes.send()
            if sent.fault is not None:
                raise NotifierError(f"the rehearsal's mails can't be written: {sent.fault}")
            mails += sent.tried
            progress(clock.now, mails)
            moments = [moment for moment in (planned.next_at, sent.next_at) if moment is not None]
            moments += [closing.at for closing in closings[:1]]
            if not moments:
                break
            clock.now = max(min(moments), clock.now + _TICK)
        return _found(app, engine)
    finally:
        engine.dispose()


def _carry_over(app: App, engine: Engine, start: datetime) -> None:
    """Let what is suspended or extended by now be so in the rehearsal of a first import, too."""
    if (known := app.existing_ledger()) is not None:
        carry_over(known, engine, app.setting, start)
        known.dispose()


def _closings(app: App, engine: Engine, start: datetime, end: datetime) -> Iterator[Completion]:
    """Yield, in order of time, what is closed on its due date: occurrences, then the task with its last one."""
    found: list[Completion] = []
    with engine.begin() as db:
        everything = tasks.tasks_of(db)
    for task in everything:
        rule, context = rule_of(task.rule), context_of(task, app.setting)
        dues = {cp.nominal: cp.day for cp in between(rule, context, start, end) if cp.family is Kind.DUE}
        final = None
        if not is_ongoing(rule) and recurrence(rule, context) is None:
            final = max(
                (stone.day for stone in milestones(rule, context) if stone.kind is Kind.DUE), default=None
            )
        for nominal, day in sorted(dues.items()):
            scope = WHOLE_TASK if nominal == final else f"{Kind.DUE}@{nominal}"
            at = app.setting.policy.close_instant(day)
            found.append(Completion(task_id=task.id, unit=None, scope=scope, by="rehearsal", at=at))
    yield from sorted(found, key=lambda completion: completion.at)


def _close(engine: Engine, completion: Completion) -> None:
    with engine.begin() as db:
        tasks.add_completion(db, completion)
        if completion.scope == WHOLE_TASK:
            tasks.change_task(db, completion.task_id, state="done", next_at=None)


def _found(app: App, engine: Engine) -> Rehearsal:
    query = (
        select(
            messages.c.slot,
            messages.c.address,
            messages.c.name,
            messages.c.id.label("message"),
            messages.c.message_id,
            reminders.c.units,
            reminders.c.kind,
            reminders.c.nominal,
            plans.c.key.label("plan"),
            task_table.c.ref,
            task_table.c.text,
        )
        .join_from(reminders, messages)
        .join(task_table, task_table.c.id == reminders.c.task_id)
        .join(plans)
        .where(reminders.c.state == "sent", messages.c.state == "accepted")
        .order_by(messages.c.slot, messages.c.address, plans.c.id, task_table.c.position, reminders.c.at)
    )
    with engine.begin() as db:
        sent = tuple(
            Sent(
                sent_at=row.slot.astimezone(app.config.zone),
                address=row.address,
                name=row.name,
                units=tuple(row.units),
                plan=row.plan,
                task=row.ref,
                text=row.text,
                kind=row.kind,
                nominal=row.nominal,
                message=row.message,
                message_id=row.message_id,
            )
            for row in db.execute(query)
        )
        lost = select(reminders.c.contact).where(reminders.c.state == "unreachable").distinct()
        unreachable = tuple(sorted(name.removeprefix("unit:") for name in db.execute(lost).scalars()))
        everything = tasks.tasks_of(db)
    review = tuple(f"{task.plan}/{task.ref}" for task in everything if task.timing_state == "review")
    return Rehearsal(tasks=len(everything), sent=sent, unreachable=unreachable, review=review)


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


def fresh_folder(out: Path, app: App) -> MaildirTransport:
    """Empty what an earlier rehearsal left in `out` and return a Maildir in it. Other files are left alone.

    UsageError when `out` holds mail or pages that no rehearsal wrote: nothing of anybody else's is removed.
    """
    mail, mark = out / "mail", out / "reminders.csv"
    files = [
        entry for sub in ("new", "cur", "tmp") if (mail / sub).is_dir() for entry in os.scandir(mail / sub)
    ]
    mine = mark.is_file() and mail.resolve() != app.config.resolve(app.config.delivery.maildir).resolve()
    if not mine and (files or (out / "index.html").exists()):
        raise UsageError(f"{out} holds what no rehearsal wrote: name a folder of its own with --out")
    out.mkdir(parents=True, exist_ok=True)
    mark.write_bytes(
        b""
    )  # from here on the folder is known as a rehearsal's, even if this one is interrupted
    for entry in files:
        if entry.is_file(follow_symlinks=False):
            os.unlink(entry.path)
    transport = MaildirTransport(mail, durable=False)
    transport.check()
    return transport
