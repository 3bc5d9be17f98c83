"""Setting right what a clock that was ahead planned and put off, once it is set back.

A reminder that was sent stays sent, however early: nothing is said twice. All else that the wrong clock decided is
decided anew. Marks go back to the true now, so that nothing between it and them is lost; what had expired or was
folded into a notice to come is owed again; mails wait for no moment that neither a slot nor a backoff explains.

By more than a day, this waits until the clock has stood for an hour: of two clocks, the second may be the wrong one.
A ledger that a wrong clock of the past took back loses nothing by it, but what had expired may then be told late, and
so may somebody who became a contact within the catch-up cap of what fell due just before. A slot for which the
wrong clock sent a contact mail is taken: what is due then goes in the next one.

A few seconds are left alone: time makes up for them, and hosts on one ledger are never quite alike. Were one that is
behind to take back what another has just planned for a slot, the mail would find its slot over.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine

from notifier.ledger import ahead
from notifier.ledger.log import record_event
from notifier.ledger.outbox import LEASE
from notifier.passes.plan import PAGE, dated
from notifier.passes.replan import pages, replan
from notifier.passes.setting import Setting
from notifier.passes.slots import is_open, next_slot
from notifier.passes.timekeeper import BOUND

log = logging.getLogger(__name__)

_NEAR = timedelta(seconds=5)  # more than twice common_time.LIMIT


def set_right(
    engine: Engine, setting: Setting, now: datetime, *, longest_wait: timedelta, stands: bool
) -> int:
    """Bring what lies ahead of `now` by another clock to this one; return how many tasks and mails that touched.

    `longest_wait` is the most that a failed attempt puts a mail off. Unless the clock `stands`, only what is ahead
    by up to a day is touched.
    """
    with engine.begin() as db:
        slot = next_slot(setting, now)
        horizon = now + max(longest_wait, LEASE)
        marks = ahead.tasks_ahead(db, now)
        if all(mark - now <= _NEAR for mark in marks.values()):
            marks = {}
        put_off = ahead.latest_put_off(db, horizon, slot)
        if stands:
            ahead.forget_heartbeats(db, now)
            ahead.grow_older(db, now)
        if not marks and put_off is None:
            return 0
        furthest = max([*(mark - now for mark in marks.values()), (put_off or horizon) - horizon])
        if furthest > BOUND and not stands:
            return 0
        ids = list(marks)
        for page in pages(ids, PAGE):
            ahead.take_back(db, page, now, now - setting.catch_up)
        mails = ahead.unbundle(db, slot, now)
        soonest = now if is_open(setting, now) else slot
        mails += ahead.pull_back(db, now, horizon=horizon, slot=slot, soonest=soonest)
        late = replan(db, ids, dated(db, setting), now)
        detail = f"{len(ids)} tasks and {mails} mails were ahead by up to {furthest}; {late} reminders planned late"
        if furthest > timedelta(minutes=1):
            record_event(db, at=now, by="notifier", action="clock_set_back", detail=detail)
            log.warning("The clock was set back: %s", detail, extra={"action": "clock_set_back"})
    return len(ids) + mails
