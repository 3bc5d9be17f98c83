"""Whether the wall clock can be gone by.

Everything that is planned goes by the wall clock, and a clock that is set a year ahead would announce a year's
deadlines and record the rest as expired. So the rule, kept simple:

- Running, a clock that leaps ahead by more than a day beyond what CLOCK_BOOTTIME explains is in doubt: nothing is
  planned or sent until it has shown the new time for an hour, has come back, or the daemon is restarted.
  CLOCK_BOOTTIME counts the time in which a machine was suspended (clock_gettime(2)), so a resumed laptop
  catches up at once.
- A leap up to the ledger's latest heartbeat is in no doubt: that clock was behind and was put right.
- A clock that goes back is believed. What was put off under the earlier one is set right (`turned_back`), but by more
  than a day only once the clock has stood for an hour.
- At the start the clock is believed; one that is behind the ledger's latest heartbeat is told for an hour.

Limits: a clock that is wrong for more than an hour, or from the start, is gone by. A virtual machine that was frozen
for more than a day does not count that time, and waits for an hour. Neither NTP nor adjtimex(2) is asked: the
service may not call it, and an office's network may have no time server.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from notifier.clock import Clock

log = logging.getLogger(__name__)

BOUND = timedelta(days=1)
STANDS_AFTER = timedelta(hours=1)
_BEHIND = timedelta(hours=1)


def boot_seconds() -> float:
    """Return seconds since the machine was booted, suspended or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Timekeeper:
    """Compares the wall clock with the one that nobody sets. For every thread."""

    def __init__(
        self, clock: Clock, known: datetime | None, steady: Callable[[], float] = boot_seconds
    ) -> None:
        """Begin with the clock as it is; `known` is the latest moment that the ledger knows of."""
        self._clock, self._known, self._steady = clock, known, steady
        self._trusted = clock(), steady()
        self._doubted: tuple[datetime, float] | None = None  # both clocks when the leap was seen
        self._moved = self._trusted[1]  # when the wall clock last leapt, or was first looked at
        self._turn = threading.Lock()
        if (told := self.behind()) is not None:
            log.warning("%s", told, extra={"action": "clock_behind"})

    @property
    def stands(self) -> bool:
        """Whether the clock has gone on without a leap for an hour."""
        return self._steady() - self._moved >= STANDS_AFTER.total_seconds()

    def behind(self) -> str | None:
        """Return that the clock is behind what the ledger knows; None if it isn't, or has stood for an hour."""
        now = self._clock()
        if self._known is None or self._known - now <= _BEHIND or self.stands:
            return None
        return f"the clock shows {now:%Y-%m-%d %H:%M}Z, but a daemon ran at {self._known:%Y-%m-%d %H:%M}Z"

    def doubt(self) -> str | None:
        """Look at the clock; return why nothing may be planned or sent by it, None when it may."""
        with self._turn:
            now, second = self._clock(), self._steady()
            expected = _later(self._trusted, second)
            if now < expected - BOUND:
                self._moved = second
            latest = max(expected, self._known or expected)
            if now - latest <= BOUND:
                if self._doubted is not None:
                    log.warning("The clock came back", extra={"action": "clock_back"})
                self._trust(now, second)
                return None
            if self._doubted is None or abs(now - _later(self._doubted, second)) > BOUND:
                self._doubted, self._moved = (now, second), second
                log.error(
                    "The clock leapt from %s to %s: nothing is planned or sent until it has shown that for an hour, "
                    "or the daemon is restarted", latest, now,
                    extra={"action": "clock_in_doubt"},
                )  # fmt: skip
            if self.stands:
                log.warning(
                    "The clock has stood for an hour, and is gone by", extra={"action": "clock_stands"}
                )
                self._trust(now, second)
                return None
            return (
                f"the clock leapt ahead to {now:%Y-%m-%d}: nothing is planned or sent until it has shown that for "
                "an hour, or the daemon is restarted"
            )

    def _trust(self, now: datetime, second: float) -> None:
        self._trusted, self._doubted = (now, second), None


def _later(both: tuple[datetime, float], second: float) -> datetime:
    """Return what the wall clock shows at a second of the steady one, if nobody sets it."""
    wall, since = both
    return wall + timedelta(seconds=second - since)
