"""Re-planning: what the rules owe by now, held against what was planned.

A key already reminded of is left. A key that was still owed and now lies at or before the mark is planned
now, as late. What waits unsent and is owed no more is withdrawn.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from notifier.errors import NotationError
from notifier.ledger import alike, reminders, tasks
from notifier.ledger.suspended import silences_of
from notifier.ledger.tasks import TaskRecord
from notifier.passes.owed import rows_for, silenced
from notifier.passes.plan import PAGE, context_of, next_moment, recipients_of, rule_of
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.context import Context
from notifier.timing.rule import Rule
from notifier.timing.stream import between

log = logging.getLogger(__name__)

MOVED = "the task's dates changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """A rule with its marks: what it owes of the time up to its mark, and when it goes on."""

    rule: Rule
    context: Context
    mark: datetime
    owed: tuple[Checkpoint, ...]

    @property
    def next_at(self) -> datetime | None:
        return next_moment(self.rule, self.context, self.mark)

    def kept(self, keys: Collection[str]) -> set[str]:
        """Return those of the keys that the rule still has at or before its mark."""
        there = between(self.rule, self.context, self.context.imported, self.mark) if keys else ()
        return {checkpoint.key for checkpoint in there if checkpoint.key in keys}


def _course(rule: str, context: Context, mark: datetime, setting: Setting, now: datetime) -> _Course:
    floor = max(context.imported, min(mark, now - setting.catch_up))
    # A mark that a clock was ahead of says nothing of what is owed by now.
    owed = tuple(between(rule_of(rule), context, floor, min(mark, now)))
    return _Course(rule=rule_of(rule), context=context, mark=mark, owed=owed)


def replan_plan(
    db: Connection, plan_id: int, setting: Setting, now: datetime, *, issued: date, until: date | None
) -> int:
    """Compare the streams of a plan's open tasks after a change of calendar, policy, terms or events.

    Once for each distinct rule: only tasks in which something was owed and told to nobody are looked at one
    by one. Return how many reminders were planned late.
    """
    waiting = alike.waiting_checkpoints(db, plan_id)
    moments: list[tuple[alike.Alike, datetime | None]] = []
    behind: list[int] = []
    for same, there in alike.alike(db, plan_id):
        context = setting.context(
            issued=issued, imported=same.imported, until=until, completed=same.completed
        )
        try:
            course = _course(same.rule, context, same.planned_until, setting, now)
        except NotationError:
            log.exception("“%s” can't be read", same.rule, extra={"action": "rule_broken"})
            continue
        if there != {course.next_at}:
            moments.append((same, course.next_at))
        unsent = waiting.get(same, set())
        if gone := unsent - course.kept(unsent):
            alike.withdraw(db, plan_id, same, gone, MOVED)
        if course.owed:
            behind += alike.untold(db, plan_id, same, days_of(course.owed))
    alike.set_next(db, plan_id, moments)
    return replan(db, behind, setting, now)


def days_of(checkpoints: Iterable[Checkpoint]) -> dict[str, date]:
    """Return the nominal days of checkpoints by their keys."""
    return {checkpoint.key: checkpoint.nominal for checkpoint in checkpoints}


def pages(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    """Yield ids by the page: a statement takes only so many."""
    them = iter(ids)
    while page := list(islice(them, size)):
        yield page


def replan(db: Connection, ids: Iterable[int], setting: Setting, now: datetime) -> int:
    """Compare the streams of changed tasks with what was planned; return how many reminders were planned late."""
    return sum(_replan_page(db, tasks.tasks_by_id(db, page), setting, now) for page in pages(ids, PAGE))


def _replan_page(db: Connection, by_id: Mapping[int, TaskRecord], setting: Setting, now: datetime) -> int:
    courses: dict[int, _Course] = {}
    for task in by_id.values():
        try:
            courses[task.id] = _course(task.rule, context_of(task, setting), task.planned_until, setting, now)
        except NotationError:
            log.exception("“%s” can't be read", task.rule, extra={"action": "rule_broken"})
    unsent: dict[int, dict[int, str]] = {}
    for reminder, task_id, checkpoint in reminders.unsent_of(db, courses):
        unsent.setdefault(task_id, {})[reminder] = checkpoint
    gone: list[int] = []
    for task_id, waiting in unsent.items():
        is_open = by_id[task_id].state == "open"
        kept = courses[task_id].kept(waiting.values()) if is_open else ()
        gone += [reminder for reminder, checkpoint in waiting.items() if checkpoint not in kept]
    reminders.close_reminders(db, gone, "withdrawn", MOVED)
    going_on = {i: course for i, course in courses.items() if by_id[i].state == "open"}
    owed = [(by_id[i], course.owed) for i, course in going_on.items() if course.owed]
    late = reminders.add_reminders(db, list(_not_outdone(db, untold(db, owed, setting, now), now)))
    tasks.move_marks(
        db,
        [(i, course.mark, course.next_at if i in going_on else None) for i, course in courses.items()],
    )
    return late


def _not_outdone(db: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the rows but those of a date of which the contact was told later than they are due."""
    if not rows:
        return
    newest = reminders.newest_by_occurrence(
        db, {row["task_id"] for row in rows}, {row["nominal"] for row in rows}, now
    )
    for row in rows:
        said = newest.get((row["task_id"], row["family"], row["nominal"], row["contact"]))
        if said is None or said <= row["at"]:
            yield row


def untold(
    db: Connection,
    owed: Iterable[tuple[TaskRecord, Sequence[Checkpoint]]],
    setting: Setting,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the rows of tasks' checkpoints, for the next slot, of which a unit was told through nobody yet."""
    owed = list(owed)
    if not owed:
        return []
    ids = [task.id for task, _ in owed]
    closed = silences_of(db, ids)
    told = reminders.told_of(db, ids, days_of(checkpoint for _, some in owed for checkpoint in some))
    slot = next_slot(setting, now)
    rows = []
    for task, some in owed:
        silence = silenced(closed.get(task.id, ()), setting)
        for row in rows_for(task, some, recipients_of(task, setting, now), silence, setting, now, slot=slot):
            there = told.get((task.id, row["checkpoint"]), set())
            row["units"] = [unit for unit in row["units"] if unit not in there]
            if row["units"] and row["contact"] not in there:
                rows.append(row)
    return rows
