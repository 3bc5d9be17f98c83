"""Whether a host's clock agrees with the database server's: with all three clocks in the test's hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from notifier.passes.common_time import LIMIT, CommonTime

START = datetime(2018, 6, 29, 1, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass
class Host:
    """A host and a database server, each with a wall clock; questions take their time on the way there and back."""

    ahead: timedelta = timedelta(0)
    there: timedelta = timedelta(0)
    back: timedelta = timedelta(0)
    true: datetime = START
    time: CommonTime = field(init=False)

    def __post_init__(self) -> None:
        self.time = CommonTime(lambda: self.true + self.ahead, self.steady)

    def steady(self) -> float:
        """Return what a clock shows that nobody sets."""
        return self.true.timestamp()

    def asks(self) -> "Host":
        """Ask the server for its time."""

        def answer() -> datetime:
            self.true += self.there
            told = self.true
            self.true += self.back
            return told

        self.time.compare(answer)
        return self

    @property
    def is_gone_by(self) -> bool:
        return self.time.doubt() is None


@pytest.mark.parametrize("ahead", [timedelta(0), LIMIT, -LIMIT, 0.9 * LIMIT], ids=str)
def test_a_clock_within_the_limit_is_gone_by(ahead: timedelta) -> None:
    assert Host(ahead).asks().is_gone_by


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(1.1 * LIMIT, "2.2 s ahead of"), (-1.1 * LIMIT, "2.2 s behind"), (HOUR, "3600.0 s ahead of")],
    ids=["a little ahead", "a little behind", "an hour ahead"],
)
def test_a_clock_that_is_off_is_told_with_how_far(ahead: timedelta, told: str) -> None:
    assert f"this host's clock is {told} the database server's" in str(Host(ahead).asks().time.doubt())


@pytest.mark.parametrize(
    ("there", "back"),
    [(9 * SECOND, 9 * SECOND), (9 * SECOND, 0 * SECOND), (0 * SECOND, 9 * SECOND)],
    ids=["both ways", "there", "back"],
)
def test_a_network_that_is_slow_puts_no_right_clock_in_doubt_and_hides_no_wrong_one(
    there: timedelta, back: timedelta
) -> None:
    assert Host(there=there, back=back).asks().is_gone_by
    assert not Host(HOUR, there, back).asks().is_gone_by
    assert not Host(-HOUR, there, back).asks().is_gone_by


@pytest.mark.parametrize("leap", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_leap_is_seen_before_the_server_is_asked_again_and_so_is_its_end(leap: timedelta) -> None:
    host = Host().asks()
    host.true += HOUR
    assert host.is_gone_by
    host.ahead = leap
    assert not host.is_gone_by
    assert host.time.ahead() == leap
    host.ahead = timedelta(0)
    assert host.is_gone_by


def test_a_clock_at_the_limit_does_not_come_and_go(caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    for tenths in (21, 19, 21, 19, 11, 9, 19):
        host.ahead = tenths * SECOND / 10
        host.asks().time.doubt()
    assert [record.__dict__["action"] for record in caplog.records] == ["clock_differs", "clock_agrees"]


def test_a_server_that_gives_no_answer_leaves_the_last_one_standing() -> None:
    host = Host(HOUR).asks()

    def unreachable() -> datetime:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        host.time.compare(unreachable)
    assert not host.is_gone_by


def test_until_the_server_was_asked_the_clock_is_gone_by() -> None:
    assert Host(HOUR).is_gone_by
