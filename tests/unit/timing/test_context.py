"""The conventions by which terms, breaks and events get their days."""

import pytest

from notifier.timing.period import Break, Event, Period, Span, Term, Year
from tests.timing_builders import a_context, day


@pytest.mark.parametrize(
    ("year", "season", "opens"),
    [
        pytest.param(2018, "spring", "2018-03-05", id="a Sunday, rolled"),
        pytest.param(2019, "spring", "2019-02-21", id="a working day"),
        pytest.param(2018, "autumn", "2018-09-01", id="a Saturday, not rolled"),
    ],
)
def test_a_term_opens_by_convention(year: int, season: str, opens: str) -> None:
    context = a_context()
    assert context.term_opens(year, season) == day(opens)
    assert context.term_is_computed(year, season)


def test_the_table_of_terms_wins() -> None:
    context = a_context(terms={"2018-spring": day("2018-02-26")})
    assert context.term_opens(2018, "spring") == day("2018-02-26")
    assert not context.term_is_computed(2018, "spring")
    assert context.term_opens(2019, "spring") == day("2019-02-21")


@pytest.mark.parametrize(
    ("period", "bounds"),
    [
        (Break(2018, "summer"), ("2018-07-10", "2018-08-31")),
        (Break(2018, "winter"), ("2018-02-09", "2018-03-04")),
        (Term(2018, "spring"), ("2018-03-05", "2018-03-05")),
        (Span(Year(2018), Year(2020)), ("2018-01-01", "2020-12-31")),
        (Event("issued"), ("2017-10-01", "2017-10-01")),
    ],
    ids=str,
)
def test_a_symbolic_period_has_bounds(period: Period, bounds: tuple[str, str]) -> None:
    assert period.bounds(a_context()) == tuple(map(day, bounds))


def test_a_break_moves_with_its_term() -> None:
    context = a_context(terms={"2018-autumn": day("2018-09-03")})
    assert context.break_bounds(2018, "summer")[1] == day("2018-09-02")


def test_an_event_has_the_day_it_was_given_and_issued_falls_back() -> None:
    context = a_context(events={"acceptance": day("2018-05-02"), "issued": day("2017-10-10")})
    assert context.event_day("acceptance") == day("2018-05-02")
    assert context.event_day("issued") == day("2017-10-10")
    assert a_context().event_day("issued") == day("2017-10-01")
    assert a_context().event_day("acceptance") is None
    assert Span(Event("acceptance"), Year(2020)).bounds(a_context()) is None
