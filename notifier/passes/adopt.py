"""Adopting the book: what the documents say becomes the ledger's tasks, and what changed is compared.

A key already reminded of is left. A key that was still owed and now lies at or before the mark is planned
now, as late. Nothing is planned twice, because the ledger's key is unique.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from notifier.errors import NotationError
from notifier.ledger import reminders, tasks
from notifier.ledger.log import record_event
from notifier.ledger.tasks import WHOLE_TASK, PlanRecord, TaskRecord
from notifier.passes.book import PlanEntry, TaskEntry
from notifier.passes.plan import context_of, next_moment, recipients_of, rows_for, silenced
from notifier.passes.readdress import readdress
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.notation import parse
from notifier.timing.outline import timing_state
from notifier.timing.rule import Review
from notifier.timing.stream import between

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What adopting changed."""

    added: int = 0
    changed: int = 0
    vanished: int = 0
    late: int = 0


def adopt(
    engine: Engine, book: Sequence[PlanEntry], setting: Setting, now: datetime, *, catch_up: bool = False
) -> Adoption:
    """Bring the ledger's plans and tasks to what the book says at `now`, in one transaction.

    A task seen for the first time counts from `now`: what lay before is counted in one event and not planned,
    but for up to the catch-up cap with `catch_up`.
    """
    added = changed = vanished = late = 0
    with engine.begin() as db:
        for key in tasks.retire_plans(db, [entry.key for entry in book]):
            record_event(db, at=now, by="notifier", action="plan_retired", detail=key)
        for entry in book:
            plan = tasks.plan_by_key(db, entry.key)
            mark = now - setting.catch_up if catch_up else now
            if plan is None:
                plan = _import_plan(db, entry, setting, mark)
            moved = _same_plan(db, plan, entry, setting)
            known = {task.ref: task for task in tasks.tasks_of(db, entry.key)}
            new = [(i, task) for i, task in enumerate(entry.tasks) if task.row.ref not in known]
            tasks.add_tasks(db, [_new_row(plan.id, i, task, entry, setting, mark) for i, task in new])
            added += len(new)
            if new:
                _record_import(db, entry, [task for _, task in new], setting, mark)
            for position, task in enumerate(entry.tasks):
                if (old := known.get(task.row.ref)) is not None:
                    is_new, was_late = _compare(db, old, position, task, entry, setting, now, moved=moved)
                    changed += is_new
                    late += was_late
            for ref in sorted(known.keys() - {task.row.ref for task in entry.tasks}):
                vanished += _vanish(db, known[ref], now)
        reminders.wait_for_slot(db, now, next_slot(setting, now))
        late += readdress(db, setting, now)
    if added or changed or vanished or late:
        log.info(
            "Adopted the documents: %d new, %d changed, %d vanished tasks, %d reminders late",
            added, changed, vanished, late,
            extra={"action": "adopted"},
        )  # fmt: skip
    return Adoption(added=added, changed=changed, vanished=vanished, late=late)


def _import_plan(db: Connection, entry: PlanEntry, setting: Setting, mark: datetime) -> PlanRecord:
    tasks.add_plan(db, key=entry.key, imported=mark, **_plan_values(entry, setting))
    plan = tasks.plan_by_key(db, entry.key)
    if plan is None:
        raise RuntimeError(f"plan {entry.key} was inserted and isn't there")
    return plan


def _plan_values(entry: PlanEntry, setting: Setting) -> dict[str, Any]:
    facts = entry.facts
    return {
        "path": str(facts.path),
        "hash": entry.document.sha256,
        "issued": facts.issued,
        "issuer": facts.issuer,
        "title": facts.title,
        "number": facts.number,
        "until": facts.until,
        "setting": setting.fingerprint,
    }


def _same_plan(db: Connection, plan: PlanRecord, entry: PlanEntry, setting: Setting) -> bool:
    """Write the plan's facts; tell whether something changed that moves checkpoints."""
    values = _plan_values(entry, setting)
    if any(getattr(plan, name) != value for name, value in values.items()) or not plan.active:
        tasks.change_plan(db, plan.id, active=True, **values)
    return (plan.setting, plan.issued, plan.until) != (
        setting.fingerprint,
        entry.facts.issued,
        entry.facts.until,
    )


def _facts(
    position: int, task: TaskEntry, entry: PlanEntry, setting: Setting, imported: datetime
) -> dict[str, Any]:
    context = setting.context(issued=entry.facts.issued, imported=imported, until=entry.facts.until)
    state, why = timing_state(task.rule, context)
    if isinstance(task.rule, Review):
        why = task.reading.why
    return {
        "position": position,
        "section": task.row.section,
        "text": task.row.text,
        "units": task.units_as_json(),
        "timing": task.row.timing,
        "rule": str(task.rule),
        "timing_state": state,
        "why": why,
        "notes": [[note.en, note.zh] for note in task.reading.notes],
        "soft": task.reading.soft,
    }


