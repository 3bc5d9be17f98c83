"""Who the units are: contacts, groups and other names, as the office lists them, on a given day."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from notifier.people.aliases import Alias, Change, closing, follow, keyed, refuse_circles
from notifier.people.reading import UnitRef
from notifier.people.synonyms import identity, normal

__all__ = [
    "Alias",
    "Change",
    "Contact",
    "Directory",
    "Expansion",
    "Listing",
    "OpenGroups",
    "normal",
    "whole_group_names",
]

_SUBSET = re.compile(r"(?:各个?)?(?:有关|相关|其他|其它|部分|涉及的?)(?:的)?各?")

OpenGroups = Literal["all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person who answers for a unit."""

    unit: str
    name: str
    address: str
    role: Literal["primary", "copy", "leader"] = "primary"
    groups: tuple[str, ...] = ()  # of which the contacts file says that the unit is a member
    language: str = ""  # of this person's mail; empty: the default one


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The concrete units behind a name, and the name that could not be expanded where there is one."""

    units: tuple[str, ...]
    missing: str | None = None


def whole_group_names(name: str) -> tuple[str, ...]:
    """Return the names under which the whole of an open group may be listed.

    有关省辖市政府 is a part of 各省辖市政府, or of 省辖市政府.
    """
    found = _SUBSET.search(name)
    if found is None:
        return ()
    head, tail = name[: found.start()], name[found.end() :]
    return (f"{head}各{tail}", f"{head}{tail}")


class Directory:
    """Contacts by unit, groups and aliases. Who answers depends on the day: lookups are `on(day)`.

    Names are compared without regard to bracket widths, spaces and the usual short forms.
    """

    def __init__(
        self,
        contacts: Mapping[str, tuple[Contact, ...]],
        groups: Mapping[str, tuple[str, ...]],
        aliases: Mapping[str, Alias],
        shown: Mapping[str, str],
        names: frozenset[str],
    ) -> None:
        """Take parts that `build` has checked, all but `names` keyed by `identity`."""
        self._contacts = contacts
        self._groups = groups
        self._aliases = aliases
        self._shown = shown
        self._days = sorted({alias.since for alias in aliases.values() if alias.since is not None})
        self._listings: dict[int, Listing] = {}
        self.names = names  # every name as written, with one width of brackets

    @classmethod
    def build(
        cls,
        contacts: Iterable[Contact],
        groups: Mapping[str, Sequence[str]],
        aliases: Mapping[str, str | Alias],
    ) -> "Directory":
        """Return a directory; ValueError names groups or aliases that lead back to themselves or disagree."""
        shown: dict[str, str] = {}  # the name under which a unit goes: that of its contacts before others
        by_unit: dict[str, list[Contact]] = {}
        listed: dict[str, list[str]] = {}
        names = set()
        for contact in contacts:
            names.add(name := normal(contact.unit))
            shown.setdefault(identity(name), name)
            by_unit.setdefault(identity(name), []).append(contact)
        entries = {
            normal(name): alias if isinstance(alias, Alias) else Alias(to=alias)
            for name, alias in aliases.items()
        }
        for group, members in groups.items():
            listed.setdefault(normal(group), []).extend(normal(member) for member in members)
        for found in by_unit.values():
            for contact in found:
                for group in contact.groups:
                    listed.setdefault(normal(group), []).append(normal(contact.unit))
        targets = [normal(alias.to) for alias in entries.values() if alias.to is not None]
        for name in (
            *targets,
            *listed,
            *(member for members in listed.values() for member in members),
            *entries,
        ):
            names.add(name)
            shown.setdefault(identity(name), name)
        grouped: dict[str, dict[str, None]] = {}
        for group, members in listed.items():
            grouped.setdefault(identity(group), {}).update(dict.fromkeys(map(identity, members)))
        standing = keyed(entries)
        refuse_circles(standing, grouped, shown)
        for key in [key for key in by_unit if key in standing]:
            # Listed under another of its names: the contacts are the unit's all the same.
            if (unit := follow(standing, key, date.min)) != key:
                by_unit.setdefault(unit, []).extend(by_unit.pop(key))
        return cls(
            {unit: tuple(found) for unit, found in by_unit.items()},
            {group: tuple(keys) for group, keys in grouped.items()},
            standing,
            shown,
            frozenset(names),
        )

    def on(self, day: date) -> "Listing":
        """Return the directory as it stands on a day, of the office's own calendar."""
        period = self._period(day)
        if period not in self._listings:
            since = self._days[period - 1] if period else date.min
            self._listings[period] = Listing(self, since)
        return self._listings[period]

    def differs(self, one: date, other: date) -> bool:
        """Tell whether a name changes what it stands for between two days."""
        return self._period(one) != self._period(other)

    def _period(self, day: date) -> int:
        return bisect_right(self._days, day)


