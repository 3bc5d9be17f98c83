"""Statements become rules: each alone, under its guards, then joined."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from notifier.timing import guards, notes, roles, words
from notifier.timing.amounts import within
from notifier.timing.asides import plain
from notifier.timing.certain import certain
from notifier.timing.notes import Note
from notifier.timing.period import (
    Almanac,
    Day,
    Event,
    Festival,
    FiveYearPlan,
    Half,
    Month,
    Period,
    Quarter,
    Term,
    Third,
    Year,
)
from notifier.timing.recurrence import cadence_of
from notifier.timing.rule import (
    Before,
    Due,
    From,
    Last,
    LastWorkday,
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Window,
)
from notifier.timing.shapes import Amount, Edge, Every, Lasting, Named, Point, Stretch
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal, Years

BeforePeriod = Literal["exclusive", "inclusive"]
_ONE_DAY = timedelta(days=1)
_UNIT_WORDS = {
    Year: "当年",
    Half: "当期",
    Quarter: "当季",
    Month: "当月",
    Third: "当旬",
    FiveYearPlan: "当期",
}


@dataclass(slots=True, kw_only=True)
class Composer:
    """Reads statement after statement; years, notes and doubts gather here."""

    issued: date
    almanac: Almanac
    before_period: BeforePeriod
    known_terms: frozenset[str] = frozenset()
    years: Years = field(init=False)
    before: Rule | None = None
    """The rule of the statement before."""

    def __post_init__(self) -> None:
        self.years = Years(issued=self.issued, almanac=self.almanac, known_terms=self.known_terms)

    @property
    def notes(self) -> list[Note]:
        """The conventions used so far, in the phrase's order."""
        return self.years.notes

    def rule_of(self, statement: Statement) -> Rule:
        """Return the rule of one statement; Refusal with the reason where it isn't certain."""
        certain(statement)
        self.before = self._rule_of(statement)
        return self.before

    def _rule_of(self, statement: Statement) -> Rule:
        match statement.shape:
            case Point() as point:
                return self._point(point, statement)
            case Stretch() as stretch:
                return self._stretch(stretch, statement)
            case Amount() as amount:
                return within(amount, statement, self.years, self.before)
            case Every() as every:
                return self._every(every, statement)
            case Lasting():
                return self._lasting(statement)

    # One period

    def _point(self, point: Point, statement: Statement) -> Rule:
        named, written = point.named, statement.written
        if named.kind == "month" and point.edge is Edge.INSIDE and named.year is None and not named.relative:
            raise Refusal(f"“{written}” may be the month itself or that many months")
        if named.clock and point.edge is Edge.BEFORE and words.is_midnight(named.clock):
            raise Refusal(f"“{written}”: before midnight may be the day before")
        period = self.years.resolve(named, written)
        if named.clock:
            self.notes.append(notes.clock(written, named.clock))
        self.years.note_computed(period, written)
        label = words.label_of(statement.tail) or plain(statement.heading)
        if statement.first_time:
            label = label or "首次报送"
        if named.kind == "feast" and point.edge is not Edge.BEFORE:
            raise Refusal(f"“{written}” names a day, not a limit", f"due {period}")
        rule = (
            self._bare(period, statement, label)
            if point.edge is Edge.NONE
            else self._edged(period, point.edge, statement, label, named)
        )
        guards.refuse_past(rule, named, written, self.years)
        if words.tells_so_far(statement.lead):
            guards.refuse_so_far(rule, statement.lead + written, self.years)
        return rule

    def _edged(self, period: Period, edge: Edge, statement: Statement, label: str, named: Named) -> Rule:
        eve = named.kind == "feast"
        since = words.means_since(statement.lead)
        if edge is Edge.FROM:
            if "24" in named.clock:
                raise Refusal(f"“{statement.written}” may begin on the next day")
            if isinstance(period, Event):
                self.notes.append(notes.from_now(statement.written))
            return From(period)
        if since:
            raise Refusal(f"“{statement.lead}{statement.written}”: neither a clear beginning nor a clear end")
        if edge is Edge.BEFORE:
            if named.kind == "festival" and named.values:
                return Due(Last(period), label)  # 正月十五前, like any day, includes it
            return self._before(period, statement.written, label, eve=eve)
        self._needs_days(period, statement.written)
        if edge is Edge.LAST_WORKDAY:
            self.notes.append(notes.workdays(statement.written))
            return Due(LastWorkday(period), label)
        if edge is Edge.DURING and not words.finishes(statement.tail) and not words.means_by(statement.lead):
            return Window(period, label)
        return Due(Last(period), label)

    def _bare(self, period: Period, statement: Statement, label: str) -> Rule:
        written, tail = statement.written, statement.tail
        if words.means_since(statement.lead):
            if isinstance(period, Day) and tail.startswith(("施行", "实施", "执行", "启用")):
                return From(period)
            raise Refusal(f"“{statement.lead}{written}” names a beginning without 起")
        if isinstance(period, Term) and words.finishes(tail) and written.endswith("开学"):
            self.notes.append(notes.opening_day(written, period.bounds(self.almanac)[0]))
            return Due(Last(period), label)
        if isinstance(period, Term | Festival | Event):
            raise Refusal(f"“{written}” names a day or a term, not a limit")
        if isinstance(period, Day) and tail.startswith(("施行", "实施", "执行", "启用", "生效")):
            return From(period)
        if isinstance(period, Day) or words.means_by(statement.lead):
            return Due(Last(period), label)
        if words.finishes(tail) or roles.asks_completion(statement.caption) or statement.closes:
            bounds = period.bounds(self.almanac)
            if bounds:
                self.notes.append(notes.last_day(written, bounds[1]))
            return Due(Last(period), label)
        return Window(period, label)

    def _before(self, period: Period, written: str, label: str, *, eve: bool) -> Rule:
        if isinstance(period, Day) and not eve:
            return Due(Last(period), label)
        bounds = period.bounds(self.almanac)
        if bounds is None:
            return Due(Before(period), label)
        first, last = bounds
        unit = _UNIT_WORDS.get(type(period))
        if unit is None:
            self.notes.append(notes.eve(written, first - _ONE_DAY))
            return Due(Before(period), label)
        if self.before_period == "inclusive":
            self.notes.append(notes.before_inclusive(written, unit, last, first - _ONE_DAY))
            return Due(Last(period), label)
        self.notes.append(notes.before(written, unit, first, first - _ONE_DAY, last))
        return Due(Before(period), label)

    def _needs_days(self, period: Period, written: str) -> None:
        if isinstance(period, Term | Festival | Event):
            raise Refusal(f"“{written}” has no end that is known here")

    # Stretches, amounts, recurrences

    def _stretch(self, stretch: Stretch, statement: Statement) -> Rule:
        if stretch.edge in {Edge.BEFORE, Edge.FROM}:
            raise Refusal(f"“{statement.written}”: a range that ends in 前 or 起")
        span = self.years.resolve_stretch(stretch.first, stretch.last, statement.written)
        for period in (span.start, span.end):
            self.years.note_computed(period, statement.written)
        if isinstance(span.end, Term | Festival):
            raise Refusal(f"“{statement.written}” has no end that is known here")
        rule = Window(span, words.label_of(statement.tail) or plain(statement.heading))
        guards.refuse_past(rule, None, statement.written, self.years)
        return rule

    def _every(self, every: Every, statement: Statement) -> Rule:
        self.years.recurs = True
        cadence, is_due = cadence_of(
            every, statement, self.notes, inclusive=self.before_period == "inclusive"
        )
        return RecurringDue(cadence) if is_due else Report(cadence)

    def _lasting(self, statement: Statement) -> Rule:
        if not words.endures(statement.tail) and not statement.written.endswith("持续"):
            raise Refusal(f"“{statement.written}{statement.tail}” may be a name and no time")
        if statement.lead and not (words.may_lead_lasting(statement.lead) or roles.was_done(statement.lead)):
            raise Refusal(f"“{statement.lead}{statement.written}” may be a name and no time")
        return Ongoing()