def _new_row(
    plan_id: int, position: int, task: TaskEntry, entry: PlanEntry, setting: Setting, mark: datetime
) -> dict[str, Any]:
    context = setting.context(issued=entry.facts.issued, imported=mark, until=entry.facts.until)
    return {
        **_facts(position, task, entry, setting, mark),
        "plan_id": plan_id,
        "ref": task.row.ref,
        "revision": 1,
        "state": "open",
        "imported": mark,
        "planned_until": mark,
        "next_at": next_moment(task.rule, context, mark),
    }


def _record_import(
    db: Connection, entry: PlanEntry, new: Iterable[TaskEntry], setting: Setting, mark: datetime
) -> None:
    start = datetime.combine(entry.facts.issued, datetime.min.time(), setting.policy.zone)
    context = setting.context(issued=entry.facts.issued, imported=start, until=entry.facts.until)
    tasks_new = list(new)
    before = (
        sum(1 for task in tasks_new for _ in between(task.rule, context, start, mark)) if start < mark else 0
    )
    detail = f"{entry.key}: {len(tasks_new)} tasks, {before} checkpoints lay before {mark.isoformat()}"
    record_event(db, at=mark, by="notifier", action="imported", detail=detail)


def _compare(
    db: Connection,
    old: TaskRecord,
    position: int,
    task: TaskEntry,
    entry: PlanEntry,
    setting: Setting,
    now: datetime,
    *,
    moved: bool,
) -> tuple[bool, int]:
    facts = _facts(position, task, entry, setting, old.imported)
    returned = old.state == "vanished"
    differs = {name for name, value in facts.items() if getattr(old, name) != value}
    if not differs and not moved and not returned:
        return False, 0
    values: dict[str, Any] = dict(facts)
    if returned:
        values["state"] = "done" if _is_done(db, old) else "open"
    if differs - {"position"}:
        values["revision"] = old.revision + 1
    tasks.change_task(db, old.id, **values)
    late = 0
    if moved or returned or differs & {"rule", "timing_state", "units"}:
        late = replan(db, tasks.tasks_by_id(db, [old.id])[old.id], setting, now)
    if differs - {"position"}:
        detail = f"{entry.key}/{old.ref}: {', '.join(sorted(differs))}"
        record_event(db, at=now, by="notifier", action="task_changed", detail=detail)
    return bool(differs - {"position"}) or returned, late


def _is_done(db: Connection, task: TaskRecord) -> bool:
    done = tasks.completions_of(db, [task.id]).get(task.id, ())
    return any(closed.unit is None and closed.scope == WHOLE_TASK for closed in done)


def replan(db: Connection, task: TaskRecord, setting: Setting, now: datetime) -> int:
    """Compare a changed task's stream with what was planned; return how many reminders were planned late."""
    try:
        rule = parse(task.rule)
    except NotationError:
        return 0
    context = context_of(task, setting)
    mark = task.planned_until
    floor = max(task.imported, min(mark, now - setting.catch_up))
    owed: list[Checkpoint] = []
    keep: set[str] = set()
    if task.state == "open":
        owed = list(between(rule, context, floor, mark))
        keep = {checkpoint.key for checkpoint in between(rule, context, task.imported, mark)}
    reminders.withdraw_unsent(db, task.id, "the task's dates changed", keep=keep)
    late = 0
    if owed:
        newest = reminders.newest_by_occurrence(db, task.id)
        # What was said later about the same date makes an earlier notice needless.
        rows = [
            row
            for row in untold(db, task, owed, setting, now)
            if newest.get((row["family"], row["nominal"], row["contact"]), row["at"]) <= row["at"]
        ]
        late = reminders.add_reminders(db, rows)
    next_at = next_moment(rule, context, mark) if task.state == "open" else None
    tasks.move_marks(db, [(task.id, mark, next_at)])
    return late


def untold(
    db: Connection, task: TaskRecord, owed: Sequence[Checkpoint], setting: Setting, now: datetime
) -> list[dict[str, Any]]:
    """Return the rows of checkpoints, for the next slot, of which a unit has not been told through anybody."""
    silence = silenced(tasks.completions_of(db, [task.id]).get(task.id, ()))
    told = reminders.told_of(db, task.id)
    rows = []
    for row in rows_for(
        task, owed, recipients_of(task, setting, now), silence, setting, now, slot=next_slot(setting, now)
    ):
        there = told.get(row["checkpoint"], set())
        row["units"] = [unit for unit in row["units"] if unit not in there]
        if row["units"] and row["contact"] not in there:
            rows.append(row)
    return rows


def _vanish(db: Connection, task: TaskRecord, now: datetime) -> int:
    if task.state == "vanished":
        return 0
    tasks.change_task(db, task.id, state="vanished", next_at=None)
    reminders.withdraw_unsent(db, task.id, "the task is no longer in the document")
    record_event(db, at=now, by="notifier", action="task_vanished", detail=f"{task.plan}/{task.ref}")
    return 1
