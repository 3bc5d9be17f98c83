"""Explaining a reading: phrase, rule, conventions, nominal day, rolled day, checkpoints."""

from datetime import datetime
from itertools import islice
from typing import Any

from notifier.timing.context import Context
from notifier.timing.outline import is_ongoing, milestones, recurrence, timing_state, until_day
from notifier.timing.phrase import Reading
from notifier.timing.rule import (
    Ahead,
    Before,
    Due,
    From,
    Last,
    LastWorkday,
    Ongoing,
    RecurringDue,
    Report,
    Review,
    Rule,
    Several,
    Then,
    Window,
    Within,
)
from notifier.timing.stream import stream

_CHECKPOINTS = 12


def explain(reading: Reading, context: Context) -> dict[str, Any]:
    """Return a reading as plain values: days as ISO dates, instants in the policy's zone.

    `notes` say of each part what kind of rule it is, then each convention by which it was read.
    `checkpoints` are the first twelve after the context's import. In state review there are no milestones,
    recurrence, ongoing or checkpoints, and `why` says what is not understood.
    """
    rule = reading.rule
    state, why = timing_state(rule, context)
    understood = not isinstance(rule, Review)
    repeats = recurrence(rule, context) if understood else None
    until = until_day(rule, context) if understood else None
    return {
        "phrase": reading.phrase,
        "state": state,
        "rule": str(rule),
        "why": why if understood else reading.why,
        "soft": reading.soft,
        "milestones": [
            {"kind": stone.kind.value, "day": stone.day.isoformat(), "label": stone.label}
            for stone in (milestones(rule, context) if understood else ())
        ],
        "recurrence": repeats
        and {"rule": repeats.rule, "role": repeats.role, "next": [day.isoformat() for day in repeats.next]},
        "ongoing": understood and is_ongoing(rule),
        "until": until and until.isoformat(),
        "notes": [*(_kinds(rule) if understood else ()), *(note.en for note in reading.notes)],
        "checkpoints": [
            {
                "kind": checkpoint.kind.value,
                "day": checkpoint.nominal.isoformat(),
                "at": local(checkpoint.at, context).isoformat(),
                "provisional": checkpoint.provisional,
            }
            for checkpoint in islice(stream(rule, context, context.imported), _CHECKPOINTS)
        ],
    }


def _kinds(rule: Rule) -> tuple[str, ...]:
    """Return what each part of a rule is: every reading shows why its days are what they are."""
    match rule:
        case Several(parts):
            return tuple(line for part in parts for line in _kinds(part))
        case Then(first, second):
            return (
                *_kinds(first),
                "then, from completion or failing that from the due day:",
                *_kinds(second),
            )
        case Due(Before(period)):
            kind = f"a deadline on the day before {period} begins"
        case Due(Within(amount, unit, of)):
            kind = f"a deadline {amount}{unit} after {of}, whose own day isn't counted"
        case Due(Ahead(amount, unit, of)):
            kind = f"a deadline {amount}{unit} before {of} begins, whose own day isn't counted"
        case Due(LastWorkday(period)):
            kind = f"a deadline on the last working day of {period}"
        case Due(Last(period)):
            kind = f"a deadline on the last day of {period}"
        case Window(period):
            kind = f"a start on the first day of {period}, reports in it, a deadline on its last day"
        case From(period):
            kind = f"a start on the first day of {period}, then reports at the policy's cadence"
        case Ongoing():
            kind = "no end of its own: reports at the policy's cadence"
        case Report(cadence):
            kind = f"a report each time: {cadence}"
        case RecurringDue(cadence):
            kind = f"a deadline each time: {cadence}"
        case _:
            return ()
    return (f"{rule}: {kind}",)


def local(instant: datetime, context: Context) -> datetime:
    """Return an instant as wall-clock time in the policy's zone."""
    return instant.astimezone(context.policy.zone)
