"""What a rule needs to become dates: calendar, policy, and the facts of its document and task."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from notifier.timing.calendar import WorkCalendar
from notifier.timing.festival import festival_day
from notifier.timing.period import Bounds
from notifier.timing.policy import Policy

_SPRING_TERM_AFTER = timedelta(days=16)  # 正月十七
_WINTER_BREAK_BEFORE = timedelta(days=7)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Dates the symbolic periods of a rule, and says from when and until when it is planned."""

    calendar: WorkCalendar
    policy: Policy
    issued: date
    """The document's date; `event:issued` where `events` has no other day for it."""
    imported: datetime
    """Aware. Leads and starts whose notice lies at or before it are past."""
    terms: Mapping[str, date] = field(default_factory=dict)
    """Opening days that win over the computed ones: `2018-spring`."""
    events: Mapping[str, date] = field(default_factory=dict)
    until: date | None = None
    """The plan's end, itself included: periodic checkpoints stop there."""
    completed: date | None = None
    """When A of `A then B` was completed."""

    def term_opens(self, year: int, season: str) -> date:
        """Return a term's opening day: the table's, else one by convention.

        The conventions: autumn opens on 1 September; spring on 正月十七, sixteen days after the Spring
        Festival, or on the next working day.
        """
        if (day := self.terms.get(f"{year:04}-{season}")) is not None:
            return day
        if season == "autumn":
            return date(year, 9, 1)
        return self.calendar.next(self.calendar.spring_festival(year) + _SPRING_TERM_AFTER)

    def term_is_computed(self, year: int, season: str) -> bool:
        """Tell whether a term's opening day is one by convention, which nobody has confirmed."""
        return f"{year:04}-{season}" not in self.terms

    def break_bounds(self, year: int, season: str) -> Bounds:
        """Return a break's first and last day, by convention.

        Summer runs from 10 July, winter from seven days before the Spring Festival; each ends on the
        eve of the term that follows.
        """
        if season == "summer":
            return date(year, 7, 10), self.term_opens(year, "autumn") - _ONE_DAY
        first = self.calendar.spring_festival(year) - _WINTER_BREAK_BEFORE
        return first, self.term_opens(year, "spring") - _ONE_DAY

    def festival_day(self, year: int, name: str) -> date:
        """Return a festival's day; NotationError for a name that isn't in `FESTIVALS`."""
        return festival_day(year, name)

    def event_day(self, name: str) -> date | None:
        """Return an event's date, or None while nobody has dated it."""
        day = self.events.get(name)
        return self.issued if day is None and name == "issued" else day
