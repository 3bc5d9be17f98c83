"""A document as it stands, held against what the ledger has of it: new, changed and vanished tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import PlanEntry, TaskEntry
from notifier.passes.matching import match, plain
from notifier.passes.plan import rule_of
from notifier.passes.setting import Setting
from notifier.timing.outline import timing_state
from notifier.timing.phrase import Reading
from notifier.timing.rule import Review, Rule

_IN_PASSING = {"position", "moved"}
_MOVING = {"rule", "timing_state", "units"}  # what changes a task's checkpoints, or whom they are owed to


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A task of the document that differs from the ledger's, or is back after it had vanished."""

    old: TaskRecord
    values: Mapping[str, Any]
    differs: frozenset[str]  # the names of the values that do

    @property
    def returned(self) -> bool:
        """Whether it had vanished."""
        return self.old.state == "vanished"

    @property
    def moves(self) -> bool:
        """Whether what the task owes has to be compared with what was planned."""
        return self.returned or bool(self.differs & _MOVING)

    @property
    def drops_extension(self) -> bool:
        """Whether the document sets anew what an extension had moved."""
        return "moved" in self.differs

    @property
    def told(self) -> tuple[str, ...]:
        """The names of what changed that a person would want to know; a place in the table isn't."""
        names = self.differs - _IN_PASSING
        if self.drops_extension:
            names = names - {"document_rule"} | {"extension dropped"}
        return tuple(sorted(names)) or (("back",) if self.returned else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What adopting a document would change."""

    new: tuple[tuple[int, TaskEntry], ...]  # with its place in the document
    changed: tuple[Change, ...]
    vanished: tuple[TaskRecord, ...]
    in_the_way: tuple[TaskRecord, ...]  # gone by now or before, with a ref that another task takes

    @property
    def told(self) -> tuple[Change, ...]:
        """The changes that a person would want to know."""
        return tuple(change for change in self.changed if change.told)

    @property
    def moving(self) -> dict[int, str]:
        """The new refs, by task, of those whose number changed."""
        return {change.old.id: change.values["ref"] for change in self.changed if "ref" in change.differs}


def compare(known: Sequence[TaskRecord], entry: PlanEntry, setting: Setting) -> Comparison:
    """Return how a document differs from the tasks that the ledger holds of its plan, vanished ones included."""
    new: list[tuple[int, TaskEntry]] = []
    changed: list[Change] = []
    continued: set[int] = set()
    facts = Facts(entry, setting)
    pairs = zip(entry.tasks, match(known, [task.row for task in entry.tasks]), strict=True)
    for position, (task, old) in enumerate(pairs):
        if old is None:
            new.append((position, task))
            continue
        continued.add(old.id)
        values = facts.of(position, task)
        if old.document_rule is not None:
            values |= _beside_extension(old, values)
        differs = frozenset(name for name, value in values.items() if getattr(old, name) != value)
        if differs or old.state == "vanished":
            changed.append(Change(old=old, values=values, differs=differs))
    gone = [task for task in known if task.id not in continued]
    refs = {task.row.ref for task in entry.tasks}
    return Comparison(
        new=tuple(new),
        changed=tuple(changed),
        vanished=tuple(task for task in gone if task.state != "vanished"),
        in_the_way=tuple(task for task in gone if task.ref in refs),
    )


def rule_in_force(task: TaskEntry, old: TaskRecord | None) -> Rule:
    """Return the rule by which a task of the document is planned: an extension's, as long as the phrase is the same."""
    if old is None or old.document_rule is None or plain(old.timing) != plain(task.row.timing):
        return task.rule
    return rule_of(old.rule)


def _beside_extension(old: TaskRecord, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what becomes of an extended task: the same phrase, however it is read by now, leaves it extended."""
    if plain(old.timing) == plain(values["timing"]):
        return {"rule": old.rule, "document_rule": values["rule"]}
    return {"document_rule": None, "moved": None}


class Facts:
    """What a document says of its tasks, as the ledger keeps it; each phrase is looked at once."""

    def __init__(self, entry: PlanEntry, setting: Setting) -> None:
        """Take the plan, and the setting whose events date its rules."""
        # Whether a rule waits hangs on the events alone, not on when its task was imported.
        self._context = entry.context(setting, datetime.min.replace(tzinfo=UTC))
        self._timings: dict[int, dict[str, Any]] = {}  # by reading: of one phrase it is one object

    def of(self, position: int, task: TaskEntry) -> dict[str, Any]:
        """Return the columns of a task at this place in the document."""
        if (timing := self._timings.get(id(task.reading))) is None:
            timing = self._timings[id(task.reading)] = self._timing(task.reading)
        return {
            "ref": task.row.ref,
            "position": position,
            "section": task.row.section,
            "text": task.row.text,
            "units": task.units_as_json(),
            "timing": task.row.timing,
            **timing,
        }

    def _timing(self, reading: Reading) -> dict[str, Any]:
        state, why = timing_state(reading.rule, self._context)
        return {
            "rule": str(reading.rule),
            "timing_state": state,
            "why": reading.why if isinstance(reading.rule, Review) else why,
            "notes": [[note.en, note.zh] for note in reading.notes],
            "soft": reading.soft,
        }
