"""The plan pass: what is owed becomes reminders, and the reminders of one contact and slot one message."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, Engine

from notifier.collector import collector_at_rest
from notifier.ledger import bundling, reminders, tasks
from notifier.ledger.event_days import event_days
from notifier.ledger.suspended import silences_of
from notifier.ledger.tasks import DueTask, TaskRecord, Times
from notifier.ledger.upsert import Shared
from notifier.passes.book import units_from_json
from notifier.passes.bundle import bundle
from notifier.passes.owed import Announced, Hearer, announced, hearers, silenced, told_by
from notifier.passes.setting import Setting
from notifier.people.directory import Listing
from notifier.people.roster import Recipient, recipients
from notifier.timing.context import Context
from notifier.timing.notation import parse
from notifier.timing.rule import Rule
from notifier.timing.stream import between, stream

log = logging.getLogger(__name__)

PAGE = 500
DUE_PAGE = 6_000  # the more in one transaction, the less often an index page is written; that takes 0.2 s
_MOST_ROWS = 7_500  # reminders in one transaction, but for those of a single task
_MOST_KEPT = 40_000  # recipients, or courses, that a pass remembers
_MOST_KEPT_ON = 200_000  # by passes that remember them from one to the next
_RETRY_BROKEN_TASK = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutcome:
    """What a plan pass did, and when the next one is needed."""

    planned: int
    messages: int
    next_at: datetime | None

    def with_more(self, messages: int, next_at: datetime | None) -> "PlanOutcome":
        """Return this with other messages that were queued, and another moment at which there will be."""
        moments = [moment for moment in (self.next_at, next_at) if moment is not None]
        return replace(self, messages=self.messages + messages, next_at=min(moments, default=None))


@lru_cache(maxsize=4096)
def rule_of(text: str) -> Rule:
    """Return the rule behind a line of notation."""
    return parse(text)


def dated(db: Connection, setting: Setting) -> Setting:
    """Return a setting with the days of events that the ledger has on record."""
    return setting.with_days(event_days(db))


def context_of(times: TaskRecord | Times, setting: Setting) -> Context:
    """Return what a task's rule needs to become dates."""
    return setting.context(
        issued=times.issued, imported=times.imported, until=times.until, completed=times.completed
    )


def recipients_of(task: TaskRecord | DueTask, setting: Setting, now: datetime) -> tuple[Recipient, ...]:
    """Return the people whom a task names, by the directory of the day."""
    reading, named = units_from_json(task.units)
    listing = setting.directory_at(now)
    return recipients(reading, listing, open_groups=setting.open_groups, named=named).recipients


def next_moment(rule: Rule, context: Context, after: datetime) -> datetime | None:
    """Return the first moment after an instant at which a rule has a checkpoint."""
    first = next(stream(rule, context, after), None)
    return None if first is None else first.at


def plan(
    engine: Engine,
    setting: Setting,
    domain: str,
    now: datetime,
    bundled: Callable[[Connection, datetime], object] = lambda _db, _now: None,
    people: "People | None" = None,
) -> PlanOutcome:
    """Plan all that fell due until `now`, then bundle; whatever a crash left half done, the next pass ends.

    Each page of tasks is one transaction: its reminders and its marks stand or fall together. So is each page of
    contacts, with all that waits for each of them. `bundled` is called in every transaction that makes messages, once
    they are made, and at least once. `people` are whom tasks name, as passes before this one found them.
    """
    planned = 0
    reckoning = _Reckoning(setting, now, people)
    while True:
        with engine.begin() as db:
            found = _plan_due(db, setting, reckoning)
        if found is None:
            break
        made, is_last, reckoning = found
        planned += made
        if is_last:
            break
    messages = bundle(engine, setting, domain, now, bundled)
    with engine.begin() as db:
        moments = [tasks.earliest_checkpoint(db), bundling.earliest_slot(db)]
    if planned or messages:
        log.info("Planned %d reminders, bundled %d messages", planned, messages, extra={"action": "planned"})
    return PlanOutcome(
        planned=planned, messages=messages, next_at=min((m for m in moments if m), default=None)
    )


