"""Plans and tasks: what is promised."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    String,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NULLTYPE

from notifier.ledger.among import among
from notifier.ledger.schema import plans, tasks

_AT_ONCE = 10_000  # ids in one statement; SQLite's own default allows 32,766


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan as the ledger holds it."""

    id: int
    key: str
    path: str
    hash: str
    issued: date
    issuer: str
    title: str
    number: str
    until: date | None
    imported: datetime
    setting: str
    active: bool
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A task as the ledger holds it, with what its plan says about time."""

    id: int
    plan_id: int
    plan: str
    plan_title: str
    plan_number: str
    issued: date
    until: date | None
    ref: str
    position: int
    revision: int
    section: str
    text: str
    units: Mapping[str, Any]
    timing: str
    rule: str
    timing_state: str
    why: str | None
    notes: Sequence[Sequence[str]]
    soft: bool
    state: str
    completed: date | None
    imported: datetime
    planned_until: datetime
    next_at: datetime | None
    document_rule: str | None = None
    moved: Mapping[str, str] | None = None  # see the schema

    def original_due(self, day: date) -> date | None:
        """Return the due day that an extension moved to `day`; None for one that stands as the document has it."""
        was = (self.moved or {}).get(day.isoformat())
        return None if was is None else date.fromisoformat(was)


class Times(NamedTuple):
    """What decides when a task has checkpoints, and from when on they are to be planned: most tasks share it."""

    rule: str
    plan: str
    issued: date
    until: date | None
    completed: date | None
    imported: datetime
    planned_until: datetime


class DueTask(NamedTuple):
    """What planning needs to know of a task: a tuple, because there may be a million."""

    id: int
    ref: str
    units_json: str
    times: Times

    @property
    def units(self) -> Mapping[str, Any]:
        """The units as `TaskRecord` has them."""
        units: dict[str, Any] = json.loads(self.units_json)
        return units


_TASK = select(
    tasks,
    plans.c.key.label("plan"),
    plans.c.title.label("plan_title"),
    plans.c.number.label("plan_number"),
    plans.c.issued,
    plans.c.until,
).join_from(tasks, plans)


_TIMES: tuple[Column[Any], ...] = (
    tasks.c.rule,
    plans.c.key,
    plans.c.issued,
    plans.c.until,
    tasks.c.completed,
    tasks.c.imported,
    tasks.c.planned_until,
)
# As the driver gives it: what is the same in many rows is made of it once.
_DUE = select(
    tasks.c.id,
    tasks.c.ref,
    cast(tasks.c.units, Text).label("units_json"),
    *(type_coerce(column, NULLTYPE).label(column.key) for column in _TIMES),
).join_from(tasks, plans)


def _record(row: RowMapping) -> TaskRecord:
    return TaskRecord(**row)


def plan_by_key(db: Connection, key: str) -> PlanRecord | None:
    """Return a plan, or None when it was never imported."""
    row = db.execute(select(plans).where(plans.c.key == key)).mappings().first()
    return None if row is None else PlanRecord(**row)


def add_plan(db: Connection, **values: Any) -> int:
    """Record a plan; return its id."""
    return int(db.execute(insert(plans).values(active=True, **values).returning(plans.c.id)).scalar_one())


def change_plan(db: Connection, plan_id: int, **values: Any) -> None:
    """Change a plan's facts."""
    db.execute(update(plans).where(plans.c.id == plan_id).values(**values))


def retire_plans(db: Connection, keep: Iterable[str]) -> list[str]:
    """Mark plans that config.toml no longer lists; return their keys. Nothing of them is planned until they return."""
    gone = list(
        db.execute(select(plans.c.key).where(plans.c.active, plans.c.key.not_in(list(keep)))).scalars()
    )
    if gone:
        ids = select(plans.c.id).where(plans.c.key.in_(gone)).scalar_subquery()
        db.execute(update(tasks).where(tasks.c.plan_id.in_(ids)).values(next_at=None))
        # An empty fingerprint makes the plan be compared anew, should it come back.
        db.execute(update(plans).where(plans.c.key.in_(gone)).values(active=False, setting="", read=""))
    return gone


