"""Amounts of time become deadlines: from when they count, and how far."""

from notifier.timing import happenings, notes, words
from notifier.timing.asides import plain
from notifier.timing.nominal import DONE
from notifier.timing.period import Day, Event, Festival, Period, Term
from notifier.timing.rule import Ahead, Before, Due, Rule, Unit, Within
from notifier.timing.shapes import Amount
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal, Years

_UNIT_NAMES = {"d": "日", "wd": "个工作日", "w": "周", "m": "个月", "q": "个季度", "y": "年", "h": "小时"}
_HOURS = 24
_FARTHEST = {"d": 999, "wd": 999, "w": 250, "m": 120, "y": 15}
_LONGEST_NAME = 20


_ROUGHLY = {Unit.DAY: 1.0, Unit.WORKING_DAY: 1.4, Unit.WEEK: 7.0, Unit.MONTH: 30.0, Unit.YEAR: 365.0}


def within(amount: Amount, statement: Statement, years: Years, before: Rule | None) -> Rule:
    """Return the deadline of an amount of time; Refusal where it isn't clear from when it counts.

    `before` is the rule that stands before it: its deed may be the event, or its event that of both.
    """
    written, count, unit = statement.written, amount.amount, amount.unit
    if amount.ahead and not count:
        return Due(Before(_ahead_of(amount, statement, years)), words.label_of(statement.tail))
    found = years.notes
    if unit == "q":
        count, unit = 3 * count, "m"
    if unit == "h":
        if count % _HOURS:
            raise Refusal(f"“{written}” counts hours; only whole days can be reminded of")
        count, unit = count // _HOURS, "d"
        found.append(notes.hours(written, count))
    if not 1 <= count <= 999 or (amount.least is not None and amount.least >= amount.amount):
        raise Refusal(f"“{written}” is no amount of time")
    if count > _FARTHEST[unit]:
        raise Refusal(f"“{written}” is too far from the document's date to be believed")
    if amount.lasts:
        if statement.first or unit == "wd":
            raise Refusal(f"“{written}”: not clear from when it lasts")
        return Due(Within(count, Unit(unit), Event("issued")), words.label_of(statement.tail))
    if amount.ahead:
        return Due(
            Ahead(count, Unit(unit), _ahead_of(amount, statement, years)), words.label_of(statement.tail)
        )
    of = _shared(Within(count, Unit(unit), Event(DONE)), amount, statement, before)
    if of is None:
        of = _start(amount, statement, years, before)
    elif isinstance(of, Event):
        found.append(notes.from_event(written, of.name))
    if amount.least is not None:
        found.append(notes.longest(written, f"{amount.amount}{_UNIT_NAMES[amount.unit]}"))
    return Due(Within(count, Unit(unit), of), words.label_of(statement.tail))


def _shared(own: Within, amount: Amount, statement: Statement, before: Rule | None) -> Period | None:
    """In 验收后3个月内决算，6个月内移交 the second limit counts from the event of the first, which is nearer."""
    if words.subject_of(statement.lead) or amount.after or amount.of or statement.after or amount.lasts:
        return None
    match before:
        case Due(day=Within(amount=count, unit=unit, of=Event() as event)) if event.name != "issued":
            if own.amount * _ROUGHLY[own.unit] <= count * _ROUGHLY[unit]:
                raise Refusal(f"“{statement.written}”: not clear from when the time counts")
            return event
    return None


def _ahead_of(amount: Amount, statement: Statement, years: Years) -> Period:
    """Return what 前3个工作日 is counted back from."""
    written = statement.written
    if amount.of is not None:
        period = years.resolve(amount.of, written)
        far = isinstance(period, Day) and amount.unit in {"m", "q", "y"}  # 5月1日前三个月
        if far or not isinstance(period, Day | Term | Festival):
            raise Refusal(f"“{written}” may be the first days of the time it names")
        years.note_computed(period, written)
        years.notes.append(notes.ahead(written))
        return period
    event = words.subject_of(statement.lead)
    if statement.sign in {")", "）"} or not _is_event_name(plain(event)) or not happenings.comes_near(event):
        raise Refusal(f"“{event}{written}”: not clear before what it is counted back")
    if words.time_word(
        event.removeprefix("本届").removesuffix("届满").removesuffix("期满").removesuffix("到期")
    ):
        raise Refusal(f"“{event}{written}”: not clear before what it is counted back")
    event = plain(event)
    if amount.amount:
        years.notes.append(notes.ahead(written))
    years.notes.append(notes.before_event(event + written, event))
    return Event(event)


def _start(amount: Amount, statement: Statement, years: Years, before: Rule | None) -> Period:
    written, found = statement.written, years.notes
    if amount.of is not None:
        if not amount.after and amount.of.kind != "term":
            raise Refusal(f"“{written}” names a period and an amount of time that don't go together")
        if words.subject_of(statement.lead) and words.subject_of(statement.lead) == statement.lead:
            raise Refusal(f"“{statement.lead}{written}”: the words before the date change its meaning")
        period = years.resolve(amount.of, written)
        if "起" in written and not isinstance(period, Day | Term | Festival | Event):
            raise Refusal(f"“{written}”: not clear on which day the time begins")
        years.note_computed(period, written)
        return period
    lead = words.subject_of(statement.lead) or ""
    if not lead and not amount.after and not statement.after:
        found.append(notes.from_issue(written))
        return Event("issued")
    if statement.sign in {")", "）"}:
        raise Refusal(f"“{statement.lead}{written}”: not clear whether the brackets before it belong to it")
    follows = isinstance(before, Due) and not statement.first
    if follows and (statement.after or (amount.after and lead in {"", "此", "其", "随"})):
        found.append(notes.after_completion(written))
        return Event(DONE)
    event = happenings.event_of(statement.lead + ("后" if amount.after else ""))
    if (
        isinstance(before, Due)
        and follows
        and event is not None
        and (happenings.is_completion(event) or happenings.same_deed(event, before.label))
    ):
        found.append(notes.after_completion(statement.lead + written))
        return Event(DONE)
    if event is None or words.time_word(event) or not _is_event_name(plain(event)):
        raise Refusal(f"“{statement.lead}{written}”: not clear from when the time counts")
    event = plain(event)
    found.append(notes.from_print(written) if event == "issued" else notes.from_event(written, event))
    return Event(event)


def _is_event_name(text: str) -> bool:
    try:
        Event(text)
    except ValueError:
        return False
    return len(text) <= _LONGEST_NAME
