"""Cadence arithmetic: the nominal days of a recurrence, a year at a time, so that any day is near.

Gregorian grids come from `dateutil.rrule`, always anchored at the year that is asked for: an rrule
walks from its DTSTART, however long ago that is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, WEEKLY, rrule, rruleset

from notifier.timing.calendar import WorkCalendar
from notifier.timing.context import Context
from notifier.timing.festival import FESTIVALS, festival_day
from notifier.timing.period import month_end
from notifier.timing.rule import WEEKDAYS, Cadence, Frequency

_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}
_LAST = 31  # as a day of the month: the last, whichever it is
_NO_ORIGIN = date.min
_ONE_DAY = timedelta(days=1)


def _weekdays(cadence: Cadence) -> list[int]:
    return sorted(map(WEEKDAYS.index, cadence.anchors or ("fri",)))


def _days_in_unit(cadence: Cadence) -> list[tuple[int, int]]:
    """Return the anchors of months, quarters, halves and years as (month in the unit from 0, day)."""
    last_month = _MONTHS[cadence.frequency] - 1
    days = []
    for anchor in cadence.anchors or ("last",):
        month, dash, day = anchor.rpartition("-")
        days.append((int(month) - 1 if dash else last_month, _LAST if day == "last" else int(day)))
    return sorted(days)


def _grid(cadence: Cadence, year: int) -> Iterator[date]:
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)
    rules = rruleset()  # in order, and each day once where two anchors clamp to the same
    if cadence.frequency is Frequency.WEEKLY:
        rules.rrule(rrule(WEEKLY, dtstart=start, until=end, byweekday=_weekdays(cadence)))
    else:
        for month, day in _days_in_unit(cadence):
            # A bare BYMONTHDAY=30 would skip February: take the last that exists of 28, 29 and 30.
            candidates = range(28, day + 1) if day > 28 else (day,)
            rules.rrule(
                rrule(
                    MONTHLY,
                    interval=_MONTHS[cadence.frequency],
                    dtstart=start.replace(month=month + 1),
                    until=end,
                    bymonthday=tuple(candidates),
                    bysetpos=-1,
                )
            )
    return (moment.date() for moment in rules)


def _every_days(origin: date, days: int, year: int) -> Iterator[date]:
    """Yield origin + k·days, k ≥ 1, as far as it lies in the year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    k = max(1, -((origin - first).days // days))
    while (day := origin + timedelta(days=k * days)) <= last:
        if day >= first:
            yield day
        k += 1


def _every_weeks(origin: date, cadence: Cadence, year: int) -> Iterator[date]:
    """Yield the anchored weekdays of each k-th week after the one that holds the origin."""
    monday = origin - timedelta(days=origin.weekday())
    # A week may begin in the year before.
    for near in (year - 1, year):
        for week in _every_days(monday, 7 * cadence.interval, near):
            yield from (week + timedelta(days=weekday) for weekday in _weekdays(cadence))


def _every_months(origin: date, cadence: Cadence, year: int) -> Iterator[date]:
    """Yield origin + k·months, k ≥ 1, or the anchors of the units that lie that far on."""
    unit = _MONTHS[cadence.frequency]
    step = unit * cadence.interval
    base, places = origin, [relativedelta()]
    if cadence.anchors:
        base = origin.replace(month=(origin.month - 1) // unit * unit + 1, day=1)
        # relativedelta clamps an absolute day to the month's length.
        places = [relativedelta(months=month, day=day) for month, day in _days_in_unit(cadence)]
    first = (year - base.year) * 12 + 1 - base.month
    for k in range(max(1, (first - unit) // step), (first + 12) // step + 1):
        moved = base + relativedelta(months=k * step)
        yield from (moved + place for place in places)


@lru_cache(maxsize=8192)
def _gregorian(cadence: Cadence, origin: date, year: int) -> tuple[date, ...]:
    match cadence.frequency:
        case Frequency.DAILY:
            days = _every_days(origin, cadence.interval, year)
        case _ if cadence.interval == 1:
            days = _grid(cadence, year)
        case Frequency.WEEKLY if cadence.anchors:
            days = _every_weeks(origin, cadence, year)
        case Frequency.WEEKLY:
            days = _every_days(origin, 7 * cadence.interval, year)
        case _:
            days = _every_months(origin, cadence, year)
    return tuple(sorted({day for day in days if day.year == year}))


@lru_cache(maxsize=1024)
def _moves(cadence: Cadence) -> bool:
    """Tell whether a cadence hangs on working days, weekdays or festivals inside its unit."""
    return cadence.frequency in _MONTHS and any(re.search("[a-z](?<!last)$", day) for day in cadence.anchors)


def _in_month(year: int, month: int, day: str, calendar: WorkCalendar) -> date:
    """Return the day of a month that an anchor names: `28`, `last`, `lastwd`, `5wd`, `lastfri`, `1mon`."""
    first, last = date(year, month, 1), month_end(year, month)
    if day == "last":
        return last
    if day == "lastwd":
        return calendar.previous(last)
    if day.endswith("wd"):
        return calendar.add(first - _ONE_DAY, int(day.removesuffix("wd")))
    if day.isdecimal():
        return first.replace(day=min(int(day), last.day))
    which, weekday = day[:-3], WEEKDAYS.index(day[-3:])
    if which == "last":
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (int(which) - 1))


@lru_cache(maxsize=512)
def _moving(cadence: Cadence, origin: date, calendar: WorkCalendar, year: int) -> tuple[date, ...]:
    """Return the days of a cadence that moves, in one year; its units are counted from the origin's."""
    unit, days = _MONTHS[cadence.frequency], set[date]()
    step = unit * cadence.interval
    base = 12 * origin.year + (origin.month - 1) // unit * unit
    for anchor in cadence.anchors:
        name, _, offset = anchor.partition("-")
        if name in FESTIVALS:
            for near in (year, year + 1):
                if near > origin.year and (near - origin.year) % cadence.interval == 0:
                    back = timedelta(days=int(offset.rstrip("d") or 0))
                    days.add(festival_day(near, name) - back)
            continue
        month, dash, day = anchor.rpartition("-")
        inside = int(month) - 1 if dash else unit - 1
        # Working days counted from December may reach into the next year.
        for at in range(12 * year - 12, 12 * year + 12):
            if at - inside > base and (at - inside - base) % step == 0:
                days.add(_in_month(at // 12, at % 12 + 1, day, calendar))
    return tuple(sorted(day for day in days if day.year == year))


@lru_cache(maxsize=64)
def _term_offsets(cadence: Cadence) -> tuple[timedelta, ...]:
    return tuple(timedelta(days=int(anchor.rstrip("d"))) for anchor in cadence.anchors or ("+0d",))


@dataclass(frozen=True, slots=True, kw_only=True)
class NominalDays:
    """The nominal days of a cadence later than `start`; intervals are counted from `origin`."""

    cadence: Cadence
    origin: date
    start: date
    context: Context

    def _year(self, year: int) -> Sequence[date]:
        if self.cadence.frequency is not Frequency.TERMLY:
            # All tasks on one grid share its years, whatever they are counted from.
            origin = self.origin if self.cadence.interval != 1 else _NO_ORIGIN
            if _moves(self.cadence):
                return _moving(self.cadence, origin, self.context.calendar, year)
            return _gregorian(self.cadence, origin, year)
        offsets = _term_offsets(self.cadence)
        ahead = any(offset < timedelta() for offset in offsets)
        days = {
            self.context.term_opens(term_year, season) + offset
            for term_year in (year - 1, year, *([year + 1] if ahead else ()))
            for season in ("spring", "autumn")
            for offset in offsets
        }
        return sorted(day for day in days if day.year == year)

    def after(self, day: date, until: date) -> Iterator[date]:
        """Yield the nominal days after `day`, up to and with `until`, in order."""
        day = max(day, self.start)
        for year in range(day.year, until.year + 1):
            days = self._year(year)
            for nominal in days[bisect_right(days, day) :]:
                if nominal > until:
                    return
                yield nominal

    def latest(self, day: date) -> date | None:
        """Return the last nominal day on or before `day`, or None if there is none yet."""
        for year in range(day.year, self.start.year - 1, -1):
            days = self._year(year)
            if place := bisect_right(days, day):
                nominal = days[place - 1]
                return nominal if nominal > self.start else None
        return None
