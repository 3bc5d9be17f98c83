"""Whether this host's clock agrees with the database server's, by which hosts on one ledger are held together.

Each host plans, claims and sends by its own clock, and writes leases by it that the others go by. One that is an hour
ahead would send the mail of a slot an hour early, and take from the others what they have claimed; one that is behind
would have what it claims taken from it. So all are compared with the one clock that all can ask, and a host that is off
by more than `LIMIT` neither plans nor sends until it agrees again; the others go on.

The server's clock is read between two looks at a steady one, so that the true difference is known to within half of
what the question took (F. Cristian, "Probabilistic clock synchronization", 1989): a slow network puts no clock in
doubt. From one question to the next the difference follows from what the two clocks here show: a leap is seen at once.

`LIMIT` comes from the leases, of 8 seconds and renewed every 2: two hosts, each off by it and in opposite directions,
leave a lease 2 seconds before another host takes it for lapsed. NTP keeps clocks within milliseconds.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from notifier.clock import Clock
from notifier.passes.timekeeper import boot_seconds

log = logging.getLogger(__name__)

LIMIT = timedelta(seconds=2)


class CommonTime:
    """Compares the wall clock with the database server's. For every thread; until asked first, it agrees."""

    def __init__(self, clock: Clock, steady: Callable[[], float] = boot_seconds) -> None:
        self._clock, self._steady = clock, steady
        self._found: tuple[datetime, float, timedelta, timedelta] | None = None
        self._is_off = False
        self._turn = threading.Lock()

    def compare(self, ask: Callable[[], datetime]) -> None:
        """Take what `ask` says for the server's time; raises what that raises."""
        begin = self._steady()
        theirs = ask()
        now, second = self._clock(), self._steady()
        half = timedelta(seconds=second - begin) / 2
        with self._turn:
            self._found = now, second, now - (theirs + half), half

    def ahead(self) -> timedelta:
        """Return by how much this host's clock is ahead of the server's; negative when it is behind."""
        with self._turn:
            return self._ahead()

    def doubt(self) -> str | None:
        """Return why nothing may be planned or sent by this host's clock, None when it may."""
        with self._turn:
            ahead = self._ahead()
            unsure = self._found[3] if self._found is not None else timedelta(0)
            # Once it is off it must agree better: at the limit itself it would come and go with each look.
            is_off = abs(ahead) - unsure > (LIMIT / 2 if self._is_off else LIMIT)
            seconds = abs(ahead).total_seconds()
            told = (
                f"this host's clock is {seconds:.1f} s {'ahead of' if ahead > timedelta(0) else 'behind'} the "
                "database server's: nothing is planned or sent here until they agree"
            )
            if is_off and not self._is_off:
                log.error("%s", told, extra={"action": "clock_differs"})
            elif self._is_off and not is_off:
                log.warning(
                    "This host's clock agrees with the database server's again",
                    extra={"action": "clock_agrees"},
                )
            self._is_off = is_off
            return told if is_off else None

    def _ahead(self) -> timedelta:
        if self._found is None:
            return timedelta(0)
        now, second, ahead, _ = self._found
        return ahead + (self._clock() - now) - timedelta(seconds=self._steady() - second)
