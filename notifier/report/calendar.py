"""The report's sums: by kind, by month, and a calendar of slots."""

from calendar import Calendar
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from notifier.report.index import Index
from notifier.report.views import KINDS
from notifier.timing.calendar import WorkCalendar

WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the calendar; outside the month or the rehearsal it is blank."""

    day: date
    blank: bool
    off: bool
    mails: int
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the calendar in weeks from Monday, with its sums."""

    title: str
    weeks: tuple[tuple[Day, ...], ...]
    mails: int
    kinds: tuple[int, ...]  # in the order of `KINDS`


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How much goes, by day and by month and kind."""

    mails: Mapping[date, int]
    reminders: Mapping[date, int]
    kinds: Mapping[tuple[int, int, str], int]  # by year, month and kind

    @classmethod
    def of(cls, index: Index) -> "Sums":
        """Count the reminders of a rehearsal."""
        mails: dict[date, int] = {}
        reminders: dict[date, int] = {}
        kinds: Counter[tuple[int, int, str]] = Counter()
        for day, numbers in index.days():
            mails[day] = len(numbers)
            first, last = _lines(index.starts, numbers)
            reminders[day] = last - first
            for position in range(first, last):
                kinds[day.year, day.month, index.found.sent[position].kind] += 1
        return cls(mails=mails, reminders=reminders, kinds=kinds)

    @property
    def busiest(self) -> date | None:
        """The first day with most mails; None where there are none."""
        return max(self.mails, key=lambda day: (self.mails[day], -day.toordinal()), default=None)

    def of_kind(self, kind: str) -> int:
        """Return how many reminders are of a kind."""
        return sum(count for (_, _, which), count in self.kinds.items() if which == kind)

    def months(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[Month]:
        """Yield the months from that of `start` to that of `end`."""
        year, month = start.year, start.month
        while (year, month) <= (end.year, end.month):
            weeks = tuple(
                tuple(
                    Day(
                        day=day,
                        blank=day.month != month or not start <= day <= end,
                        off=not calendar.is_working_day(day),
                        mails=self.mails.get(day, 0),
                        reminders=self.reminders.get(day, 0),
                    )
                    for day in week
                )
                for week in Calendar().monthdatescalendar(year, month)
            )
            yield Month(
                title=f"{year}年{month}月",
                weeks=weeks,
                mails=sum(
                    count for day, count in self.mails.items() if (day.year, day.month) == (year, month)
                ),
                kinds=tuple(self.kinds.get((year, month, kind), 0) for kind in KINDS),
            )
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _lines(starts: Sequence[int], numbers: range) -> tuple[int, int]:
    return starts[numbers.start - 1], starts[numbers.stop - 1]
