"""Extensions that stand although the day they moved is none of the task's any more: a command's record wins, told."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from notifier.ledger import tasks
from notifier.ledger.extended import extended
from notifier.passes.book import PlanEntry
from notifier.passes.item import Item
from notifier.passes.matching import plain
from notifier.passes.plan import context_of
from notifier.passes.setting import Setting
from notifier.timing.moving import deadlines


def items(db: Connection, book: Sequence[PlanEntry], setting: Setting) -> Iterator[Item]:
    """Yield a preflight item for each extension of another day than the document, or config.toml, has by now.

    `setting` has the days of events that are on record.
    """
    if not (longer := extended(db)):
        return
    listed = {(entry.key, task.row.ref): task for entry in book for task in entry.tasks}
    for record in tasks.listed_tasks(db, longer).values():
        task = listed.get((record.plan, record.ref))
        if task is None or plain(task.row.timing) != plain(record.timing):
            continue  # it goes with the next reload
        days = {
            day
            for completed in (None, record.completed)  # the day of a part that is done by now was the task's
            for day in deadlines(task.rule, context_of(replace(record, completed=completed), setting))
        }
        for one in longer[record.id]:
            if one.day == one.original or one.original in days or one.day in days:
                continue
            yield Item(
                kind="clash",
                plan=record.plan,
                tasks=(record.ref,),
                message=f"extended from {one.original} to {one.day}, which wins, though it is read as {task.rule} now",
                hint=f"notifier extend {record.ref} DAY --due {one.day}   # the day that is to stand",
                zh=f"该任务已由{one.original}延期至{one.day}，但时限现在读作“{task.rule}”，现以延期为准",
            )
