"""Rehearsal: the very same passes on a simulated clock that jumps from one moment to the next."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from notifier.app import App
from notifier.database import Server
from notifier.errors import NotifierError, UsageError
from notifier.ledger import engine as ledger
from notifier.ledger import tasks
from notifier.ledger.completions import WHOLE_TASK, Completion, add_completion
from notifier.ledger.event_days import set_day
from notifier.mail.maildir import AT_ONCE, MaildirTransport
from notifier.mail.transport import Outgoing, Result, Transport
from notifier.passes.carrying import carry_over
from notifier.passes.plan import context_of, rule_of
from notifier.passes.sampling import Sampling
from notifier.rehearsal.found import Rehearsal, Sent, by_mail, read, units_of, write_reminders
from notifier.timing.checkpoint import Kind
from notifier.timing.outline import is_ongoing, milestones, recurrence
from notifier.timing.stream import between

__all__ = [
    "Nowhere",
    "Rehearsal",
    "Sent",
    "by_mail",
    "day_start",
    "fresh_folder",
    "rehearse",
    "units_of",
    "write_reminders",
]

_TICK = timedelta(microseconds=1)
_TAKEN = Result(state="accepted", scope="message", reply="250 rehearsed")


class Nowhere:
    """A transport that takes every mail and keeps none but those that `wanted` asks for, in `kept`.

    Without `wanted` it looks into no mail at all.
    """

    def __init__(self, wanted: Callable[[Outgoing], bool] | None = None) -> None:
        self.kept: list[Outgoing] = []
        self.count = 0
        self._wanted = wanted

    @property
    def looks(self) -> bool:
        """Whether it matters to anybody what the mails say."""
        return self._wanted is not None

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Take the mails."""
        source = iter(mails)
        while some := list(islice(source, AT_ONCE)):
            with together() if together is not None else nullcontext():
                for mail in some:
                    if stop():
                        return None
                    begin(mail)
                    self.count += 1
                    if self._wanted is not None and self._wanted(mail):
                        self.kept.append(mail)
                    record(mail, _TAKEN)
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
    rehearsal goes on from a copy of that ledger instead of a first import. `enough` ends it early. Where the
    transport doesn't look into mails, no more of them are made than `Sampling` says.
    """
    clock = _Clock(start)
    engine = ledger.in_memory(start, copy_of=copy_of)
    try:
        is_read = not isinstance(transport, Nowhere) or transport.looks
        sampling = None if is_read else Sampling()
        passes = app.passes(engine, transport, clock=clock, rehearsed=True, sampling=sampling)
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
        return read(engine, app.config.zone)
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
        add_completion(db, completion)
        if completion.scope == WHOLE_TASK:
            tasks.change_task(db, completion.task_id, state="done", next_at=None)


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
