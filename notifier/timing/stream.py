"""Streams: a rule becomes checkpoints, lazily and in order, from any instant on.

Inside, everything is counted in days: all notices of a day go at the policy's `notice_at`, so an instant
to seek from is a day to seek from. A stream ends with the calendar's table at the latest, except for
deadlines and starts whose day the rule itself names.
"""

from collections.abc import Iterator
from datetime import date, datetime
from heapq import merge
from itertools import dropwhile, takewhile
from operator import itemgetter

from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.context import Context
from notifier.timing.nominal import due_day, first_day, successor
from notifier.timing.notices import Mark, due_marks, start_marks, start_occurrence
from notifier.timing.rule import Due, From, Last, Ongoing, RecurringDue, Report, Rule, Several, Then, Window
from notifier.timing.series import series_of

_DAY_AND_KEY = itemgetter(0, 1)


def stream(rule: Rule, context: Context, after: datetime) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a rule strictly after an instant, ordered by (at, key), each key once.

    A part that waits for an event without a date, and a rule under review, yields nothing. ValueError
    if `after` has no time zone.
    """
    # Not a generator itself: a naive instant fails here, at the call.
    return _checkpoints(marks(rule, context, context.policy.last_noticed(after)), context)


def between(rule: Rule, context: Context, since: datetime, until: datetime) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a rule in (since, until], so that windows tile."""
    last = context.policy.last_noticed(until)
    found = marks(rule, context, context.policy.last_noticed(since))
    return _checkpoints(takewhile(lambda mark: mark.day <= last, found), context)


def _checkpoints(found: Iterator[Mark], context: Context) -> Iterator[Checkpoint]:
    instant, known_until = context.policy.notice_instant, context.calendar.known_until
    for day, key, kind, family, nominal, rolled, label in found:
        yield Checkpoint(
            at=instant(day),
            kind=kind,
            family=family,
            key=key,
            nominal=nominal,
            day=rolled,
            label=label,
            provisional=day > known_until or rolled > known_until,
        )


def marks(rule: Rule, context: Context, after: date, base: date | None = None) -> Iterator[Mark]:
    """Yield the notices of a rule on days later than `after`, ordered by (day, key), each key once.

    `base` is the day on which the rule before it ended, as in `A then B`.
    """
    match rule:
        case Due(ref, label):
            nominal = due_day(ref, context)
            return iter(()) if nominal is None else due_marks(nominal, label, context, after)
        case Ongoing() | Report() | RecurringDue():
            series = series_of(rule, context, base)
            return iter(()) if series is None else series.marks(after)
        case From():
            return _merged(_started(rule, "", context, after, base))
        case Window(period, label):
            parts = _started(rule, label, context, after, base)
            return _merged([*parts, marks(Due(Last(period), label), context, after)])
        case Several(several):
            return _merged([marks(part, context, after, base) for part in several])
        case Then(first, second):
            return _merged(_in_turn(first, second, context, after, base))
        case _:
            return iter(())


def _started(
    rule: From | Window, label: str, context: Context, after: date, base: date | None
) -> list[Iterator[Mark]]:
    """Return the start of a period and the reports that follow it."""
    series = series_of(rule, context, base)
    nominal = first_day(rule.period, context)
    if nominal is None or series is None:
        return []
    reports = series.marks(after)
    if after >= series.announced:
        return [reports]
    start = start_marks(start_occurrence(nominal, label, context), context)
    return [dropwhile(lambda mark: mark.day <= after, start), reports]


def _in_turn(
    first: Rule, second: Rule, context: Context, after: date, base: date | None
) -> list[Iterator[Mark]]:
    """Return the first rule up to its completion, and the second from there on."""
    before = marks(first, context, after, base)
    if (completed := context.completed) is not None:
        before = takewhile(lambda mark: mark.day <= completed, before)
    if (follows := successor(first, context, base)) is None:
        return [before]
    later, start = follows
    return [before, marks(second, later, after, start)]


def _merged(parts: list[Iterator[Mark]]) -> Iterator[Mark]:
    """Merge notices in order; of one key there is one, with the labels of all."""
    held: Mark | None = None
    # By day and key only, so that labels come in the order of the parts.
    for mark in merge(*parts, key=_DAY_AND_KEY):
        if held is not None and held.key == mark.key:
            labels = dict.fromkeys(label for label in (held.label, mark.label) if label)
            # An overdue notice of a report gives way to that of a deadline.
            family = held.family if held.family is Kind.DUE else mark.family
            held = held._replace(label="、".join(labels), family=family)
            continue
        if held is not None:
            yield held
        held = mark
    if held is not None:
        yield held
