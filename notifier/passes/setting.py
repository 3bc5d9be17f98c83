"""What one configuration says about time and people, ready for the passes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from notifier.people.directory import Contact, Directory, Listing
from notifier.timing.calendar import WorkCalendar
from notifier.timing.context import Context
from notifier.timing.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The frozen part of an installation: policy, calendar, directory. A reload makes a new one."""

    policy: Policy
    calendar: WorkCalendar
    calendar_overlay: tuple[tuple[date, ...], tuple[date, ...]]
    terms: Mapping[str, date]
    events: Mapping[str, date]  # of config.toml
    recorded: Mapping[str, date]  # of the ledger, by `notifier event`: these win
    directory: Directory
    contacts: Mapping[str, Contact]  # by lower-cased address
    open_groups: Literal["all", "none"]
    catch_up: timedelta
    catch_up_hours: tuple[time, time]

    def context(
        self, *, issued: date, imported: datetime, until: date | None = None, completed: date | None = None
    ) -> Context:
        """Return what a rule of one task needs to become dates."""
        return Context(
            calendar=self.calendar,
            policy=self.policy,
            issued=issued,
            imported=imported,
            terms=self.terms,
            events={**self.events, **self.recorded},
            until=until,
            completed=completed,
        )

    def with_days(self, recorded: Mapping[str, date]) -> "Setting":
        """Return this setting with these days of events on record, and no others."""
        return replace(self, recorded=dict(recorded))

    def directory_at(self, now: datetime) -> Listing:
        """Return the directory as it stands on the office's day."""
        return self.directory.on(self.policy.local_day(now))

    @property
    def fingerprint(self) -> str:
        """A hash of all that moves checkpoints besides the rules; when it changes, plans are compared anew."""
        parts = [f"{field.name}={getattr(self.policy, field.name)}" for field in fields(self.policy)]
        parts += [
            f"{self.calendar_overlay}",
            f"{sorted(self.terms.items())}",
            f"{sorted({**self.events, **self.recorded}.items())}",
        ]
        parts += [f"{self.calendar.known_until}", self.calendar.fingerprint]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
