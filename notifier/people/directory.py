"""Who the units are: contacts, groups and other names, as the office lists them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from notifier.people.reading import UnitRef

_WIDTHS = str.maketrans("()[]【】,，/", "（）（）（）、、、")
_SUBSET = re.compile(r"(?:各个?)?(?:有关|相关|其他|其它|部分|涉及的?)(?:的)?各?")
# The same organ in its long and its short form.
_SHORTER = (("人民政府", "政府"), ("管理委员会", "管委会"), ("街道办事处", "街道办"))

OpenGroups = Literal["all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person who answers for a unit."""

    unit: str
    name: str
    address: str
    role: Literal["primary", "copy", "leader"] = "primary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The concrete units behind a name, and the name that could not be expanded where there is one."""

    units: tuple[str, ...]
    missing: str | None = None


def normal(name: str) -> str:
    """Return the name without white space and with one width of brackets, （）, and 、 inside them."""
    return re.sub(r"\s", "", name).translate(_WIDTHS)


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
    """Contacts by unit, groups and aliases; names are compared without regard to bracket widths and spaces."""

    def __init__(
        self,
        contacts: Mapping[str, tuple[Contact, ...]],
        groups: Mapping[str, tuple[str, ...]],
        aliases: Mapping[str, str],
    ) -> None:
        """Take parts that `build` has checked."""
        self._contacts = contacts
        self._groups = groups
        self._aliases = aliases
        members = {member for group in groups.values() for member in group}
        self.names: frozenset[str] = frozenset({*contacts, *groups, *members, *aliases, *aliases.values()})
        self._shorter = {_short(name): name for name in sorted(self.names)}

    @classmethod
    def build(
        cls, contacts: Iterable[Contact], groups: Mapping[str, Sequence[str]], aliases: Mapping[str, str]
    ) -> "Directory":
        """Return a directory; ValueError names the groups or aliases that lead back to themselves."""
        by_unit: dict[str, tuple[Contact, ...]] = {}
        for contact in contacts:
            unit = normal(contact.unit)
            by_unit[unit] = (*by_unit.get(unit, ()), contact)
        directory = cls(
            by_unit,
            {normal(name): tuple(normal(member) for member in members) for name, members in groups.items()},
            {normal(alias): normal(unit) for alias, unit in aliases.items()},
        )
        directory._refuse_cycles()
        return directory

    def canonical(self, name: str) -> str:
        """Return the name under which the directory lists this unit or group, through aliases.

        A name that isn't listed comes back with its brackets normalised.
        """
        name = normal(name)
        if name not in self.names:
            name = self._shorter.get(_short(name), name)
        while name in self._aliases:
            name = self._aliases[name]
        return name

    def contacts(self, unit: str) -> tuple[Contact, ...]:
        """Return the contacts of a unit in the directory's order."""
        return self._contacts.get(self.canonical(unit), ())

    def is_known(self, name: str) -> bool:
        """Tell whether the directory lists the name at all: as a unit, a group, a member or an alias."""
        return self.canonical(name) in self.names

    def whole_group(self, ref: UnitRef) -> str | None:
        """Return the listed group of which an open group names a part."""
        candidates = (self.canonical(name) for name in whole_group_names(ref.name))
        return next((name for name in candidates if name in self._groups), None)

    def units(
        self, ref: UnitRef, *, open_groups: OpenGroups = "all", named: Mapping[str, Sequence[str]]
    ) -> Expansion:
        """Return the concrete units that a reference stands for.

        `named` (a person's answer for this task) wins. A group listed exactly as written is taken as it is
        listed, an open one too. Another open group stands for its whole group, or for nobody with
        `open_groups="none"`.
        """
        if (answer := _answer(named, ref.name)) is not None:
            return Expansion(units=self._concrete(answer))
        name = self.canonical(ref.name)
        if name in self._groups or name in self._contacts:
            return Expansion(units=self._concrete([name]))
        if ref.open:
            whole = self.whole_group(ref)
            if whole is not None and open_groups == "all":
                return Expansion(units=self._concrete([whole]))
        if ref.group:
            return Expansion(units=(), missing=ref.name)
        return Expansion(units=(name,))

    def lists(self, ref: UnitRef) -> bool:
        """Tell whether the name as written is a listed group or has contacts of its own."""
        name = self.canonical(ref.name)
        return name in self._groups or name in self._contacts

    def _concrete(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(unit for name in names for unit in self._members(self.canonical(name))))

    def _members(self, name: str) -> Iterator[str]:
        if name not in self._groups:
            yield name
            return
        for member in self._groups[name]:
            yield from self._members(self.canonical(member))

    def _refuse_cycles(self) -> None:
        for alias in self._aliases:
            seen = [alias]
            while (target := self._aliases.get(seen[-1])) is not None:
                if target in seen:
                    raise ValueError(f"aliases lead back to themselves: {' -> '.join([*seen, target])}")
                seen.append(target)
        done: set[str] = set()
        for group in self._groups:
            self._walk(group, (), done)

    def _walk(self, name: str, above: tuple[str, ...], done: set[str]) -> None:
        if name in above:
            loop = " -> ".join([*above[above.index(name) :], name])
            raise ValueError(f"groups contain themselves: {loop}")
        if name in done:
            return
        for member in self._groups.get(name, ()):
            self._walk(self.canonical(member), (*above, name), done)
        done.add(name)


def _short(name: str) -> str:
    for long, short in _SHORTER:
        name = name.replace(long, short)
    return name


def _answer(named: Mapping[str, Sequence[str]], name: str) -> Sequence[str] | None:
    return next((units for written, units in named.items() if normal(written) == normal(name)), None)
