"""Suspending tasks, for all or for one unit, and going on with them: nothing of the time between is made up."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from notifier.errors import NotationError, UsageError
from notifier.ledger import reminders, suspended, tasks
from notifier.ledger.log import record_event
from notifier.ledger.suspended import Suspended
from notifier.ledger.tasks import TaskRecord
from notifier.passes.closing import covers, find_task, refuse_too_far, unit_of
from notifier.passes.notices import PASSED, SUSPENDED, closed_by
from notifier.passes.owed import silenced, still_told
from notifier.passes.plan import context_of, dated, next_moment, plan_task, rule_of
from notifier.passes.replan import untold
from notifier.passes.setting import Setting
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.stream import between

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspending:
    """What suspending did."""

    task: TaskRecord
    unit: str | None
    withdrawn: int  # reminders that waited unsent


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What going on did."""

    task: TaskRecord
    passed: int  # reminders that fell due meanwhile, and aren't made up
    next_at: datetime | None


def suspend(
    engine: Engine,
    name: str,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    unit: str | None = None,
    until: date | None = None,
    note: str = "",
) -> Suspending:
    """Record that nobody, or with `unit` not that unit, is told of a task; withdraw what waits unsent.

    With `until`, it goes on by itself at the start of that day, of the office's calendar.
    """
    task = find_task(engine, name)
    unit = None if unit is None else unit_of(task, unit, setting, now)
    if until is not None:
        if until <= setting.policy.local_day(now):
            raise UsageError(f"{until} is no day ahead on which {name} could go on")
        refuse_too_far(until)
    end = None if until is None else datetime.combine(until, time(), setting.policy.zone)
    with engine.begin() as db:
        setting = dated(db, setting)
        task = tasks.tasks_by_id(db, [task.id])[task.id]
        if task.state == "done":
            raise UsageError(f"{name} is closed: there is nothing to suspend")
        standing = suspended.suspended(db, [task.id]).get(task.id, [])
        if any(covers(one.unit, unit, setting) for one in standing):
            raise UsageError(f"{name} is suspended already; `notifier resume` ends that")
        plan_task(db, task.id, setting, now)  # what fell due before is on record as that
        withdrawn = rest(db, task, setting, now, by=by, unit=unit, until=end, note=note)
    return Suspending(task=task, unit=unit, withdrawn=withdrawn)


def rest(
    db: Connection,
    task: TaskRecord,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    unit: str | None,
    until: datetime | None,
    note: str,
) -> int:
    """Let an open task rest in the transaction of `db`; return how many reminders that withdrew."""
    if unit is None:  # all takes in each
        suspended.end_all(db, task.id, now, by)
    suspended.add_suspension(db, task.id, unit=unit, by=by, at=now, until=until, note=note)
    withdrawn = _withdraw(db, task, setting)
    if unit is None:
        tasks.change_task(db, task.id, state="suspended", next_at=None)
    detail = f"{task.plan}/{task.ref} {unit or 'all units'}"
    detail += f" until {until.astimezone(setting.policy.zone).date()}" if until else ""
    detail += f": {note}" if note else ""
    record_event(db, at=now, by=by, action="task_suspended", detail=detail)
    return withdrawn


def _withdraw(db: Connection, task: TaskRecord, setting: Setting) -> int:
    """Withdraw what waits unsent for those who aren't told any more; of the others only the units are left out."""
    silences = suspended.silences_of(db, [task.id]).get(task.id, [])
    silence, gone = silenced(silences, setting), []
    for record in reminders.unsent_records(db, task.id):
        units = still_told(record.units, silence, record.occurrence, setting)
        if not units:
            gone.append(record.id)
        elif units != tuple(record.units):
            reminders.name_units(db, record.id, units)
    reminders.close_reminders(
        db, gone, "withdrawn", closed_by([each for each in silences if each.is_suspension])
    )
    return len(gone)


def resume(
    engine: Engine, name: str, setting: Setting, now: datetime, *, by: str, unit: str | None = None
) -> Resumed:
    """End a task's suspensions, or that of one unit: it is planned from `now` on.

    What fell due meanwhile is recorded as expired, and so is what was withdrawn unsent when it was suspended.
    """
    task = find_task(engine, name)
    unit = None if unit is None else unit_of(task, unit, setting, now)
    with engine.begin() as db:
        standing = suspended.suspended(db, [task.id]).get(task.id, [])
        ending = [
            one
            for one in standing
            if unit is None or (one.unit is not None and covers(one.unit, unit, setting))
        ]
        if not ending:
            whole = any(one.unit is None for one in standing)
            told = "is suspended for all units: resume it without --unit" if whole else "isn't suspended"
            raise UsageError(f"{name} {told}{'' if whole or unit is None else f' for {unit}'}")
        passed = _end(db, task.id, ending, dated(db, setting), now, by=by, at=now)
        after = tasks.tasks_by_id(db, [task.id])[task.id]
    return Resumed(task=after, passed=passed, next_at=after.next_at)


def resume_over(engine: Engine, setting: Setting, now: datetime) -> datetime | None:
    """End the suspensions whose end has come, each as of that moment; return when the next one ends."""
    with engine.begin() as db:
        first = suspended.earliest_end(db)
        if first is None or first > now:
            return first
        for task_id, some in suspended.over(db, now).items():
            try:
                with db.begin_nested():
                    for one in some:
                        if one.until is not None:
                            _end(db, task_id, [one], dated(db, setting), one.until, by="notifier", at=now)
            except DBAPIError:
                raise
            except Exception:
                # One task that always raises must not hold up the others.
                log.exception("Task %d can't go on", task_id, extra={"action": "task_broken"})
        return suspended.earliest_end(db, after=now)


def _end(
    db: Connection,
    task_id: int,
    ending: Sequence[Suspended],
    setting: Setting,
    then: datetime,
    *,
    by: str,
    at: datetime,
) -> int:
    """Let a task go on as of `then`; return how many reminders of the time between are left out."""
    suspended.end_suspensions(db, [one.id for one in ending], then, by)
    task = tasks.tasks_by_id(db, [task_id])[task_id]
    since = min(one.at for one in ending)
    passed: list[Checkpoint] = []
    following: datetime | None = (
        then  # a rule that can't be read: the plan pass says so, and goes on with the others
    )
    with suppress(NotationError):
        rule, context = rule_of(task.rule), context_of(task, setting)
        following = next_moment(rule, context, then)
        passed += between(rule, context, max(task.imported, since - setting.catch_up), then)
    if task.state == "suspended" and any(one.unit is None for one in ending):
        # A plan that is no longer listed plans nothing; should it return, its tasks go on from their marks.
        is_listed = task.id in tasks.listed_tasks(db, [task.id])
        tasks.change_task(db, task.id, state="open")
        tasks.move_marks(db, [(task.id, then, following if is_listed else None)])
    waited = reminders.withdrawn_of(db, task.id, SUSPENDED)
    rows = [
        row | {"state": "expired", "reason": PASSED}
        for row in untold(db, [(task, passed)], setting, then)
        if row["at"] > since or (row["checkpoint"], row["contact"]) in waited
    ]
    reminders.add_reminders(db, rows)
    for one in ending:
        detail = f"{task.plan}/{task.ref} {one.unit or 'all units'}"
        record_event(db, at=at, by=by, action="task_resumed", detail=detail)
    return len(rows)
