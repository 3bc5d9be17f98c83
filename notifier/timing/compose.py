"""Statements become rules: each alone, under its guards, then joined."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from notifier.timing import guards, notes, words
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
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Unit,
    Window,
    Within,
)
from notifier.timing.shapes import Amount, Edge, Every, Lasting, Point, Stretch, When
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

    def __post_init__(self) -> None:
        self.years = Years(issued=self.issued, almanac=self.almanac)

    @property
    def notes(self) -> list[Note]:
        """The conventions used so far, in the phrase's order."""
        return self.years.notes

    def rule_of(self, statement: Statement) -> Rule:
        """Return the rule of one statement; Refusal with the reason where it isn't certain."""
        self._guard(statement)
        match statement.shape:
            case Point() as point:
                return self._point(point, statement)
            case Stretch() as stretch:
                return self._stretch(stretch, statement)
            case Amount() as amount:
                return self._amount(amount, statement)
            case Every() as every:
                return self._every(every, statement)
            case Lasting():
                return self._lasting(statement)

    def _guard(self, statement: Statement) -> None:
        shape = statement.shape
        if statement.tail in {"止", "为止"} and (
            isinstance(shape, Stretch) or words.means_by(statement.lead)
        ):
            statement.tail = ""
        tail = statement.tail
        if isinstance(shape, Every):
            tail = words.without_content(tail)
        subject = words.subject_of(statement.lead)
        for text in (tail, statement.heading, "" if isinstance(shape, Amount) else subject):
            if (word := words.time_word(text)) is not None:
                raise Refusal(f"“{text}” holds a time word, “{word}”, that isn't understood")
        if not isinstance(shape, Lasting | Every) and words.begins_badly(tail):
            raise Refusal(f"“{statement.written}{tail}”: the words after the date change its meaning")
        if not _edge_fits(shape, statement.written):
            raise Refusal(f"“{statement.written}”: the end of another unit than the one it names")
        if words.describes(tail) or words.describes(statement.lead):
            raise Refusal(f"“{statement.written}{tail}”: the date describes something and sets no deadline")
        if words.denies(statement.lead, tail):
            raise Refusal(
                f"“{statement.lead}{statement.written}{tail}”: a condition, a validity or a ban, no deadline"
            )
        if statement.written.endswith("年度") and tail and not words.finishes(tail[:4]):
            raise Refusal(f"“{statement.written}{tail}”: the year describes something and sets no deadline")
        if isinstance(shape, Point | Stretch) and words.times_of(tail):
            raise Refusal(f"“{statement.written}{tail}”: a number of times in a period has no dates")
        strong = isinstance(shape, Every | Lasting) or _is_limit(shape, statement.written)
        if isinstance(shape, Amount) or not subject:
            return
        if words.is_risky(subject) or (subject == statement.lead and not strong):
            raise Refusal(
                f"“{statement.lead}{statement.written}”: the words before the date change its meaning"
            )

    # One period

    def _point(self, point: Point, statement: Statement) -> Rule:
        named, written = point.named, statement.written
        if named.kind == "month" and point.edge is Edge.INSIDE and named.year is None and not named.relative:
            raise Refusal(f"“{written}” may be the month itself or that many months")
        period = self.years.resolve(named, written)
        self._note_symbol(period, written)
        label = words.label_of(statement.tail) or statement.heading
        rule = (
            self._bare(period, statement, label)
            if point.edge is Edge.NONE
            else self._edged(period, point.edge, statement, label)
        )
        guards.refuse_past(rule, named, written, self.years)
        return rule

    def _edged(self, period: Period, edge: Edge, statement: Statement, label: str) -> Rule:
        since = words.means_since(statement.lead)
        if edge is Edge.FROM:
            if isinstance(period, Event):
                self.notes.append(notes.from_now(statement.written))
            return From(period)
        if since:
            raise Refusal(f"“{statement.lead}{statement.written}”: neither a clear beginning nor a clear end")
        if edge is Edge.BEFORE:
            return self._before(period, statement.written, label)
        self._needs_days(period, statement.written)
        if edge is Edge.DURING and not words.finishes(statement.tail) and not words.means_by(statement.lead):
            return Window(period, label)
        return Due(Last(period), label)

    def _bare(self, period: Period, statement: Statement, label: str) -> Rule:
        written, tail = statement.written, statement.tail
        if words.means_since(statement.lead):
            if isinstance(period, Day) and tail.startswith(("施行", "实施", "执行", "启用")):
                return From(period)
            raise Refusal(f"“{statement.lead}{written}” names a beginning without 起")
        if isinstance(period, Term | Festival | Event):
            raise Refusal(f"“{written}” names a day or a term, not a limit")
        if isinstance(period, Day) and tail.startswith(("施行", "实施", "执行", "启用", "生效")):
            return From(period)
        if isinstance(period, Day) or words.means_by(statement.lead):
            return Due(Last(period), label)
        if words.finishes(tail):
            bounds = period.bounds(self.almanac)
            if bounds:
                self.notes.append(notes.last_day(written, bounds[1]))
            return Due(Last(period), label)
        return Window(period, label)

    def _before(self, period: Period, written: str, label: str) -> Rule:
        if isinstance(period, Day):
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

    def _note_symbol(self, period: Period, written: str) -> None:
        bounds = period.bounds(self.almanac)
        if isinstance(period, Term) and bounds and str(period).removeprefix("term:") not in self.known_terms:
            self.notes.append(notes.term_computed(written, bounds[0]))
        elif isinstance(period, Break) and bounds:
            self.notes.append(notes.break_computed(written, *bounds))

    # Stretches, amounts, recurrences

    def _stretch(self, stretch: Stretch, statement: Statement) -> Rule:
        if stretch.edge in {Edge.BEFORE, Edge.FROM}:
            raise Refusal(f"“{statement.written}”: a range that ends in 前 or 起")
        span = self.years.resolve_stretch(stretch.first, stretch.last, statement.written)
        for period in (span.start, span.end):
            self._note_symbol(period, statement.written)
        if isinstance(span.end, Term | Festival):
            raise Refusal(f"“{statement.written}” has no end that is known here")
        rule = Window(span, words.label_of(statement.tail) or statement.heading)
        guards.refuse_past(rule, None, statement.written, self.years)
        return rule

    def _amount(self, amount: Amount, statement: Statement) -> Rule:
        written, count, unit = statement.written, amount.amount, amount.unit
        if unit == "q":
            count, unit = 3 * count, "m"
        if not 1 <= count <= 999 or (amount.least is not None and amount.least >= amount.amount):
            raise Refusal(f"“{written}” is no amount of time")
        of = self._start_of_count(amount, statement)
        if amount.least is not None:
            self.notes.append(notes.longest(written, f"{amount.amount}{_UNIT_NAMES[amount.unit]}"))
        return Due(Within(count, Unit(unit), of), words.label_of(statement.tail))

    def _start_of_count(self, amount: Amount, statement: Statement) -> Period:
        written = statement.written
        if amount.of is not None:
            if not amount.after:
                raise Refusal(f"“{written}” names a period and an amount of time that don't go together")
            if words.subject_of(statement.lead) and words.subject_of(statement.lead) == statement.lead:
                raise Refusal(f"“{statement.lead}{written}”: the words before the date change its meaning")
            period = self.years.resolve(amount.of, written)
            self._note_symbol(period, written)
            return period
        lead = words.subject_of(statement.lead) or ""
        if not lead and not amount.after:
            self.notes.append(notes.from_issue(written))
            return Event("issued")
        event = words.event_of(statement.lead + ("后" if amount.after else ""))
        if event is None or words.time_word(event) or not _is_event_name(event):
            raise Refusal(f"“{statement.lead}{written}”: not clear from when the time counts")
        if event != "issued":
            self.notes.append(notes.from_event(written, event))
        return Event(event)

    def _every(self, every: Every, statement: Statement) -> Rule:
        cadence, is_due = cadence_of(
            every, statement, self.notes, inclusive=self.before_period == "inclusive"
        )
        return RecurringDue(cadence) if is_due else Report(cadence)

    def _lasting(self, statement: Statement) -> Rule:
        if not words.endures(statement.tail) and not statement.written.endswith("持续"):
            raise Refusal(f"“{statement.written}{statement.tail}” may be a name and no time")
        if statement.lead and not words.may_lead_lasting(statement.lead):
            raise Refusal(f"“{statement.lead}{statement.written}” may be a name and no time")
        return Ongoing()


