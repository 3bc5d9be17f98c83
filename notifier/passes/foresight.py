"""Which reminders lie ahead, and how that differs between two settings.

Both sides are ledgers in memory, on one of which the daemon's own adopting has run; then, task by task, what waits is
counted, and what the plan pass's own steps make of the time ahead. Nothing is written meanwhile, so that much of it
needs neither room nor time. A reminder is told by its contact, task and kind, and by the day on which it goes; the hour
doesn't count.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine, select

from notifier.ledger import reminders as ledger
from notifier.ledger.bundling import wait_for_slot
from notifier.ledger.completions import Completion
from notifier.ledger.schema import reminders
from notifier.ledger.schema import tasks as task_table
from notifier.ledger.suspended import silences_of
from notifier.ledger.tasks import TaskRecord, listed_tasks, tasks_by_id
from notifier.passes.adopt import adopt
from notifier.passes.book import PlanEntry
from notifier.passes.owed import rows_for, silenced
from notifier.passes.plan import PAGE, context_of, dated, recipients_of, rule_of
from notifier.passes.readdress import readdress
from notifier.passes.replan import pages
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.timing.stream import between

log = logging.getLogger(__name__)

DAYS = 90  # that are looked ahead
_NOBODY = "unit:"  # before what has no contact
_TICK = timedelta(microseconds=1)

Days = dict[tuple[str, str], list[date]]  # of one task, by contact and kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reminder that is added (`was` is None), dropped (`day` is None) or moved to another day."""

    contact: str
    plan: str
    ref: str
    kind: str
    was: date | None
    day: date | None


@dataclass(slots=True)
class Tally:
    """How much lies ahead without a change, and how much of it is another with it."""

    before: int = 0
    added: int = 0
    dropped: int = 0
    moved: int = 0

    def count(self, one: Difference) -> None:
        """Count a difference."""
        self.added += one.was is None
        self.dropped += one.day is None
        self.moved += one.was is not None and one.day is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A ledger in memory as a setting finds it at `now`."""

    engine: Engine
    setting: Setting
    now: datetime
    moments: tuple[datetime, ...] = field(init=False)
    """The ends of the spans through which nobody's unit changes; the first is `now`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "moments", tuple(_moments(self.setting, self.now)))

    def days(self, ids: Sequence[int]) -> tuple[dict[int, TaskRecord], dict[int, Days]]:
        """Return some tasks, and when each of them reminds whom from now on."""
        with self.engine.begin() as db:
            found = tasks_by_id(db, ids)
            resting = listed_tasks(db, [task.id for task in found.values() if task.state == "suspended"])
            closed = silences_of(db, ids)
            told, days = self._on_record(db, ids)
        for task in found.values():
            if self._goes_on(task, task.id in resting, closed.get(task.id, ())):
                mine = days.setdefault(task.id, {})
                for reminder, day in self._told_of(task, closed.get(task.id, ()), told.get(task.id, set())):
                    mine.setdefault(reminder, []).append(day)
        return found, days

    def _goes_on(self, task: TaskRecord, is_resting: bool, closed: Sequence[Completion]) -> bool:
        """Tell whether a task is planned in the time ahead, or as one of a listed plan rests and wakes there."""
        end = self.moments[-1]
        if is_resting:
            return any(one.until is not None and one.until <= end for one in closed)
        return task.next_at is not None and task.next_at <= end

    def _on_record(
        self, db: Connection, ids: Sequence[int]
    ) -> tuple[dict[int, set[tuple[str, str]]], dict[int, Days]]:
        """Return the (checkpoint, contact) pairs that there are, and the days of those that wait, by task."""
        told: dict[int, set[tuple[str, str]]] = {}
        days: dict[int, Days] = {}
        query = select(
            *(reminders.c[name] for name in ("task_id", "checkpoint", "contact", "kind", "slot", "state"))
        )
        for row in db.execute(query.where(reminders.c.task_id.in_(ids), ledger.STANDS)):
            told.setdefault(row.task_id, set()).add((row.checkpoint, row.contact))
            if row.state == "planned":
                day = self.setting.policy.local_day(max(row.slot, self.now))
                days.setdefault(row.task_id, {}).setdefault((row.contact, row.kind), []).append(day)
        return told, days

    def _told_of(
        self, task: TaskRecord, closed: Sequence[Completion], told: set[tuple[str, str]]
    ) -> list[tuple[tuple[str, str], date]]:
        """Return what `_owed` yields; nothing of a task of which the plan pass can make nothing either."""
        try:
            return list(self._owed(task, closed, told))
        except Exception:
            log.exception("Task %s/%s can't be planned", task.plan, task.ref, extra={"action": "task_broken"})
            return []

    def _owed(
        self, task: TaskRecord, closed: Sequence[Completion], told: set[tuple[str, str]]
    ) -> Iterator[tuple[tuple[str, str], date]]:
        """Yield whom, with what kind, and on which day the plan pass would remind of a task."""
        setting = self.setting
        rule, context = rule_of(task.rule), context_of(task, setting)
        mark = task.planned_until
        wakes = {one.until for one in closed if one.until is not None and one.until < self.moments[-1]}
        # What is late at one of the ends isn't in truth: the daemon plans each on its day.
        far = replace(setting, catch_up=timedelta(days=DAYS + 1) + setting.catch_up)
        for moment in sorted({*self.moments, *wakes}):
            is_now = moment <= self.now
            # What falls due by the end of a suspension is left out with the rest of it.
            stands = [one for one in closed if one.until is None or one.until >= moment]
            silence = silenced(stands, setting)
            owed = list(between(rule, context, mark, moment))
            mark = max(mark, moment)
            if not owed:
                continue
            people = recipients_of(task, setting, moment)
            rows = rows_for(task, owed, people, silence, setting if is_now else far, moment, slot=moment)
            for row in rows:
                goes = row["state"] == "planned" or (row["state"] == "superseded" and not is_now)
                if not goes or row["contact"].startswith(_NOBODY):
                    continue
                if (row["checkpoint"], row["contact"]) not in told:
                    yield (row["contact"], row["kind"]), setting.policy.local_day(max(row["at"], self.now))


