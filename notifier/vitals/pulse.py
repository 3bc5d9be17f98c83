"""What the daemon knows of itself and no ledger does: passes begun and ended, attempts by result, since its start."""

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from notifier.mail.transport import Outgoing, Result, Transport

PASSES = ("plan", "send")
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300)  # seconds; a pass works a heartbeat at most


@dataclass(slots=True)
class Durations:
    """How long the passes of one kind took: how many fell into each bucket, the last being all that are longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0
    failures: int = 0


class Pulse:
    """Counts of one daemon's life; every method may be called from any thread."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._durations = {name: Durations() for name in PASSES}
        self._succeeded: dict[str, float] = {}
        self._beat = steady()
        self.attempts: Counter[str] = Counter()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count a pass, how long it took, and whether it failed."""
        begin = self._steady()
        try:
            yield
        except BaseException:
            self._count(name, self._steady() - begin, failed=True)
            raise
        self._count(name, self._steady() - begin, failed=False)

    def _count(self, name: str, seconds: float, *, failed: bool) -> None:
        with self._lock:
            kind = self._durations[name]
            kind.counts[bisect_left(BUCKETS, seconds)] += 1
            kind.seconds += seconds
            if failed:
                kind.failures += 1
            else:
                self._succeeded[name] = self._steady()

    def note_success(self, name: str) -> None:
        """Say that a pass need not run here: another host runs it, or there is nothing to do."""
        with self._lock:
            self._succeeded[name] = self._steady()

    def durations(self) -> dict[str, Durations]:
        """Return a copy of what is counted by pass."""
        with self._lock:
            return {
                name: Durations(list(kind.counts), kind.seconds, kind.failures)
                for name, kind in self._durations.items()
            }

    def beat(self) -> None:
        """Say that the main thread is alive."""
        self._beat = self._steady()

    def ills(self, patience: timedelta) -> list[str]:
        """Return why the daemon is not well; empty when it is. Whatever succeeded within `patience` is."""
        now, most = self._steady(), patience.total_seconds()
        ills = []
        if now - self._beat > most:
            ills.append(f"the main thread was last alive {now - self._beat:.0f} s ago")
        for name in PASSES:
            if (succeeded := self._succeeded.get(name)) is None:
                ills.append(f"no {name} pass has succeeded yet")
            elif now - succeeded > most:
                ills.append(f"the last {name} pass that succeeded ended {now - succeeded:.0f} s ago")
        return ills


@dataclass(frozen=True, slots=True)
class Counted:
    """A transport whose results are counted."""

    transport: Transport
    pulse: Pulse

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Hand over each mail; see `Transport.deliver`. A fault of the server counts as `server_fault`."""

        counted: set[int] = set()

        def counting(mail: Outgoing, result: Result) -> None:
            if mail.id not in counted:  # what couldn't be committed together is recorded again
                counted.add(mail.id)
                self.pulse.attempts[result.state] += 1
            record(mail, result)

        fault = self.transport.deliver(mails, begin=begin, record=counting, stop=stop, together=together)
        if fault is not None:
            self.pulse.attempts["server_fault"] += 1
        return fault

    def check(self) -> list[str]:
        """See `Transport.check`."""
        return self.transport.check()

    def close(self) -> None:
        """See `Transport.close`."""
        self.transport.close()
