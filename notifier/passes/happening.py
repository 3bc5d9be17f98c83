"""Events that happened: the day from which deadlines count, typed by ops, wins over config.toml."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from difflib import get_close_matches

from sqlalchemy import Connection, Engine

from notifier.config.values import FIRST_DAY, LAST_DAY
from notifier.errors import NotationError, UsageError
from notifier.ledger import tasks
from notifier.ledger.event_days import event_days, forget_day, set_day
from notifier.ledger.log import record_event
from notifier.ledger.tasks import TaskRecord
from notifier.passes.plan import PAGE, context_of, dated, rule_of
from notifier.passes.replan import pages, replan
from notifier.passes.setting import Setting
from notifier.timing.outline import events_named, timing_state

_PREFIX = "event:"  # as rules and reasons write it


def happened(
    engine: Engine, name: str, day: date | None, setting: Setting, now: datetime, *, by: str
) -> list[TaskRecord]:
    """Record the day of an event (None: take it back) and re-plan the tasks that count from it; return those.

    Raises UsageError when no task counts from such an event, there is nothing to take back, or the day lies outside
    of the calendar.
    """
    name = name.strip().removeprefix(_PREFIX)
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(f"{day} is none of the days from {FIRST_DAY} to {LAST_DAY}")
    with engine.begin() as db:
        counting = _counting(db)
        if day is None:
            if not forget_day(db, name):
                known = "、".join(event_days(db)) or "none"
                raise UsageError(f"{name!r} has no day on record; on record: {known}")
        elif name not in counting:
            near = get_close_matches(name, counting, n=3) or sorted(counting)
            raise UsageError(f"no task counts from {name!r}; the tasks name {'、'.join(near) or 'no event'}")
        else:
            set_day(db, name, day, by=by, at=now)
        record_event(
            db,
            at=now,
            by=by,
            action="event_dated" if day else "event_undated",
            detail=f"{name} {day or ''}".strip(),
        )
        found = counting.get(name, [])
        _look_anew(db, [task for task in found if counts_from(task, name)], dated(db, setting), now)
    return found


def _counting(db: Connection) -> dict[str, list[TaskRecord]]:
    """Return the tasks by the events that their rules count from, or did before an extension."""
    found: dict[str, list[TaskRecord]] = {}
    for task in tasks.tasks_of(db):
        for name in dict.fromkeys((*_named(task.rule), *_named(task.document_rule))):
            found.setdefault(name, []).append(task)
    return found


def counts_from(task: TaskRecord, name: str) -> bool:
    """Tell whether a task's rule counts from an event: one that is extended may do so no longer."""
    return name.strip().removeprefix(_PREFIX) in _named(task.rule)


def _named(rule: str | None) -> Collection[str]:
    try:
        return () if rule is None else events_named(rule_of(rule))
    except NotationError:
        return ()


def _look_anew(db: Connection, counting: Sequence[TaskRecord], setting: Setting, now: datetime) -> None:
    alike: dict[tuple[str, str | None], list[int]] = {}
    for task in counting:
        alike.setdefault(timing_state(rule_of(task.rule), context_of(task, setting)), []).append(task.id)
    for (timing, why), ids in alike.items():
        for page in pages(ids, PAGE):
            tasks.change_tasks(db, page, timing_state=timing, why=why)
    replan(db, (task.id for task in counting), setting, now)
