"""Adopting the book: what the documents say becomes the ledger's tasks, and what changed is compared.

Nothing is planned twice, because the ledger's key is unique.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from notifier.ledger import bundling, reminders, tasks
from notifier.ledger.completions import WHOLE_TASK
from notifier.ledger.extended import end_extensions
from notifier.ledger.log import record_event
from notifier.ledger.suspended import silences_of
from notifier.ledger.tasks import PlanRecord, TaskRecord
from notifier.passes.book import PlanEntry, TaskEntry
from notifier.passes.compare import Change, Comparison, Facts, compare
from notifier.passes.plan import dated, next_moment
from notifier.passes.readdress import readdress
from notifier.passes.replan import replan, replan_plan
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
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
        setting = dated(db, setting)
        for key in tasks.retire_plans(db, [entry.key for entry in book]):
            record_event(db, at=now, by="notifier", action="plan_retired", detail=key)
        for entry in book:
            plan = tasks.plan_by_key(db, entry.key)
            mark = now - setting.catch_up if catch_up else now
            if plan is None:
                plan = _import_plan(db, entry, setting, mark)
            read = entry.fingerprint
            if not plan.active:
                record_event(db, at=now, by="notifier", action="plan_returned", detail=entry.key)
            moved = _same_plan(db, plan, entry, setting, read)
            if moved or plan.read != read:
                found = compare(tasks.tasks_of(db, entry.key), entry, setting)
                late += _write(db, plan, entry, found, setting, now, mark)
                added += len(found.new)
                changed += len(found.told)
                vanished += len(found.vanished)
            if moved:
                issued, until = entry.facts.issued, entry.facts.until
                late += replan_plan(db, plan.id, setting, now, issued=issued, until=until)
        bundling.wait_for_slot(db, now, next_slot(setting, now))
        late += readdress(db, setting, now)
    if added or changed or vanished or late:
        log.info(
            "Adopted the documents: %d new, %d changed, %d vanished tasks, %d reminders late",
            added, changed, vanished, late,
            extra={"action": "adopted"},
        )  # fmt: skip
    return Adoption(added=added, changed=changed, vanished=vanished, late=late)


def _write(
    db: Connection,
    plan: PlanRecord,
    entry: PlanEntry,
    found: Comparison,
    setting: Setting,
    now: datetime,
    mark: datetime,
) -> int:
    """Bring a plan's tasks to what its document says; return how many reminders that makes late."""
    for task in found.vanished:
        _vanish(db, task, now)
    tasks.rename(db, found.moving, [task.id for task in found.in_the_way])
    tasks.add_tasks(db, _new_rows(plan.id, found.new, entry, setting, mark))
    if found.new:
        _record_import(db, entry, [task for _, task in found.new], setting, mark)
    for change in found.changed:
        _warn_of_override(entry, change)
        _change(db, entry.key, change, now)
    return replan(db, [change.old.id for change in found.changed if change.moves], setting, now)


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


def _same_plan(db: Connection, plan: PlanRecord, entry: PlanEntry, setting: Setting, read: str) -> bool:
    """Write the plan's facts; tell whether something changed that moves checkpoints."""
    values = _plan_values(entry, setting) | {"read": read}
    if any(getattr(plan, name) != value for name, value in values.items()) or not plan.active:
        tasks.change_plan(db, plan.id, active=True, **values)
    return (plan.setting, plan.issued, plan.until) != (
        setting.fingerprint,
        entry.facts.issued,
        entry.facts.until,
    )


def _new_rows(
    plan_id: int, new: Iterable[tuple[int, TaskEntry]], entry: PlanEntry, setting: Setting, mark: datetime
) -> list[dict[str, Any]]:
    context = entry.context(setting, mark)
    facts = Facts(entry, setting)
    moments: dict[int, datetime | None] = {}  # by reading: of one phrase it is one object
    rows = []
    for position, task in new:
        reading = id(task.reading)
        if reading not in moments:
            moments[reading] = next_moment(task.rule, context, mark)
        rows.append(
            {
                **facts.of(position, task),
                "plan_id": plan_id,
                "revision": 1,
                "state": "open",
                "imported": mark,
                "planned_until": mark,
                "next_at": moments[reading],
            }
        )
    return rows


def _record_import(
    db: Connection, entry: PlanEntry, new: Iterable[TaskEntry], setting: Setting, mark: datetime
) -> None:
    start = datetime.combine(entry.facts.issued, datetime.min.time(), setting.policy.zone)
    context = entry.context(setting, start)
    tasks_new = list(new)
    before = 0
    if start < mark:
        rules = {id(task.reading): task.rule for task in tasks_new}  # of one phrase it is one object
        passed = {
            reading: sum(1 for _ in between(rule, context, start, mark)) for reading, rule in rules.items()
        }
        before = sum(passed[id(task.reading)] for task in tasks_new)
    detail = f"{entry.key}: {len(tasks_new)} tasks, {before} checkpoints lay before {mark.isoformat()}"
    record_event(db, at=mark, by="notifier", action="imported", detail=detail)


def _change(db: Connection, plan: str, change: Change, now: datetime) -> None:
    """Write what changed in a task."""
    old = change.old
    values = dict(change.values)
    if change.returned:
        values["state"] = _state(db, old)
    if change.told:
        values["revision"] = old.revision + 1
        was = f" (was {old.ref})" if "ref" in change.differs else ""
        detail = f"{plan}/{values['ref']}{was}: {', '.join(change.told)}"
        record_event(db, at=now, by="notifier", action="task_changed", detail=detail)
    if change.drops_extension:
        _drop_extension(db, old, values["timing"], now)
    tasks.change_task(db, old.id, **values)


def _drop_extension(db: Connection, old: TaskRecord, timing: str, now: datetime) -> None:
    """Put on record, and tell ops, that a document's new phrase counts instead of an extension."""
    end_extensions(db, old.id, now)
    days = ", ".join(f"{was} to {day}" for day, was in (old.moved or {}).items())
    detail = f"{old.plan}/{old.ref}: “{timing}” in the document counts, no longer the extension of {days}"
    record_event(db, at=now, by="notifier", action="extension_dropped", detail=detail)
    log.warning(
        "Task %s/%s has a new phrase in its document, which counts: its extension of %s is dropped",
        old.plan, old.ref, days,
        extra={"action": "extension_dropped"},
    )  # fmt: skip


def _warn_of_override(entry: PlanEntry, change: Change) -> None:
    """Say that a person's word on a number may now be on another task: it goes by number, not by text."""
    old, new = change.old.ref, change.values["ref"]
    if old != new and (old in entry.facts.tasks or new in entry.facts.tasks):
        log.warning(
            "Task %s of %s is %s now: look at [plans.%s.tasks] in config.toml", old, entry.key, new, entry.key,
            extra={"action": "override_moved"},
        )  # fmt: skip


def _state(db: Connection, task: TaskRecord) -> str:
    """Return the state that a task comes back to after it had vanished."""
    for silence in silences_of(db, [task.id]).get(task.id, ()):
        if silence.unit is None and silence.scope == WHOLE_TASK:
            return "suspended" if silence.is_suspension else "done"
    return "open"


def _vanish(db: Connection, task: TaskRecord, now: datetime) -> None:
    tasks.change_task(db, task.id, state="vanished", next_at=None)
    reminders.withdraw_unsent(db, task.id, "the task is no longer in the document")
    record_event(db, at=now, by="notifier", action="task_vanished", detail=f"{task.plan}/{task.ref}")
