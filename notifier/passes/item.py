"""A preflight item: one matter that needs a person, with the line that settles it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that needs a person."""

    kind: str
    plan: str = ""
    tasks: tuple[str, ...] = ()
    message: str
    hint: str
    zh: str  # the message for the office's people, in their ops mail
    about: str = ""  # by which the matter is known again while its message changes; empty: by the message
    first: date | None = None  # the first notice that it would touch; at the earliest, where that depends


def merged(items: Iterable[Item]) -> list[Item]:
    """Return the items, the same matter of several tasks as one, in their order."""
    found: dict[tuple[str, str, str], tuple[Item, list[str], set[date]]] = {}
    for item in items:
        _, tasks, days = found.setdefault((item.kind, item.plan, item.message), (item, [], set()))
        tasks += item.tasks
        if item.first is not None:
            days.add(item.first)
    return [
        replace(item, tasks=tuple(tasks), first=min(days, default=None))
        for item, tasks, days in found.values()
    ]
