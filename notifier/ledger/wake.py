"""When the ledger wants a pass next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from notifier.ledger import bundling, outbox, schema, suspended, tasks
from notifier.ledger.log import newest_event


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is ahead of the daemon."""

    tasks: int = 0  # open, of plans that are in force
    waiting: int = 0  # mails that are not finished
    moment: datetime | None = None  # as `next_moment` has it
    planning: datetime | None = None  # the same, but for mails that are ready: these may be kept back
    event: int | None = None  # the newest on record when the tasks were counted


def outlook(db: Connection, before: Outlook | None = None) -> Outlook:
    """Return what is ahead.

    The tasks are counted, one by one, only if something was put on record since `before`: whatever begins or ends
    one is.
    """
    unfinished = select(func.count()).where(schema.messages.c.finished.is_(None))
    event = newest_event(db)
    counted = None if before is None or before.event != event else before.tasks
    if counted is None:
        counted = db.execute(select(func.count()).where(tasks.running())).scalar_one()
    return Outlook(
        tasks=counted,
        event=event,
        waiting=db.execute(unfinished).scalar_one(),
        moment=next_moment(db),
        planning=_next_planning(db),
    )


def next_moment(db: Connection) -> datetime | None:
    """Return the next moment at which a checkpoint falls due, a slot comes, or a message may be tried."""
    return earliest(_next_planning(db), outbox.earliest_attempt(db))


def _next_planning(db: Connection) -> datetime | None:
    return earliest(tasks.earliest_checkpoint(db), bundling.earliest_slot(db), suspended.earliest_end(db))


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of the moments that are known; None when none is."""
    return min((moment for moment in moments if moment is not None), default=None)
