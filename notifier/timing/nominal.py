"""Nominal days: the days a rule names, before anything rolls."""

from dataclasses import replace
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from notifier.timing.context import Context
from notifier.timing.period import Period
from notifier.timing.rule import (
    Ahead,
    Before,
    DayRef,
    Due,
    Last,
    LastWorkday,
    Ongoing,
    RecurringDue,
    Report,
    Rule,
    Several,
    Then,
    Unit,
    Window,
    Within,
)

DONE = "done"
"""As `event:done`, after `then`: the day on which what stands before it was done, or ended."""


def first_day(period: Period, context: Context) -> date | None:
    """Return a period's first day, or None while an event in it has no date."""
    bounds = period.bounds(context)
    return None if bounds is None else bounds[0]


def last_day(period: Period, context: Context) -> date | None:
    """Return a period's last day, or None while an event in it has no date."""
    bounds = period.bounds(context)
    return None if bounds is None else bounds[1]


def due_day(ref: DayRef, context: Context) -> date | None:
    """Return the nominal day of a deadline, or None while an event in it has no date."""
    match ref:
        case Last(period):
            return last_day(period, context)
        case Before(period):
            first = first_day(period, context)
            return None if first is None else first - timedelta(days=1)
        case Within(amount, unit, of):
            since = last_day(of, context)
            return None if since is None else _after(since, amount, unit, context)
        case Ahead(amount, unit, of):
            start = first_day(of, context)
            return None if start is None else _after(start, -amount, unit, context)
        case LastWorkday(period):
            last = last_day(period, context)
            return None if last is None else context.calendar.previous(last)


def _after(day: date, amount: int, unit: Unit, context: Context) -> date:
    # Civil Code 201–202: the day itself isn't counted; months and years end on the corresponding
    # day, or on the month's last where there is none, which is what relativedelta does.
    match unit:
        case Unit.WORKING_DAY:
            return context.calendar.add(day, amount)
        case Unit.DAY:
            return day + timedelta(days=amount)
        case Unit.WEEK:
            return day + timedelta(weeks=amount)
        case Unit.MONTH:
            return day + relativedelta(months=amount)
        case Unit.YEAR:
            return day + relativedelta(years=amount)


def has_end(rule: Rule) -> bool:
    """Tell whether a rule comes to an end by itself, be the day known yet or not."""
    match rule:
        case Due() | Window():
            return True
        case Ongoing(until) | Report(_, _, until) | RecurringDue(_, _, until):
            return until is not None
        case Several(parts):
            return all(map(has_end, parts))
        case Then(_, second):
            return has_end(second)
        case _:
            return False


def end_day(rule: Rule, context: Context) -> date | None:
    """Return the nominal day on which a rule ends: the last deadline, or the end of its reports.

    None for a rule without end, and while an event in it has no date.
    """
    match rule:
        case Due(ref):
            return due_day(ref, context)
        case Window(period):
            return last_day(period, context)
        case Ongoing(until) | Report(_, _, until) | RecurringDue(_, _, until):
            return None if until is None else last_day(until, context)
        case Several(parts):
            days = [day for part in parts if (day := end_day(part, context)) is not None]
            return max(days) if len(days) == len(parts) else None
        case Then(first, second):
            follows = successor(first, context, None)
            return end_day(second, follows[0] if follows else context)
        case _:
            return None


def successor(first: Rule, context: Context, base: date | None) -> tuple[Context, date | None] | None:
    """Return the context in which the rule after `first` runs, and the day from which it does.

    That is the day of completion, else the day on which `first` ends, and `event:done` for the second;
    after a rule without end the second runs beside it, from `base` like the first. None while the day is
    still to come.
    """
    ended = context.completed
    if ended is None and not has_end(first):
        return context, base
    ended = ended or end_day(first, context)
    if ended is None:
        return None
    # What comes third isn't completed with the first.
    return replace(context, completed=None, events={**context.events, DONE: ended}), ended