@collector_at_rest()
def _plan_due(
    db: Connection, setting: Setting, reckoning: "_Reckoning"
) -> tuple[int, bool, "_Reckoning"] | None:
    """Plan a page of what is due; return how many reminders, whether it was the last page, and the reckoning for more.

    None when nothing was due.
    """
    page = tasks.due_tasks(db, reckoning.now, DUE_PAGE)
    if not page:
        return None
    # Asked for each page: ops may date an event between two, and the marks must not pass over it.
    reckoning = reckoning.under(dated(db, setting))
    taken, made = _plan_page(db, page, reckoning)
    return made, taken == len(page) < DUE_PAGE, reckoning


def plan_task(db: Connection, task_id: int, setting: Setting, now: datetime) -> None:
    """Plan what a task owes until `now`, if anything, and move its mark on."""
    _plan_page(db, tasks.due_tasks(db, now, 1, among=[task_id]), _Reckoning(setting, now))


People = dict[tuple[Listing, str], tuple[Hearer, ...]]
"""Whom units, as the ledger has them, stand for by a day's directory."""


@dataclass(frozen=True, slots=True)
class _Course:
    """What tasks with the same times owe by now, and the moment of the checkpoint after that."""

    owed: tuple[Announced, ...]
    next_at: datetime | None


class _Reckoning:
    """What tasks owe by `now`, and whom they name: worked out once for all that are alike."""

    def __init__(self, setting: Setting, now: datetime, people: People | None = None) -> None:
        self.setting, self.now = setting, now
        self._listing = setting.directory_at(now)
        self._courses: dict[Times, _Course] = {}
        self._people = {} if people is None else people
        self._kept = sum(map(len, self._people.values()))
        self._most = _MOST_KEPT if people is None else _MOST_KEPT_ON

    def under(self, setting: Setting) -> "_Reckoning":
        """Return this, or another where an event has another day by now."""
        if setting.recorded == self.setting.recorded:
            return self
        return _Reckoning(setting, self.now, self._people)

    def course(self, times: Times) -> _Course:
        """Return what tasks with these times owe from their mark until now, and the moment after that."""
        if (found := self._courses.get(times)) is None:
            rule, context = rule_of(times.rule), context_of(times, self.setting)
            owed = tuple(between(rule, context, times.planned_until, self.now))
            found = _Course(
                announced(owed, self.setting, self.now, slot=None), next_moment(rule, context, self.now)
            )
            self._keep(1)
            self._courses[times] = found
        return found

    def people(self, task: DueTask) -> tuple[Hearer, ...]:
        """Return the people whom a task names."""
        alike = self._listing, task.units_json
        if (found := self._people.get(alike)) is None:
            found = hearers(recipients_of(task, self.setting, self.now))
            self._keep(1 + len(found))
            self._people[alike] = found
        return found

    def _keep(self, more: int) -> None:
        self._kept += more
        if self._kept > self._most:
            self._courses.clear()
            self._people.clear()
            self._kept = more


def _plan_page(db: Connection, page: Sequence[DueTask], reckoning: _Reckoning) -> tuple[int, int]:
    """Plan tasks until they are many reminders; return how many tasks that were, and how many reminders."""
    setting, now = reckoning.setting, reckoning.now
    closed = silences_of(db, [task.id for task in page])
    rows: list[tuple[int, tuple[Shared, ...]]] = []
    marks: list[tuple[int, datetime, datetime | None]] = []
    courses: dict[int, _Course] = {}  # by the times' id: of tasks alike they are one object
    for task in page:
        times = task.times
        try:
            if (course := courses.get(id(times))) is None:
                course = courses[id(times)] = reckoning.course(times)
            if course.owed:
                silence = silenced(closed.get(task.id, ()), setting)
                told = told_by(course.owed, reckoning.people(task), silence, setting)
                rows += [(task.id, parts) for parts in told]
            marks.append((task.id, now, course.next_at))
        except Exception:
            # One task that always raises must not hold up the others.
            log.exception(
                "Task %s/%s can't be planned", times.plan, task.ref, extra={"action": "task_broken"}
            )
            marks.append((task.id, times.planned_until, now + _RETRY_BROKEN_TASK))
        if len(rows) >= _MOST_ROWS:
            break
    count = reminders.add_in_parts(db, rows)
    tasks.move_marks(db, marks)
    return len(marks), count
