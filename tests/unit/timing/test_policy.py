"""Lead times, and the instants that days become."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifier.errors import NotationError
from notifier.timing.calendar import WorkCalendar
from notifier.timing.policy import Lead, wall_instant
from notifier.timing.rule import Cadence, Frequency
from tests.timing_builders import a_policy, at, day

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "written"),
    [("5wd", "5wd"), ("30", "30d"), (30, "30d"), ("2w", "2w"), (" 7d ", "7d")],
)
def test_a_lead_reads_and_prints(text: str | int, written: str) -> None:
    assert str(Lead.parse(text)) == written


@pytest.mark.parametrize("text", ["", "0", "-3", "3m", "5 wd", "1.5d", "٣", 0])
def test_what_is_no_lead_is_refused_with_its_text(text: str | int) -> None:
    with pytest.raises(ValueError, match="not a lead time"):
        Lead.parse(text)


@pytest.mark.parametrize(
    ("lead", "notice"),
    [
        pytest.param("30d", "2018-02-02", id="calendar days, to a Saturday"),
        pytest.param("1w", "2018-02-26", id="a week"),
        pytest.param("5wd", "2018-02-26", id="working days"),
        pytest.param("7wd", "2018-02-23", id="working days over a make-up Saturday"),
    ],
)
def test_a_lead_goes_on_a_working_day_and_never_later_than_counted(lead: str, notice: str) -> None:
    assert Lead.parse(lead).before(day("2018-03-05"), WorkCalendar.build()) == day(notice)


@pytest.mark.parametrize(
    ("text", "clock", "instant"),
    [
        pytest.param("2018-03-12", "09:00", datetime(2018, 3, 12, 13, tzinfo=UTC), id="summer time"),
        pytest.param("2018-03-09", "09:00", datetime(2018, 3, 9, 14, tzinfo=UTC), id="winter time"),
        pytest.param("2018-03-11", "02:30", datetime(2018, 3, 11, 7, tzinfo=UTC), id="gap: 03:00"),
        pytest.param("2018-11-04", "01:30", datetime(2018, 11, 4, 5, 30, tzinfo=UTC), id="fold: first"),
    ],
)
def test_a_wall_clock_time_becomes_one_instant(text: str, clock: str, instant: datetime) -> None:
    assert wall_instant(day(text), time.fromisoformat(clock), NEW_YORK) == instant


@pytest.mark.parametrize(
    ("instant", "last"),
    [
        pytest.param(at("2018-03-05", "08:59"), "2018-03-04", id="before the notices of the day"),
        pytest.param(at("2018-03-05", "09:00"), "2018-03-05", id="with them"),
        pytest.param(at("2018-03-05", "23:59"), "2018-03-05", id="after them"),
    ],
)
def test_the_last_noticed_day_is_the_last_whose_notices_went(instant: datetime, last: str) -> None:
    assert a_policy().last_noticed(instant) == day(last)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        a_policy().last_noticed(datetime(2018, 3, 5))  # noqa: DTZ001


def test_the_cadence_of_ongoing_is_a_word_or_any_notation() -> None:
    assert a_policy().ongoing_cadence == Cadence(Frequency.QUARTERLY)
    assert a_policy(ongoing="monthly 28").ongoing_cadence == Cadence(Frequency.MONTHLY, ("28",))


@pytest.mark.parametrize("text", ["now and then", "", "monthly since 2018"])
def test_a_cadence_of_ongoing_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((NotationError, ValueError)):
        _ = a_policy(ongoing=text).ongoing_cadence
