"""A month counted: what became of all that fell due, by plan and by unit, and who has yet to report. Pure.

However many tasks and units there are, what is kept is a count for each plan and unit, and the worst of the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from notifier.digest.accounting import Outcome, Owed
from notifier.timing.checkpoint import Kind

KEPT: Final = 500  # groups of one kind, between prunings twice as many
_FIRST_NAMES: Final = 30  # units by which a group is told from others and named


class TaskName(NamedTuple):
    """A task as one names it."""

    plan: str
    title: str  # of its document
    ref: str
    text: str


@dataclass(slots=True)
class Counts:
    """How much fell due, counted by task and unit, and what became of it."""

    on_time: int = 0
    late: int = 0
    silent: int = 0
    resting: int = 0
    most_days: int = 0  # late, or silent

    @property
    def due(self) -> int:
        """All of it."""
        return self.on_time + self.late + self.silent + self.resting

    def add(self, outcome: Outcome, number: int = 1) -> None:
        """Count an outcome, of several units where they share it."""
        setattr(self, outcome.state, getattr(self, outcome.state) + number)
        self.most_days = max(self.most_days, outcome.days)

    def join(self, other: "Counts") -> None:
        """Count what another has counted."""
        self.on_time += other.on_time
        self.late += other.late
        self.silent += other.silent
        self.resting += other.resting
        self.most_days = max(self.most_days, other.most_days)


class Alike(NamedTuple):
    """What tasks that are told in one line have in common: their plan, the day, and the units, each with its days."""

    plan: str
    title: str
    family: Kind
    day: date
    label: str
    original: date | None  # the due day before an extension
    units: tuple[tuple[str, int], ...]  # the first of them
    number: int  # of all of them


@dataclass(slots=True)
class Group:
    """Tasks that are told in one line."""

    refs: list[str] = field(default_factory=list)
    text: str = ""  # of the first


class Worst:
    """Groups of tasks by what they have in common, of which the first in order are kept."""

    def __init__(self, order: Callable[[Alike], Any]) -> None:
        self._order = order
        self._groups: dict[Alike, Group] = {}
        self.tasks = 0
        self.units = 0

    def add(self, key: Alike, task: TaskName, units: int) -> None:
        """Count a task with some units, and keep it if it is among the worst."""
        self.tasks += 1
        self.units += units
        group = self._groups.setdefault(key, Group(text=task.text))
        group.refs.append(task.ref)
        if len(self._groups) > 2 * KEPT:
            self._groups = dict(self.listed()[:KEPT])

    def listed(self) -> list[tuple[Alike, Group]]:
        """Return the groups that were kept, the worst first."""
        return sorted(self._groups.items(), key=lambda item: self._order(item[0]))


def _longest(alike: Alike) -> tuple[Any, ...]:
    """Order deadlines before reports, the longest ago first, many units before few; else as the documents do."""
    return alike.family is Kind.REPORT, alike.day, -alike.number


def _latest(alike: Alike) -> tuple[Any, ...]:
    return -alike.units[0][1], alike.family is Kind.REPORT, alike.day, -alike.number


def _soonest(alike: Alike) -> tuple[Any, ...]:
    return alike.day, alike.family is Kind.REPORT, -alike.number


class Tally:
    """What fell due in a month, what is open from before, and what falls due in the month after."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.tasks = 0  # of which something fell due
        self.plans: dict[str, tuple[str, Counts]] = {}  # title and counts, by key
        self.units: dict[str, Counts] = {}
        self.silent = Worst(_longest)
        self.late = Worst(_latest)
        self.before = Worst(_longest)
        self.ahead = Worst(_soonest)
        self._last_task: tuple[str, str] | None = None

    def fell_due(
        self,
        task: TaskName,
        owed: Owed,
        outcomes: Sequence[tuple[str, Outcome]],
        original: date | None = None,
    ) -> None:
        """Count what became of something that fell due in the month, by unit; a task's come one after the other."""
        if not outcomes:
            return
        if self._last_task != (task.plan, task.ref):
            self._last_task = task.plan, task.ref
            self.tasks += 1
        _, plan = self.plans.setdefault(task.plan, (task.title, Counts()))
        for unit, outcome in outcomes:
            for counts in (self.counts, plan, self.units.setdefault(unit, Counts())):
                counts.add(outcome)
        for state, worst in (("silent", self.silent), ("late", self.late)):
            found = [(unit, outcome.days) for unit, outcome in outcomes if outcome.state == state]
            if found:
                self._keep(worst, task, owed, found, original)

    def still_open(
        self, task: TaskName, owed: Owed, units: Sequence[tuple[str, int]], original: date | None = None
    ) -> None:
        """Count a deadline of an earlier month that is open still, with its units and the days since."""
        self._keep(self.before, task, owed, units, original)

    def comes(
        self, task: TaskName, owed: Owed, units: Sequence[tuple[str, int]], original: date | None = None
    ) -> None:
        """Count what falls due in the month after, with the units that owe it."""
        self._keep(self.ahead, task, owed, units, original)

    def _keep(
        self,
        worst: Worst,
        task: TaskName,
        owed: Owed,
        units: Sequence[tuple[str, int]],
        original: date | None,
    ) -> None:
        ordered = sorted(units, key=lambda unit: -unit[1])  # stable: else the document's order
        alike = Alike(
            plan=task.plan,
            title=task.title,
            family=owed.family,
            day=owed.day,
            label=owed.label,
            original=original,
            units=tuple(ordered[:_FIRST_NAMES]),
            number=len(ordered),
        )
        worst.add(alike, task, len(ordered))
