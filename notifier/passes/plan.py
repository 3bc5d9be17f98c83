"""The plan pass: what is owed becomes reminders, and the reminders of one contact and slot one message."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine

from notifier.ledger import reminders, tasks
from notifier.ledger.event_days import event_days
from notifier.ledger.suspended import silences_of
from notifier.ledger.tasks import Completion, DueTask, TaskRecord
from notifier.passes.book import units_from_json
from notifier.passes.bundle import bundle
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER, slot_for
from notifier.people.directory import Listing
from notifier.people.roster import Recipient, recipients
from notifier.people.synonyms import identity
from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.context import Context
from notifier.timing.notation import parse
from notifier.timing.rule import Rule
from notifier.timing.stream import between, stream

log = logging.getLogger(__name__)

PAGE = 500
DUE_PAGE = 4_000  # the more in one transaction, the less often an index page is written; that takes 0.3 s
_MOST_ROWS = 5_000  # reminders in one transaction, but for those of a single task
_MOST_KEPT = 20_000  # recipients, or courses, that a pass remembers
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


def context_of(task: TaskRecord | DueTask, setting: Setting) -> Context:
    """Return what a task's rule needs to become dates."""
    return setting.context(
        issued=task.issued, imported=task.imported, until=task.until, completed=task.completed
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
            page = tasks.due_tasks(db, now, DUE_PAGE)
            if not page:
                break
            # Asked for each page: ops may date an event between two, and the marks must not pass over it.
            reckoning = reckoning.under(dated(db, setting))
            taken, made = _plan_page(db, page, reckoning)
        planned += made
        if taken == len(page) < DUE_PAGE:
            break
    messages = bundle(engine, setting, domain, now, bundled)
    with engine.begin() as db:
        moments = [tasks.earliest_checkpoint(db), reminders.earliest_slot(db)]
    if planned or messages:
        log.info("Planned %d reminders, bundled %d messages", planned, messages, extra={"action": "planned"})
    return PlanOutcome(
        planned=planned, messages=messages, next_at=min((m for m in moments if m), default=None)
    )


def plan_task(db: Connection, task_id: int, setting: Setting, now: datetime) -> None:
    """Plan what a task owes until `now`, if anything, and move its mark on."""
    _plan_page(db, tasks.due_tasks(db, now, 1, among=[task_id]), _Reckoning(setting, now))


People = dict[tuple[Listing, str], tuple[Recipient, ...]]
"""Whom units, as the ledger has them, stand for by a day's directory."""


class _Reckoning:
    """What tasks owe by `now`, and whom they name: worked out once for all that are alike."""

    def __init__(self, setting: Setting, now: datetime, people: People | None = None) -> None:
        self.setting, self.now = setting, now
        self._listing = setting.directory_at(now)
        self._courses: dict[object, tuple[tuple[Checkpoint, ...], datetime | None]] = {}
        self._people = {} if people is None else people
        self._kept = sum(map(len, self._people.values()))
        self._most = _MOST_KEPT if people is None else _MOST_KEPT_ON

    def under(self, setting: Setting) -> "_Reckoning":
        """Return this, or another where an event has another day by now."""
        if setting.recorded == self.setting.recorded:
            return self
        return _Reckoning(setting, self.now, self._people)

    def course(self, task: DueTask) -> tuple[tuple[Checkpoint, ...], datetime | None]:
        """Return the checkpoints of a task from its mark until now, and the moment of the one after them."""
        alike = (task.rule, task.issued, task.until, task.imported, task.completed, task.planned_until)
        if (found := self._courses.get(alike)) is None:
            rule, context = rule_of(task.rule), context_of(task, self.setting)
            owed = tuple(between(rule, context, task.planned_until, self.now))
            found = owed, next_moment(rule, context, self.now)
            self._keep(1)
            self._courses[alike] = found
        return found

    def people(self, task: DueTask) -> tuple[Recipient, ...]:
        """Return the people whom a task names."""
        alike = self._listing, task.units_json
        if (found := self._people.get(alike)) is None:
            found = recipients_of(task, self.setting, self.now)
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
    rows: list[dict[str, Any]] = []
    marks: list[tuple[int, datetime, datetime | None]] = []
    for task in page:
        try:
            owed, next_at = reckoning.course(task)
            silence = silenced(closed.get(task.id, ()), setting)
            rows += rows_for(task, owed, reckoning.people(task), silence, setting, now, slot=None)
            marks.append((task.id, now, next_at))
        except Exception:
            # One task that always raises must not hold up the others.
            log.exception("Task %s/%s can't be planned", task.plan, task.ref, extra={"action": "task_broken"})
            marks.append((task.id, task.planned_until, now + _RETRY_BROKEN_TASK))
        if len(rows) >= _MOST_ROWS:
            break
    count = reminders.add_reminders(db, rows)
    tasks.move_marks(db, marks)
    return len(marks), count


Silence = Mapping[str | None, set[str]]


def same_unit(name: str, setting: Setting) -> str:
    """Return what is equal for all spellings of a unit, whichever the directory lists it under at the time.

    A successor isn't its predecessor: that the one had closed a task says nothing of the other's part.
    """
    return identity(setting.directory.on(date.min).canonical(name))


def silenced(completions: Iterable[Completion], setting: Setting) -> dict[str | None, set[str]]:
    """Return what was closed (the whole task, or occurrences) by `same_unit`; None stands for every unit."""
    scopes: dict[str | None, set[str]] = {}
    for completion in completions:
        unit = None if completion.unit is None else same_unit(completion.unit, setting)
        scopes.setdefault(unit, set()).add(completion.scope)
    return scopes


def still_told(units: Iterable[str], silence: Silence, occurrence: str, setting: Setting) -> tuple[str, ...]:
    """Return those of `units` that have not closed the task or this occurrence of it."""
    over = {tasks.WHOLE_TASK, occurrence}
    if silence.get(None, set()) & over:
        return ()
    if not silence:
        return tuple(units)
    return tuple(unit for unit in units if not silence.get(same_unit(unit, setting), set()) & over)


def hears(who: Recipient, kind: Kind) -> bool:
    """Tell whether a contact is told of this kind: leaders hear of what is overdue alone, as the escalation."""
    return who.contact_role != "leader" or kind is Kind.OVERDUE


def rows_for(
    task: TaskRecord | DueTask,
    owed: Sequence[Checkpoint],
    people: Sequence[Recipient],
    silence: Silence,
    setting: Setting,
    now: datetime,
    *,
    slot: datetime | None,
) -> list[dict[str, Any]]:
    """Return the reminder rows of a task's checkpoints for its people.

    Of several checkpoints of one date the newest is told and the others are folded into it; what is older
    than the catch-up cap is recorded as expired. Without `slot`, each goes in its own, or late.
    """
    cap = max(setting.catch_up, LATE_AFTER)  # with no catch-up at all, what is in time still goes
    newest: dict[tuple[Kind, Any], Checkpoint] = {}
    for checkpoint in owed:
        newest[checkpoint.family, checkpoint.nominal] = checkpoint
    rows = []
    for checkpoint in owed:
        last = newest[checkpoint.family, checkpoint.nominal]
        occurrence = f"{checkpoint.family}@{checkpoint.nominal}"
        for who in people:
            if not hears(who, checkpoint.kind):
                continue
            units = still_told(who.units, silence, occurrence, setting)
            if not units:
                continue
            if now - last.at >= cap:
                state, reason = "expired", f"older than the catch-up cap of {setting.catch_up.days} days"
            elif checkpoint is not last:
                state, reason = "superseded", f"{reminders.FOLDED}{last.key}"
            elif who.address is None:
                state, reason = "unreachable", "no contact"
            else:
                state, reason = "planned", None
            rows.append(
                {
                    "task_id": task.id,
                    "checkpoint": checkpoint.key,
                    "contact": who.key,
                    "kind": checkpoint.kind.value,
                    "family": checkpoint.family.value,
                    "nominal": checkpoint.nominal,
                    "day": checkpoint.day,
                    "label": checkpoint.label,
                    "provisional": checkpoint.provisional,
                    "at": checkpoint.at,
                    "slot": slot or slot_for(setting, checkpoint.at, now),
                    "units": list(units),
                    "role": who.role.value,
                    "copied": who.contact_role != "primary",
                    "state": state,
                    "reason": reason,
                }
            )
    return rows
