"""Other names of units, and what becomes of units: from a day on another's, or nobody's.

An alias without a day holds always: another way to write the name. With one it tells of a reorganisation:
until the day before, the old unit answers with its own contacts; from that day on its successor does, or, without
one, nobody. Here names are keys of `synonyms.identity`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from notifier.people.synonyms import identity, normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What a name stands for: from the day `since` on where there is one, else always; None: it is closed then."""

    to: str | None
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A unit's future: from a day on it is another's, or, with `to` None, closed without a successor."""

    day: date
    unit: str
    to: str | None


def keyed(entries: Mapping[str, Alias]) -> dict[str, Alias]:
    """Return aliases by key; one between two ways to write the same name says nothing new, and is left out.

    ValueError when two ways to write one name stand for different things.
    """
    found: dict[str, Alias] = {}
    written: dict[str, str] = {}
    for name, alias in entries.items():
        key = identity(name)
        says_nothing = alias.since is None and alias.to is not None and key == identity(alias.to)
        if says_nothing and name != normal(alias.to or ""):
            continue
        if (other := found.get(key)) is not None and (_key(other), other.since) != (_key(alias), alias.since):
            raise ValueError(
                f"aliases: {written[key]} and {name} are one unit, and stand for different things"
            )
        found[key], written[key] = alias, name
    return found


def _key(alias: Alias) -> str | None:
    return None if alias.to is None else identity(alias.to)


def follow(aliases: Mapping[str, Alias], key: str, day: date) -> str:
    """Return the key of the unit or group for which another key stands on a day."""
    while (alias := aliases.get(key)) is not None:
        if alias.to is None or (alias.since is not None and alias.since > day):
            break
        key = identity(alias.to)
    return key


def closing(aliases: Mapping[str, Alias], key: str, day: date) -> date | None:
    """Return since when a key is closed without a successor, when it is on this day."""
    alias = aliases.get(key)
    if alias is None or alias.to is not None:
        return None
    since = alias.since or date.min
    return since if since <= day else None


def refuse_circles(
    aliases: Mapping[str, Alias], groups: Mapping[str, Iterable[str]], shown: Mapping[str, str]
) -> None:
    """Raise ValueError when aliases, or groups through their members, lead back to themselves on whatever day."""

    def spelled(loop: Sequence[str]) -> str:
        return " -> ".join(shown[key] for key in [*loop, loop[0]])

    targets = {key: (identity(alias.to),) for key, alias in aliases.items() if alias.to is not None}
    if (loop := _circle(targets)) is not None:
        raise ValueError(f"aliases lead back to themselves: {spelled(loop)}")
    # What a member stands for on any day counts: a circle must not wait for its day.
    edges = {key: (*groups.get(key, ()), *targets.get(key, ())) for key in dict.fromkeys((*groups, *targets))}
    if (loop := _circle(edges)) is not None:
        raise ValueError(f"groups contain themselves: {spelled([key for key in loop if key in groups])}")


def _circle(edges: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the names of a circle in order; None where there is none."""
    done: set[str] = set()
    for start in edges:
        path: dict[str, None] = {}
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            name, left = waiting.pop()
            if left:
                del path[name]
                done.add(name)
            elif name in path:
                names = list(path)
                return names[names.index(name) :]
            elif name not in done:
                path[name] = None
                waiting.append((name, True))
                waiting += [(following, False) for following in reversed(edges.get(name, ()))]
    return None
