"""The timing notation: one line of text that ops write by hand and every rule prints.

Labels and phrases stand in double quotes as JSON strings: `\\"` is a quote, `\\\\` a backslash.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from typing import TypeVar

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from notifier.errors import NotationError
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

T = TypeVar("T")

_PERIODS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Period]], ...] = (
    (re.compile(r"(\d{4})", re.ASCII), lambda m: Year(int(m[1]))),
    (re.compile(r"(\d{4})-(\d\d)", re.ASCII), lambda m: Month(int(m[1]), int(m[2]))),
    (re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII), lambda m: Day(date(int(m[1]), int(m[2]), int(m[3])))),
    (re.compile(r"(\d{4})-Q(\d)", re.ASCII), lambda m: Quarter(int(m[1]), int(m[2]))),
    (re.compile(r"(\d{4})-H(\d)", re.ASCII), lambda m: Half(int(m[1]), int(m[2]))),
    (re.compile(r"(\d{4})-(\d\d)-T(\d)", re.ASCII), lambda m: Third(int(m[1]), int(m[2]), int(m[3]))),
    (re.compile(r"plan:(\d{1,2})", re.ASCII), lambda m: FiveYearPlan(int(m[1]))),
    (re.compile(r"term:(\d{4})-([a-z]+)", re.ASCII), lambda m: Term(int(m[1]), m[2])),
    (re.compile(r"break:(\d{4})-([a-z]+)", re.ASCII), lambda m: Break(int(m[1]), m[2])),
    (re.compile(r"fest:(\d{4})-([a-z]+)", re.ASCII), lambda m: Festival(int(m[1]), m[2])),
    (re.compile(r"event:([\w-]+)"), lambda m: Event(m[1])),
)
_INTERVALS = {"d": Frequency.DAILY, "w": Frequency.WEEKLY, "m": Frequency.MONTHLY, "y": Frequency.YEARLY}
_EXPECTED = {
    "LABEL": "a text in double quotes",
    "WORD": "a period such as 2018-06",
    "DAYS": "a day such as 28 or 06-last",
    "AMOUNT": "an amount such as 30wd",
    "FREQUENCY": "monthly, quarterly …",
    "SEMICOLON": "“;”",
    "__ANON_0": "“..”",
    "LPAR": "“(”",
    "RPAR": "“)”",
    "$END": "the end",
}


def _fault(column: int, reason: str) -> NotationError:
    return NotationError(f"column {column}: {reason}")


def _at(token: Token, make: Callable[[], T]) -> T:
    """Build a value from a word; its own complaint becomes the reason, the word's place the column."""
    try:
        return make()
    except ValueError as error:
        raise _fault(token.column or 1, f"{token}: {error}") from None


def _period(word: Token) -> Period:
    for pattern, make in _PERIODS:
        if found := pattern.fullmatch(word):
            return _at(word, partial(make, found))
    raise _fault(word.column or 1, f"{word} is no period; write 2018, 2018-06, 2018-06-30, 2018-Q4 …")


def _amount(word: Token) -> tuple[int, str]:
    unit = word.lstrip("0123456789")
    return int(word.removesuffix(unit)), unit


def _days(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    # `monthly 05` is understood and printed as `monthly 5`.
    return tuple(re.sub(r"^0(?=[1-9]$)", "", day) for day in tokens[0].split(",")) if tokens else ()


def _text(label: Token) -> str:
    try:
        return str(json.loads(label))
    except json.JSONDecodeError as error:
        raise _fault((label.column or 1) + error.pos, "an escape that JSON doesn't know") from None


@v_args(inline=True)
class _Build(Transformer[Token, Rule]):
    """Turns the words of the grammar into values, bottom up."""

    def rule(self, *chains: Rule) -> Rule:
        parts: list[Rule] = []
        for chain in chains:
            parts.extend(chain.parts if isinstance(chain, Several) else (chain,))
        return parts[0] if len(parts) == 1 else Several(tuple(parts))

    def chain(self, first: Rule, *rest: Rule) -> Rule:
        for second in rest:
            first = Then(first, second)
        return first

    def due(self, day: DayRef, label: Token | None = None) -> Rule:
        return Due(day, _text(label) if label is not None else "")

    def recurring_due(self, cadence: Cadence, *bounds: tuple[str, Period]) -> Rule:
        return RecurringDue(cadence, **dict(bounds))

    def report(self, cadence: Cadence, *bounds: tuple[str, Period]) -> Rule:
        return Report(cadence, **dict(bounds))

    def start(self, period: Period) -> Rule:
        return From(period)

    def window(self, period: Period, label: Token | None = None) -> Rule:
        return Window(period, _text(label) if label is not None else "")

    def ongoing(self, *bounds: tuple[str, Period]) -> Rule:
        return Ongoing(**dict(bounds))

    def review(self, phrase: Token) -> Rule:
        return Review(_text(phrase))

    def last(self, period: Period) -> DayRef:
        return Last(period)

    def before(self, period: Period) -> DayRef:
        return Before(period)

    def within(self, amount: Token, period: Period) -> DayRef:
        count, unit = _amount(amount)
        return _at(amount, lambda: Within(count, Unit(unit), period))

    def ahead(self, amount: Token, period: Period) -> DayRef:
        count, unit = _amount(amount)
        return _at(amount, lambda: Ahead(count, Unit(unit), period))

    def last_workday(self, period: Period) -> DayRef:
        return LastWorkday(period)

    def named_cadence(self, frequency: Token, *days: Token) -> Cadence:
        return _at(days[0] if days else frequency, lambda: Cadence(Frequency(frequency), _days(days)))

    def every(self, amount: Token, *days: Token) -> Cadence:
        count, unit = _amount(amount)
        if unit not in _INTERVALS:
            raise _fault(amount.column or 1, f"{amount} is no interval; write 10d, 2w, 2m or 2y")
        return _at(days[0] if days else amount, lambda: Cadence(_INTERVALS[unit], _days(days), count))

    def since(self, period: Period) -> tuple[str, Period]:
        return "since", period

    def until(self, period: Period) -> tuple[str, Period]:
        return "until", period

    def period(self, first: Token, last: Token | None = None) -> Period:
        if last is None:
            return _period(first)
        start, end = _period(first), _period(last)
        return _at(first, lambda: Span(start, end))


@cache
def _grammar() -> Lark:
    return Lark.open("notation.lark", rel_to=__file__, parser="lalr", start="rule", maybe_placeholders=False)


def _unexpected(error: UnexpectedInput, text: str) -> NotationError:
    names = error.accepts or error.expected if isinstance(error, UnexpectedToken) else set()
    if isinstance(error, UnexpectedCharacters):
        names = error.allowed or set()
    wanted = sorted(_EXPECTED.get(name, name.lower()) for name in names)
    found = "the line ends" if isinstance(error, UnexpectedToken) and error.token.type == "$END" else ""
    column = len(text) + 1 if found else error.column
    found = found or f"{text[column - 1 :].partition(' ')[0]!r} is not expected"
    return _fault(column, f"{found}; here may stand {', '.join(wanted)}")


def parse(text: str) -> Rule:
    """Return the rule that one line of notation stands for; `parse(str(rule)) == rule`.

    Raises NotationError with the column (counted from 1) and the reason.
    """
    try:
        return _Build().transform(_grammar().parse(text))
    except UnexpectedInput as error:
        raise _unexpected(error, text) from None
    except VisitError as error:
        if isinstance(error.orig_exc, NotationError):
            raise error.orig_exc from None
        raise
