"""Completions: which tasks, or occurrences of them, were closed, by whom, and what of it was taken back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, true, update

from notifier.ledger.among import among
from notifier.ledger.schema import completions

WHOLE_TASK = "task"
_REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A closed task, or one occurrence of it, by one unit or (None) by all; or one that is suspended meanwhile."""

    task_id: int
    unit: str | None
    scope: str
    by: str
    at: datetime
    is_suspension: bool = False
    until: datetime | None = None  # when a suspension ends by itself


def add_completion(db: Connection, completion: Completion) -> None:
    """Record that a task or an occurrence was closed."""
    db.execute(
        insert(completions).values(
            task_id=completion.task_id,
            unit=completion.unit,
            scope=completion.scope,
            by=completion.by,
            at=completion.at,
        )
    )


def reopen(
    db: Connection, task_id: int, units: Collection[str] | None, scope: str | None, at: datetime
) -> int:
    """Take back what was closed for a task (for these units, if named); return how many records that touched.

    `scope` names one occurrence. None stands for the task and its deadlines: reports once received stay so.
    """
    query = update(completions).where(completions.c.task_id == task_id, completions.c.reopened.is_(None))
    if units is not None:
        query = query.where(completions.c.unit.in_(list(units)))
    query = query.where(
        completions.c.scope.not_like(f"{_REPORT}@%") if scope is None else completions.c.scope == scope
    )
    return db.execute(query.values(reopened=at)).rowcount


def completions_of(db: Connection, ids: Collection[int]) -> dict[int, list[Completion]]:
    """Return the completions in force of these tasks, by task."""
    return _by_task(db, among(db, completions.c.task_id, ids))


def completions_in_force(db: Connection) -> dict[int, list[Completion]]:
    """Return all completions in force, by task."""
    return _by_task(db, true())


def _by_task(db: Connection, which: ColumnElement[bool]) -> dict[int, list[Completion]]:
    query = select(completions).where(which, completions.c.reopened.is_(None))
    found: dict[int, list[Completion]] = {}
    for row in db.execute(query.order_by(completions.c.id)):
        found.setdefault(row.task_id, []).append(
            Completion(task_id=row.task_id, unit=row.unit, scope=row.scope, by=row.by, at=row.at)
        )
    return found
