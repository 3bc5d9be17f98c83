"""Extensions: due days that were moved, by whose word; the last one of a day is in force."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from notifier.ledger.schema import completions, extensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A due day that was moved."""

    task_id: int
    original: date
    was: date
    day: date
    by: str
    at: datetime
    note: str
    ended: datetime | None


_COLUMNS = tuple(extensions.c[field.name] for field in fields(Extension))


def add_extension(db: Connection, extension: Extension) -> None:
    """Record an extension, which takes the place of the one that led to the day it moves."""
    before = (extensions.c.task_id == extension.task_id) & (extensions.c.day == extension.was)
    db.execute(update(extensions).where(before, extensions.c.ended.is_(None)).values(ended=extension.at))
    values = {field.name: getattr(extension, field.name) for field in fields(Extension)}
    db.execute(insert(extensions).values(values))


def end_extensions(db: Connection, task_id: int, at: datetime) -> None:
    """End what moved a task's due days: the document set them anew."""
    mine = (extensions.c.task_id == task_id) & extensions.c.ended.is_(None)
    db.execute(update(extensions).where(mine).values(ended=at))


def extended(db: Connection, ids: Collection[int] | None = None) -> dict[int, list[Extension]]:
    """Return the extensions in force of these tasks, or of all, by task."""
    stands = extensions.c.ended.is_(None)
    return _by_task(db, stands if ids is None else stands & extensions.c.task_id.in_(list(ids)))


def extensions_of(db: Connection, task_id: int) -> list[Extension]:
    """Return all extensions that a task ever had, the oldest first."""
    return _by_task(db, extensions.c.task_id == task_id).get(task_id, [])


def ever_extended(db: Connection, ids: Collection[int]) -> dict[int, list[Extension]]:
    """Return all extensions that these tasks ever had, by task, the oldest first."""
    return _by_task(db, extensions.c.task_id.in_(list(ids)))


def move_completions(db: Connection, task_id: int, was: str, now: str) -> None:
    """Let what was closed of an occurrence be closed of the one that it became."""
    mine = (completions.c.task_id == task_id) & (completions.c.scope == was)
    db.execute(update(completions).where(mine, completions.c.reopened.is_(None)).values(scope=now))


def _by_task(db: Connection, which: ColumnElement[bool]) -> dict[int, list[Extension]]:
    found: dict[int, list[Extension]] = {}
    for row in db.execute(select(*_COLUMNS).where(which).order_by(extensions.c.id)).mappings():
        found.setdefault(row["task_id"], []).append(Extension(**row))
    return found
