"""A clock that tests set: `from tests.clock import SettableClock`, or the fixture `clock`."""

from datetime import UTC, datetime, timedelta


class SettableClock:
    """A `notifier.clock.Clock` that stands still between `set` and `advance`."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def __call__(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Show `now` from here on; earlier than before is allowed, naive is not."""
        if now.utcoffset() is None:
            raise ValueError(f"a clock has no naive times: {now.isoformat()}")
        self._now = now.astimezone(UTC)

    def advance(self, step: timedelta) -> datetime:
        """Move on by `step` and return the new instant."""
        self._now += step
        return self._now
