"""Mails that nobody reads: so many of them are made that a fault of templates, names or sizes shows all the same."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from notifier.ledger.outbox import MessageRecord
from notifier.ledger.reminders import ReminderRecord
from notifier.ledger.tasks import TaskRecord
from notifier.passes.book import unit_names
from notifier.passes.notices import Owed
from notifier.passes.slots import LATE_AFTER

_AROUND = 200  # characters of a line that are no words of the document's


@dataclass(slots=True)
class Sampling:
    """Spares all but the first mail to each contact, the first with each form of line, and any longer than all before.

    What fails makes no sample: all mails like it are made, so that each of them has the fate it would have, and its
    word in the log.
    """

    _sound: set[Hashable] = field(default_factory=set)
    _longest: int = 0
    _lengths: dict[int, int] = field(default_factory=dict)  # of a task's line

    def spares(self, message: MessageRecord, language: str, owed: Owed) -> bool:
        """Tell whether mails like this one were sound, so that it needn't be made."""
        return (
            (message.address, message.name, language) in self._sound
            and self._length(owed) <= self._longest
            and all((language, form) in self._sound for form in _forms(owed))
        )

    def was_sound(self, message: MessageRecord, language: str, owed: Owed) -> None:
        """Learn of a mail that was made as it should be."""
        self._sound.add((message.address, message.name, language))
        self._sound.update((language, form) for form in _forms(owed))
        self._longest = max(self._longest, self._length(owed))

    def _length(self, owed: Owed) -> int:
        return sum(self._length_of(task) for _, task in owed.lines())

    def _length_of(self, task: TaskRecord) -> int:
        if (known := self._lengths.get(task.id)) is None:
            words = len(task.text) + len(task.timing) + sum(map(len, unit_names(task.units)))
            known = self._lengths[task.id] = words + _AROUND
        return known


def _forms(owed: Owed) -> Iterator[Hashable]:
    """Yield what a template may make a difference by: for each line, and for what stands above several of them."""
    today = owed.moment.astimezone(owed.telling.zone).date()
    groups: dict[Hashable, ReminderRecord] = {}
    plans: set[str] = set()
    units: set[tuple[str, ...]] = set()
    for verdict, task in owed.lines():
        reminder = verdict.reminder
        plans.add(task.plan)
        units.add(verdict.units)
        left = (reminder.day - today).days
        about = task.plan, reminder.kind, reminder.family, (left > 0) - (left < 0)
        if (first := groups.setdefault(about, reminder)) is not reminder:
            yield about, first.day == reminder.day
        yield (
            about,
            (reminder.role, reminder.copied, reminder.provisional, task.soft),
            owed.moment > reminder.at + LATE_AFTER,
            (reminder.label != "", task.section != "", len(verdict.units) > 1, len(task.units["units"]) > 1),
            (
                reminder.nominal != reminder.day,
                bool(task.notes),
                bool(task.moved),
                bool(owed.telling.folded_into(reminder)),
            ),
        )
    yield len(plans) > 1, len(groups) > 1, len(units) > 1
