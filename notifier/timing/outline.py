"""A rule at a glance: its state, its milestones, its recurrence, its status light."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Literal

from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.nominal import DONE, due_day, first_day, last_day, successor
from notifier.timing.notices import Occurrence, lead_days, overdue_days, start_occurrence
from notifier.timing.period import Break, Event, Period, Span, Term
from notifier.timing.rule import (
    Ahead,
    Before,
    DayRef,
    Due,
    Frequency,
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
from notifier.timing.series import Series, series_of

State = Literal["ok", "waiting", "review"]
Light = Literal["red", "yellow", "green"]

# More than the longest run of days off; a day may roll that far, no further.
FARTHEST_ROLL = timedelta(days=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A start or a deadline that the rule names."""

    kind: Literal[Kind.START, Kind.DUE]
    day: date
    """The nominal day."""
    rolled: date
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A cadence that the rule names."""

    rule: str
    """The part of the rule that recurs, in notation."""
    role: Literal["report", "due"]
    next: tuple[date, ...]
    """The first three nominal days, from the issue date on; fewer where it ends before."""


def leaves_in(rule: Rule, context: Context) -> Iterator[tuple[Rule, Context]]:
    """Yield the single rules of a rule, each with the context that it has there: after `then` its own."""
    match rule:
        case Several(parts):
            for part in parts:
                yield from leaves_in(part, context)
        case Then(first, second):
            yield from leaves_in(first, context)
            follows = successor(first, context, None)
            yield from leaves_in(second, follows[0] if follows else context)
        case _:
            yield rule, context


def _leaves(rule: Rule) -> Iterator[Rule]:
    match rule:
        case Several(parts):
            for part in parts:
                yield from _leaves(part)
        case Then(first, second):
            yield from _leaves(first)
            yield from _leaves(second)
        case _:
            yield rule


def _periods(rule: Rule) -> Iterator[Period]:
    for leaf in _leaves(rule):
        match leaf:
            case Due(Within(_, _, period) | Ahead(_, _, period)) | From(period) | Window(period):
                yield period
            case Due(Last(period) | Before(period) | LastWorkday(period)):
                yield period
            case Ongoing(until):
                yield from filter(None, [until])
            case Report(_, since, until) | RecurringDue(_, since, until):
                yield from filter(None, [since, until])


def _events(period: Period) -> Iterator[str]:
    match period:
        case Event(name):
            yield name
        case Span(start, end):
            yield from _events(start)
            yield from _events(end)


def events_named(rule: Rule) -> frozenset[str]:
    """Return the names of the events that a rule counts from; `done` after `then` needs no date."""
    match rule:
        case Several(parts):
            return frozenset[str]().union(*map(events_named, parts))
        case Then(first, second):
            return events_named(first) | events_named(second) - {DONE}
    return frozenset(name for period in _periods(rule) for name in _events(period))


def terms_named(rule: Rule, years: Iterable[int]) -> frozenset[tuple[int, str]]:
    """Return the school terms on whose opening a rule hangs; a termly cadence hangs on all terms of `years`."""
    found: set[tuple[int, str]] = set()
    for leaf in _leaves(rule):
        if isinstance(leaf, Report | RecurringDue) and leaf.cadence.frequency is Frequency.TERMLY:
            found |= {(year, season) for year in years for season in ("spring", "autumn")}
    for period in _periods(rule):
        for end in (period.start, period.end) if isinstance(period, Span) else (period,):
            match end:
                case Term(year, season):
                    found.add((year, season))
                case Break(year, season):  # it ends on the eve of the term that follows
                    found.add((year, "spring" if season == "winter" else "autumn"))
    return frozenset(found)


def timing_state(rule: Rule, context: Context) -> tuple[State, str | None]:
    """Return ok, or waiting or review with the reason; a part that waits makes the whole wait.

    A waiting rule still has the checkpoints of its other parts.
    """
    for leaf in _leaves(rule):
        if isinstance(leaf, Review):
            return "review", leaf.why or f"not understood: {leaf.phrase}"
    undated = sorted(name for name in events_named(rule) if context.event_day(name) is None)
    if undated:
        return "waiting", "no date yet for " + ", ".join(f"event:{name}" for name in undated)
    return "ok", None


def _milestones(rule: Rule, context: Context) -> Iterator[Milestone]:
    def start(period: Period, label: str, context: Context) -> Iterator[Milestone]:
        if (day := first_day(period, context)) is not None:
            rolled = start_occurrence(day, label, context).rolled
            yield Milestone(kind=Kind.START, day=day, rolled=rolled, label=label)

    def due(ref: DayRef, label: str, context: Context) -> Iterator[Milestone]:
        if (day := due_day(ref, context)) is not None:
            rolled = context.calendar.roll(day, context.policy.roll)
            yield Milestone(kind=Kind.DUE, day=day, rolled=rolled, label=label)

    for leaf, within in leaves_in(rule, context):
        match leaf:
            case Due(ref, label):
                yield from due(ref, label, within)
            case From(period):
                yield from start(period, "", within)
            case Window(period, label) if period.bounds(within) is not None:
                yield from start(period, label, within)
                yield from due(Last(period), label, within)


def milestones(rule: Rule, context: Context) -> tuple[Milestone, ...]:
    """Return starts and deadlines in order of their nominal days; a window is one of each.

    Those of one kind on one day are one, with the labels of all, as in the stream.
    """
    found: dict[tuple[date, bool], list[Milestone]] = {}
    for milestone in _milestones(rule, context):
        found.setdefault((milestone.day, milestone.kind is Kind.DUE), []).append(milestone)
    return tuple(
        Milestone(
            kind=same[0].kind,
            day=same[0].day,
            rolled=same[0].rolled,
            label="、".join(dict.fromkeys(milestone.label for milestone in same if milestone.label)),
        )
        for _, same in sorted(found.items())
    )


def _running(
    rule: Rule, context: Context, base: date | None = None
) -> Iterator[tuple[Rule, Context, date | None]]:
    """Yield the parts that run as things stand, each with the day on which what came before it ended."""
    match rule:
        case Several(parts):
            for part in parts:
                yield from _running(part, context, base)
        case Then(first, second):
            if context.completed is None:
                yield from _running(first, context, base)
            if (follows := successor(first, context, base)) is not None:
                yield from _running(second, *follows)
        case _:
            yield rule, context, base


def recurrence(rule: Rule, context: Context) -> Recurrence | None:
    """Return the first cadence that the rule itself names, or None: not the policy's, not a waiting one."""
    for part, within, base in _running(rule, context):
        if isinstance(part, Report | RecurringDue) and (series := series_of(part, within, base)) is not None:
            days = series.nominal_days.after(series.nominal_days.start, series.end)
            role: Literal["report", "due"] = "due" if isinstance(part, RecurringDue) else "report"
            return Recurrence(rule=str(part), role=role, next=tuple(islice(days, 3)))
    return None


