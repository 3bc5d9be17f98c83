"""Notices of one occurrence: its leads, itself, what follows when it is overdue. All in days.

Every notice of a day goes at the same time, so days are enough until the very end; `Mark` is a
checkpoint in the making.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.policy import Lead, Policy


class Mark(NamedTuple):
    """A notice on a working day; marks order by that day, then by key."""

    day: date
    key: str
    kind: Kind
    family: Kind
    nominal: date
    rolled: date
    label: str


class Occurrence(NamedTuple):
    """A start, due or report day with what all its notices have in common."""

    family: Kind
    nominal: date
    rolled: date
    notice: date
    """The working day of its own notice. A due or report on a day off is announced before, not after."""
    label: str

    @classmethod
    def due(cls, family: Kind, nominal: date, label: str, context: Context) -> "Occurrence":
        """Return a due or a report: rolled as the policy has it."""
        calendar = context.calendar
        rolled = calendar.roll(nominal, context.policy.roll)
        return cls(family, nominal, rolled, calendar.previous(nominal), label)

    def mark(self) -> Mark:
        """Return its own notice."""
        key = f"{self.family}@{self.nominal}"
        return Mark(self.notice, key, self.family, self.family, self.nominal, self.rolled, self.label)

    def lead(self, day: date, lead: Lead) -> Mark:
        """Return the advance notice that goes on `day`."""
        key = f"{self.family}-{lead}@{self.nominal}"
        return Mark(day, key, Kind.LEAD, self.family, self.nominal, self.rolled, self.label)

    def overdue(self, day: date, number: int) -> Mark:
        """Return the overdue notice that goes on `day`, counted from 1."""
        key = f"{Kind.OVERDUE}-{number}@{self.nominal}"
        return Mark(day, key, Kind.OVERDUE, self.family, self.nominal, self.rolled, self.label)


def lead_days(occurrence: Occurrence, leads: tuple[Lead, ...], context: Context) -> list[tuple[date, Lead]]:
    """Return the leads with their days, in order; one day keeps the lead that is smaller.

    A lead that would go with the occurrence's own notice, or after it, is left out.
    """
    days: dict[date, Lead] = {}
    for lead in leads:
        day = lead.before(occurrence.rolled, context.calendar)
        if day < occurrence.notice and (day not in days or _length(lead) < _length(days[day])):
            days[day] = lead
    return sorted(days.items(), key=lambda item: item[0])


def _length(lead: Lead) -> float:
    # A week has five working days; only leads that meet on one day are compared.
    return lead.amount * {"d": 1.0, "wd": 1.4, "w": 7.0}[lead.unit]


def overdue_days(rolled: date, policy: Policy, context: Context, after: date) -> Iterator[tuple[date, int]]:
    """Yield the days of overdue notices later than `after`, numbered from 1.

    First the working days that follow; then every so many calendar days from the last of these, a day
    off moving to the next working day. Of two on one day the later number stays.
    """
    calendar, daily, every = context.calendar, policy.overdue_working_days, policy.overdue_every_days
    limit = rolled + timedelta(days=policy.overdue_until_days)
    for number in range(1, daily + 1):
        day = calendar.add(rolled, number)
        if day > limit:
            return
        if day > after:
            yield day, number
    if every <= 0:
        return
    base = calendar.add(rolled, daily)
    # Start at the last one that can't lie after `after`, so that a late seek needn't walk.
    k = max(1, (after - base).days // every)
    while (day := calendar.next(base + timedelta(days=k * every))) <= limit:
        if day > after and day != calendar.next(base + timedelta(days=(k + 1) * every)):
            yield day, daily + k
        k += 1


def overdue_marks(
    occurrence: Occurrence, context: Context, after: date, before: date = date.max
) -> Iterator[Mark]:
    """Yield the overdue notices of an occurrence on days in (after, before)."""
    for day, number in overdue_days(occurrence.rolled, context.policy, context, after):
        if day >= before:
            return
        yield occurrence.overdue(day, number)


def start_occurrence(nominal: date, label: str, context: Context) -> Occurrence:
    """Return a start, which rolls to the next working day.

    One that was past when the document was issued is announced on the first working day after that.
    """
    calendar = context.calendar
    rolled = calendar.next(nominal)
    notice = calendar.add(context.issued, 1) if nominal < context.issued else rolled
    return Occurrence(Kind.START, nominal, rolled, notice, label)


def start_marks(start: Occurrence, context: Context) -> Iterator[Mark]:
    """Yield the leads and the notice of a start, as far as they aren't past at import.

    One that was past at issue has no leads.
    """
    past = context.policy.last_noticed(context.imported)
    if start.notice <= past:
        return
    if start.nominal >= context.issued:
        for day, lead in lead_days(start, context.policy.leads, context):
            if day > past:
                yield start.lead(day, lead)
    yield start.mark()


def due_marks(nominal: date, label: str, context: Context, after: date) -> Iterator[Mark]:
    """Yield the notices of a one-off deadline on days later than `after`.

    Leads past at import are left out; if that leaves none and the deadline is ahead, the smallest goes
    at the next slot.
    """
    due = Occurrence.due(Kind.DUE, nominal, label, context)
    if after < due.notice:
        leads = lead_days(due, context.policy.leads, context)
        past = context.policy.last_noticed(context.imported)
        ahead = [(day, lead) for day, lead in leads if day > past]
        if leads and not ahead and (slot := context.calendar.add(past, 1)) < due.notice:
            ahead = [(slot, leads[-1][1])]
        for day, lead in ahead:
            if day > after:
                yield due.lead(day, lead)
        yield due.mark()
    yield from overdue_marks(due, context, after)
