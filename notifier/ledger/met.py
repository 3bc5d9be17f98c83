"""Faults that were met, kept until the ledger can be written: it may be the ledger itself that fails."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from notifier.ledger.log import record_event

_AGAIN_AFTER = timedelta(days=1)  # one fault that lasts is one record a day, not one a minute
_MOST = 20  # different faults of one day; what fails in so many ways needs no longer list


class FaultsMet:
    """The faults of one part of a daemon, each of which becomes an event: at most once a day."""

    def __init__(self, action: str) -> None:
        self._action = action
        self._seen: dict[str, datetime] = {}
        self._unwritten: list[tuple[datetime, str]] = []

    def add(self, at: datetime, fault: str) -> None:
        """Remember a fault, of which the first line counts."""
        line = next(iter(fault.splitlines()), "")
        self._seen = {text: seen for text, seen in self._seen.items() if abs(at - seen) < _AGAIN_AFTER}
        if line not in self._seen and len(self._seen) < _MOST:
            self._seen[line] = at
            self._unwritten.append((at, line))

    def write(self, engine: Engine) -> None:
        """Record what was met since the last time that this could be done."""
        if not (now := self._unwritten[:]):
            return
        with engine.begin() as db:
            for at, fault in now:
                record_event(db, at=at, by="notifier", action=self._action, detail=fault)
        del self._unwritten[: len(now)]  # only once it is committed; more may have come meanwhile
