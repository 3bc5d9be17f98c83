"""What keeps due mail from going: an office's own hold, the most that may go in a day, a ledger in doubt."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from notifier.ledger import outbox
from notifier.ledger.generation import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Mail that is due and waits: why, for ops, and until when; None when only a person ends it."""

    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """`[delivery] hold` and `daily_cap`, and the guard of a ledger in a file; as it stands it holds nothing back.

    A cap of 0 is none.
    """

    hold: bool = False
    daily_cap: int = 0
    guard: Guard | None = None

    def room(self, db: Connection, now: datetime, zone: ZoneInfo) -> int | None:
        """Return how many mails may still go on the day of `now` in `zone`; None when any number may.

        Counted is what the server took, and what it may have taken: a mail without an answer counts as gone.
        """
        if self.hold or (self.guard is not None and self.guard.holds(db)):
            return 0
        if not self.daily_cap:
            return None
        return max(0, self.daily_cap - outbox.count_gone(db, _midnight(now, zone), now))

    def held(self, db: Connection, now: datetime, zone: ZoneInfo) -> Held | None:
        """Return what the brake does at `now`: a hold always, the cap only while mail waits for it."""
        waiting = outbox.count_due(db, now)
        mails = "1 mail waits" if waiting == 1 else f"{waiting} mails wait"
        if self.guard is not None and self.guard.holds(db):
            return Held(why=f"{self.guard.why}, {mails}", until=None)
        if self.hold:
            return Held(why=f"delivery.hold: nothing is sent, {mails}", until=None)
        if not waiting or self.room(db, now, zone) != 0:
            return None
        today = now.astimezone(zone).date()
        why = f"delivery.daily_cap: {self.daily_cap} went on {today}, {mails} for the next day"
        return Held(why=why, until=_midnight(now + timedelta(days=1), zone))


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date(), time(), zone)
