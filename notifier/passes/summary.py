"""The month's summary to ops and leaders: queued once a month and address, made up when it goes.

It goes on the month's first working day, at `[policy] notice_at`, for the month before; after downtime late, but only
ever for that one. Which month and whom it is for is its message's contact and its Message-ID, whatever the moment, the
clock or the host that queues it: so there is one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from notifier.digest.accounting import CalendarMonth
from notifier.digest.summary_content import Summary
from notifier.ledger import months
from notifier.ledger.engine import installation_id
from notifier.ledger.months import SUMMARY
from notifier.ledger.outbox import MessageRecord
from notifier.passes.brake import Brake
from notifier.passes.month import midnight, summary_of
from notifier.passes.setting import Setting
from notifier.passes.slots import slot_for

OVER = "a later month's summary is due, or it isn't for this address any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlySummary:
    """`[ops] summary` with what it takes to make it; to nobody where there are no addresses."""

    addresses: Sequence[str]
    domain: str
    setting: Setting

    def month(self, now: datetime) -> CalendarMonth:
        """Return the month that is summed up at `now`: the one before."""
        return CalendarMonth.of(self.setting.policy.local_day(now)).before

    def queue(self, engine: Engine, now: datetime, brake: Brake) -> tuple[int, datetime | None]:
        """Queue the month's summaries when it is time; return how many, and when the next ones are due.

        A ledger in doubt queues none: the one that it is a copy of may have sent them.
        """
        if not self.addresses:
            return 0, None
        month = self.month(now)
        due = self._opening(month.after)
        if now < due:
            return 0, due
        following = self._opening(month.after.after)
        slot = slot_for(self.setting, due, now)
        if self.month(slot) != month:
            return 0, following  # by then the next one is due
        made = 0
        with engine.begin() as db:
            if brake.guard is not None and brake.guard.holds(db):
                return 0, following
            if not months.is_under_way(db, midnight(month.after.first, self.setting)):
                return 0, following
            by_contact = {contact_of(address, month): address for address in self.addresses}
            there = months.queued(db, by_contact)
            for contact in by_contact.keys() - there:
                token = hashlib.sha256(f"{installation_id(db)}|{contact}".encode()).hexdigest()[:20]
                made += months.queue(
                    db,
                    contact=contact,
                    address=by_contact[contact],
                    slot=slot,
                    message_id=f"<{month.first:%Y%m}.{token}@{self.domain}>",
                    now=now,
                )
        return made, following

    def tells(self, message: MessageRecord, now: datetime) -> bool:
        """Tell whether a queued summary is for somebody who still gets it, and of the month past."""
        month = self.month(now)
        return message.contact in {contact_of(address, month) for address in self.addresses}

    def content(self, engine: Engine, now: datetime) -> Summary:
        """Return what the summary of the month past says at `now`."""
        return summary_of(engine, self.setting, self.month(now), now)

    def undelivered(self, engine: Engine, now: datetime) -> list[tuple[str, str]]:
        """Return (address, reply) of those of the month past that were refused or given up."""
        month = self.month(now)
        with engine.begin() as db:
            return months.undelivered(db, [contact_of(address, month) for address in self.addresses])

    def _opening(self, month: CalendarMonth) -> datetime:
        """Return the first slot of a month."""
        return self.setting.policy.notice_instant(self.setting.calendar.next(month.first))


def contact_of(address: str, month: CalendarMonth) -> str:
    """Return the contact key of a month's summary to an address."""
    return f"{SUMMARY}{month}:{address.lower()}"


def is_summary(message: MessageRecord) -> bool:
    """Tell whether a message is a month's summary."""
    return message.contact.startswith(SUMMARY)
