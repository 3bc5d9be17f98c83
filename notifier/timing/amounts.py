"""Amounts of time become deadlines: from when they count, and how far."""

from notifier.timing import notes, words
from notifier.timing.period import Day, Event, Festival, Period, Term
from notifier.timing.rule import Due, Rule, Unit, Within
from notifier.timing.shapes import Amount
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal, Years

_UNIT_NAMES = {"d": "日", "wd": "个工作日", "w": "周", "m": "个月", "q": "个季度", "y": "年", "h": "小时"}
_HOURS = 24
_FARTHEST = {"d": 999, "wd": 999, "w": 250, "m": 120, "y": 15}
_LONGEST_NAME = 20


def within(amount: Amount, statement: Statement, years: Years) -> Rule:
    """Return the deadline of an amount of time; Refusal where it isn't clear from when it counts."""
    written, count, unit = statement.written, amount.amount, amount.unit
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
    of = _start(amount, statement, years)
    if amount.least is not None:
        found.append(notes.longest(written, f"{amount.amount}{_UNIT_NAMES[amount.unit]}"))
    return Due(Within(count, Unit(unit), of), words.label_of(statement.tail))


def _start(amount: Amount, statement: Statement, years: Years) -> Period:
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
    if not lead and not amount.after:
        found.append(notes.from_issue(written))
        return Event("issued")
    if statement.sign in {")", "）"}:
        raise Refusal(f"“{statement.lead}{written}”: not clear whether the brackets before it belong to it")
    event = words.event_of(statement.lead + ("后" if amount.after else ""))
    if event is None or words.time_word(event) or not _is_event_name(event):
        raise Refusal(f"“{statement.lead}{written}”: not clear from when the time counts")
    found.append(notes.from_print(written) if event == "issued" else notes.from_event(written, event))
    return Event(event)


def _is_event_name(text: str) -> bool:
    try:
        Event(text)
    except ValueError:
        return False
    return len(text) <= _LONGEST_NAME