def is_ongoing(rule: Rule) -> bool:
    """Tell whether a part of the rule goes on at the policy's cadence: `ongoing`, `from P`."""
    return any(isinstance(leaf, Ongoing | From) for leaf in _leaves(rule))


def until_day(rule: Rule, context: Context) -> date | None:
    """Return the nominal day on which the rule's periodic part stops, or None if it names no such day."""
    days = (
        last_day(leaf.until, within)
        for leaf, within in leaves_in(rule, context)
        if isinstance(leaf, Ongoing | Report | RecurringDue) and leaf.until is not None
    )
    return max((day for day in days if day is not None), default=None)


def light(rule: Rule, context: Context, now: datetime) -> Light | None:
    """Return the status light at an instant, as if nothing had been delivered; the worst of all parts.

    Red: a deadline's day has closed; of a recurring one the latest, while its overdue notices run.
    Yellow: the longest lead of a deadline or report has come. None while everything in the rule waits
    or is under review.
    """
    shown: set[Light] = set()
    for part, within, base in _running(rule, context):
        match part:
            case Due(ref):
                deadline = due_day(ref, within)
            case Window(period):
                deadline = last_day(period, within)
            case _:
                deadline = None
        if deadline is not None:
            shown.add(_deadline_light(deadline, context, now))
        if (series := series_of(part, within, base)) is not None:
            shown.add(_series_light(series, context, now))
    order: tuple[Light, ...] = ("red", "yellow", "green")
    return next((colour for colour in order if colour in shown), None)


def _deadline_light(nominal: date, context: Context, now: datetime) -> Light:
    policy = context.policy
    due = Occurrence.due(Kind.DUE, nominal, "", context)
    if now > policy.close_instant(due.rolled):
        return "red"
    leads = lead_days(due, policy.leads, context)
    warned = leads[0][0] if leads else due.notice
    return "yellow" if now >= policy.notice_instant(warned) else "green"


def _series_light(series: Series, context: Context, now: datetime) -> Light:
    policy = context.policy
    latest: Occurrence | None = None
    coming: Occurrence | None = None
    for occurrence in series.occurrences(policy.local_day(now) - FARTHEST_ROLL):
        if now <= policy.close_instant(occurrence.rolled):
            coming = occurrence
            break
        latest = occurrence
    if latest is not None and series.family is Kind.DUE:
        notices = overdue_days(latest.rolled, policy, context, latest.rolled)
        stop = date.max if coming is None else coming.notice
        last = deque((day for day, _ in notices if day < stop), maxlen=1)
        if last and now <= policy.notice_instant(last[0]):
            return "red"
    if coming is None:
        return "green"
    leads = series.leads(coming, latest)
    warned = leads[0][0] if leads else coming.notice
    return "yellow" if now >= policy.notice_instant(warned) else "green"
