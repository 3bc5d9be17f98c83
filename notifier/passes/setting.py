"""What one configuration says about time and people, ready for the passes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from notifier.config import Config
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


def setting_of(config: Config, directory: Directory, contacts: Sequence[Contact] = ()) -> Setting:
    """Return what a config says about time and people."""
    policy = config.policy
    return Setting(
        policy=Policy(
            zone=config.zone,
            leads=policy.leads,
            report_leads=policy.report_leads,
            report_overdue=policy.report_overdue,
            ongoing=policy.ongoing,
            notice_at=policy.notice_at,
            close=policy.close,
            roll=policy.roll,
            overdue_working_days=policy.overdue_working_days,
            overdue_every_days=policy.overdue_every_days,
            overdue_until_days=policy.overdue_until_days,
        ),
        calendar=WorkCalendar.build(off=config.calendar.off, work=config.calendar.work),
        calendar_overlay=(config.calendar.off, config.calendar.work),
        terms=config.terms,
        events=config.events,
        recorded={},
        directory=directory,
        contacts=_by_address(contacts),
        open_groups=policy.open_groups,
        catch_up=timedelta(days=policy.catch_up_days),
        catch_up_hours=(policy.catch_up_from, policy.catch_up_to),
    )


def _by_address(contacts: Sequence[Contact]) -> dict[str, Contact]:
    """Return who stands first for each address, in the language that any of its rows names: it gets one mail."""
    found: dict[str, Contact] = {}
    for contact in reversed(contacts):
        key = contact.address.lower()
        known = found[key].language if key in found else ""
        found[key] = contact if contact.language or not known else replace(contact, language=known)
    return found
