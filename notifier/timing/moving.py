"""Moving a deadline of a rule to another day, as an extension does. Pure."""

from datetime import date

from notifier.timing.context import Context
from notifier.timing.nominal import due_day, last_day, successor
from notifier.timing.period import Day, Span
from notifier.timing.rule import Due, Last, Rule, Several, Then, Window


def deadlines(rule: Rule, context: Context) -> list[date]:
    """Return the nominal days of the single deadlines that run, in order; a recurring one is none of them."""
    return sorted(set(_deadlines(rule, context)))


def _deadlines(rule: Rule, context: Context) -> list[date]:
    match rule:
        case Due(ref):
            day = due_day(ref, context)
            return [] if day is None else [day]
        case Window(period):
            day = last_day(period, context)
            return [] if day is None else [day]
        case Several(parts):
            return [day for part in parts for day in _deadlines(part, context)]
        case Then(first, second):
            running = [] if context.completed is not None else _deadlines(first, context)
            follows = successor(first, context, None)
            return running + (_deadlines(second, follows[0]) if follows else [])
        case _:
            return []


def with_deadline(rule: Rule, context: Context, was: date, day: date) -> Rule:
    """Return a rule whose deadline of nominal day `was` is `day`, all else as it is.

    ValueError where a window would end before it starts.
    """
    to = Day(day)
    match rule:
        case Due(ref, label) if due_day(ref, context) == was:
            return Due(Last(to), label)
        case Window(period, label) if last_day(period, context) == was:
            bounds = period.bounds(context)
            if bounds is None or bounds[0] > day:
                raise ValueError(f"it starts only on {bounds and bounds[0]}")
            start = period.start if isinstance(period, Span) else Day(bounds[0])
            return Window(Span(start, to), label)
        case Several(parts):
            return Several(tuple(with_deadline(part, context, was, day) for part in parts))
        case Then(first, second):
            follows = successor(first, context, None)
            if context.completed is None:
                first = with_deadline(first, context, was, day)
            return Then(first, with_deadline(second, follows[0], was, day) if follows else second)
        case _:
            return rule
