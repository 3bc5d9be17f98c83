"""The rules of a phrase's statements become one rule, under the guards that look at the whole."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from notifier.timing import guards, words
from notifier.timing.period import Almanac, Period, Span
from notifier.timing.rule import (
    Due,
    From,
    Last,
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Several,
    Then,
    Window,
)
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal


class Part(NamedTuple):
    """A rule and the statement it was read from."""

    rule: Rule
    statement: Statement


def join(parts: Sequence[Part], issued: date, almanac: Almanac) -> Rule:
    """Return one rule for the whole phrase; Refusal where parts contradict one another."""
    guards.in_order([(part.rule, part.statement.written) for part in parts], almanac)
    joined: list[Rule] = []
    for rule, statement in parts:
        before = joined.pop() if joined else None
        joined.extend([rule] if before is None else _pair(before, rule, statement))
    for part in joined:
        guards.believable(part, issued, almanac)
    return joined[0] if len(joined) == 1 else Several(tuple(joined))


def _pair(before: Rule, rule: Rule, statement: Statement) -> list[Rule]:
    """Return what two neighbours make: one rule, or both side by side."""
    match before, rule:
        case (
            From(period=since),
            (Report(since=None, until=None) | RecurringDue(since=None, until=None)) as every,
        ):
            return [type(every)(every.cadence, since)]
        case (Window(period=period), (Report() | RecurringDue()) as every):
            since, until = (period.start, period.end) if isinstance(period, Span) else (period, period)
            return [type(every)(every.cadence, since, until)]
        case (From(period=since), Due(day=Last(period=until), label=label)):
            return [Window(_span(since, until), label)]
        case (Report(until=None) as every, Due(day=Last(period=until))):
            return [Report(every.cadence, every.since, until), rule]
        case (Ongoing(), (Report() | RecurringDue())):
            return [rule]
        case (Ongoing(until=None), Due(day=Last(period=until), label="")) if (
            not statement.sign and words.means_by(statement.lead)
        ):
            return [Ongoing(until)]  # 长期坚持到2020年
        case (Ongoing(), Due()):  # a milestone on the way ends nothing
            return [before, rule]
        case (Due(day=Last(period=until), label=""), Ongoing()) if not statement.sign and not statement.lead:
            return [Ongoing(until)]  # 2020年底前持续推进
        case (Due(), Ongoing()) if statement.sign or statement.lead:
            return [Then(before, rule)]
        case ((Window() | From() | Report() | RecurringDue() | Ongoing()), Ongoing()):
            return [before]
        case ((Due() | Window()), (Due() | Window() | From())):
            return [before, rule]
        case ((Report() | RecurringDue()), (Report() | RecurringDue())):
            return [before, rule]
    raise Refusal(f"not clear how “{statement.lead}{statement.written}” goes with what stands before it")


def _span(since: Period, until: Period) -> Period:
    if isinstance(since, Span) or isinstance(until, Span):
        raise Refusal("not clear where the range begins and ends")
    try:
        return Span(since, until)
    except ValueError as error:
        raise Refusal(str(error)) from None
