"""Extending tasks: a due day is moved, the original one is kept, and the leads run anew before the new one."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from sqlalchemy import Connection, Engine

from notifier.errors import UsageError
from notifier.ledger import reminders, tasks
from notifier.ledger.extended import Extension, add_extension, move_completions
from notifier.ledger.log import record_event
from notifier.ledger.suspended import suspended
from notifier.ledger.tasks import TaskRecord
from notifier.passes.closing import find_task, refuse_too_far
from notifier.passes.plan import context_of, dated, next_moment, plan_task, rule_of
from notifier.passes.replan import untold
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.moving import deadlines, with_deadline
from notifier.timing.outline import events_named
from notifier.timing.stream import between, stream

PAST = "past when the day was moved"
_LOOKED_THROUGH = 1000  # checkpoints of other parts of a rule, before the next one of the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What extending did."""

    task: TaskRecord
    original: date
    was: date
    day: date
    withdrawn: int  # reminders of the old day that waited unsent
    rests_until: datetime | None  # of a task that is suspended, where that ends by itself


def extend(
    engine: Engine,
    name: str,
    day: date,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    due: date | None = None,
    note: str = "",
) -> Extended:
    """Move the due day of a task, or the one named by `due` where it has several; return what was moved.

    What waits unsent for the old day is withdrawn. The new day is announced as if it had just been imported: its
    notices from `now` on are planned, whatever was sent for the old day; one that waited for the same moment goes
    in the next slot. UsageError when there is no such due day, or the new one can't be.
    """
    task = find_task(engine, name)
    if day < setting.policy.local_day(now):
        raise UsageError(f"{day} is past")
    refuse_too_far(day)
    with engine.begin() as db:
        setting = dated(db, setting)
        task = tasks.tasks_by_id(db, [task.id])[task.id]
        if task.state == "done":
            raise UsageError(f"{name} is closed: reopen it first")
        if task.next_at is not None and task.next_at <= now:
            plan_task(db, task.id, setting, now)  # what the old day and all else owe by now is on record
            task = tasks.tasks_by_id(db, [task.id])[task.id]
        was = _which(task, due, setting)
        if was == day:
            raise UsageError(f"{name} is due on {day} already")
        return move(db, task, was, day, setting, now, by=by, note=note)


def move(
    db: Connection,
    task: TaskRecord,
    was: date,
    day: date,
    setting: Setting,
    now: datetime,
    *,
    by: str,
    note: str,
) -> Extended:
    """Move one due day of a task in the transaction of `db`; UsageError when it would lie before its start."""
    original = task.original_due(was) or was
    values = _values(task, was, original, day, setting)
    extension = Extension(
        task_id=task.id, original=original, was=was, day=day, by=by, at=now, note=note, ended=None
    )
    add_extension(db, extension)
    move_completions(db, task.id, f"{Kind.DUE}@{was}", f"{Kind.DUE}@{day}")
    waited = [
        record
        for record in reminders.unsent_records(db, task.id)
        if record.family == Kind.DUE and record.nominal == was
    ]
    why = f"moved from {was} to {day} by {by}"
    reminders.close_reminders(db, [record.id for record in waited], "withdrawn", why)
    tasks.change_task(db, task.id, **values)
    task = tasks.tasks_by_id(db, [task.id])[task.id]
    if task.state == "open":
        rule, context = rule_of(task.rule), context_of(task, setting)
        _set_out(db, task, day, {record.at for record in waited}, setting, now)
        tasks.move_marks(db, [(task.id, now, next_moment(rule, context, now))])
    detail = f"{task.plan}/{task.ref}: due {was} moved to {day}, originally {original}"
    detail += f": {note}" if note else ""
    record_event(db, at=now, by=by, action="extended", detail=detail)
    rests = [one.until for one in suspended(db, [task.id]).get(task.id, ()) if one.unit is None]
    return Extended(
        task=tasks.tasks_by_id(db, [task.id])[task.id],
        original=original,
        was=was,
        day=day,
        withdrawn=len(waited),
        rests_until=rests[0] if rests else None,
    )


def _which(task: TaskRecord, due: date | None, setting: Setting) -> date:
    """Return the due day that is meant."""
    rule = rule_of(task.rule)
    days = deadlines(rule, context_of(task, setting))
    listed = ", ".join(map(str, days))
    if not days:
        waits = ", ".join(sorted(events_named(rule)))
        hint = f"; `notifier event` dates {waits}" if waits else ""
        raise UsageError(f"task {task.ref} has no single due day to move; its rule is: {task.rule}{hint}")
    if due is None and len(days) > 1:
        raise UsageError(f"task {task.ref} has several due days, name one with --due: {listed}")
    if due is not None and due not in days:
        raise UsageError(f"task {task.ref} isn't due on {due}, but on {listed}")
    return due or days[0]


def _values(task: TaskRecord, was: date, original: date, day: date, setting: Setting) -> dict[str, object]:
    """Return what the ledger says of a task once its due day is moved; nothing special once all stand as they were."""
    moved = {new: old for new, old in (task.moved or {}).items() if new != was.isoformat()}
    if day != original:
        moved[day.isoformat()] = original.isoformat()
    if not moved and task.document_rule is not None:
        return {"rule": task.document_rule, "document_rule": None, "moved": None}
    try:
        rule = with_deadline(rule_of(task.rule), context_of(task, setting), was, day)
    except ValueError as error:
        raise UsageError(f"task {task.ref} can't be due on {day}: {error}") from None
    return {"rule": str(rule), "document_rule": task.document_rule or task.rule, "moved": moved}


def _set_out(
    db: Connection, task: TaskRecord, day: date, moments: set[datetime], setting: Setting, now: datetime
) -> None:
    """Settle the notices of the new day that lie before `now`: but for these, all is planned as it comes.

    Those of moments for which the old day's waited unsent are owed. The others are past, on record as expired, so that
    no comparison of the last weeks tells them late; where no lead is left ahead, the smallest goes in the next slot.
    """
    rule, context = rule_of(task.rule), context_of(task, setting)

    def is_its(checkpoint: Checkpoint) -> bool:
        return checkpoint.family is Kind.DUE and checkpoint.nominal == day

    passed = [checkpoint for checkpoint in between(rule, context, task.imported, now) if is_its(checkpoint)]
    owed = [checkpoint for checkpoint in passed if checkpoint.at in moments]
    past = [checkpoint for checkpoint in passed if checkpoint.at not in moments]
    rows = untold(db, [(task, owed)], setting, now) if owed else []
    coming = next(filter(is_its, islice(stream(rule, context, now), _LOOKED_THROUGH)), None)
    slot = next_slot(setting, now)
    if past and not owed and coming is not None and coming.kind is Kind.DUE and slot < coming.at:
        # As of a first import: it isn't late, the day was set only now.
        announced = replace(past.pop(), at=slot)
        rows += untold(db, [(task, [announced])], setting, now)
    if past:
        rows += [
            row | {"state": "expired", "reason": PAST} for row in untold(db, [(task, past)], setting, now)
        ]
    reminders.add_reminders(db, rows)