class Listing:
    """A directory on a day (and until the next one on which a name changes what it stands for)."""

    def __init__(self, directory: Directory, day: date) -> None:
        """Take the directory and a day on which it stands so."""
        self.on = directory.on
        self._contacts = directory._contacts
        self._groups = directory._groups
        self._aliases = directory._aliases
        self._shown = directory._shown
        self._day = day

    def canonical(self, name: str) -> str:
        """Return the name under which the directory lists this unit or group, through aliases.

        A name that isn't listed comes back with its brackets normalised, a closed one as it is.
        """
        key = self._standing(name)
        return self._shown.get(key) or normal(name)

    def contacts(self, unit: str) -> tuple[Contact, ...]:
        """Return the contacts of a unit in the directory's order; none for a closed one."""
        key = self._standing(unit)
        return () if closing(self._aliases, key, self._day) is not None else self._contacts.get(key, ())

    def is_known(self, name: str) -> bool:
        """Tell whether the directory lists the name at all: as a unit, a group, a member or an alias."""
        return self._standing(name) in self._shown

    def closed(self, name: str) -> date | None:
        """Return the first day on which a unit is closed without a successor, when it is."""
        return closing(self._aliases, self._standing(name), self._day)

    def groups_of(self, unit: str) -> tuple[str, ...]:
        """Return the groups that list a unit themselves."""
        return tuple(self._shown[group] for group in self._within.get(self._standing(unit), ()))

    def changes(self, unit: str) -> tuple[Change, ...]:
        """Return what becomes of a unit after this day, in order, by the aliases that have yet to begin."""
        found: list[Change] = []
        key, day = self._standing(unit), self._day
        while (alias := self._aliases.get(key)) is not None and alias.since is not None and alias.since > day:
            day, name = alias.since, self._shown[key]
            if alias.to is None:
                return (*found, Change(day=day, unit=name, to=None))
            key = follow(self._aliases, identity(alias.to), day)
            if closing(self._aliases, key, day) is not None:
                return (*found, Change(day=day, unit=self._shown[key], to=None))
            found.append(Change(day=day, unit=name, to=self._shown[key]))
        return tuple(found)

    def whole_group(self, ref: UnitRef) -> str | None:
        """Return the listed group of which an open group names a part."""
        candidates = (self._standing(name) for name in whole_group_names(ref.name))
        return next((self._shown[key] for key in candidates if key in self._groups), None)

    def units(
        self, ref: UnitRef, *, open_groups: OpenGroups = "all", named: Mapping[str, Sequence[str]]
    ) -> Expansion:
        """Return the concrete units that a reference stands for.

        `named` (a person's answer for this task) wins. A group listed exactly as written is taken as it is
        listed, an open one too. Another open group stands for its whole group, or for nobody with
        `open_groups="none"`.
        """
        if (answer := _answer(named, ref.name)) is not None:
            return Expansion(units=self.members(answer))
        if self.lists(ref):
            return Expansion(units=self.members([ref.name]))
        if ref.open:
            whole = self.whole_group(ref)
            if whole is not None and open_groups == "all":
                return Expansion(units=self.members([whole]))
        if ref.group:
            return Expansion(units=(), missing=ref.name)
        return Expansion(units=(self.canonical(ref.name),))

    def lists(self, ref: UnitRef) -> bool:
        """Tell whether the name as written is a listed group or has contacts of its own."""
        key = self._standing(ref.name)
        return key in self._groups or key in self._contacts

    def _standing(self, name: str) -> str:
        return follow(self._aliases, identity(name), self._day)

    @cached_property
    def _within(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for group, members in self._groups.items():
            for member in members:
                found.setdefault(follow(self._aliases, member, self._day), []).append(group)
        return found

    def members(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the units of names, groups unfolded in place, each once."""
        found: dict[str, None] = {}
        opened: set[str] = set()
        waiting = [(self._standing(name), normal(name)) for name in names][::-1]
        while waiting:
            key, written = waiting.pop()
            if key not in self._groups or key in self._contacts:
                found[self._shown.get(key) or written] = None
            if key in self._groups and key not in opened:
                opened.add(key)
                members = reversed(self._groups[key])
                waiting += [(follow(self._aliases, member, self._day), member) for member in members]
        return tuple(found)


def _answer(named: Mapping[str, Sequence[str]], name: str) -> Sequence[str] | None:
    return next((units for written, units in named.items() if normal(written) == normal(name)), None)
