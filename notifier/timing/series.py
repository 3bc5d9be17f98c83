"""What comes round: the notices of reports and of recurring deadlines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge

from notifier.timing.cadence import NominalDays
from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.nominal import first_day, last_day
from notifier.timing.notices import Mark, Occurrence, lead_days, overdue_marks, start_occurrence
from notifier.timing.period import Period
from notifier.timing.policy import Lead
from notifier.timing.rule import Cadence, Frequency, From, Ongoing, RecurringDue, Report, Rule, Window

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The occurrences on nominal days up to `end`, as reports or as deadlines."""

    family: Kind
    nominal_days: NominalDays
    end: date
    announced: date = date.min
    """The day of the start notice, if there is one: no lead goes on or before it."""

    @property
    def has_overdue(self) -> bool:
        """Whether what isn't delivered is followed by overdue notices."""
        return self.family is Kind.DUE or self.nominal_days.context.policy.report_overdue

    def occurrences(self, day: date) -> Iterator[Occurrence]:
        """Yield the occurrence announced last on or before `day`, if there is one, then all later ones.

        Occurrences whose notices would fall on one working day, as with a daily report over a holiday,
        are one: the first of them.
        """
        context = self.nominal_days.context
        previous_day = context.calendar.previous
        previous = self._latest(day)
        if previous is not None:
            yield Occurrence.due(self.family, previous, "", context)
        noticed = date.min if previous is None else previous_day(previous)
        for nominal in self.nominal_days.after(day, self.end):
            if (notice := previous_day(nominal)) > noticed:
                noticed = notice
                yield Occurrence.due(self.family, nominal, "", context)

    def _latest(self, day: date) -> date | None:
        nominal_days, previous_day = self.nominal_days, self.nominal_days.context.calendar.previous
        latest = nominal_days.latest(min(day, self.end))
        while latest is not None:
            # Back to the first of those that share its notice.
            earlier = nominal_days.latest(date.fromordinal(latest.toordinal() - 1))
            if earlier is None or previous_day(earlier) < previous_day(latest):
                return latest
            latest = earlier
        return None

    def marks(self, after: date) -> Iterator[Mark]:
        """Yield the notices on days later than `after`, in order.

        Between two occurrences lie the overdue notices of the one and the leads of the next.
        """
        context = self.nominal_days.context
        past = max(after, context.policy.last_noticed(context.imported))
        previous: Occurrence | None = None
        for occurrence in self.occurrences(after):
            if occurrence.notice > after:
                ahead = ((day, lead) for day, lead in self.leads(occurrence, previous) if day > past)
                leads = (occurrence.lead(day, lead) for day, lead in ahead)
                if previous is not None and self.has_overdue:
                    yield from merge(overdue_marks(previous, context, after, occurrence.notice), leads)
                else:
                    yield from leads
                yield occurrence.mark()
            previous = occurrence
        if previous is not None and self.has_overdue:
            yield from overdue_marks(previous, context, after)

    def leads(self, occurrence: Occurrence, previous: Occurrence | None) -> list[tuple[date, Lead]]:
        """Return the leads of an occurrence with their days, as far as they follow the one before it."""
        policy = self.nominal_days.context.policy
        leads = policy.leads if self.family is Kind.DUE else policy.report_leads
        days = lead_days(occurrence, leads, self.nominal_days.context)
        floor = self.announced if previous is None else max(self.announced, previous.notice)
        return [(day, lead) for day, lead in days if day > floor]


def series_of(rule: Rule, context: Context, base: date | None = None) -> Series | None:
    """Return the periodic part of a rule: its own cadence, or the policy's where it names none.

    It runs from the issue date, from the rule's own start, or from `base`, on which the rule before it
    ended: whichever comes last. None where the rule has no such part or waits for an event.
    """
    family = Kind.REPORT
    cadence: Cadence | None = None
    since: Period | None = None
    until: Period | None = None
    match rule:
        case Ongoing(until):
            pass
        case From(since):
            pass
        case Window(period):
            since = until = period
        case Report(cadence, since, until):
            pass
        case RecurringDue(cadence, since, until):
            family = Kind.DUE
        case _:
            return None
    first = None if since is None else first_day(since, context)
    last = None if until is None else last_day(until, context)
    if (since is not None and first is None) or (until is not None and last is None):
        return None
    # A cadence's own `since` includes its first day; after a start, reports begin the day after it.
    own = first - _ONE_DAY if first is not None and isinstance(rule, Report | RecurringDue) else first
    # What is due every day is due on the document's own; a month's day that falls on it has passed.
    daily = cadence is not None and cadence.frequency is Frequency.DAILY and cadence.interval == 1
    issued = context.issued - _ONE_DAY if daily else context.issued
    starts = [day for day in (issued, base, own) if day is not None]
    ends = [day for day in (context.calendar.last, context.until, last) if day is not None]
    nominal_days = NominalDays(
        cadence=cadence or context.policy.ongoing_cadence,
        origin=first or base or context.issued,
        start=max(starts),
        context=context,
    )
    announced = date.min
    if first is not None and isinstance(rule, From | Window):
        announced = start_occurrence(first, "", context).notice
    return Series(
        family=family,
        nominal_days=nominal_days,
        end=min(ends),
        announced=announced,
    )
