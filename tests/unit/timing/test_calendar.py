"""Working days: the notices, the overlay, and what lies outside the table."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from holidays import country_holidays

from notifier.timing.calendar import Roll, WorkCalendar
from tests.timing_builders import day

CALENDAR = WorkCalendar.build()


@pytest.mark.parametrize(
    ("text", "working"),
    [
        pytest.param("2017-09-29", True, id="Friday"),
        pytest.param("2017-09-30", True, id="make-up Saturday"),
        pytest.param("2018-09-30", True, id="make-up Sunday"),
        pytest.param("2018-12-29", True, id="make-up Saturday before New Year"),
        pytest.param("2018-12-31", False, id="Monday of the next year's notice"),
        pytest.param("2017-10-02", False, id="National Day"),
        pytest.param("2018-02-24", True, id="make-up Saturday after the Spring Festival"),
        pytest.param("2018-03-03", False, id="Saturday"),
    ],
)
def test_a_day_is_a_working_day_as_the_notice_says(text: str, working: bool) -> None:
    assert CALENDAR.is_working_day(day(text)) is working


def test_the_calendar_differs_from_chinesecalendar_on_one_day_since_2004() -> None:
    first, last = date(2004, 1, 1), date(2025, 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert len([d for d in days if CALENDAR.is_working_day(d) != chinese_calendar.is_workday(d)]) <= 1


def test_every_day_is_what_the_holidays_package_says_of_china() -> None:
    table = country_holidays("CN", years=range(2000, 2051), language="en_US")
    days = [
        date(2000, 1, 1) + timedelta(days=n) for n in range((date(2050, 12, 31) - date(2000, 1, 1)).days + 1)
    ]
    assert [d for d in days if CALENDAR.is_working_day(d) != table.is_working_day(d)] == []


def test_what_is_known_ends_on_24_december_of_the_last_year_with_a_notice() -> None:
    notices = country_holidays("CN", years=range(2000, 2051), language="en_US").weekend_workdays
    assert CALENDAR.known_until == date(max(notices).year, 12, 24)
    assert CALENDAR.known_until >= date(2026, 12, 24)


def test_a_calendar_before_the_first_notice_knows_nothing_for_certain() -> None:
    calendar = WorkCalendar.build(first=1990, last=1995)
    assert calendar.known_until < calendar.first


def test_a_country_without_notices_is_known_to_its_end() -> None:
    calendar = WorkCalendar.build(first=2018, last=2019, country="DE")
    assert calendar.known_until == date(2019, 12, 31)
    assert not calendar.is_working_day(date(2018, 10, 3))


def test_the_overlay_has_the_last_word_and_off_wins_over_work() -> None:
    monday, saturday, both = day("2018-06-04"), day("2018-06-09"), day("2018-06-16")
    calendar = WorkCalendar.build(off=[monday, both, day("2099-01-01")], work=[saturday, both])
    assert not calendar.is_working_day(monday)
    assert calendar.is_working_day(saturday)
    assert not calendar.is_working_day(both)


def test_an_overlay_leaves_calendars_built_later_alone() -> None:
    WorkCalendar.build(off=[day("2018-06-04")])
    assert WorkCalendar.build().is_working_day(day("2018-06-04"))


@pytest.mark.parametrize(
    ("text", "how", "rolled"),
    [
        ("2017-10-01", "prev", "2017-09-30"),
        ("2017-10-01", "next", "2017-10-09"),
        ("2017-10-01", "none", "2017-10-01"),
        ("2017-10-10", "prev", "2017-10-10"),
        ("2017-10-10", "next", "2017-10-10"),
    ],
)
def test_a_day_off_rolls_to_its_working_neighbour(text: str, how: Roll, rolled: str) -> None:
    assert CALENDAR.roll(day(text), how) == day(rolled)


@pytest.mark.parametrize(
    ("text", "count", "reached"),
    [
        pytest.param("2017-09-29", 1, "2017-09-30", id="forward over a make-up day"),
        pytest.param("2017-09-29", 2, "2017-10-09", id="forward over the holiday"),
        pytest.param("2017-10-03", 1, "2017-10-09", id="forward from a day off"),
        pytest.param("2017-10-09", -1, "2017-09-30", id="back over the holiday"),
        pytest.param("2017-10-03", -1, "2017-09-30", id="back from a day off"),
        pytest.param("2017-10-03", 0, "2017-10-03", id="nothing"),
        pytest.param("2050-12-30", 3, "2051-01-04", id="out at the end of the table"),
        pytest.param("2000-01-04", -2, "1999-12-30", id="out at its beginning"),
        pytest.param("2060-01-01", 1, "2060-01-02", id="beyond it"),
    ],
)
def test_working_days_are_counted_without_the_day_itself(text: str, count: int, reached: str) -> None:
    assert CALENDAR.add(day(text), count) == day(reached)


def test_outside_its_table_the_calendar_falls_back_on_monday_to_friday() -> None:
    assert CALENDAR.previous(day("2060-10-03")) == day("2060-10-01")
    assert CALENDAR.next(day("1990-10-06")) == day("1990-10-08")


def test_counting_agrees_with_looking_at_each_day() -> None:
    start = day("2018-01-20")
    working = [d for n in range(1, 120) if CALENDAR.is_working_day(d := start + timedelta(days=n))]
    assert [CALENDAR.add(start, n) for n in range(1, len(working) + 1)] == working


def test_a_years_notice_entered_by_hand_counts_as_known() -> None:
    shipped = WorkCalendar.build().known_until
    saturday = date(shipped.year + 1, 2, 14)
    assert WorkCalendar.build(work=[saturday]).known_until == shipped.replace(year=shipped.year + 1)
    assert WorkCalendar.build(off=[saturday]).known_until == shipped
    assert WorkCalendar.build(work=[saturday.replace(year=shipped.year + 2)]).known_until == shipped