_UNIT_NAMES = {"d": "日", "wd": "个工作日", "w": "周", "m": "个月", "q": "个季度", "y": "年"}


def _edge_fits(shape: When, written: str) -> bool:
    """Tell whether 年 or 月 in an end is the unit itself: not so in 今年月底, 12月年底, 每月年底."""
    if isinstance(shape, Every):
        unit = "年" if shape.unit == "年" else "月"
        other = re.search(
            "(?<!半)年[底末]" if unit == "月" else "(?<![0-9一二三四五六七八九十])月[底末]", written
        )
        return other is None
    if not isinstance(shape, Point) or shape.edge not in {Edge.END, Edge.INSIDE}:
        return True
    kind = shape.named.kind
    if kind == "year":
        return "月" not in written
    if kind in {"month", "this_month"}:
        return re.search("年[底末内]|月月", written.replace("月月底", "月底")) is None
    return kind == "half" or re.search("[年月](?:[底末内]|之内|以内)", written) is None


def _is_limit(shape: When, written: str) -> bool:
    """Tell whether the expression alone says that it is a deadline, whatever subject stands before it."""
    if written[0] in "年月" or not isinstance(shape, Point | Stretch):  # a bare 年底 may belong to 当, 去, 三
        return False
    return shape.edge is Edge.END or (shape.edge is Edge.BEFORE and isinstance(shape, Point))


def _is_event_name(text: str) -> bool:
    try:
        Event(text)
    except ValueError:
        return False
    return len(text) <= 20
