"""One valid timing context for tests, and short ways to say what a stream holds."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from notifier.timing.calendar import WorkCalendar
from notifier.timing.checkpoint import Checkpoint
from notifier.timing.context import Context
from notifier.timing.period import Month
from notifier.timing.policy import Policy
from notifier.timing.rule import Rule
from notifier.timing.stream import stream

BEIJING = ZoneInfo("Asia/Shanghai")
_CALENDAR = WorkCalendar.build()


def day(text: str) -> date:
    """Return the date that an ISO text names."""
    return date.fromisoformat(text)


def at(text: str, clock: str = "00:00", zone: ZoneInfo = BEIJING) -> datetime:
    """Return an instant by the day and the wall clock of a zone."""
    return datetime.combine(day(text), time.fromisoformat(clock), zone).astimezone(UTC)


def month(text: str) -> Month:
    """Return a month by its notation."""
    first = day(f"{text}-01")
    return Month(first.year, first.month)


def a_policy(**over: Any) -> Policy:
    """Return the shipped policy in Beijing, with some of it changed."""
    return Policy(**{"zone": BEIJING, **over})


def a_context(**over: Any) -> Context:
    """Return a context issued and imported on 2017-10-01 as the seed is, with some of it changed."""
    issued = over.get("issued", date(2017, 10, 1))
    policy = over.get("policy", a_policy())
    facts = {
        "calendar": _CALENDAR,
        "policy": policy,
        "issued": issued,
        "imported": datetime.combine(issued, time(), policy.zone),
    }
    return Context(**{**facts, **over})


def first(rule: Rule, context: Context, count: int) -> list[Checkpoint]:
    """Return the first checkpoints after the import."""
    return list(islice(stream(rule, context, context.imported), count))


def told(checkpoints: Iterable[Checkpoint], zone: ZoneInfo = BEIJING) -> list[str]:
    """Return each checkpoint as the local day of its notice and its key."""
    return [f"{point.at.astimezone(zone):%Y-%m-%d} {point.key}" for point in checkpoints]
