"""Timing rules: what a phrase means, as values. `str(rule)` is the one-line notation that ops write.

What can't be written in the notation can't be built either: constructors raise ValueError.
"""

import json
import re
from calendar import monthrange
from dataclasses import dataclass, field
from enum import StrEnum

from notifier.timing.festival import FESTIVALS
from notifier.timing.period import Period


class Unit(StrEnum):
    """What an amount of time after an event counts."""

    DAY = "d"
    WORKING_DAY = "wd"
    WEEK = "w"
    MONTH = "m"
    YEAR = "y"


class Frequency(StrEnum):
    """How often a cadence comes round; the value is its word in the notation."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"
    TERMLY = "termly"


@dataclass(frozen=True, slots=True)
class Last:
    """The last day of a period: an inclusive deadline, `P`."""

    period: Period

    def __str__(self) -> str:
        return str(self.period)


@dataclass(frozen=True, slots=True)
class Before:
    """The day before a period begins: an exclusive deadline, `before P`."""

    period: Period

    def __str__(self) -> str:
        return f"before {self.period}"


@dataclass(frozen=True, slots=True)
class Within:
    """An amount of time after a period's last day, itself not counted: `within 30wd of event:issued`."""

    amount: int
    unit: Unit
    of: Period

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= 999:
            raise ValueError(f"an amount of time is 1 to 999, not {self.amount}")

    def __str__(self) -> str:
        return f"within {self.amount}{self.unit} of {self.of}"


@dataclass(frozen=True, slots=True)
class Ahead:
    """An amount of time before a period begins, its first day not counted: `3wd before event:会议召开`."""

    amount: int
    unit: Unit
    of: Period

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= 999:
            raise ValueError(f"an amount of time is 1 to 999, not {self.amount}")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit} before {self.of}"


@dataclass(frozen=True, slots=True)
class LastWorkday:
    """The last working day in a period: `lastwd of 2018-06`."""

    period: Period

    def __str__(self) -> str:
        return f"lastwd of {self.period}"


DayRef = Last | Before | Within | Ahead | LastWorkday


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INTERVAL_UNITS = {
    Frequency.DAILY: "d",
    Frequency.WEEKLY: "w",
    Frequency.MONTHLY: "m",
    Frequency.YEARLY: "y",
}
_MONTHS_INSIDE = {Frequency.QUARTERLY: 3, Frequency.HALF_YEARLY: 6, Frequency.YEARLY: 12}
_MOVING = f"[1-9][0-9]?wd|lastwd|(?:[1-4]|last)(?:{'|'.join(WEEKDAYS)})"
_PLAIN_ANCHORS = {
    Frequency.DAILY: re.compile(r"(?!)"),
    Frequency.WEEKLY: re.compile("|".join(WEEKDAYS)),
    Frequency.MONTHLY: re.compile(f"[1-9]|[12][0-9]|3[01]|last|{_MOVING}"),
    Frequency.TERMLY: re.compile(r"\+(?:0|[1-9][0-9]{0,2})d|-[1-9][0-9]?d"),
}
_IN_A_MONTH = re.compile(rf"([0-9]{{2}})-(?:([0-9]{{2}})|last|{_MOVING})", re.ASCII)
_BY_FESTIVAL = re.compile(rf"(?:{'|'.join(FESTIVALS)})(?:-[1-9][0-9]?d)?")


def _check_anchor(frequency: Frequency, anchor: str) -> None:
    if plain := _PLAIN_ANCHORS.get(frequency):
        fits = plain.fullmatch(anchor) is not None
    elif found := _IN_A_MONTH.fullmatch(anchor):
        month, day = int(found[1]), int(found[2] or 1)
        fits = 1 <= month <= _MONTHS_INSIDE[frequency]
        # In a quarter or half the month differs from time to time; in a year 30 February never comes.
        longest = monthrange(2000, month)[1] if fits and frequency is Frequency.YEARLY else 31
        fits = fits and 1 <= day <= longest
    else:
        fits = frequency is Frequency.YEARLY and _BY_FESTIVAL.fullmatch(anchor) is not None
    if not fits:
        raise ValueError(f"{anchor} is no day of a {frequency} recurrence")


