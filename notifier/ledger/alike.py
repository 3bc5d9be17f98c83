"""Tasks that are alike: one plan, one rule, the same marks. What time does to one of them it does to all.

A changed calendar is worked out once for each distinct rule, and written by the statement, not by the task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, func, select, update

from notifier.ledger.reminders import STANDS, UNSENT, are
from notifier.ledger.schema import reminders, tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """What the open tasks of one plan have in common that have the same checkpoints ahead and behind."""

    rule: str
    imported: datetime
    completed: date | None
    planned_until: datetime


def _is(column: Column[Any], value: Any) -> ColumnElement[bool]:
    # PostgreSQL looks into no index for IS NOT DISTINCT FROM, so that is asked only where there may be nothing.
    return column.is_not_distinct_from(value) if column.nullable else column == value


_COLUMNS = tuple(tasks.c[field.name] for field in fields(Alike))
_SET_NEXT = (
    update(tasks)
    .where(
        tasks.c.plan_id == bindparam("plan"),
        tasks.c.state == "open",
        *(_is(column, bindparam(f"its_{column.name}", type_=column.type)) for column in _COLUMNS),
        tasks.c.next_at.is_distinct_from(bindparam("moment", type_=tasks.c.next_at.type)),
    )
    .values(next_at=bindparam("moment", type_=tasks.c.next_at.type))
)


def _of(marks: Sequence[Any]) -> Alike:
    return Alike(**{column.name: mark for column, mark in zip(_COLUMNS, marks, strict=True)})


def _such(plan_id: int, same: Alike) -> ColumnElement[bool]:
    its = (_is(column, getattr(same, column.name)) for column in _COLUMNS)
    return and_(tasks.c.plan_id == plan_id, tasks.c.state == "open", *its)


def alike(db: Connection, plan_id: int) -> list[tuple[Alike, set[datetime | None]]]:
    """Return the distinct combinations of rule and marks among the open tasks of a plan, with their next moments.

    Of more than two different next moments only the first and the last are named.
    """
    moment = tasks.c.next_at
    some_have_none = func.count() > func.count(moment)
    query = select(*_COLUMNS, func.min(moment), func.max(moment), some_have_none).group_by(*_COLUMNS)
    found = []
    for row in db.execute(query.where(tasks.c.plan_id == plan_id, tasks.c.state == "open")):
        *marks, earliest, latest, without = row
        moments = {each for each in (earliest, latest) if each is not None} | ({None} if without else set())
        found.append((_of(marks), moments))
    return found


def set_next(db: Connection, plan_id: int, moments: Iterable[tuple[Alike, datetime | None]]) -> None:
    """Write the next checkpoint of tasks that are alike, where it is another than before."""
    values = [
        {"plan": plan_id, "moment": moment}
        | {f"its_{column.name}": getattr(same, column.name) for column in _COLUMNS}
        for same, moment in moments
    ]
    if values:
        db.execute(_SET_NEXT, values)


def waiting_checkpoints(db: Connection, plan_id: int) -> dict[Alike, set[str]]:
    """Return the checkpoints of which reminders wait unsent in a plan, by the tasks that are alike."""
    query = (
        select(*_COLUMNS, reminders.c.checkpoint)
        .join_from(reminders, tasks)
        .where(tasks.c.plan_id == plan_id, tasks.c.state == "open", UNSENT)
        .distinct()
    )
    found: dict[Alike, set[str]] = {}
    for *marks, checkpoint in db.execute(query):
        found.setdefault(_of(marks), set()).add(checkpoint)
    return found


def withdraw(db: Connection, plan_id: int, same: Alike, checkpoints: Iterable[str], reason: str) -> None:
    """Withdraw what waits unsent of these checkpoints in the tasks that are alike."""
    which = select(tasks.c.id).where(_such(plan_id, same))
    query = update(reminders).where(
        reminders.c.task_id.in_(which), reminders.c.checkpoint.in_(list(checkpoints)), UNSENT
    )
    db.execute(query.values(state="withdrawn", reason=reason))


def untold(db: Connection, plan_id: int, same: Alike, checkpoints: Mapping[str, date]) -> list[int]:
    """Return the ids of the tasks that are alike in which one of the checkpoints was told to nobody.

    The checkpoints are given with their nominal days.
    """
    told = (
        select(func.count(reminders.c.checkpoint.distinct()))
        .where(reminders.c.task_id == tasks.c.id, are(checkpoints), STANDS)
        .scalar_subquery()
    )
    query = select(tasks.c.id).where(_such(plan_id, same), told < len(checkpoints)).order_by(tasks.c.id)
    return list(db.execute(query).scalars())
