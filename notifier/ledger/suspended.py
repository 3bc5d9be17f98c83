"""Suspended tasks: of whom nobody is told for a while, by whose word, and until when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from notifier.ledger.among import among
from notifier.ledger.completions import WHOLE_TASK, Completion, completions_of
from notifier.ledger.schema import suspensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """A task that is suspended, for one unit or (None) for all."""

    id: int
    task_id: int
    unit: str | None
    by: str
    at: datetime
    until: datetime | None
    note: str
    ended: datetime | None
    ended_by: str | None


_COLUMNS = tuple(suspensions.c[field.name] for field in fields(Suspended))
_STANDS = suspensions.c.ended.is_(None)


def add_suspension(
    db: Connection,
    task_id: int,
    *,
    unit: str | None,
    by: str,
    at: datetime,
    until: datetime | None,
    note: str,
) -> None:
    """Record that a task is suspended."""
    db.execute(insert(suspensions).values(task_id=task_id, unit=unit, by=by, at=at, until=until, note=note))


def suspended(db: Connection, ids: Collection[int] | None = None) -> dict[int, list[Suspended]]:
    """Return the suspensions in force of these tasks, or of all, by task."""
    if ids is None:
        return _by_task(db, _STANDS)
    return _by_task(db, _STANDS & among(db, suspensions.c.task_id, ids))


def suspensions_of(db: Connection, task_id: int) -> list[Suspended]:
    """Return all suspensions that a task ever had, the oldest first."""
    return _by_task(db, suspensions.c.task_id == task_id).get(task_id, [])


def ever_suspended(db: Connection, ids: Collection[int]) -> dict[int, list[Suspended]]:
    """Return all suspensions that these tasks ever had, by task, the oldest first."""
    return _by_task(db, suspensions.c.task_id.in_(list(ids)))


def over(db: Connection, now: datetime) -> dict[int, list[Suspended]]:
    """Return the suspensions in force whose end has come, by task."""
    return _by_task(db, _STANDS & (suspensions.c.until <= now))


def earliest_end(db: Connection, *, after: datetime | None = None) -> datetime | None:
    """Return the next moment, `after` one where it is given, at which a suspension ends by itself."""
    later = _STANDS if after is None else _STANDS & (suspensions.c.until > after)
    return db.execute(select(func.min(suspensions.c.until)).where(later)).scalar()


def end_suspensions(db: Connection, ids: Iterable[int], at: datetime, by: str) -> None:
    """End suspensions."""
    db.execute(update(suspensions).where(suspensions.c.id.in_(list(ids))).values(ended=at, ended_by=by))


def end_all(db: Connection, task_id: int, at: datetime, by: str) -> None:
    """End every suspension of a task that is in force."""
    of_it = update(suspensions).where(suspensions.c.task_id == task_id, _STANDS)
    db.execute(of_it.values(ended=at, ended_by=by))


def silences_of(db: Connection, ids: Iterable[int]) -> dict[int, list[Completion]]:
    """Return, by task, why whoever of it isn't told: the completions and the suspensions in force."""
    ids = list(ids)
    found = completions_of(db, ids)
    for task_id, some in suspended(db, ids).items():
        found.setdefault(task_id, []).extend(
            Completion(
                task_id=task_id,
                unit=one.unit,
                scope=WHOLE_TASK,
                by=one.by,
                at=one.at,
                is_suspension=True,
                until=one.until,
            )
            for one in some
        )
    return found


def _by_task(db: Connection, which: ColumnElement[bool]) -> dict[int, list[Suspended]]:
    found: dict[int, list[Suspended]] = {}
    for row in db.execute(select(*_COLUMNS).where(which).order_by(suspensions.c.id)).mappings():
        found.setdefault(row["task_id"], []).append(Suspended(**row))
    return found
