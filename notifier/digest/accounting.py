"""What became of a deadline or a report: what fell due when, and whether a unit was on time, late or silent. Pure.

A deadline's day ends when the status light turns red: at `[policy] close` of the rolled day. What was closed, by one
unit or for all, counts from the moment at which it was put on record.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.outline import FARTHEST_ROLL, milestones
from notifier.timing.policy import Policy
from notifier.timing.rule import Rule
from notifier.timing.stream import between

State = Literal["on_time", "late", "silent", "resting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMonth:
    """A month of the office's calendar."""

    first: date

    @classmethod
    def of(cls, day: date) -> "CalendarMonth":
        """Return the month that a day lies in."""
        return cls(first=day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> "CalendarMonth":
        """Return the month written 2018-06; ValueError for anything else."""
        return cls(first=date.fromisoformat(f"{text}-01"))

    @property
    def before(self) -> "CalendarMonth":
        """The month before it."""
        return CalendarMonth.of(self.first - timedelta(days=1))

    @property
    def after(self) -> "CalendarMonth":
        """The month after it."""
        return CalendarMonth.of(self.first + timedelta(days=31))

    def __contains__(self, day: date) -> bool:
        return CalendarMonth.of(day) == self

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A deadline or a report that a task names."""

    family: Kind  # DUE or REPORT
    nominal: date
    day: date  # rolled
    label: str
    recurs: bool

    @property
    def scope(self) -> str:
        """The name under which it is closed: `due@2018-06-30`."""
        return f"{self.family}@{self.nominal}"


class Closing(NamedTuple):
    """That a unit (None: all) closed a task (`scope` None) or one occurrence of it."""

    unit: str | None
    scope: str | None
    at: datetime


class Rest(NamedTuple):
    """That a task is suspended for a unit (None: all) from `at` until `ended`, or (None) until somebody says so."""

    unit: str | None
    at: datetime
    ended: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Tell whether the task rests at a moment."""
        return self.at <= moment and (self.ended is None or moment < self.ended)


class Outcome(NamedTuple):
    """What became of something owed, and how many calendar days after its day: 0 is later on the day itself."""

    state: State
    days: int = 0


def owed_between(rule: Rule, context: Context, first: date, last: date) -> list[Owed]:
    """Return what falls due from `first` to `last`, by rolled days, and single deadlines before `first`, too."""
    single = {stone.day: stone for stone in milestones(rule, context) if stone.kind is Kind.DUE}
    found = [
        Owed(family=Kind.DUE, nominal=stone.day, day=stone.rolled, label=stone.label, recurs=False)
        for stone in single.values()
        if stone.rolled <= last
    ]
    found += (
        owed
        for owed in _recurring(rule, context, first, last)
        if owed.family is Kind.REPORT or owed.nominal not in single
    )
    return sorted(found, key=lambda owed: (owed.day, owed.nominal, owed.family))


def _recurring(rule: Rule, context: Context, first: date, last: date) -> Iterator[Owed]:
    instant = context.policy.notice_instant
    for checkpoint in between(rule, context, instant(first - FARTHEST_ROLL), instant(last + FARTHEST_ROLL)):
        if checkpoint.kind in (Kind.DUE, Kind.REPORT) and first <= checkpoint.day <= last:
            yield Owed(
                family=checkpoint.kind,
                nominal=checkpoint.nominal,
                day=checkpoint.day,
                label=checkpoint.label,
                recurs=True,
            )


def became(
    owed: Owed,
    unit: str | None,
    closings: Iterable[Closing],
    rests: Iterable[Rest],
    policy: Policy,
    *,
    since: datetime,
    now: datetime,
) -> Outcome | None:
    """Return what became of something owed by a unit, as is known at `now`; None where it wasn't owed any more.

    What recurs ends with its task: closed as a whole before `since`, it owes nothing after that. A unit at rest when
    it falls due, or after that until now, isn't silent.
    """
    ends = policy.close_instant(owed.day)
    mine = [one for one in closings if one.unit in (None, unit) and one.at <= now]
    if owed.recurs and any(one.scope is None and one.at < since for one in mine):
        return None
    moments = [one.at for one in mine if one.scope in (None, owed.scope)]
    if moments:
        closed = min(moments)
        if closed <= ends:
            return Outcome("on_time")
        return Outcome("late", (policy.local_day(closed) - owed.day).days)
    for rest in rests:
        if rest.unit in (None, unit) and (rest.covers(ends) or (ends < now and rest.covers(now))):
            return Outcome("resting")
    return Outcome("silent", (policy.local_day(now) - owed.day).days)