def as_it_stands(engine: Engine, setting: Setting, now: datetime) -> Side:
    """Return a ledger in memory, which this changes, as the daemon goes on with it."""
    with engine.begin() as db:
        setting = dated(db, setting)
        # As adopting does with what waits.
        wait_for_slot(db, now, next_slot(setting, now))
        readdress(db, setting, now)
    return Side(engine=engine, setting=setting, now=now)


def once_adopted(engine: Engine, setting: Setting, book: Sequence[PlanEntry], now: datetime) -> Side:
    """Return a ledger in memory, which this changes, once a book is adopted there."""
    adopt(engine, book, setting, now)
    with engine.begin() as db:
        setting = dated(db, setting)
    return Side(engine=engine, setting=setting, now=now)


def compare(old: Side, new: Side, found: Callable[[Difference], None] = lambda _one: None) -> Tally:
    """Count how the next 90 days differ, task by task, and hand over each difference; all tasks are in the new one."""
    tally = Tally()
    with new.engine.begin() as db:
        ids = list(db.execute(select(task_table.c.id).order_by(task_table.c.id)).scalars())
    for page in pages(ids, PAGE):
        before, was = old.days(page)
        after, is_now = new.days(page)
        for task in page:
            known = after.get(task) or before[task]
            mine = was.get(task, {})
            tally.before += sum(map(len, mine.values()))
            for one in _differences(known, mine, is_now.get(task, {})):
                tally.count(one)
                found(one)
    return tally


def _differences(task: TaskRecord, old: Days, new: Days) -> Iterator[Difference]:
    for contact, kind in sorted({**old, **new}):
        before, after = old.get((contact, kind), []), new.get((contact, kind), [])
        was, day = sorted(before), sorted(after)
        for same in before:
            if same in day:
                was.remove(same)
                day.remove(same)
        for number in range(max(len(was), len(day))):
            yield Difference(
                contact=contact,
                plan=task.plan,
                ref=task.ref,
                kind=kind,
                was=was[number] if number < len(was) else None,
                day=day[number] if number < len(day) else None,
            )


def _moments(setting: Setting, now: datetime) -> Iterator[datetime]:
    """Yield now, the last moment before each day on which a unit changes, and the end."""
    zone, today = setting.policy.zone, setting.policy.local_day(now)
    yield now
    for day in (today + timedelta(days=number) for number in range(1, DAYS)):
        if setting.directory.differs(day - timedelta(days=1), day):
            yield datetime.combine(day, time(), zone) - _TICK
    yield datetime.combine(today + timedelta(days=DAYS), time(), zone) - _TICK
