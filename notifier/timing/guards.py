"""Guards over readings: what lies in the past by a guess, runs backwards or is too far away goes to review."""

from collections.abc import Sequence
from datetime import date, timedelta

from notifier.timing.period import Almanac, FiveYearPlan, Half, Month, Period, Quarter, Third, Year
from notifier.timing.rule import (
    Ahead,
    Before,
    Cadence,
    Due,
    Frequency,
    From,
    Last,
    LastWorkday,
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Then,
    Window,
    Within,
)
from notifier.timing.shapes import Named
from notifier.timing.years import Refusal, Years, period_of

_YEARS_BACK, _YEARS_AHEAD = 10, 15
_ONE_DAY = timedelta(days=1)
_COULD_INCLUDE = Year | Half | Quarter | Month | Third | FiveYearPlan


def _span_of(rule: Rule, almanac: Almanac) -> tuple[date, date] | None:
    """Return the first and last day that a rule of one period is about; a deadline has one day."""
    match rule:
        case Due(day=Before(period=period)):
            bounds = period.bounds(almanac)
            return (bounds[0] - _ONE_DAY,) * 2 if bounds else None
        case Due(day=Last(period=period) | LastWorkday(period=period)):
            bounds = period.bounds(almanac)
            return (bounds[1],) * 2 if bounds else None
        case Window(period=period) | From(period=period):
            return period.bounds(almanac)
    return None


def refuse_past(rule: Rule, named: Named | None, written: str, years: Years) -> None:
    """Refuse a reading that ends before the document's date while another one of the phrase is open.

    Other readings: with the period included where 前 was read as exclusive; a year later where the
    year was taken from the document. A past date that is written out stays.
    """
    span = _span_of(rule, years.almanac)
    if span is None or span[1] >= years.issued:
        return
    others: list[str] = []
    if isinstance(rule, Due) and isinstance(rule.day, Before) and isinstance(rule.day.period, _COULD_INCLUDE):
        others.append(str(rule.day.period.bounds(years.almanac)[1]))
    if years.guessed:
        others.append(_a_year_later(rule, named, years) or f"a year later, in {span[1].year + 1}")
    if others:
        candidates = " or ".join((str(span[1]), *others))
        meant = f"due {others[-1]}" if isinstance(rule, Due) and others[-1][0].isdecimal() else ""
        raise Refusal(f"“{written}” may be {candidates}; the first lies before the document's date", meant)


def refuse_so_far(rule: Rule, written: str, years: Years) -> None:
    """Refuse 截至2017年底 of a later document: it tells what had been done by then."""
    span = _span_of(rule, years.almanac)
    if span is not None and span[1] < years.issued:
        raise Refusal(f"“{written}” lies before the document's date: what had been done, no deadline")


def _a_year_later(rule: Rule, named: Named | None, years: Years) -> str | None:
    if named is None:
        return None
    try:
        period = period_of(named, years.year + 1)
    except Refusal:  # 29 February
        return None
    before = isinstance(rule, Due) and isinstance(rule.day, Before)
    span = _span_of(Due(Before(period) if before else Last(period)), years.almanac)
    return str(span[1]) if span else None


def in_order(rules: Sequence[tuple[Rule, str]], almanac: Almanac) -> None:
    """Refuse milestones that run backwards: where years are left out, one may be missing."""
    last: tuple[date, str] | None = None
    for rule, written in rules:
        span = _span_of(rule, almanac)
        if span is None:
            continue
        if last and span[0] < last[0]:
            raise Refusal(
                f"“{written}” ({span[0]}) comes before “{last[1]}” ({last[0]}): a year may be missing"
            )
        last = span[0], written


def _periods(rule: Rule) -> list[Period]:
    match rule:
        case Due(day=(Last(period=period) | Before(period=period) | LastWorkday(period=period))):
            return [period]
        case Due(day=(Within(of=period) | Ahead(of=period))):
            return [period]
        case From(period=period) | Window(period=period):
            return [period]
        case Ongoing(until=until):
            return [until] if until else []
        case Report(since=since, until=until) | RecurringDue(since=since, until=until):
            return [period for period in (since, until) if period]
        case Then(first=first, second=second):
            return _periods(first) + _periods(second)
    return []


def believable(rule: Rule, issued: date, almanac: Almanac) -> None:
    """Refuse a date more than ten years before the document's or more than fifteen after it."""
    for period in _periods(rule):
        # 元旦前 of a year lies in the year before.
        for day in (*(period.bounds(almanac) or ()), *(_span_of(rule, almanac) or ())):
            if not issued.year - _YEARS_BACK <= day.year <= issued.year + _YEARS_AHEAD:
                raise Refusal(f"{day} is too far from the document's date, {issued}, to be believed")


_SHORTEST = {
    Frequency.DAILY: 1,
    Frequency.WEEKLY: 7,
    Frequency.MONTHLY: 28,
    Frequency.QUARTERLY: 90,
    Frequency.HALF_YEARLY: 181,
    Frequency.YEARLY: 365,
    Frequency.TERMLY: 120,
}


def comes_round(cadence: Cadence, bounds: tuple[date, date] | None, written: str) -> None:
    """Refuse a recurrence inside a time that is shorter than its unit: 5月，每季度."""
    if bounds is None:
        return
    days = (bounds[1] - bounds[0]).days + 1
    often = max(1, len(cadence.anchors)) if cadence.frequency is Frequency.YEARLY else 1
    if days * often < _SHORTEST[cadence.frequency] * cadence.interval:
        raise Refusal(f"“{cadence}” hardly comes round in the time until {written}")