@dataclass(frozen=True, slots=True)
class Cadence:
    """A recurrence: `monthly 28`, `yearly 03-last,09-last`, `weekly fri`, `termly +6d`, `every 10d`.

    `anchors` are days inside the unit, as text: weekly `mon`…`sun`; monthly `28` or `last`; quarterly
    and half-yearly `MM-DD` or `MM-last` with the month counted inside the unit; yearly `MM-DD` or
    `MM-last`; termly `+6d` or, before it opens, `-1d`. In a month `lastwd` is its last working day, `5wd`
    its fifth (beyond the month if it is shorter), `lastfri` its last Friday, `1mon` its first Monday:
    `monthly lastwd`, `quarterly 01-10wd`. Yearly also `chunjie` and `chunjie-1d`, the festival and its eve.
    None stands for the unit's last day (weekly: Friday; termly: opening day).
    An `interval` other than 1 prints as `every 2m`, its unit d, w, m or y, counted from the start.
    """

    frequency: Frequency
    anchors: tuple[str, ...] = ()
    interval: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.interval <= 999:
            raise ValueError(f"an interval is 1 to 999, not {self.interval}")
        if self.interval != 1 and self.frequency not in _INTERVAL_UNITS:
            raise ValueError(f"a {self.frequency} recurrence has no interval")
        for anchor in self.anchors:
            _check_anchor(self.frequency, anchor)

    def __str__(self) -> str:
        word: str = self.frequency.value
        if self.interval != 1 or self.frequency is Frequency.DAILY:
            word = f"every {self.interval}{_INTERVAL_UNITS[self.frequency]}"
        return f"{word} {','.join(self.anchors)}" if self.anchors else word


class Rule:
    """A timing rule; its text is its identity."""

    __slots__ = ()


def quoted(text: str) -> str:
    """Return `text` as a JSON string on one line: how labels and phrases stand in the notation."""
    escaped = json.dumps(text, ensure_ascii=False)
    # JSON lets these through, but they end a line for editors and str.splitlines.
    return re.sub("[\x7f-\x9f\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", escaped)


def _bounds(since: Period | None, until: Period | None) -> str:
    return (f" since {since}" if since else "") + (f" until {until}" if until else "")


@dataclass(frozen=True, slots=True)
class Due(Rule):
    """A deadline, with the verb of the phrase as its label: `due before 2017-12 "出台"`."""

    day: DayRef
    label: str = ""

    def __str__(self) -> str:
        return f"due {self.day}" + (f" {quoted(self.label)}" if self.label else "")


@dataclass(frozen=True, slots=True)
class From(Rule):
    """Starts on the first day of a period, then goes on: `from 2017`."""

    period: Period

    def __str__(self) -> str:
        return f"from {self.period}"


@dataclass(frozen=True, slots=True)
class Window(Rule):
    """Starts with a period, reports in it, due on its last day: `window 2018-03..2018-06`."""

    period: Period
    label: str = ""

    def __str__(self) -> str:
        return f"window {self.period}" + (f" {quoted(self.label)}" if self.label else "")


@dataclass(frozen=True, slots=True)
class Ongoing(Rule):
    """Periodic reports at the policy's cadence: `ongoing`, `ongoing until 2020`."""

    until: Period | None = None

    def __str__(self) -> str:
        return "ongoing" + _bounds(None, self.until)


@dataclass(frozen=True, slots=True)
class Report(Rule):
    """Periodic reports at a cadence of their own: `report monthly 28 since 2018`."""

    cadence: Cadence
    since: Period | None = None
    until: Period | None = None

    def __str__(self) -> str:
        return f"report {self.cadence}" + _bounds(self.since, self.until)


@dataclass(frozen=True, slots=True)
class RecurringDue(Rule):
    """A deadline that comes round, with leads and overdue notices each time: `due monthly 28`."""

    cadence: Cadence
    since: Period | None = None
    until: Period | None = None

    def __str__(self) -> str:
        return f"due {self.cadence}" + _bounds(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Then(Rule):
    """The second rule runs from the first one's completion, or failing that from its due day: `A then B`.

    Inside the second, `event:done` is that day: `due 2018-06 then due within 3m of event:done`.
    A list on either side stands in brackets: `(A; B) then C`.
    """

    first: Rule
    second: Rule

    def __str__(self) -> str:
        first = f"({self.first})" if isinstance(self.first, Several) else f"{self.first}"
        second = f"({self.second})" if isinstance(self.second, Several | Then) else f"{self.second}"
        return f"{first} then {second}"


@dataclass(frozen=True, slots=True)
class Several(Rule):
    """Several rules side by side, as with more than one milestone: `A; B`."""

    parts: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or any(isinstance(part, Several) for part in self.parts):
            raise ValueError("a list of rules has two parts or more and no list among them")

    def __str__(self) -> str:
        return "; ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Review(Rule):
    """Not understood: listed for a person, planned never. `why` is no part of the text."""

    phrase: str
    why: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"review {quoted(self.phrase)}"
