"""Every rule that can be built prints to one line that reads back to the same rule."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import NotationError
from notifier.timing.festival import FESTIVALS
from notifier.timing.notation import parse
from notifier.timing.period import (
    Break,
    Day,
    Event,
    Festival,
    FiveYearPlan,
    Half,
    Month,
    Period,
    Quarter,
    Span,
    Term,
    Third,
    Year,
)
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
    RecurringDue,
    Report,
    Review,
    Rule,
    Several,
    Then,
    Unit,
    Window,
    Within,
)

years = st.integers(1900, 2199)
months = st.integers(1, 12)
texts = st.text(max_size=12) | st.sampled_from(
    ["出台", 'a "b" c', "\\", "\n\r\t\u2028\x85", "a; b then c", " "]
)
simple_periods: st.SearchStrategy[Period] = st.one_of(
    st.builds(Year, years),
    st.builds(Half, years, st.integers(1, 2)),
    st.builds(Quarter, years, st.integers(1, 4)),
    st.builds(Month, years, months),
    st.builds(Third, years, months, st.integers(1, 3)),
    st.builds(Day, st.dates(date(1900, 1, 1), date(2199, 12, 31))),
    st.builds(FiveYearPlan, st.integers(6, 30)),
    st.builds(Term, years, st.sampled_from(["spring", "autumn"])),
    st.builds(Break, years, st.sampled_from(["winter", "summer"])),
    st.builds(Festival, years, st.sampled_from(sorted(FESTIVALS))),
    st.builds(Event, st.from_regex(r"[\w-]+", fullmatch=True)),
)


def _span(ends: tuple[Period, Period]) -> Period:
    try:
        return Span(*ends)
    except ValueError:  # runs backwards
        return Span(ends[1], ends[0])


# Deferred, so that hypothesis doesn't print the whole table wherever a period may stand.
periods: st.SearchStrategy[Period] = st.deferred(
    lambda: simple_periods | st.tuples(simple_periods, simple_periods).map(_span)
)
days: st.SearchStrategy[DayRef] = st.one_of(
    st.builds(Last, periods),
    st.builds(Before, periods),
    st.builds(Within, st.integers(1, 999), st.sampled_from(Unit), periods),
    st.builds(Ahead, st.integers(1, 999), st.sampled_from(Unit), periods),
    st.builds(LastWorkday, periods),
)


def _anchors(*texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.one_of(texts), max_size=3).map(tuple)


def _inside(
    months_inside: int, longest: int, *more: st.SearchStrategy[str]
) -> st.SearchStrategy[tuple[str, ...]]:
    month = st.integers(1, months_inside)
    dated = st.builds("{:02}-{:02}".format, month, st.integers(1, longest))
    return _anchors(dated, st.builds("{:02}-{}".format, month, moving), *more)


intervals = st.integers(1, 999)
weekdays = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
moving: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(["last", "lastwd"]),
    st.builds("{}wd".format, st.integers(1, 99)),
    st.builds("{}{}".format, st.sampled_from(["1", "2", "3", "4", "last"]), weekdays),
)
monthdays = st.integers(1, 31).map(str) | moving
by_festival = st.builds("{}{}".format, st.sampled_from(FESTIVALS), st.sampled_from(["", "-1d", "-30d"]))
term_offsets = st.integers(0, 300).map("+{}d".format) | st.integers(1, 99).map("-{}d".format)
cadences = st.one_of(
    st.builds(Cadence, st.just(Frequency.DAILY), interval=intervals),
    st.builds(Cadence, st.just(Frequency.WEEKLY), _anchors(weekdays), intervals),
    st.builds(Cadence, st.just(Frequency.MONTHLY), _anchors(monthdays), intervals),
    st.builds(Cadence, st.just(Frequency.QUARTERLY), _inside(3, 31)),
    st.builds(Cadence, st.just(Frequency.HALF_YEARLY), _inside(6, 31)),
    st.builds(Cadence, st.just(Frequency.YEARLY), _inside(12, 28, by_festival), intervals),
    st.builds(Cadence, st.just(Frequency.TERMLY), _anchors(term_offsets)),
)
maybe_period = st.none() | periods
leaves: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Due, days, texts),
    st.builds(From, periods),
    st.builds(Window, periods, texts),
    st.builds(Ongoing, maybe_period),
    st.builds(Report, cadences, maybe_period, maybe_period),
    st.builds(RecurringDue, cadences, maybe_period, maybe_period),
    st.builds(Review, texts, texts),
)


def _several(parts: list[Rule]) -> Rule:
    return Several(tuple(parts))


def _extend(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    flat = rules.filter(lambda rule: not isinstance(rule, Several))
    return st.builds(Then, rules, rules) | st.lists(flat, min_size=2, max_size=4).map(_several)


rules = st.recursive(leaves, _extend, max_leaves=6)


@given(rules)
def test_every_rule_reads_back_from_its_text(rule: Rule) -> None:
    assert parse(str(rule)) == rule


@given(rules)
def test_every_rule_is_one_line(rule: Rule) -> None:
    assert len(str(rule).splitlines()) == 1


@given(rules, st.data())
def test_a_damaged_line_is_read_or_refused_with_its_column(rule: Rule, data: st.DataObject) -> None:
    text = str(rule)
    at = data.draw(st.integers(0, len(text)))
    damaged = (
        text[:at] + data.draw(st.sampled_from(["", " ", ";", '"', "0", "x", "(", "\n"])) + text[at + 1 :]
    )
    try:
        read = parse(damaged)
    except NotationError as error:
        assert str(error).startswith("column ")  # noqa: PT017
    else:
        assert parse(str(read)) == read
