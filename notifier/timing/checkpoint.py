"""Checkpoints: what a stream yields, one for each moment at which contacts are told something."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is announced."""

    START = "start"
    LEAD = "lead"
    DUE = "due"
    OVERDUE = "overdue"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One moment of a rule; `key` names it inside its task for good, whatever the calendar becomes."""

    at: datetime
    """Aware, UTC: the policy's `notice_at` on a working day."""
    kind: Kind
    family: Kind
    """START, DUE or REPORT: what a lead leads to, what an overdue notice runs after."""
    key: str
    """From kind and nominal day: `due-30d@2018-08-31`, `overdue-3@2018-08-31`, `report@2017-12-31`."""
    nominal: date
    """The day the rule names, working day or not."""
    day: date
    """The rolled day of the start, due or report itself."""
    label: str
    provisional: bool
    """The notice or the day lies beyond what the calendar knows for certain."""