def add_tasks(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert tasks."""
    if rows:
        db.execute(insert(tasks), rows)


def change_task(db: Connection, task_id: int, **values: Any) -> None:
    """Change one task."""
    change_tasks(db, [task_id], **values)


def change_tasks(db: Connection, ids: Collection[int], **values: Any) -> None:
    """Change tasks alike."""
    db.execute(update(tasks).where(tasks.c.id.in_(ids)).values(**values))


def rename(db: Connection, moving: Mapping[int, str], letting_go: Iterable[int]) -> None:
    """Give tasks other refs; those that let go of theirs keep them with a mark.

    Refs are unique in a plan and two may change places, so all are let go before one is taken.
    """
    free = update(tasks).values(ref=tasks.c.ref.concat("~").concat(cast(tasks.c.id, String)))
    if loose := [{"task": task} for task in (*moving, *letting_go)]:
        db.execute(free.where(tasks.c.id == bindparam("task")), loose)
    if moving:
        take = update(tasks).where(tasks.c.id == bindparam("task")).values(ref=bindparam("its"))
        db.execute(take, [{"task": task, "its": ref} for task, ref in moving.items()])


def tasks_of(db: Connection, plan: str | None = None) -> list[TaskRecord]:
    """Return the tasks of one active plan, or of all, in the documents' order."""
    query = _TASK.where(plans.c.active).order_by(plans.c.id, tasks.c.position)
    if plan is not None:
        query = query.where(plans.c.key == plan)
    return [_record(row) for row in db.execute(query).mappings()]


def listed_tasks(db: Connection, ids: Collection[int]) -> dict[int, TaskRecord]:
    """Return, by id, those of these tasks whose plan is active."""
    listed: dict[int, TaskRecord] = {}
    them = sorted(ids)
    for first in range(0, len(them), _AT_ONCE):
        some = tasks.c.id.in_(them[first : first + _AT_ONCE])
        for row in db.execute(_TASK.where(plans.c.active, some)).mappings():
            listed[row["id"]] = _record(row)
    return listed


def due_tasks(
    db: Connection, now: datetime, limit: int, *, among: Collection[int] | None = None
) -> list[DueTask]:
    """Return up to `limit` tasks, of all or `among` some, with a checkpoint at or before `now`."""
    query = _DUE.where(tasks.c.next_at <= now).order_by(tasks.c.next_at, tasks.c.id).limit(limit)
    if among is not None:
        query = query.where(tasks.c.id.in_(list(among)))
    made = [column.type.dialect_impl(db.dialect).result_processor(db.dialect, None) for column in _TIMES]
    known: dict[tuple[Any, ...], Times] = {}
    due = []
    for id_, ref, units, *rest in db.execute(query).all():
        raw = tuple(rest)
        if (times := known.get(raw)) is None:
            values: list[Any] = [
                value if make is None else make(value) for value, make in zip(raw, made, strict=True)
            ]
            times = known[raw] = Times(*values)
        due.append(DueTask(id_, ref, units, times))
    return due


def tasks_by_id(db: Connection, ids: Iterable[int]) -> dict[int, TaskRecord]:
    """Return tasks by id."""
    found: dict[int, TaskRecord] = {}
    them = sorted(ids)
    for first in range(0, len(them), _AT_ONCE):
        some = _TASK.where(tasks.c.id.in_(them[first : first + _AT_ONCE]))
        found.update((row["id"], _record(row)) for row in db.execute(some).mappings())
    return found


def move_marks(db: Connection, marks: Iterable[tuple[int, datetime, datetime | None]]) -> None:
    """Set (task id, planned_until, next_at)."""
    alike: dict[tuple[datetime, datetime | None], list[int]] = {}
    for task, mark, moment in marks:
        alike.setdefault((mark, moment), []).append(task)
    for (mark, moment), ids in alike.items():
        moved = update(tasks).where(among(db, tasks.c.id, ids)).values(planned_until=mark, next_at=moment)
        db.execute(moved)


def running() -> ColumnElement[bool]:
    """Return what is true of the open tasks of plans in force."""
    return (tasks.c.state == "open") & tasks.c.plan_id.in_(select(plans.c.id).where(plans.c.active))


def earliest_checkpoint(db: Connection) -> datetime | None:
    """Return the next moment at which a task has a checkpoint."""
    return db.execute(select(func.min(tasks.c.next_at)).where(tasks.c.next_at.is_not(None))).scalar()
