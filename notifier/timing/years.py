"""Named periods become periods: a year or month left out is taken from what stands before."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from notifier.timing import notes
from notifier.timing.notes import Note
from notifier.timing.period import (
    Almanac,
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
    month_end,
)
from notifier.timing.shapes import Named

_ONE_DAY = timedelta(days=1)
_NEXT = ("明年", "次年", "翌年")


class Refusal(Exception):
    """The phrase can't be read for certain; the message tells an official why."""


def _day(year: int, month: int, day: int) -> Period:
    if not (1 <= month <= 12 and day >= 1):
        raise Refusal(f"there is no day {day} of month {month}")
    last = month_end(year, month)
    if day > last.day:
        raise Refusal(f"there is no {year}-{month:02}-{day:02}; the last day of that month is {last}")
    return Day(date(year, month, day))


def period_of(named: Named, year: int) -> Period:
    """Return what `named` stands for in `year`; Refusal where there is no such day or month."""
    values = named.values
    try:
        match named.kind:
            case "year":
                return Year(year)
            case "half":
                return Half(year, values[0])
            case "quarter":
                return Quarter(year, values[0])
            case "month":
                return Month(year, values[0])
            case "third":
                return Third(year, *values)
            case "day":
                return _day(year, *values)
            case "term":
                return Term(year, named.name)
            case "break":
                return Break(year, named.name)
            case "festival":
                return Festival(year, named.name)
            case "plan":
                return FiveYearPlan(values[0])
            case "now":
                return Event("issued")
    except ValueError as error:
        raise Refusal(str(error)) from None
    raise Refusal("two parts of a range don't fit together")


@dataclass(slots=True, kw_only=True)
class Years:
    """Gives periods their years, clause by clause, and notes what it took from where."""

    issued: date
    almanac: Almanac
    notes: list[Note] = field(default_factory=list)
    year: int = 0
    inherited: bool = False
    guessed: bool = False
    """Whether the period resolved last has its year from the document alone."""

    def __post_init__(self) -> None:
        self.year = self.issued.year

    def resolve(self, named: Named, written: str) -> Period:
        """Return the period with its year and month filled in."""
        self.guessed = False
        if named.kind == "this_month":
            return self._this_month(named, written)
        if named.kind == "this_quarter":
            return Quarter(self.issued.year, (self.issued.month + 2) // 3)
        if named.kind == "term" and not named.name:
            return self._next_term(named, written)
        if named.kind not in {"plan", "now"}:
            self._take_year(named, written)
        period = period_of(named, self.year)
        if named.name == "early":
            self.notes.append(notes.early(written))
        return period

    def resolve_stretch(self, first: Named, last: Named, written: str) -> Span:
        """Return the span; without a year, its last part lies in the first one's, or in the next: 12-1月."""
        start = self.resolve(first, written)
        guessed = self.guessed
        if last.relative in {"次年", "翌年"}:
            last = replace(last, relative="", year=self.year + 1)
        if (
            last.year is None
            and not last.relative
            and last.kind not in {"plan", "this_month", "this_quarter"}
        ):
            end = period_of(last, self.year)
            if last.kind not in {"year", "term", "break", "festival"} and self._end(end) < self._begin(start):
                self.year += 1
                end = period_of(last, self.year)
        else:
            end = self.resolve(last, written)
        self.guessed = guessed
        if self._end(end) < self._begin(start):
            raise Refusal(f"“{written}” runs backwards: {start} to {end}")
        return Span(start, end)

    def _begin(self, period: Period) -> date:
        bounds = period.bounds(self.almanac)
        return bounds[0] if bounds else date.min

    def _end(self, period: Period) -> date:
        bounds = period.bounds(self.almanac)
        return bounds[1] if bounds else date.max

    def _take_year(self, named: Named, written: str) -> None:
        if named.year is not None:
            self.year, self.inherited = named.year, True
        elif named.relative in {"次年", "翌年"}:
            raise Refusal(f"“{named.relative}” doesn't say which year it follows")
        elif named.relative:
            self.year, self.inherited = self.issued.year + (named.relative in _NEXT), True
        elif self.inherited:
            self.notes.append(notes.year_of_clause(written, self.year))
        else:
            self.guessed = True
            self.notes.append(notes.year_of_document(written, self.year))

    def _this_month(self, named: Named, written: str) -> Period:
        year, month = self.issued.year, self.issued.month
        if named.relative.startswith("下"):
            year, month = year + month // 12, month % 12 + 1
        elif not named.relative:
            self.notes.append(notes.month_of_document(written, year, month))
        self.year = year
        return _day(year, month, named.values[0]) if named.values else Month(year, month)

    def _next_term(self, named: Named, written: str) -> Period:
        if named.year is not None or named.relative:
            raise Refusal(f"“{written}” doesn't say which term of the year")
        terms = [
            Term(year, season)
            for year in (self.issued.year, self.issued.year + 1)
            for season in ("spring", "autumn")
        ]
        following = next(term for term in terms if self._begin(term) > self.issued)
        self.year = following.year
        self.notes.append(notes.next_term(written, self._begin(following)))
        return following
