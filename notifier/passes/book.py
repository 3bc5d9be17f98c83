"""The book: every listed document, read; each task with its rule and the units it names."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from notifier import __version__
from notifier.config import Config, Plan
from notifier.intake import Document, TaskRow
from notifier.passes.setting import Setting
from notifier.people import Listing, Role, Roster, UnitRef, UnitsReading, read_units, recipients
from notifier.people.directory import OpenGroups
from notifier.timing.context import Context
from notifier.timing.notation import parse
from notifier.timing.phrase import Note, Reading, read
from notifier.timing.rule import Rule

_BY_OVERRIDE = Note(en="set by a person in config.toml", zh="时间由督查单位核定")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task of a document with its readings."""

    row: TaskRow
    reading: Reading
    units: UnitsReading
    named: Mapping[str, tuple[str, ...]]

    def roster(self, directory: Listing, open_groups: OpenGroups) -> Roster:
        """Return the people whom the task names by a day's directory, and what only a person can settle."""
        return recipients(self.units, directory, open_groups=open_groups, named=self.named)

    @property
    def rule(self) -> Rule:
        """The timing rule; `Review` when the phrase is not understood."""
        return self.reading.rule

    def units_as_json(self) -> dict[str, Any]:
        """Return the unit phrase as the ledger keeps it."""
        return {
            "text": self.units.text,
            "units": [[unit.name, unit.role.value, unit.group, unit.open] for unit in self.units.units],
            "open_end": self.units.open_end,
            "unresolved": list(self.units.unresolved),
            "named": {name: list(units) for name, units in self.named.items()},
        }


@dataclass(frozen=True, kw_only=True)
class PlanEntry:
    """A plan of config.toml with its document."""

    key: str
    facts: Plan
    document: Document
    tasks: tuple[TaskEntry, ...]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that is known of the tasks: what the document says, and how this release reads it."""
        found = hashlib.sha256(__version__.encode())
        read: dict[int, str] = {}  # by the reading's id: many tasks share one
        for task in self.tasks:
            timing, units, row = task.reading, task.units, task.row
            if id(timing) not in read:
                read[id(timing)] = f"{timing!r}\n{timing.rule}"
            if id(units) not in read:
                read[id(units)] = repr(units)
            # Intake leaves no control character in a text.
            said = "\0".join((row.ref, row.section, row.text, row.timing, read[id(timing)], read[id(units)]))
            if task.named:
                said += f"\0{sorted(task.named.items())}"
            found.update(f"{said}\n".encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    def context(self, setting: Setting, imported: datetime, *, completed: date | None = None) -> Context:
        """Return what a rule of this plan needs to become dates, for a task that counts as imported then."""
        return setting.context(
            issued=self.facts.issued, imported=imported, until=self.facts.until, completed=completed
        )


def units_from_json(value: Mapping[str, Any]) -> tuple[UnitsReading, dict[str, tuple[str, ...]]]:
    """Return what `TaskEntry.units_as_json` wrote: the reading, and the names given to open groups."""
    units = tuple(
        UnitRef(name=name, role=Role(role), group=group, open=is_open)
        for name, role, group, is_open in value["units"]
    )
    reading = UnitsReading(
        text=value["text"],
        units=units,
        open_end=value["open_end"],
        unresolved=tuple(value["unresolved"]),
    )
    return reading, {name: tuple(units) for name, units in value["named"].items()}


def unit_names(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the units in what `TaskEntry.units_as_json` wrote, the leading one first."""
    return tuple(name for name, _role, _group, _open in value["units"])


def open_plan(key: str, plan: Plan, document: Document, config: Config, setting: Setting) -> PlanEntry:
    """Read every row of a document: phrase to rule, unit phrase to units. Never raises on what a row says."""
    known = setting.directory.names

    @cache  # a long document says the same again and again
    def timing(phrase: str) -> Reading:
        return read_timing(phrase, plan.issued, config, setting)

    @cache
    def units(phrase: str) -> UnitsReading:
        return read_units(phrase, plan.issuer_level, known)

    entries = []
    nobody: dict[str, tuple[str, ...]] = {}
    for row in document.rows:
        override = plan.tasks.get(row.ref)
        if override is not None and override.timing is not None:
            rule = parse(override.timing)
            reading = Reading(phrase=row.timing, rule=rule, why=None, notes=(_BY_OVERRIDE,), soft=False)
        else:
            reading = timing(row.timing)
        named = dict(override.named) if override is not None else nobody
        its = override.units if override is not None and override.units is not None else row.units
        entries.append(TaskEntry(row=row, reading=reading, units=units(its), named=named))
    return PlanEntry(key=key, facts=plan, document=document, tasks=tuple(entries))


def read_timing(phrase: str, issued: date, config: Config, setting: Setting) -> Reading:
    """Read a time phrase as this installation reads it."""
    return read(
        phrase,
        issued,
        calendar=setting.calendar,
        terms=setting.terms,
        before_period=config.timing.reading.before_period,
        answers=config.timing.phrases,
    )


def unknown_overrides(entry: PlanEntry) -> Sequence[str]:
    """Return the refs of `[plans.<key>.tasks]` that the document doesn't have."""
    refs = {task.row.ref for task in entry.tasks}
    return sorted(set(entry.facts.tasks) - refs)
