"""The office's policy: when a checkpoint is announced, when a day ends, how long overdue notices go on."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, Self, cast
from zoneinfo import ZoneInfo

from dateutil.tz import datetime_exists

from notifier.timing.calendar import Roll, WorkCalendar
from notifier.timing.rule import Cadence, Frequency, Report

_LEAD = re.compile(r"([1-9]\d{0,3})(d|wd|w)?", re.ASCII)
_ONE_DAY = timedelta(days=1)
_ONE_MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=16384)
def wall_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which clocks in `zone` show `at` on `day`.

    A time that clocks skip is moved forward to the next minute they show; of two, the first counts.
    """
    local = datetime.combine(day, at, zone)
    while not datetime_exists(local):
        local += _ONE_MINUTE
    return local.astimezone(UTC)


@lru_cache(maxsize=64)
def _cadence(text: str) -> Cadence:
    if any(text == frequency for frequency in Frequency):
        return Cadence(Frequency(text))
    # Only what is more than one word needs the parser, which loads lark.
    from notifier.timing.notation import parse

    rule = parse(f"report {text}")
    if not isinstance(rule, Report) or rule.since or rule.until:
        raise ValueError(f"not a cadence: {text!r}")
    return rule.cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How long before a checkpoint an advance notice goes: `30d`, `5wd`, `2w`."""

    amount: int
    unit: Literal["d", "wd", "w"] = "d"

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @classmethod
    def parse(cls, text: str | int) -> Self:
        """Read `5wd`, `2w`, `30d`, or a bare number of days; ValueError for anything else, and for 0."""
        if (match := _LEAD.fullmatch(str(text).strip())) is None:
            raise ValueError(f"not a lead time: {text!r} (such as 30d, 5wd or 2w)")
        return cls(amount=int(match[1]), unit=cast(Literal["d", "wd", "w"], match[2] or "d"))

    def before(self, day: date, calendar: WorkCalendar) -> date:
        """Return the working day of the notice; one that falls on a day off goes earlier, never later."""
        if self.unit == "wd":
            return calendar.add(day, -self.amount)
        return calendar.previous(day - self.amount * timedelta(days=7 if self.unit == "w" else 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The `[policy]` table: wall-clock times are in `zone`, `overdue_…` counts are in the unit they name."""

    zone: ZoneInfo
    leads: tuple[Lead, ...] = (Lead(amount=30), Lead(amount=7), Lead(amount=1))
    report_leads: tuple[Lead, ...] = (Lead(amount=5, unit="wd"),)
    report_overdue: bool = False
    ongoing: str = "quarterly"
    notice_at: time = time(9)
    close: time = time(17, 30)
    roll: Roll = "prev"
    overdue_working_days: int = 5
    overdue_every_days: int = 7
    overdue_until_days: int = 90

    @property
    def ongoing_cadence(self) -> Cadence:
        """The cadence of a bare `ongoing`; NotationError or ValueError if the text is none."""
        return _cadence(self.ongoing)

    def notice_instant(self, day: date) -> datetime:
        """Return the UTC instant at which the notices of a day go."""
        return wall_instant(day, self.notice_at, self.zone)

    def close_instant(self, day: date) -> datetime:
        """Return the UTC instant at which a deadline's day ends."""
        return wall_instant(day, self.close, self.zone)

    def local_day(self, instant: datetime) -> date:
        """Return the day that calendars in `zone` show; ValueError if the instant has no time zone."""
        if instant.utcoffset() is None:
            raise ValueError(f"instant has no time zone: {instant.isoformat()}")
        return instant.astimezone(self.zone).date()

    def last_noticed(self, instant: datetime) -> date:
        """Return the last day whose notices lie at or before an instant.

        Every notice of a day goes at the same time, so what comes after an instant is what falls on
        later days than this one; ValueError if the instant has no time zone.
        """
        day = self.local_day(instant)
        return day if self.notice_instant(day) <= instant else day - _ONE_DAY
