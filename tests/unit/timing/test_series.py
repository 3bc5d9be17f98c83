"""Recurring occurrences: where they begin and end, and how they are found from any day."""

from itertools import islice

import pytest

from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.period import Day, Event, Year
from notifier.timing.rule import (
    Cadence,
    Due,
    Frequency,
    From,
    Last,
    Ongoing,
    RecurringDue,
    Report,
    Review,
    Rule,
    Window,
)
from notifier.timing.series import Series, series_of
from tests.timing_builders import a_context, a_policy, day, month

MONTHLY = Cadence(Frequency.MONTHLY)
DAILY = Cadence(Frequency.DAILY)
UNDATED = Event("acceptance")


def series(rule: Rule, context: Context, base: str | None = None) -> Series:
    found = series_of(rule, context, day(base) if base else None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rule", "base", "start", "origin", "end"),
    [
        pytest.param(Ongoing(), None, "2017-10-01", "2017-10-01", "2050-12-31", id="issue date"),
        pytest.param(
            Ongoing(), "2018-06-30", "2018-06-30", "2018-06-30", "2050-12-31", id="what came before"
        ),
        pytest.param(
            Report(MONTHLY, Year(2018), Year(2019)), None, "2017-12-31", "2018-01-01", "2019-12-31", id="own"
        ),
        pytest.param(
            Report(MONTHLY, Year(2016)), None, "2017-10-01", "2016-01-01", "2050-12-31", id="own, long ago"
        ),
        pytest.param(From(Year(2018)), None, "2018-01-01", "2018-01-01", "2050-12-31", id="from"),
        pytest.param(Window(Year(2018)), None, "2018-01-01", "2018-01-01", "2018-12-31", id="window"),
    ],
)
def test_a_series_begins_with_the_last_of_its_starts(
    rule: Rule, base: str | None, start: str, origin: str, end: str
) -> None:
    found = series(rule, a_context(), base)
    assert (found.nominal_days.start, found.nominal_days.origin, found.end) == (
        day(start),
        day(origin),
        day(end),
    )


def test_a_cadence_of_its_own_includes_the_first_day_of_since() -> None:
    first_of_month = Cadence(Frequency.MONTHLY, ("1",))
    days = series(Report(first_of_month, Year(2018)), a_context()).nominal_days
    assert list(days.after(day("2017-10-01"), day("2018-02-28"))) == [day("2018-01-01"), day("2018-02-01")]


def test_the_plans_end_and_the_calendars_end_a_series() -> None:
    assert series(Ongoing(Year(2020)), a_context(until=day("2018-06-30"))).end == day("2018-06-30")
    assert series(Ongoing(Year(2060)), a_context()).end == day("2050-12-31")


@pytest.mark.parametrize(
    "rule",
    [Due(Last(Year(2018))), Review("尽快"), Report(MONTHLY, UNDATED), Ongoing(UNDATED), Window(UNDATED)],
    ids=str,
)
def test_a_rule_without_periodic_part_or_with_an_undated_event_has_no_series(rule: Rule) -> None:
    assert series_of(rule, a_context()) is None


@pytest.mark.parametrize(
    ("rule", "announced"),
    [(From(Year(2017)), "2017-10-09"), (Window(Year(2018)), "2018-01-02"), (Ongoing(), "0001-01-01")],
    ids=str,
)
def test_a_series_knows_when_its_start_is_announced(rule: Rule, announced: str) -> None:
    assert series(rule, a_context()).announced == day(announced)


def test_occurrences_begin_with_the_latest_that_was_announced() -> None:
    found = series(Report(MONTHLY), a_context()).occurrences(day("2018-03-30"))
    # That of 31 March is announced on the 30th, its nominal day is still ahead.
    assert [f"{one.nominal:%m-%d} {one.notice:%m-%d}" for one in islice(found, 3)] == [
        "02-28 02-28",
        "03-31 03-30",
        "04-30 04-28",
    ]


def test_occurrences_that_share_a_notice_are_the_first_of_them_from_any_day() -> None:
    daily = series(Report(DAILY), a_context())
    # 2018-06-16 to 18 are days off; all their reports would go on Friday, the 15th.
    for seek in ("2018-06-15", "2018-06-16", "2018-06-17", "2018-06-18"):
        found = daily.occurrences(day(seek))
        assert [one.nominal for one in islice(found, 2)] == [day("2018-06-15"), day("2018-06-19")]


def test_the_overdue_notices_of_occurrences_that_share_a_notice_are_those_of_the_first() -> None:
    rule = RecurringDue(DAILY, None, Day(day("2018-06-17")))
    found = list(series(rule, a_context(policy=a_policy(leads=()))).marks(day("2018-06-17")))
    assert [mark.key for mark in found[:2]] == ["overdue-1@2018-06-15", "overdue-2@2018-06-15"]


def test_leads_follow_the_occurrence_before_theirs() -> None:
    due = series(RecurringDue(MONTHLY), a_context())
    october, november = islice(due.occurrences(day("2017-10-31")), 2)
    assert [str(lead) for _, lead in due.leads(november, None)] == ["30d", "7d", "1d"]
    assert [str(lead) for _, lead in due.leads(november, october)] == ["7d", "1d"]


@pytest.mark.parametrize(
    ("rule", "report_overdue", "expected"),
    [
        (Report(MONTHLY), False, False),
        (Report(MONTHLY), True, True),
        (RecurringDue(MONTHLY), False, True),
    ],
    ids=["report", "report, by policy", "deadline"],
)
def test_deadlines_are_followed_by_overdue_notices_and_reports_by_policy(
    rule: Rule, report_overdue: bool, expected: bool
) -> None:
    found = series(rule, a_context(policy=a_policy(report_overdue=report_overdue)))
    assert found.has_overdue is expected
    assert found.family is (Kind.DUE if isinstance(rule, RecurringDue) else Kind.REPORT)


def test_the_series_of_a_window_is_only_as_long_as_the_window() -> None:
    found = series(Window(month("2018-06")), a_context()).occurrences(day("2017-10-01"))
    assert [one.nominal for one in found] == [day("2018-06-30")]
