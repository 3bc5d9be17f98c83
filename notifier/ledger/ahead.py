"""What lies further ahead than it can: planned, put off or leased by a clock that was set back since."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from notifier.ledger.ops import EXPIRED
from notifier.ledger.outbox import LEASE
from notifier.ledger.reminders import FOLDED, UNSENT
from notifier.ledger.schema import daemons, messages, ops_told, plans, refusals, reminders, tasks

_WHY = "planned by a clock that was ahead"
_OPEN = messages.c.finished.is_(None)


def tasks_ahead(db: Connection, now: datetime) -> dict[int, datetime]:
    """Return the tasks of listed plans that were planned, or first seen, until a moment yet to come, with it.

    No task is planned until less than the moment at which it was first seen.
    """
    query = select(tasks.c.id, tasks.c.planned_until).join_from(tasks, plans)
    ahead = tasks.c.planned_until > now
    return {row.id: row.planned_until for row in db.execute(query.where(plans.c.active, ahead))}


def latest_put_off(db: Connection, horizon: datetime, slot: datetime) -> datetime | None:
    """Return the latest moment after `horizon`, but for `slot`, that a mail waits for, or a lease; None without."""
    put_off = select(func.max(messages.c.not_before)).where(_put_off(horizon, slot))
    lease = select(func.max(messages.c.lease_until)).where(_OPEN, messages.c.lease_until > horizon)
    moments = [moment for moment in (db.execute(put_off).scalar(), db.execute(lease).scalar()) if moment]
    return max(moments, default=None)


def take_back(db: Connection, ids: Collection[int], now: datetime, cap: datetime) -> None:
    """Let tasks be planned until `now`, and withdraw what only the wrong clock made of their reminders.

    That is: what waits for a moment to come, what expired by age though younger than `cap`, what was folded into a
    notice of a moment to come. What was sent, or may have been, stays so: it is never said again. So does what fell due
    while a task was closed, suspended or not yet extended.
    """
    later = reminders.alias("later")
    folded = exists().where(
        later.c.task_id == reminders.c.task_id,
        later.c.contact == reminders.c.contact,
        later.c.at > now,
        reminders.c.reason == FOLDED + later.c.checkpoint,
    )
    wrong = or_(
        and_(
            reminders.c.at > now, or_(UNSENT, reminders.c.state.in_(("unreachable", "superseded", "expired")))
        ),
        and_(reminders.c.at > cap, reminders.c.state == "expired", reminders.c.reason.startswith(EXPIRED)),
        and_(reminders.c.at > cap, reminders.c.state == "superseded", folded),
    )
    mine = update(reminders).where(reminders.c.task_id.in_(ids), wrong)
    db.execute(mine.values(state="withdrawn", reason=_WHY))
    for mark in (tasks.c.planned_until, tasks.c.imported):
        db.execute(update(tasks).where(tasks.c.id.in_(ids), mark > now).values({mark: now}))


def unbundle(db: Connection, slot: datetime, now: datetime) -> int:
    """Take mails apart that were never begun and whose slot is later than `slot`; return how many.

    What in them is due waits for `slot`. Such a mail is deleted, with what it would have told ops: nobody can have
    seen it, and its slot is another's.
    """
    theirs = select(messages.c.id).where(
        _OPEN,
        messages.c.slot > slot,
        messages.c.state == "queued",
        messages.c.begun.is_(False),
        messages.c.uncertain.is_(False),
    )
    ids = list(db.execute(theirs).scalars())
    for message in ids:
        carried = update(reminders).where(reminders.c.message_id == message)
        db.execute(carried.values(message_id=None, slot=slot))
        db.execute(ops_told.delete().where(ops_told.c.message_id == message))
        db.execute(messages.delete().where(messages.c.id == message))
    late = update(reminders).where(
        reminders.c.state == "planned",
        reminders.c.message_id.is_(None),
        reminders.c.at <= now,
        reminders.c.slot > slot,
    )
    db.execute(late.values(slot=slot))
    return len(ids)


def _put_off(horizon: datetime, slot: datetime) -> ColumnElement[bool]:
    return and_(_OPEN, messages.c.not_before > horizon, messages.c.not_before != slot)


def pull_back(db: Connection, now: datetime, *, horizon: datetime, slot: datetime, soonest: datetime) -> int:
    """Let mails go at `soonest` that wait for a moment after `horizon` other than `slot`; return how many.

    Leases end in time, too.
    """
    put_off = update(messages).where(_put_off(horizon, slot))
    pulled = db.execute(put_off.values(not_before=soonest)).rowcount
    leased = update(messages).where(_OPEN, messages.c.lease_until > now + LEASE)
    db.execute(leased.values(lease_until=now + LEASE))
    return pulled


def grow_older(db: Connection, now: datetime) -> None:
    """Let no mail and no refusal be of a moment yet to come: whatever ends by age ends in time.

    What a clock ahead saw the server take went today.
    """
    for moment in (messages.c.created, messages.c.retried):
        db.execute(update(messages).where(_OPEN, moment > now).values({moment: now}))
    db.execute(update(messages).where(messages.c.finished > now).values(finished=now))
    for moment in (refusals.c.since, refusals.c.last):
        db.execute(update(refusals).where(moment > now).values({moment: now}))


def forget_heartbeats(db: Connection, now: datetime) -> None:
    """Let no daemon have lived later than `now`: the clock that stands is the one that counts."""
    for moment in (daemons.c.heartbeat, daemons.c.started, daemons.c.config_loaded):
        db.execute(update(daemons).where(moment > now).values({moment: now}))
