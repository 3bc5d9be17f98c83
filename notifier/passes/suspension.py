"""An address refused twice in a row rests, but never for good: now and then a mail tries whether it is mended.

To go on trying each digest harms the sender's name with the provider. To try none any more would leave somebody out
in silence until a person remembers: so the rest is short, it is told of in preflight and status, what wasn't sent
for it is on record as refused, and `notifier retry` ends it at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from notifier.ledger.refusals import refusals

SUSPENDED_AFTER: Final = 2  # mails refused in a row
REST: Final = timedelta(days=3)  # from the last try to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """An address that rests."""

    contact: str
    mails: int
    since: datetime
    until: datetime  # a digest from then on is tried again
    reply: str

    def told(self, zone: ZoneInfo) -> str:
        """Say for ops why, and until when."""
        since, until = (moment.astimezone(zone).date() for moment in (self.since, self.until))
        return (
            f"{self.reply} ({self.mails} mails refused in a row since {since}: suspended, "
            f"a mail from {until} on is tried again)"
        )


def suspensions(db: Connection, contacts: Collection[str] | None = None) -> dict[str, Suspension]:
    """Return, by contact, the suspended ones of these or of all, whether their rest is over or not."""
    return {
        refusal.contact: Suspension(
            contact=refusal.contact,
            mails=refusal.in_a_row,
            since=refusal.since,
            until=refusal.last + REST,
            reply=refusal.reply,
        )
        for refusal in refusals(db, contacts).values()
        if refusal.in_a_row >= SUSPENDED_AFTER
    }
