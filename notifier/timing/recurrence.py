"""Recurrences as written become cadences, if they say that something comes round to the supervisor."""

from notifier.timing import notes, words
from notifier.timing.notes import Note
from notifier.timing.period import month_end
from notifier.timing.rule import Cadence, Frequency
from notifier.timing.shapes import Anchor, Edge, Every, number
from notifier.timing.statements import Statement
from notifier.timing.years import Refusal

_FREQUENCIES = {
    "年": Frequency.YEARLY,
    "半年": Frequency.HALF_YEARLY,
    "季": Frequency.QUARTERLY,
    "月": Frequency.MONTHLY,
    "周": Frequency.WEEKLY,
    "日": Frequency.DAILY,
}
_MONTHS = {"年": 12, "半年": 6, "季": 3, "月": 1}
_SPREAD = {
    12: (Frequency.YEARLY, "once a year", "每年"),
    6: (Frequency.HALF_YEARLY, "once in half a year", "每半年"),
    3: (Frequency.QUARTERLY, "once a quarter", "每季度"),
    1: (Frequency.MONTHLY, "once a month", "每月"),
}
_WEEKDAYS = ("", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST_MONTH = 28


def cadence_of(
    every: Every, statement: Statement, found: list[Note], *, inclusive: bool
) -> tuple[Cadence, bool]:
    """Return the cadence and whether it is a deadline each time (else a report); notes go to `found`.

    `inclusive` says that 前 after a month includes the month.

    Refusal where nothing says that it recurs towards somebody, or a day that doesn't exist is named.
    """
    frequency, tail = _FREQUENCIES[every.unit], statement.tail
    if every.anchors:
        _certain(every, statement)
        anchors = tuple(_anchor(anchor, every.unit, statement, inclusive) for anchor in every.anchors)
        cadence = Cadence(frequency, tuple(dict.fromkeys(anchors)))
        _explain(every, statement, found, inclusive)
        is_due = all(
            anchor.edge is not Edge.NONE or anchor.day for anchor in every.anchors
        ) or words.finishes(tail)
        if not is_due and not words.recurs(tail, manner=every.manner):
            raise Refusal(
                f"“{statement.written}{tail}” doesn't say that something is reported or due each time"
            )
        return _plain(cadence), is_due
    times = words.times_of(tail)
    if times is None and not words.recurs(words.without_content(tail), manner=every.manner):
        raise Refusal(f"“{statement.written}{tail}” doesn't say that something is reported or due each time")
    if times is not None and number(times) != 1:
        return _spread(every, number(times), statement, found), False
    found.append(notes.unit_end(statement.written))
    return Cadence(frequency, (), every.interval), False


def _spread(every: Every, times: int, statement: Statement, found: list[Note]) -> Cadence:
    """每年两次 is half-yearly: the times are spread evenly where that gives a cadence."""
    months = _MONTHS.get(every.unit, 0)
    if every.interval != 1 or not months or months % times or months // times not in _SPREAD:
        raise Refusal(f"“{statement.written}{statement.tail}”: {times} times don't divide it evenly")
    frequency, english, chinese = _SPREAD[months // times]
    found.append(notes.times_a_year(statement.written + statement.tail, english, chinese))
    return Cadence(frequency)


def _certain(every: Every, statement: Statement) -> None:
    """Refuse what has two meanings: 每周一调度 may be Monday or once a week."""
    first = every.anchors[0]
    if every.unit == "周" and first.day == 1 and first.edge is Edge.NONE and statement.tail:
        raise Refusal(f"“{statement.written}{statement.tail}” may be every Monday or once a week")
    if every.after and first.day > _SHORTEST_MONTH:
        raise Refusal(f"“{statement.written}” reaches beyond the month that follows")


def _explain(every: Every, statement: Statement, found: list[Note], inclusive: bool) -> None:
    if statement.written.endswith("初"):
        found.append(notes.early(statement.written))
    if any(anchor.bare and anchor.edge is Edge.BEFORE for anchor in every.anchors):
        found.append(notes.month_before(statement.written, inclusive=inclusive))


def _anchor(anchor: Anchor, unit: str, statement: Statement, inclusive: bool) -> str:
    month, day = anchor.month, anchor.day
    if unit == "周":
        return _WEEKDAYS[day]
    if unit == "月":
        _exists(day or 1, 31, statement)
        return str(day) if day else "last"
    inside = _MONTHS[unit]
    month = month or inside
    if not 1 <= month <= inside:
        raise Refusal(f"“{statement.written}” names a month that doesn't exist there")
    if anchor.bare and anchor.edge is Edge.BEFORE and not inclusive:
        month = (month - 2) % inside + 1  # 每年3月前: by the end of February
    _exists(day or 1, month_end(2000, month).day if unit == "年" else 31, statement)
    return f"{month:02}-{day:02}" if day else f"{month:02}-last"


def _exists(day: int, last: int, statement: Statement) -> None:
    if not 1 <= day <= last:
        raise Refusal(f"“{statement.written}” names day {day}; the last that can be is {last}")


def _plain(cadence: Cadence) -> Cadence:
    """Drop an anchor that says what goes without saying."""
    inside = {Frequency.YEARLY: "12-last", Frequency.HALF_YEARLY: "06-last", Frequency.QUARTERLY: "03-last"}
    default = inside.get(cadence.frequency, "last" if cadence.frequency is Frequency.MONTHLY else "")
    return Cadence(cadence.frequency) if cadence.anchors == (default,) else cadence
