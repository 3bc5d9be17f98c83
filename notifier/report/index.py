"""Which reminder belongs to which mail, task and unit, in so few bytes that a million of them can be looked up."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from notifier.rehearsal.found import Rehearsal, Sent, Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The reminders of a rehearsal by mail, day, task and unit.

    Mails, tasks and units are numbered from 1, in order of slot and address, of the documents, and of first notice.
    """

    found: Rehearsal
    starts: Sequence[int]  # where each mail's reminders begin, and after the last one where they end
    number: Sequence[int]  # of each reminder's mail
    by_task: Mapping[int, Sequence[int]]  # reminders by the ledger's id of their task
    by_unit: Mapping[str, Sequence[int]]
    lost: Mapping[int, Sequence[Unreachable]]  # by the ledger's id of their task

    @classmethod
    def of(cls, found: Rehearsal) -> "Index":
        """Return the index of a rehearsal."""
        starts, number = array("I"), array("I")
        by_task: dict[int, array[int]] = {}
        by_unit: dict[str, array[int]] = {}
        for position, line in enumerate(found.sent):
            if not position or line.message != found.sent[position - 1].message:
                starts.append(position)
            number.append(len(starts))
            by_task.setdefault(line.checkpoint.task.id, array("I")).append(position)
            for unit in line.units:
                by_unit.setdefault(unit, array("I")).append(position)
        starts.append(len(found.sent))
        lost: dict[int, list[Unreachable]] = {}
        for missed in found.lost:
            lost.setdefault(missed.checkpoint.task.id, []).append(missed)
        return cls(found=found, starts=starts, number=number, by_task=by_task, by_unit=by_unit, lost=lost)

    def mail(self, number: int) -> tuple[Sent, ...]:
        """Return the reminders of a mail."""
        return self.found.sent[self.starts[number - 1] : self.starts[number]]

    def days(self) -> Iterator[tuple[date, range]]:
        """Yield each day on which mail goes with the numbers of its mails."""
        heads = enumerate(self.starts[:-1], 1)
        for day, group in groupby(heads, lambda head: self.found.sent[head[1]].sent_at.date()):
            numbers = [number for number, _ in group]
            yield day, range(numbers[0], numbers[-1] + 1)

    def day_of(self, number: int) -> date:
        """Return the day on which a mail goes."""
        return self.found.sent[self.starts[number - 1]].sent_at.date()
