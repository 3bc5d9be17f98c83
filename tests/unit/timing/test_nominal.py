"""Nominal days: periods, counting after an event, and where a rule ends."""

import pytest

from notifier.timing.nominal import due_day, end_day, has_end, successor
from notifier.timing.notation import parse
from notifier.timing.outline import events_named, milestones
from notifier.timing.period import Day, Event, Festival, FiveYearPlan, Half, Quarter, Span, Term, Third, Year
from notifier.timing.rule import (
    Ahead,
    Before,
    Cadence,
    DayRef,
    Due,
    Frequency,
    From,
    Last,
    LastWorkday,
    Ongoing,
    Report,
    Review,
    Rule,
    Several,
    Then,
    Unit,
    Window,
    Within,
)
from tests.timing_builders import a_context, day, month

HAPPENED = Event("happened")
MONTHLY = Cadence(Frequency.MONTHLY)


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (Last(Year(2018)), "2018-12-31"),
        (Last(Half(2018, 1)), "2018-06-30"),
        (Last(Quarter(2018, 1)), "2018-03-31"),
        (Last(Third(2020, 2, 3)), "2020-02-29"),
        (Last(FiveYearPlan(14)), "2025-12-31"),
        (Last(Span(Year(2018), Year(2020))), "2020-12-31"),
        (Last(Term(2018, "autumn")), "2018-09-01"),
        (Before(Term(2018, "autumn")), "2018-08-31"),
        (Before(month("2017-12")), "2017-11-30"),
        (Before(Festival(2018, "chunjie")), "2018-02-15"),
        (LastWorkday(month("2018-06")), "2018-06-29"),
        (LastWorkday(month("2018-09")), "2018-09-30"),
        (Ahead(3, Unit.WORKING_DAY, Day(day("2023-10-10"))), "2023-10-07"),
        (Ahead(10, Unit.DAY, Festival(2018, "chunjie")), "2018-02-06"),
        (Ahead(1, Unit.MONTH, Day(day("2018-03-31"))), "2018-02-28"),
        (Before(Span(month("2018-03"), month("2018-06"))), "2018-02-28"),
    ],
    ids=str,
)
def test_a_deadline_has_a_nominal_day(ref: DayRef, expected: str) -> None:
    assert due_day(ref, a_context()) == day(expected)


@pytest.mark.parametrize(
    ("happened", "amount", "unit", "expected"),
    [
        pytest.param("2018-03-01", 30, Unit.DAY, "2018-03-31", id="days leave out the first"),
        pytest.param("2018-03-01", 2, Unit.WEEK, "2018-03-15", id="weeks"),
        pytest.param("2018-03-01", 1, Unit.MONTH, "2018-04-01", id="the corresponding day"),
        pytest.param("2018-01-31", 1, Unit.MONTH, "2018-02-28", id="or else the month's last"),
        pytest.param("2018-02-28", 1, Unit.MONTH, "2018-03-28", id="which doesn't stick"),
        pytest.param("2020-02-29", 1, Unit.YEAR, "2021-02-28", id="a leap day clamps"),
        pytest.param("2024-03-01", 2, Unit.WORKING_DAY, "2024-03-05", id="working days over a weekend"),
        pytest.param("2017-09-29", 2, Unit.WORKING_DAY, "2017-10-09", id="over make-up day and holiday"),
    ],
)
def test_time_after_an_event_is_counted_by_the_civil_code(
    happened: str, amount: int, unit: Unit, expected: str
) -> None:
    context = a_context(events={"happened": day(happened)})
    assert due_day(Within(amount, unit, HAPPENED), context) == day(expected)


@pytest.mark.parametrize(
    "ref", [Last(HAPPENED), Before(HAPPENED), Within(3, Unit.DAY, HAPPENED)], ids=["last", "before", "within"]
)
def test_an_undated_event_has_no_day(ref: DayRef) -> None:
    assert due_day(ref, a_context()) is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Due(Last(month("2018-06"))), "2018-06-30"),
        (Window(Year(2018)), "2018-12-31"),
        (Ongoing(Year(2020)), "2020-12-31"),
        (Report(MONTHLY, None, Half(2018, 1)), "2018-06-30"),
        (Several((Due(Last(month("2018-06"))), Due(Last(month("2018-03"))))), "2018-06-30"),
        (Then(Due(Last(month("2018-06"))), Ongoing(Year(2019))), "2019-12-31"),
    ],
    ids=str,
)
def test_a_rule_that_ends_has_a_last_nominal_day(rule: Rule, expected: str) -> None:
    assert has_end(rule)
    assert end_day(rule, a_context()) == day(expected)


@pytest.mark.parametrize(
    "rule",
    [
        Ongoing(),
        From(Year(2018)),
        Report(MONTHLY),
        Review("尽快"),
        Several((Due(Last(Year(2018))), Ongoing())),
        Then(Due(Last(Year(2018))), Ongoing()),
    ],
    ids=str,
)
def test_a_rule_without_end_has_no_last_day(rule: Rule) -> None:
    assert not has_end(rule)
    assert end_day(rule, a_context()) is None


@pytest.mark.parametrize(
    ("rule", "completed", "expected"),
    [
        pytest.param(Due(Last(month("2018-06"))), None, "2018-06-30", id="due day"),
        pytest.param(Due(Last(month("2018-06"))), "2018-05-20", "2018-05-20", id="completion"),
        pytest.param(Due(Last(HAPPENED)), "2018-05-20", "2018-05-20", id="completed while waiting"),
        pytest.param(Ongoing(), None, None, id="beside a rule without end"),
    ],
)
def test_what_follows_runs_from_completion_or_from_the_due_day(
    rule: Rule, completed: str | None, expected: str | None
) -> None:
    context = a_context(completed=day(completed) if completed else None)
    done = {"done": day(expected)} if expected else {}
    assert successor(rule, context, None) == (a_context(events=done), day(expected) if expected else None)


def test_what_counts_from_done_counts_from_the_end_of_what_stands_before_then() -> None:
    rule = parse('due 2018-06 "开工" then (due within 3m of event:done then due within 7d of event:done)')
    assert [str(stone.day) for stone in milestones(rule, a_context())] == [
        "2018-06-30",
        "2018-09-30",
        "2018-10-07",
    ]
    assert end_day(rule, a_context()) == day("2018-10-07")
    early = a_context(completed=day("2018-05-20"))
    assert end_day(rule, early) == day("2018-08-27")
    assert events_named(rule) == frozenset()
    assert events_named(parse("due within 3m of event:done")) == {"done"}


def test_nothing_follows_a_rule_whose_end_is_still_unknown() -> None:
    assert successor(Due(Last(HAPPENED)), a_context(), None) is None
