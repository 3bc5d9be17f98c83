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
    "半月": Frequency.MONTHLY,
    "旬": Frequency.MONTHLY,
    "周": Frequency.WEEKLY,
    "日": Frequency.DAILY,
    "学期": Frequency.TERMLY,
}
_MONTHS = {"年": 12, "半年": 6, "季": 3, "月": 1}
_SPREAD = {
    12: (Frequency.YEARLY, "once a year", "每年"),
    6: (Frequency.HALF_YEARLY, "once in half a year", "每半年"),
    3: (Frequency.QUARTERLY, "once a quarter", "每季度"),
    1: (Frequency.MONTHLY, "once a month", "每月"),
}
_LONGEST_INTERVAL = {"年": 15, "月": 120, "周": 250}
_TWICE, _THRICE = ("15", "last"), ("10", "20", "last")
_INSIDE_A_MONTH = {"半月": _TWICE, "旬": _THRICE}
_TIMES_A_MONTH = {2: _TWICE, 3: _THRICE}
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
    if not 1 <= every.interval <= _LONGEST_INTERVAL.get(every.unit, 999):
        raise Refusal(f"“{statement.written}” is no interval to be believed")
    if every.clock:
        if words.is_midnight(every.clock) and every.anchors and every.anchors[-1].edge is Edge.BEFORE:
            raise Refusal(f"“{statement.written}”: before midnight may be the day before")
        found.append(notes.clock(statement.written, every.clock))
    if every.unit in _INSIDE_A_MONTH:
        _tells(every, statement)
        days = "、".join(day.replace("last", "末日") for day in _INSIDE_A_MONTH[every.unit])
        english = ", ".join(_INSIDE_A_MONTH[every.unit])
        found.append(notes.evenly(statement.written, f"on day {english} of the month", f"每月{days}"))
        return Cadence(frequency, _INSIDE_A_MONTH[every.unit]), False
    if every.unit == "学期":
        return _termly(every, statement, found)
    if every.unit == "日":
        is_due = bool(every.anchors)
        if not is_due:
            _tells(every, statement)
        daily = notes.interval if every.interval != 1 else notes.daily
        found.append(daily(statement.written))
        return Cadence(frequency, (), every.interval), is_due
    if every.anchors:
        _certain(every, statement)
        if every.next and not words.tells_of_last_month(statement.tail):
            raise Refusal(f"“{statement.written}” may be once or each month", "report monthly")
        anchors = tuple(_anchor(anchor, every.unit, statement, inclusive) for anchor in every.anchors)
        cadence = Cadence(frequency, tuple(dict.fromkeys(anchors)))
        _explain(every, statement, found, inclusive)
        is_due = all(
            anchor.edge is not Edge.NONE or (anchor.day and not anchor.third) for anchor in every.anchors
        ) or words.finishes(tail)
        times = words.times_of(tail)
        if times is not None and number(times) not in {1, 1 if "各" in tail else len(anchors)}:
            raise Refusal(f"“{statement.written}{tail}”: not clear on which days")
        if not is_due and times is None:
            _tells(every, statement)
        return _plain(cadence), is_due
    if words.begins_inside(tail):
        raise Refusal(f"“{statement.written}{tail}”: not clear on which days")
    times = words.times_of(tail)
    if times is None:
        _tells(every, statement)
    if times is not None and number(times) != 1:
        return _spread(every, number(times), statement, found), False
    if every.interval != 1:
        found.append(notes.interval(statement.written))
    else:
        found.append(notes.unit_end(statement.written))
    return Cadence(frequency, (), every.interval), False


def _tells(every: Every, statement: Statement) -> None:
    """Refuse a recurrence that says of no report or check; one that stands alone in the cell is one."""
    tail = statement.tail
    alone = not tail and not words.subject_of(statement.lead)
    if not (every.tells or alone or words.recurs(tail, manner=every.manner)):
        raise Refusal(
            f"“{statement.written}{statement.tail}” doesn't say that something is reported or due each time",
            f"report {_FREQUENCIES[every.unit]}",
        )


def _termly(every: Every, statement: Statement, found: list[Note]) -> tuple[Cadence, bool]:
    if not every.anchors:
        raise Refusal(f"“{statement.written}{statement.tail}” names no day of the term", "report termly +6d")
    if every.anchors[0].day < 0:
        found.append(notes.evenly(statement.written, "the eve of the opening day", "每学期开学前一日"))
    return Cadence(Frequency.TERMLY, (f"{every.anchors[0].day:+}d",)), True


