"""Why a notice goes on another day than the one that is named: the words for a day off."""

import re
from datetime import date, timedelta

from notifier.passes.setting import Setting
from notifier.timing.checkpoint import Kind
from notifier.timing.policy import Lead

_LEAD = re.compile(r"-(\d+)(d|w)@")  # a lead in working days names no day off


def named_day(checkpoint: str, kind: str, nominal: date, day: date) -> date | None:
    """Return the calendar day that a notice asks for, working day or not; None where it asks for a working day.

    `day` is the rolled day of the deadline or report, from which leads are counted.
    """
    if kind == Kind.LEAD:
        if (found := _LEAD.search(checkpoint)) is None:
            return None
        lead = Lead.parse(f"{found[1]}{found[2]}")
        return day - lead.amount * timedelta(days=7 if lead.unit == "w" else 1)
    return None if kind == Kind.OVERDUE else nominal


def why_off(day: date, setting: Setting) -> str:
    """Say what makes a day a day off."""
    if day in setting.calendar_overlay[0]:
        return f"{day} is a day off by [calendar] off"
    return f"{day} is a {day:%A}" if day.weekday() >= 5 else f"{day} is a public holiday"


def moved_for(
    checkpoint: str, kind: str, nominal: date, day: date, told: date, setting: Setting
) -> str | None:
    """Say why a notice goes on `told` and not on the day it asks for, or why its deadline rolled; None if neither."""
    said = []
    is_off = not setting.calendar.is_working_day(nominal)
    if day != nominal and is_off:
        said.append(f"{why_off(nominal, setting)}: the date rolls to {day}")
    asked = named_day(checkpoint, kind, nominal, day)
    if asked == nominal:
        if is_off and told != day:
            said.append(f"told on {told}" if said else f"{why_off(nominal, setting)}: told on {told} instead")
    elif asked is not None and asked != told and not setting.calendar.is_working_day(asked):
        said.append(f"{why_off(asked, setting)}: told on {told} instead")
    return "; ".join(said) or None
