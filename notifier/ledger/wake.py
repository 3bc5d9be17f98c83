"""When the ledger wants a pass next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from notifier.ledger import outbox, reminders, schema, tasks


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is ahead of the daemon, in three numbers."""

    tasks: int = 0  # open, of plans that are in force
    waiting: int = 0  # mails that are not finished
    moment: datetime | None = None  # as `next_moment` has it


def outlook(db: Connection) -> Outlook:
    """Return what is ahead."""
    in_force = select(schema.plans.c.id).where(schema.plans.c.active)
    running = (schema.tasks.c.state == "open") & schema.tasks.c.plan_id.in_(in_force)
    unfinished = select(func.count()).where(schema.messages.c.finished.is_(None))
    return Outlook(
        tasks=db.execute(select(func.count()).where(running)).scalar_one(),
        waiting=db.execute(unfinished).scalar_one(),
        moment=next_moment(db),
    )


def next_moment(db: Connection) -> datetime | None:
    """Return the next moment at which a checkpoint falls due, a slot comes, or a message may be tried."""
    moments = (tasks.earliest_checkpoint(db), reminders.earliest_slot(db), outbox.earliest_attempt(db))
    return min((moment for moment in moments if moment is not None), default=None)