def _spread(every: Every, times: int, statement: Statement, found: list[Note]) -> Cadence:
    """每年两次 is half-yearly: the times are spread evenly where that gives a cadence."""
    written, months = statement.written + statement.tail, _MONTHS.get(every.unit, 0)
    if every.interval == 1 and every.unit == "月" and times in _TIMES_A_MONTH:
        days = _TIMES_A_MONTH[times]
        chinese = "每月" + "、".join(day.replace("last", "末日") for day in days)
        found.append(notes.evenly(written, f"on day {', '.join(days)} of the month", chinese))
        return Cadence(Frequency.MONTHLY, days)
    if every.interval != 1 or not months or not 1 <= times <= months or months % times:
        raise Refusal(f"“{written}”: {times} times don't divide it evenly")
    apart = months // times
    if apart in _SPREAD:
        frequency, english, chinese = _SPREAD[apart]
        found.append(notes.times_a_year(written, english, chinese))
        return Cadence(frequency)
    found.append(notes.times_a_year(written, f"once in {apart} months", f"每{apart}个月"))
    return Cadence(Frequency.YEARLY, tuple(f"{month:02}-last" for month in range(apart, 13, apart)))


def _certain(every: Every, statement: Statement) -> None:
    """Refuse what has two meanings: 每周一调度 may be Monday or once a week."""
    first = every.anchors[0]
    lone = len(every.anchors) == 1 and every.unit == "周"
    if lone and first.day == 1 and first.edge is Edge.NONE and not every.clock and statement.tail:
        raise Refusal(
            f"“{statement.written}{statement.tail}” may be every Monday or once a week", "report weekly mon"
        )
    if len({bool(anchor.day) for anchor in every.anchors if anchor.edge is not Edge.END or anchor.day}) > 1:
        raise Refusal(f"“{statement.written}”: not clear on which day of each month")
    if every.after and first.day > _SHORTEST_MONTH:
        raise Refusal(f"“{statement.written}” reaches beyond the month that follows")


def _explain(every: Every, statement: Statement, found: list[Note], inclusive: bool) -> None:
    if statement.written.endswith("初"):
        found.append(notes.early(statement.written))
    if any((anchor.bare or anchor.third) and anchor.edge is Edge.NONE for anchor in every.anchors):
        found.append(notes.unit_end(statement.written))
    if any(anchor.bare and anchor.edge is Edge.BEFORE for anchor in every.anchors):
        found.append(notes.month_before(statement.written, inclusive=inclusive))
    if any(anchor.third and anchor.edge is Edge.BEFORE for anchor in every.anchors):
        found.append(notes.third_before(statement.written, inclusive=inclusive))
    if any(anchor.inside.endswith("wd") or anchor.edge is Edge.LAST_WORKDAY for anchor in every.anchors):
        found.append(notes.workdays(statement.written))
    if any(anchor.festival for anchor in every.anchors):
        found.append(notes.evenly(statement.written, "the eve of each festival", "每年节日前一日"))


def _anchor(anchor: Anchor, unit: str, statement: Statement, inclusive: bool) -> str:
    month, day = anchor.month, anchor.day
    if unit == "周":
        return _WEEKDAYS[day]
    if anchor.festival:
        if anchor.edge is not Edge.BEFORE:
            raise Refusal(f"“{statement.written}” names a festival, not a limit")
        return f"{anchor.festival}-1d"
    if anchor.third and anchor.edge is Edge.BEFORE and not inclusive:
        if anchor.third == 1:
            raise Refusal(f"“{statement.written}” may be the tenth or the end of the month before")
        day = 10 * (anchor.third - 1)  # 每月下旬前: by the 20th
    named = anchor.inside or ("lastwd" if anchor.edge is Edge.LAST_WORKDAY else "last")
    if named == "lastwd" and day:
        raise Refusal(f"“{statement.written}”: two days that don't go together")
    if unit == "月":
        _exists(day or 1, 31, statement)
        return str(day) if day else named
    inside = _MONTHS[unit]
    month = month or inside
    if not 1 <= month <= inside:
        raise Refusal(f"“{statement.written}” names a month that doesn't exist there")
    if anchor.bare and anchor.edge is Edge.BEFORE and not inclusive:
        month = (month - 2) % inside + 1  # 每年3月前: by the end of February
    _exists(day or 1, month_end(2000, month).day if unit == "年" else 31, statement)
    return f"{month:02}-{day:02}" if day else f"{month:02}-{named}"


def _exists(day: int, last: int, statement: Statement) -> None:
    if not 1 <= day <= last:
        raise Refusal(f"“{statement.written}” names day {day}; the last that can be is {last}")


def _plain(cadence: Cadence) -> Cadence:
    """Drop an anchor that says what goes without saying."""
    inside = {Frequency.YEARLY: "12-last", Frequency.HALF_YEARLY: "06-last", Frequency.QUARTERLY: "03-last"}
    default = inside.get(cadence.frequency, "last" if cadence.frequency is Frequency.MONTHLY else "")
    return Cadence(cadence.frequency) if cadence.anchors == (default,) else cadence
