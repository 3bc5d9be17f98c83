"""Whether the wall clock can be gone by: the keeper with both of its clocks in the test's hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from notifier.passes.timekeeper import Timekeeper, boot_seconds

START = datetime(2018, 6, 29, 1, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Host:
    """A machine with a wall clock that is set, and one that nobody sets."""

    wall: datetime = START
    steady: float = 1000.0
    known: datetime | None = START - MINUTE
    keeper: Timekeeper = field(init=False)

    def __post_init__(self) -> None:
        self.boot()

    def boot(self) -> None:
        """Start the daemon anew."""
        self.keeper = Timekeeper(lambda: self.wall, self.known, lambda: self.steady)

    def passes(self, time: timedelta) -> "Host":
        """Let time go by, awake or suspended."""
        self.wall += time
        self.steady += time.total_seconds()
        return self

    def sets(self, by: timedelta) -> "Host":
        """Set the wall clock."""
        self.wall += by
        return self

    @property
    def is_gone_by(self) -> bool:
        return self.keeper.doubt() is None


@pytest.mark.parametrize("time", [MINUTE, 90 * DAY], ids=["a heartbeat", "a suspended quarter"])
def test_time_that_goes_by_is_in_no_doubt(time: timedelta) -> None:
    assert Host().passes(time).is_gone_by


@pytest.mark.parametrize("by", [2 * HOUR, DAY, -DAY, -4000 * DAY], ids=str)
def test_a_small_step_ahead_and_any_step_back_are_in_no_doubt(by: timedelta) -> None:
    assert Host().sets(by).is_gone_by


def test_a_leap_ahead_is_in_doubt_until_it_has_stood_for_an_hour() -> None:
    host = Host().sets(400 * DAY)
    for _ in range(59):
        assert "leapt ahead to 2019-08-03" in str(host.keeper.doubt())
        host.passes(MINUTE)
    assert not host.is_gone_by
    host.passes(MINUTE)
    assert host.is_gone_by
    assert host.passes(MINUTE).is_gone_by


def test_a_leap_that_is_taken_back_is_forgotten_at_once() -> None:
    host = Host().sets(400 * DAY)
    assert not host.is_gone_by
    host.passes(10 * MINUTE).sets(-400 * DAY)
    assert host.is_gone_by
    assert host.passes(2 * HOUR).is_gone_by


def test_another_leap_begins_the_hour_anew() -> None:
    host = Host().sets(400 * DAY)
    assert not host.is_gone_by
    host.passes(50 * MINUTE).sets(400 * DAY)
    assert not host.is_gone_by
    assert not host.passes(50 * MINUTE).is_gone_by
    assert host.passes(10 * MINUTE).is_gone_by


def test_a_restart_takes_the_clock_as_it_is() -> None:
    host = Host().sets(400 * DAY)
    assert not host.is_gone_by
    host.boot()
    assert host.is_gone_by


def test_a_clock_that_was_behind_the_ledger_may_be_put_right() -> None:
    host = Host(wall=datetime(1970, 1, 1, tzinfo=UTC))
    assert host.is_gone_by
    assert host.keeper.behind() == "the clock shows 1970-01-01 00:00Z, but a daemon ran at 2018-06-29 00:59Z"
    host.sets(START - host.wall + 20 * HOUR)
    assert host.is_gone_by
    assert host.keeper.behind() is None


@pytest.mark.parametrize("by", [MINUTE, HOUR, -90 * DAY], ids=str)
def test_a_clock_that_is_not_much_behind_is_not_told_of(by: timedelta) -> None:
    assert Host(known=START + by).keeper.behind() is None


def test_a_clock_behind_is_told_for_an_hour_and_stands_then() -> None:
    host = Host(known=START + 30 * DAY)
    assert host.keeper.behind()
    assert not host.keeper.stands
    host.passes(HOUR)
    assert host.keeper.behind() is None
    assert host.keeper.stands


@pytest.mark.parametrize("by", [-2 * DAY, 2 * DAY], ids=str)
def test_a_leap_either_way_ends_the_standing(by: timedelta) -> None:
    host = Host().passes(2 * HOUR)
    assert host.is_gone_by
    assert host.keeper.stands
    host.sets(by).keeper.doubt()
    assert not host.keeper.stands


def test_the_steady_clock_is_the_kernels() -> None:
    before = boot_seconds()
    assert 0 < before <= boot_seconds()
