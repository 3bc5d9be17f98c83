"""What the mails to the office's own people will say: found out before the ledger is locked, as it is long work."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from notifier.digest.bulletin import Matter
from notifier.digest.summary_content import Summary
from notifier.errors import NotifierError
from notifier.ledger import outbox
from notifier.ledger.outbox import MessageRecord
from notifier.passes.brake import Brake
from notifier.passes.ops import OpsMail, is_for_ops
from notifier.passes.retry import BACKOFF
from notifier.passes.summary import is_summary

log = logging.getLogger(__name__)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What ops are to know, and the month's summary; None where it isn't asked for, or can't be found out."""

    standing: Sequence[Matter] | None = None
    summary: Summary | None = None

    def summary_for(
        self, db: Connection, message: MessageRecord, brake: Brake, owner: str, now: datetime
    ) -> Summary | None:
        """Return the month's summary for a message; None where that is put back for an hour, until a doubt is settled.

        Of a ledger in doubt, the one that it is a copy of may have sent the summary.
        """
        if self.summary is None:
            raise NotifierError("the month can't be summed up")
        if brake.guard is None or not brake.guard.holds(db):
            return self.summary
        until = now + BACKOFF[-1]
        outbox.postpone(db, message.id, owner, reply=brake.guard.why or "", not_before=until)
        return None


def find_out(ops: OpsMail | None, engine: Engine, claimed: Sequence[MessageRecord], now: datetime) -> Known:
    """Return what is needed for those of some messages that go to ops; what can't be found out is in the log."""
    if ops is None:
        return Known()
    for_ops = [message for message in claimed if is_for_ops(message)]
    has_summary = any(map(is_summary, for_ops))
    has_news = not all(map(is_summary, for_ops))
    return Known(
        standing=_tried("What ops are to know", lambda: ops.standing(engine, now)) if has_news else None,
        summary=_tried("The month's summary", lambda: ops.summary.content(engine, now))
        if has_summary
        else None,
    )


def _tried(what: str, find: Callable[[], Found]) -> Found | None:
    try:
        return find()
    except DBAPIError:
        raise
    except Exception:
        log.exception("%s can't be found out", what, extra={"action": "not_composed"})
        return None
