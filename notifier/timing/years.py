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
_NEXT = ("明年",)
_FOLLOWING = ("次年", "翌年")


class Refusal(Exception):
    """The phrase can't be read for certain; the message tells an official why.

    `meant` is a line of notation that it may mean, for the official to confirm.
    """

    def __init__(self, why: str, meant: str = "") -> None:
        super().__init__(why)
        self.meant = meant


def _day(year: int, month: int, day: int) -> Period:
    if not (1 <= month <= 12 and day >= 1):
        raise Refusal(f"there is no day {day} of month {month}")
    last = month_end(year, month)
    if day > last.day:
        why = f"there is no {year}-{month:02}-{day:02}; the last day of that month is {last}"
        raise Refusal(why, f"due {last}")
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
            case "thirds":
                return Span(Third(year, values[0], values[1]), Third(year, values[0], values[2]))
            case "day" | "feast":
                return _day(year, *values)
            case "term":
                return Term(year, named.name)
            case "break":
                return Break(year, named.name)
            case "festival":
                return Festival(year, named.name)
            case "first_quarters":
                return Span(Quarter(year, 1), Quarter(year, values[0]))
            case "plan" if values[1:]:
                first = FiveYearPlan(values[0])
                start = 1951 + 5 * first.number
                return Span(Year(start), Year(start + values[1] - 1))
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
    known_terms: frozenset[str] = frozenset()
    notes: list[Note] = field(default_factory=list)
    year: int = 0
    inherited: bool = False
    base: int = 0
    """The year that 次年 follows."""
    month: int = 0
    recurs: bool = False
    """Whether something before comes round: no year for 次年 to follow."""
    guessed: bool = False
    """Whether the period resolved last has its year from the document alone."""

    def __post_init__(self) -> None:
        self.year = self.base = self.issued.year

    def resolve(self, named: Named, written: str) -> Period:
        """Return the period with its year and month filled in."""
        self.guessed = False
        if named.kind == "this_month":
            return self._this_month(named, written)
        if named.kind == "this_quarter":
            return Quarter(self.issued.year, (self.issued.month + 2) // 3)
        if named.kind == "this_week":
            return self._this_week(named, written)
        if named.kind == "two_years":
            return Span(Year(self.issued.year), Year(self.issued.year + 1))
        if named.kind == "term" and not named.name:
            return self._next_term(named, written)
        if named.kind not in {"plan", "now"}:
            self._take_year(named, written)
        if named.kind == "bare_third":
            named = self._in_month(named, written)
        if named.kind in {"month", "third", "thirds", "day"}:
            self.month = named.values[0]
        period = period_of(named, self.year)
        if named.name == "early":
            self.notes.append(notes.early(written))
        if named.weekday and isinstance(period, Day) and period.day.isoweekday() != named.weekday:
            weekday = f"{period.day:%A}"
            raise Refusal(f"“{written}”: {period.day} is a {weekday}; day and weekday don't agree")
        return period

    def resolve_stretch(self, first: Named, last: Named, written: str) -> Span:
        """Return the span; without a year, its last part lies in the first one's, or in the next: 12-1月."""
        start = self.resolve(first, written)
        if isinstance(start, Span):
            raise Refusal(f"“{written}”: not clear where the range begins and ends")
        guessed, base = self.guessed, self.base
        if last.relative in _FOLLOWING:
            last = replace(last, relative="", year=self.year + 1)
        if (
            last.year is None
            and not last.relative
            and last.kind not in {"plan", "this_month", "this_quarter", "this_week", "two_years"}
        ):
            end = period_of(last, self.year)
            if last.kind not in {"year", "term", "break", "festival"} and self._end(end) < self._begin(start):
                self.year += 1
                end = period_of(last, self.year)
        else:
            end = self.resolve(last, written)
        self.guessed, self.base = guessed, base
        if last.kind in {"month", "third", "day"}:
            self.month = last.values[0]
        if isinstance(end, Span):
            raise Refusal(f"“{written}”: not clear where the range begins and ends")
        if self._end(end) < self._begin(start):
            raise Refusal(f"“{written}” runs backwards: {start} to {end}")
        return Span(start, end)

    def note_computed(self, period: Period, written: str) -> None:
        """Note a day that is computed: the opening of a term that nobody has dated, a school break."""
        bounds = period.bounds(self.almanac)
        if isinstance(period, Term) and bounds and str(period).removeprefix("term:") not in self.known_terms:
            self.notes.append(notes.term_computed(written, bounds[0]))
        elif isinstance(period, Break) and bounds:
            self.notes.append(notes.break_computed(written, *bounds))

    def _begin(self, period: Period) -> date:
        bounds = period.bounds(self.almanac)
        return bounds[0] if bounds else date.min

    def _end(self, period: Period) -> date:
        bounds = period.bounds(self.almanac)
        return bounds[1] if bounds else date.max

    def _take_year(self, named: Named, written: str) -> None:
        if named.year is not None:
            self.year, self.inherited = named.year, True
            self.base = self.year
            if named.brief:
                if self.year < self.issued.year:
                    raise Refusal(f"“{written}”: a year of two digits before the document's date")
                self.notes.append(notes.two_digits(written, self.year))
        elif named.relative in _FOLLOWING:
            if self.recurs:
                raise Refusal(f"“{named.relative}” doesn't say which year it follows")
            self.year, self.inherited = self.base + 1, True
            self.notes.append(notes.year_after(written, self.year))
        elif named.relative:
            self.year, self.inherited = self.issued.year + (named.relative in _NEXT), True
            self.base = self.year
        elif self.inherited:
            self.notes.append(notes.year_of_clause(written, self.year))
        else:
            self.guessed = True
            self.notes.append(notes.year_of_document(written, self.year))

    def _this_week(self, named: Named, written: str) -> Period:
        weeks, weekday = named.values
        monday = self.issued - timedelta(days=self.issued.weekday())
        day = monday + timedelta(days=7 * weeks + weekday - 1)
        self.year = day.year
        if named.day and named.day != (day.month, day.day):
            raise Refusal(f"“{written}”: counted from the document's date it is {day}")
        if day < self.issued:
            raise Refusal(f"“{written}” is {day}, before the document's date")
        self.notes.append(notes.week_of_document(written, day))
        return Day(day)

    def _in_month(self, named: Named, written: str) -> Named:
        """Return the third of the month that was named before."""
        if not self.month:
            raise Refusal(f"“{written}” names no month")
        self.notes.append(notes.month_of_clause(written, self.year, self.month))
        return replace(named, kind="third", values=(self.month, *named.values))

    def _this_month(self, named: Named, written: str) -> Period:
        year, month = self.issued.year, self.issued.month
        if named.relative.startswith("下"):
            year, month = year + month // 12, month % 12 + 1
        elif not named.relative:
            self.notes.append(notes.month_of_document(written, year, month))
        self.year, self.month = year, month
        if named.name == "third":
            return Third(year, month, named.values[0])
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
