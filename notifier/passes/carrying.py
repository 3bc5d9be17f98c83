"""Carrying over, into a ledger of a first import, what another has on record of tasks that rest or have more time."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Engine

from notifier.ledger import tasks
from notifier.ledger.extended import extended
from notifier.ledger.suspended import suspended
from notifier.ledger.tasks import TaskRecord
from notifier.passes.extending import move
from notifier.passes.plan import context_of, rule_of
from notifier.passes.setting import Setting
from notifier.passes.suspending import rest
from notifier.timing.moving import deadlines


def carry_over(source: Engine, target: Engine, setting: Setting, now: datetime) -> None:
    """Let the tasks of `target` rest and be extended, from `now` on, as those of `source` are.

    Tasks are the same by their plan, their ref and the rule of the document.
    """
    with source.begin() as theirs, target.begin() as ours:
        resting, longer = suspended(theirs), extended(theirs)
        if not resting and not longer:
            return
        for their, our in _same(tasks.tasks_of(theirs), tasks.tasks_of(ours)):
            task = our
            for one in longer.get(their.id, ()):
                there = deadlines(rule_of(task.rule), context_of(task, setting))
                if one.original in there and one.day != one.original:
                    task = move(
                        ours, task, one.original, one.day, setting, now, by=one.by, note=one.note
                    ).task
            for silence in resting.get(their.id, ()):
                if silence.until is not None and silence.until <= now:
                    continue
                how = {"by": silence.by, "note": silence.note}
                rest(ours, task, setting, now, unit=silence.unit, until=silence.until, **how)


def _same(
    theirs: Iterable[TaskRecord], ours: Iterable[TaskRecord]
) -> Iterator[tuple[TaskRecord, TaskRecord]]:
    found = {(task.plan, task.ref): task for task in ours if task.state == "open"}
    for their in theirs:
        our = found.get((their.plan, their.ref))
        if our is not None and their.state != "vanished" and our.rule == (their.document_rule or their.rule):
            yield their, our
