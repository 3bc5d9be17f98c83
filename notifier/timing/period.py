"""Periods: closed spans of days, some of them symbolic until an almanac says when they are.

A term or a festival stays a name inside a rule, so that editing the table moves every date that
hangs on it. An event without a date has no bounds yet: the rule waits.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast

from notifier.timing.festival import FESTIVALS

Bounds = tuple[date, date]


class Almanac(Protocol):
    """Dates the symbolic periods; `Context` is one."""

    def term_opens(self, year: int, season: str) -> date:
        """Return the opening day of a school term; `season` is spring or autumn."""

    def break_bounds(self, year: int, season: str) -> Bounds:
        """Return first and last day of a school break; `season` is winter or summer."""

    def festival_day(self, year: int, name: str) -> date:
        """Return the day of a festival, such as chunjie."""

    def event_day(self, name: str) -> date | None:
        """Return an event's date, or None while nobody has dated it."""


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def _check(what: str, value: int, first: int, last: int) -> None:
    if not first <= value <= last:
        raise ValueError(f"a {what} is {first} to {last}, not {value}")


def _check_year(year: int) -> None:
    # Wider than any plan; keeps day arithmetic clear of the ends of `date`.
    _check("year", year, 1900, 2199)


def _check_name(what: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ValueError(f"a {what} is one of {', '.join(sorted(names))}, not {name}")


class Period:
    """A closed span of days; its text is its identity."""

    __slots__ = ()

    def bounds(self, almanac: Almanac, /) -> Bounds | None:
        """Return first and last day, or None while an event in it has no date."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Year(Period):
    """A calendar year: `2018`."""

    year: int

    def __post_init__(self) -> None:
        _check_year(self.year)

    def bounds(self, _: Almanac, /) -> Bounds:
        return date(self.year, 1, 1), date(self.year, 12, 31)

    def __str__(self) -> str:
        return f"{self.year:04}"


@dataclass(frozen=True, slots=True)
class Half(Period):
    """Half a year: `2018-H1`."""

    year: int
    half: int

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check("half", self.half, 1, 2)

    def bounds(self, _: Almanac, /) -> Bounds:
        last = 6 * self.half
        return date(self.year, last - 5, 1), month_end(self.year, last)

    def __str__(self) -> str:
        return f"{self.year:04}-H{self.half}"


@dataclass(frozen=True, slots=True)
class Quarter(Period):
    """A quarter: `2018-Q4`."""

    year: int
    quarter: int

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check("quarter", self.quarter, 1, 4)

    def bounds(self, _: Almanac, /) -> Bounds:
        last = 3 * self.quarter
        return date(self.year, last - 2, 1), month_end(self.year, last)

    def __str__(self) -> str:
        return f"{self.year:04}-Q{self.quarter}"


@dataclass(frozen=True, slots=True)
class Month(Period):
    """A month: `2018-06`."""

    year: int
    month: int

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check("month", self.month, 1, 12)

    def bounds(self, _: Almanac, /) -> Bounds:
        return date(self.year, self.month, 1), month_end(self.year, self.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class Third(Period):
    """A third of a month (旬): `2018-03-T2` is 11–20 March; T3 runs to the month's end."""

    year: int
    month: int
    third: int

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check("month", self.month, 1, 12)
        _check("third of a month", self.third, 1, 3)

    def bounds(self, _: Almanac, /) -> Bounds:
        first = date(self.year, self.month, 10 * self.third - 9)
        if self.third == 3:
            return first, month_end(self.year, self.month)
        return first, first.replace(day=10 * self.third)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-T{self.third}"


@dataclass(frozen=True, slots=True)
class Day(Period):
    """One day: `2018-06-30`."""

    day: date

    def __post_init__(self) -> None:
        _check_year(self.day.year)

    def bounds(self, _: Almanac, /) -> Bounds:
        return self.day, self.day

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class FiveYearPlan(Period):
    """A national five-year plan: `plan:14` is 2021..2025 (the sixth, 1981, and all later ones follow on)."""

    number: int

    def __post_init__(self) -> None:
        _check("five-year plan", self.number, 6, 30)

    def bounds(self, _: Almanac, /) -> Bounds:
        first = 1951 + 5 * self.number
        return date(first, 1, 1), date(first + 4, 12, 31)

    def __str__(self) -> str:
        return f"plan:{self.number}"


@dataclass(frozen=True, slots=True)
class Term(Period):
    """A school term, which acts as its opening day: `term:2018-autumn`."""

    year: int
    season: str

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check_name("term", self.season, ("spring", "autumn"))

    def bounds(self, almanac: Almanac, /) -> Bounds:
        day = almanac.term_opens(self.year, self.season)
        return day, day

    def __str__(self) -> str:
        return f"term:{self.year:04}-{self.season}"


@dataclass(frozen=True, slots=True)
class Break(Period):
    """A school break: `break:2018-summer`."""

    year: int
    season: str

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check_name("school break", self.season, ("winter", "summer"))

    def bounds(self, almanac: Almanac, /) -> Bounds:
        return almanac.break_bounds(self.year, self.season)

    def __str__(self) -> str:
        return f"break:{self.year:04}-{self.season}"


@dataclass(frozen=True, slots=True)
class Festival(Period):
    """A festival's day: `fest:2018-chunjie`."""

    year: int
    name: str

    def __post_init__(self) -> None:
        _check_year(self.year)
        _check_name("festival", self.name, FESTIVALS)

    def bounds(self, almanac: Almanac, /) -> Bounds:
        day = almanac.festival_day(self.year, self.name)
        return day, day

    def __str__(self) -> str:
        return f"fest:{self.year:04}-{self.name}"


@dataclass(frozen=True, slots=True)
class Event(Period):
    """The day on which something happens: `event:issued`; without bounds until it is dated."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-]+", self.name):
            raise ValueError(f"an event's name is letters, digits, - and _, not {self.name!r}")

    def bounds(self, almanac: Almanac, /) -> Bounds | None:
        day = almanac.event_day(self.name)
        return None if day is None else (day, day)

    def __str__(self) -> str:
        return f"event:{self.name}"


def _fixed_bounds(period: Period) -> Bounds | None:
    """Return the bounds that no almanac is needed for."""
    if isinstance(period, Year | Half | Quarter | Month | Third | Day | FiveYearPlan):
        return period.bounds(cast(Almanac, None))
    return None


@dataclass(frozen=True, slots=True)
class Span(Period):
    """From the first day of one period to the last of another: `2018..2020`."""

    start: Period
    end: Period

    def __post_init__(self) -> None:
        if isinstance(self.start, Span) or isinstance(self.end, Span):
            raise ValueError("a span has no span inside")
        start, end = _fixed_bounds(self.start), _fixed_bounds(self.end)
        if start and end and end[1] < start[0]:
            raise ValueError(f"{self.start}..{self.end} runs backwards")

    def bounds(self, almanac: Almanac, /) -> Bounds | None:
        start, end = self.start.bounds(almanac), self.end.bounds(almanac)
        return None if start is None or end is None else (start[0], end[1])

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"
