"""Closing tasks: for all or for one unit, the whole or one report, and taking it back."""

from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from sqlalchemy import Connection, Engine

from notifier.config.values import LAST_DAY
from notifier.errors import NotationError, UsageError
from notifier.ledger import completions, reminders, suspended, tasks
from notifier.ledger.completions import WHOLE_TASK, Completion, completions_of
from notifier.ledger.log import record_event
from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import units_from_json
from notifier.passes.notices import PASSED, SUSPENDED, closed_by
from notifier.passes.owed import same_unit
from notifier.passes.plan import context_of, next_moment, recipients_of, rule_of
from notifier.passes.replan import replan, untold
from notifier.passes.setting import Setting
from notifier.timing.checkpoint import Kind
from notifier.timing.notation import parse
from notifier.timing.outline import milestones
from notifier.timing.rule import Due, Then
from notifier.timing.stream import between


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closing did: the scope that is silent now."""

    task: TaskRecord
    scope: str
    units: tuple[str, ...]


def find_task(engine: Engine, name: str, *, vanished: bool = False) -> TaskRecord:
    """Return the task that ops mean by `7` or `plan/7`; UsageError when there is none, or more than one.

    With `vanished`, one that is no longer in its document is found where no other has the name.
    """
    plan, _, ref = name.strip().rpartition("/")
    with engine.begin() as db:
        known = tasks.tasks_of(db)
    everything = [task for task in known if task.state != "vanished"]
    if vanished and not any(task.ref == ref and plan in ("", task.plan) for task in everything):
        everything = known
    plans = dict.fromkeys(task.plan for task in everything)
    if plan and plan not in plans:
        raise UsageError(f"no plan {plan}; there is {', '.join(plans) or 'none'}")
    found = [task for task in everything if task.ref == ref and plan in ("", task.plan)]
    if not found:
        near = get_close_matches(name.strip(), [f"{task.plan}/{task.ref}" for task in everything], n=3)
        near = near or get_close_matches(ref, dict.fromkeys(task.ref for task in everything), n=3)
        told = f"near it: {', '.join(near)}; " if near else ""
        raise UsageError(f"no task {name}; {told}`notifier tasks` lists them")
    if len(found) > 1:
        raise UsageError(
            f"{name} is in several plans: write {' or '.join(f'{t.plan}/{t.ref}' for t in found)}"
        )
    return found[0]


def close(
    engine: Engine,
    name: str,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    unit: str | None,
    report: str | None,
) -> Closed:
    """Record that a task is closed, or with `report` that the report of a period was received.

    With `unit`, only that unit falls silent. What waits unsent is withdrawn when its message is judged.
    """
    task = find_task(engine, name)
    unit = None if unit is None else unit_of(task, unit, setting, now)
    scope = WHOLE_TASK if report is None else _occurrence(task, report, setting)
    rule = rule_of(task.rule)
    day = now.astimezone(setting.policy.zone).date()
    values: dict[str, object] = {}
    if scope == WHOLE_TASK and isinstance(rule, Then) and task.completed is None:
        # The first part is closed; what follows it goes on, from today.
        stones = [
            stone for stone in milestones(rule.first, context_of(task, setting)) if stone.kind is Kind.DUE
        ]
        if stones:
            scope = f"{Kind.DUE}@{stones[-1].day}"
            values = {"completed": day} if unit is None else {}
    with engine.begin() as db:
        done = completions_of(db, [task.id]).get(task.id, [])
        if any(other.scope in (scope, WHOLE_TASK) and covers(other.unit, unit, setting) for other in done):
            raise UsageError(f"{name} is closed already")
        completion = Completion(task_id=task.id, unit=unit, scope=scope, by=by, at=now)
        completions.add_completion(db, completion)
        if scope == WHOLE_TASK and unit is None:
            values = {"state": "done", "next_at": None}
            suspended.end_all(db, task.id, now, by)
            reminders.withdraw_unsent(db, task.id, closed_by([completion]))
        if values:
            tasks.change_task(db, task.id, **values)
        if "completed" in values:
            # What follows may already owe something today.
            replan(db, [task.id], setting, now)
        record_event(
            db, at=now, by=by, action="closed", detail=f"{task.plan}/{task.ref} {scope} {unit or 'all units'}"
        )
    return Closed(task=task, scope=scope, units=() if unit is None else (unit,))


def reopen(
    engine: Engine,
    name: str,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    unit: str | None,
    report: str | None = None,
) -> TaskRecord:
    """Take back that a task was closed, or with `report` that the report of a period was received.

    Planning goes on from `now`; what was missed meanwhile isn't made up.
    """
    task = find_task(engine, name)
    unit = None if unit is None else unit_of(task, unit, setting, now)
    scope = None if report is None else _occurrence(task, report, setting)
    with engine.begin() as db:
        done = completions_of(db, [task.id]).get(task.id, [])
        spelled = {other.unit for other in done if other.unit and covers(other.unit, unit, setting)}
        if not completions.reopen(db, task.id, None if unit is None else spelled, scope, now):
            raise UsageError(f"{name} isn't closed{f' for {unit} alone' if unit else ''}")
        values: dict[str, object] = {}
        mark = max(now, task.imported)  # a clock that was ahead may have seen it first
        if unit is None and scope is None:
            values["completed"] = None
            if task.completed is not None:
                values["planned_until"] = mark
        if task.state == "done" and unit is None and scope is None:
            values |= {"state": "open", "planned_until": mark}
        if values:
            tasks.change_task(db, task.id, **values)
        _go_on(db, tasks.tasks_by_id(db, [task.id])[task.id], setting, now)
        record_event(
            db,
            at=now,
            by=by,
            action="reopened",
            detail=f"{task.plan}/{task.ref} {scope or ''} {unit or 'all units'}",
        )
    return task


def _go_on(db: Connection, task: TaskRecord, setting: Setting, now: datetime) -> None:
    """Look anew for a task's next checkpoint.

    What waited unsent when the task was closed is owed again; what fell due since then is recorded as expired.
    """
    if task.state != "open":
        return
    rule, context, mark = rule_of(task.rule), context_of(task, setting), task.planned_until
    passed = list(between(rule, context, max(task.imported, mark - setting.catch_up), min(mark, now)))
    rows = untold(db, [(task, passed)], setting, now)
    rested = reminders.withdrawn_of(db, task.id, SUSPENDED) - reminders.withdrawn_of(db, task.id, "closed")
    waited = reminders.withdrawn_of(db, task.id) - rested
    rests = suspended.suspensions_of(db, task.id)
    for row in rows:
        which = row["checkpoint"], row["contact"]
        if which not in waited:
            was_resting = which in rested or any(
                one.at < row["at"] <= (one.ended or now)
                and (one.unit is None or all(covers(one.unit, unit, setting) for unit in row["units"]))
                for one in rests
            )
            row |= {"state": "expired", "reason": PASSED if was_resting else "the task was closed then"}
    reminders.add_reminders(db, rows)
    tasks.move_marks(db, [(task.id, mark, next_moment(rule, context, mark))])


def covers(closed: str | None, unit: str | None, setting: Setting) -> bool:
    """Tell whether what was closed for one unit (None: all) was closed for another, however each is spelled."""
    return closed is None or (unit is not None and same_unit(closed, setting) == same_unit(unit, setting))


def unit_of(task: TaskRecord, name: str, setting: Setting, now: datetime) -> str:
    """Return the unit of a task that ops mean, as the directory has it; UsageError when none of it is told so."""
    units = {unit for who in recipients_of(task, setting, now) for unit in who.units}
    wanted = setting.directory_at(now).canonical(name)
    if wanted not in units:
        reading, _ = units_from_json(task.units)
        near = get_close_matches(wanted, units, n=3)
        told = f"near it: {'、'.join(near)}" if near else "、".join(unit.name for unit in reading.units)
        raise UsageError(f"{name} is not told of task {task.ref} ({told})")
    return wanted


def refuse_too_far(day: date) -> None:
    """Raise UsageError for a day that no calendar of ours reaches."""
    if day > LAST_DAY:
        raise UsageError(f"{day} is too far ahead: days end with {LAST_DAY}")


def _occurrence(task: TaskRecord, period: str, setting: Setting) -> str:
    """Return the report (or recurring due) of a period such as 2017-Q4 or 2017-12, as `report@2017-12-31`."""
    try:
        rule = parse(f"due {period}")
    except NotationError as error:
        raise UsageError(f"{period!r} is no period such as 2017-Q4 or 2017-12: {error}") from None
    context = context_of(task, setting)
    bounds = (
        rule.day.period.bounds(context) if isinstance(rule, Due) and hasattr(rule.day, "period") else None
    )
    if bounds is None:
        raise UsageError(f"{period!r} is no period such as 2017-Q4 or 2017-12")
    # Notices of an occurrence lie around its nominal day: look a little wider than the period itself.
    first = setting.policy.notice_instant(setting.calendar.add(bounds[0], -15))
    last = setting.policy.notice_instant(setting.calendar.add(bounds[1], 15))
    found = {
        f"{cp.family}@{cp.nominal}"
        for cp in between(rule_of(task.rule), context, first, last)
        if cp.kind in (Kind.REPORT, Kind.DUE) and bounds[0] <= cp.nominal <= bounds[1]
    }
    if len(found) != 1:
        what = "no report" if not found else f"{len(found)} reports: name a shorter period"
        raise UsageError(f"task {task.ref} has {what} in {period}")
    return found.pop()
