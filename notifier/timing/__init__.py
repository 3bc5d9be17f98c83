"""Timing: rules and the checkpoints they become. Pure: no I/O, no clock, time is an argument.

`notation` (text to rule) and `phrase` (Chinese to rule) load a parser and are imported by their own names.
"""

from notifier.timing.calendar import WorkCalendar
from notifier.timing.checkpoint import Checkpoint, Kind
from notifier.timing.context import Context
from notifier.timing.festival import FESTIVALS
from notifier.timing.policy import Lead, Policy
from notifier.timing.rule import Rule
from notifier.timing.stream import between, stream

__all__ = [
    "FESTIVALS",
    "Checkpoint",
    "Context",
    "Kind",
    "Lead",
    "Policy",
    "Rule",
    "WorkCalendar",
    "between",
    "stream",
]
