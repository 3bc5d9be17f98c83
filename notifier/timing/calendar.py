"""Working days: the State Council's yearly notices, and the office's own overlay with the last word.

`holidays` is asked once for the whole range; after that every question is a look into a table.
"""

from array import array
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from itertools import accumulate, compress, count
from typing import Any, Literal, NamedTuple, Self

import holidays

from notifier.timing.festival import festival_day

Roll = Literal["prev", "next", "none"]
_ONE_DAY = timedelta(days=1)


class _Expansion(NamedTuple):
    working: bytes  # one byte a day, 1 on working days
    known_until: date


def _holidays(country: str, years: range) -> Any:
    """Return what `holidays` says of a country."""
    # Without a fixed language the names, and with them what is recognised, would follow the locale.
    if country == "CN":
        # `country_holidays` imports every country there is for any of them: 8 MB, and 0.2 s.
        spec = PathFinder.find_spec("china", [f"{place}/countries" for place in holidays.__path__])
        if spec is not None and spec.loader is not None:
            china = module_from_spec(spec)
            spec.loader.exec_module(china)
            return china.China(years=years, language="en_US")
    return holidays.country_holidays(country, years=years, language="en_US")


@cache
def _expand(country: str, first: int, last: int) -> _Expansion:
    table = _holidays(country, range(first, last + 1))
    start, end = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()
    working = bytes(table.is_working_day(date.fromordinal(day)) for day in range(start, end + 1))
    if country != "CN":
        return _Expansion(working, date(last, 12, 31))
    # Every notice names make-up days; those in December may belong to the notice of the next year.
    noticed = {day.year for day in table.weekend_workdays if day.month < 12 and first <= day.year <= last}
    # The notice of the next year may still move days off into the week before New Year.
    return _Expansion(working, date(max(noticed, default=first - 1), 12, 24))


class WorkCalendar:
    """Which days are working days; immutable, cheap to build again, O(1) to ask.

    Outside the years it was built for it falls back on Monday to Friday, so that no date can fail.
    """

    __slots__ = ("_before", "_days", "_flags", "_start", "first", "known_until", "last")

    first: date
    """The first day of the table."""
    last: date
    """The last day of the table; periodic checkpoints end there."""
    known_until: date
    """24 December of the last year whose notice `holidays` carries; what lies later is provisional."""

    def __init__(self, working: bytes, *, first: date, known_until: date) -> None:
        self.first = first
        self.last = first + timedelta(days=len(working) - 1)
        self.known_until = known_until
        self._start = first.toordinal()
        self._flags = working
        # _before[i]: how many working days lie before day i; _days: those days in order, as ordinals.
        self._before = array("i", accumulate(working, initial=0))
        self._days = array("i", compress(count(self._start), working))

    @classmethod
    def build(
        cls,
        *,
        off: Iterable[date] = (),
        work: Iterable[date] = (),
        first: int = 2000,
        last: int = 2050,
        country: str = "CN",
    ) -> Self:
        """Return the calendar of a country for whole years, both included.

        `off` and `work` correct single days; a day in both is a day off, days outside are ignored. A year
        after the last announced one counts as known once `work` names a day of it: every notice of the
        State Council has made-up working days.
        """
        expansion = _expand(country, first, last)
        start = date(first, 1, 1)
        working = bytearray(expansion.working)
        off, work = tuple(off), tuple(work)
        for days, flag in ((work, 1), (off, 0)):
            for day in days:
                if 0 <= (index := (day - start).days) < len(working):
                    working[index] = flag
        known_until = expansion.known_until
        entered = {day.year for day in work}
        while known_until.year + 1 in entered:
            known_until = known_until.replace(year=known_until.year + 1)
        return cls(bytes(working), first=start, known_until=known_until)

    @property
    def fingerprint(self) -> str:
        """A hash of the whole table, which a newer `holidays` may correct."""
        return sha256(self._flags).hexdigest()

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on that day."""
        if self.first <= day <= self.last:
            return bool(self._flags[day.toordinal() - self._start])
        return day.weekday() < 5

    def previous(self, day: date) -> date:
        """Return the last working day on or before `day`."""
        return day if self.is_working_day(day) else self.add(day, -1)

    def next(self, day: date) -> date:
        """Return the first working day on or after `day`."""
        return day if self.is_working_day(day) else self.add(day, 1)

    def add(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`, before it where negative; `day` isn't counted.

        A count of 0 returns `day` itself, whatever day it is.
        """
        if count == 0:
            return day
        if self.first <= day <= self.last:
            index = day.toordinal() - self._start
            place = self._before[index + 1] + count - 1 if count > 0 else self._before[index] + count
            if 0 <= place < len(self._days):
                return date.fromordinal(self._days[place])
        return self._walk(day, count)

    def _walk(self, day: date, count: int) -> date:
        step = _ONE_DAY if count > 0 else -_ONE_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def roll(self, day: date, how: Roll) -> date:
        """Return the day itself if it is a working day or `how` is none, else its working neighbour."""
        if how == "none":
            return day
        return self.previous(day) if how == "prev" else self.next(day)

    def spring_festival(self, year: int) -> date:
        """Return 正月初一, the first day of the lunar year that begins in `year`."""
        return festival_day(year, "chunjie")
