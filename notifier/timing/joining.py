"""The rules of a phrase's statements become one rule, under the guards that look at the whole."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from notifier.timing import guards, notes, roles, words
from notifier.timing.notes import Note
from notifier.timing.period import Almanac, Day, Event, Period, Span
from notifier.timing.rule import (
    Cadence,
    Due,
    Frequency,
    From,
    Last,
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Several,
    Then,
    Unit,
    Window,
    Within,
)
from notifier.timing.shapes import Amount
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal


class Part(NamedTuple):
    """A rule and the statement it was read from."""

    rule: Rule
    statement: Statement


def join(parts: Sequence[Part], issued: date, almanac: Almanac, found: list[Note]) -> Rule:
    """Return one rule for the whole phrase; Refusal where parts contradict one another.

    Conventions used in joining go to `found`.
    """
    # 其中6月底前 is a step on the way to the date before it.
    ordered = [part for part in parts if not part.statement.part]
    guards.in_order([(part.rule, part.statement.written) for part in ordered], almanac)
    joined: list[Rule] = []
    for rule, statement in _moved(parts, found):
        before = joined.pop() if joined else None
        if isinstance(before, Window) and isinstance(rule, Report | RecurringDue) and joined:
            raise Refusal(f"“{statement.written}”: not clear in which of the periods before it")
        joined.extend([rule] if before is None else _pair(before, rule, statement, found, almanac))
    for part in joined:
        guards.believable(part, issued, almanac)
        if isinstance(part, Report | RecurringDue) and part.until and (bounds := part.until.bounds(almanac)):
            since = part.since.bounds(almanac) if part.since else (issued, issued)
            guards.comes_round(part.cadence, since and (since[0], bounds[1]), str(part.until))
    return joined[0] if len(joined) == 1 else Several(tuple(joined))


_LENGTHS = {Unit.DAY: "days", Unit.WEEK: "weeks", Unit.MONTH: "months", Unit.YEAR: "years"}
_CLOSING = ("结束", "终止", "停止", "截止")


def _moved(parts: Sequence[Part], found: list[Note]) -> list[Part]:
    """原定2017年底前，延期至2018年10月底前: only the new date holds."""
    kept: list[Part] = []
    for part in parts:
        lead = part.statement.lead
        if roles.postpones(lead):
            if not (kept and roles.is_original(kept[-1].statement.lead)):
                raise Refusal(f"“{lead}{part.statement.written}”: not clear which date it moves")
            old = kept.pop().statement
            found.append(notes.superseded(old.lead + old.written))
        kept.append(part)
    for part in kept:
        if roles.is_original(lead := part.statement.lead):
            raise Refusal(f"“{lead}{part.statement.written}”: a date first set, and no other in its place")
    return kept


def _pair(before: Rule, rule: Rule, statement: Statement, found: list[Note], almanac: Almanac) -> list[Rule]:
    """Return what two neighbours make: one rule, or both side by side."""
    if isinstance(statement.shape, Amount) and statement.shape.lasts:
        return [_for_a_time(before, rule, statement, almanac)]
    match before, rule:
        case (Due(), Due(day=Within(of=Event("done")))):
            return [Then(before, rule)]
        case (Then(first=first, second=Due() as second), Due(day=Within(of=Event("done")))):
            return [Then(first, Then(second, rule))]
    if statement.after:
        return [_sequel(before, rule, statement, found)]
    match before, rule:
        case (Due(day=Within(of=Event() as one)), Due(day=Within(of=Event() as other))) if one == other:
            return [before, rule]
        case (Due(day=Within(of=Event("issued"))), Due(day=Within(of=Event("issued")))):
            return [before, rule]
        case (Report() | RecurringDue()) as every, Due(day=Last(period=until), label=label) if (
            statement.closes and not every.until and (not label or label.startswith(_CLOSING))
        ):
            found.append(notes.ends(statement.lead + statement.written))
            return [type(every)(every.cadence, every.since, until)]
        case (_, Due(day=Within(of=Event("issued")))) if not statement.lead:
            pass  # 2018年启动，三年内完成: it may count from the first
        case (
            From(period=since),
            (Report(since=None, until=None) | RecurringDue(since=None, until=None)) as every,
        ):
            return [type(every)(every.cadence, since)]
        case (Window(period=period), (Report() | RecurringDue()) as every):
            since, until = (period.start, period.end) if isinstance(period, Span) else (period, period)
            return [type(every)(every.cadence, since, until)]
        case (From(), Due()) if not (
            statement.sign or words.goes_on(statement.lead) or words.means_by(statement.lead)
        ):
            pass
        case (From(period=since), Due(day=Last(period=until), label=label)):
            return [Window(_span(since, until), label)]
        case (
            Due(day=Last(period=until), label=""),
            (Report(since=None, until=None) | RecurringDue(since=None, until=None)) as every,
        ) if not statement.sign and not statement.lead:
            return [type(every)(every.cadence, None, until)]  # 2018年底前每季度报送
        case (Due(), (Report() | RecurringDue())) if not statement.sign and not statement.lead:
            pass
        case (Due(), Due(label="")) if words.is_last_limit(statement.lead):
            raise Refusal(f"“{statement.lead}{statement.written}”: a second limit of the same task")
        case ((Report() | RecurringDue()), Due(label=label)) if words.tells(label):
            if not statement.sign and words.is_range_word(statement.lead):
                raise Refusal(f"“{statement.lead}{statement.written}{label}”: may end it, or be one more")
            return [before, rule]  # 每月报送，年底报送总结: the second ends nothing
        case ((Report(until=None) | RecurringDue(until=None)) as every, Due(day=Last(period=until))):
            found.append(notes.reports_until(statement.written, str(until)))
            return [type(every)(every.cadence, every.since, until), rule]
        case (Due(day=Last(period=until), label=""), Report(since=None, until=None, cadence=cadence)):
            found.append(notes.reports_until(statement.written, str(until)))
            return [before, Report(cadence, None, until)]
        case (Due(), (Report(since=None, until=None) | RecurringDue(since=None, until=None))):
            return [before, rule]  # 6月底前建立台账，每月报送: beside it, and on after it
        case (Ongoing(until=None), (Report() | RecurringDue())):
            return [rule]
        case (Ongoing(until=until), (Report(until=None) | RecurringDue(until=None)) as every):
            return [type(every)(every.cadence, every.since, until)]  # 2020年底前持续推进，每月报送
        case (Ongoing(until=None), Due(day=Last(period=until), label="")) if statement.closes or (
            not statement.sign and words.means_by(statement.lead)
        ):
            return [Ongoing(until)]  # 长期坚持到2020年
        case (Ongoing(), Due()):  # a milestone on the way ends nothing
            return [before, rule]
        case (Due(day=Last(period=until), label=""), Ongoing()) if not statement.sign and not statement.lead:
            return [Ongoing(until)]  # 2020年底前持续推进
        case ((Due() | Window()), Ongoing()) if statement.lead or (
            statement.sign and isinstance(before, Due)
        ):
            return [_sequel(before, rule, statement, found)]
        case (Window(), Ongoing()) if statement.sign and words.is_for_good(statement.written):
            return [_sequel(before, rule, statement, found)]  # 2018年3月至6月，长期坚持
        case ((Window() | From() | Report() | RecurringDue() | Ongoing()), Ongoing()):
            return [before]
        case (Window(), Due()) if not statement.sign and not words.goes_on(statement.lead):
            pass  # 2018年工作总结于12月20日前报送: the first may belong to the matter
        case ((Due() | Window()), (Due() | Window() | From())):
            return [before, rule]
        case ((Report() | RecurringDue()), (Report() | RecurringDue())):
            return [before, rule]
    raise Refusal(f"not clear how “{statement.lead}{statement.written}” goes with what stands before it")


def _for_a_time(before: Rule, rule: Rule, statement: Statement, almanac: Almanac) -> Rule:
    """从3月1日起，为期三个月 ends on the eve of the corresponding day."""
    if not isinstance(before, From) or not isinstance(rule, Due) or not isinstance(rule.day, Within):
        raise Refusal(f"“{statement.written}”: not clear from when it lasts")
    bounds = before.period.bounds(almanac)
    if bounds is None or isinstance(before.period, Span) or statement.lead:
        raise Refusal(f"“{statement.written}”: not clear from when it lasts")
    within = rule.day
    last = bounds[0] + relativedelta(**{_LENGTHS[within.unit]: within.amount}) - timedelta(days=1)  # type: ignore[arg-type]
    return Window(_span(before.period, Day(last)), rule.label)


def _sequel(before: Rule, rule: Rule, statement: Statement, found: list[Note]) -> Rule:
    """此后, 并长期: the second begins when the first is complete."""
    match before, rule:
        case (
            Due(day=Last(period=Day(day=day) as first), label="首次报送"),
            (Report(since=None, until=None) | RecurringDue(since=None, until=None)) as every,
        ) if _falls_on(every.cadence, day):
            return type(every)(every.cadence, first)
    if not isinstance(before, Due | Window) or not isinstance(rule, Ongoing | Report | RecurringDue):
        raise Refusal(f"not clear how “{statement.written}” goes on with what stands before it")
    found.append(notes.after_completion(statement.written))
    return Then(before, rule)


def _falls_on(cadence: Cadence, day: date) -> bool:
    """Tell whether a day is one of a monthly or quarterly cadence's own."""
    if cadence.interval != 1:
        return False
    if cadence.frequency is Frequency.QUARTERLY:
        return f"{(day.month - 1) % 3 + 1:02}-{day.day:02}" in cadence.anchors
    return cadence.frequency is Frequency.MONTHLY and str(day.day) in cadence.anchors


def _span(since: Period, until: Period) -> Period:
    if isinstance(since, Span) or isinstance(until, Span):
        raise Refusal("not clear where the range begins and ends")
    try:
        return Span(since, until)
    except ValueError as error:
        raise Refusal(str(error)) from None
