"""Which task of the ledger a row of a changed document is: by number and text, by text alone, by likeness. Pure.

A row that was inserted moves all numbers after it; closed tasks, received reports and history must move along.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from notifier.intake import TaskRow
from notifier.ledger.tasks import TaskRecord

SAME_NUMBER, OTHER_NUMBER = 0.5, 0.75
"""How alike two texts must be to be the same task reworded, where the number stayed and where it moved."""


_SAME_TEXT = (
    # Many rows may have one text (“同上”): whose it is and until when tells them apart better than the number does.
    ("ref", "text", "units", "timing"),
    ("text", "units", "timing"),
    ("ref", "text", "units"),
    ("text", "units"),
    ("ref", "text"),
    ("text",),
)


def match(known: Sequence[TaskRecord], rows: Sequence[TaskRow]) -> list[TaskRecord | None]:
    """Return, for each row, the task that it continues, or None for a new one; no task is taken twice.

    First the same text, of several the one with the same units and time, under the same number or another; then a
    text that was reworded under its number, at last one that was reworded and moved. A task that has vanished is
    continued only where no other fits. The same number with a different text is a new task.
    """
    found: list[TaskRecord | None] = [None] * len(rows)
    plain = [_plain(row.text) for row in rows]
    left = {
        task.id: task for task in sorted(known, key=lambda task: (task.state == "vanished", task.position))
    }

    def take(place: int, task: TaskRecord) -> None:
        found[place] = left.pop(task.id)

    def missing() -> list[int]:
        return [place for place, task in enumerate(found) if task is None]

    ours = [_marks(row.ref, row.text, row.units, row.timing) for row in rows]
    theirs = {
        task.id: _marks(task.ref, task.text, task.units.get("text", ""), task.timing)
        for task in left.values()
    }
    for names in _SAME_TEXT:
        same: defaultdict[tuple[str, ...], list[TaskRecord]] = defaultdict(list)
        for task in left.values():
            same[tuple(theirs[task.id][name] for name in names)].append(task)
        for place in missing():
            fitting = same.get(tuple(ours[place][name] for name in names))
            if fitting and (plain[place] or "ref" in names):
                take(place, fitting.pop(0))
    by_ref = _by_ref(left.values())
    for place in missing():
        task = by_ref.get(rows[place].ref)
        if task is not None and alike(_plain(task.text), plain[place]) >= SAME_NUMBER:
            take(place, task)
    for place, task in _reworded({place: plain[place] for place in missing()}, left.values()):
        if found[place] is None and task.id in left:
            take(place, task)
    return found


def _marks(ref: str, text: str, units: str, timing: str) -> dict[str, str]:
    return {"ref": ref, "text": _plain(text), "units": _plain(units), "timing": _plain(timing)}


def _by_ref(tasks: Iterable[TaskRecord]) -> dict[str, TaskRecord]:
    found: dict[str, TaskRecord] = {}
    for task in tasks:
        found.setdefault(task.ref, task)
    return found


def _plain(text: str) -> str:
    """Return the text without what a new edition changes in passing: spaces, punctuation, widths of letters."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def _pairs(text: str) -> Counter[str]:
    return Counter(text[i : i + 2] for i in range(len(text) - 1)) or Counter([text])


def alike(one: str, other: str) -> float:
    """Return from 0 to 1 how much two texts share of their pairs of letters (Dice's coefficient)."""
    ours, theirs = _pairs(one), _pairs(other)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def _reworded(texts: Mapping[int, str], tasks: Iterable[TaskRecord]) -> Iterable[tuple[int, TaskRecord]]:
    """Return the pairs of row and task that are alike enough, the likeliest first."""
    tasks = list(tasks)
    where: defaultdict[str, set[int]] = defaultdict(set)  # only what shares a pair of letters is compared
    for number, task in enumerate(tasks):
        for pair in _pairs(_plain(task.text)):
            where[pair].add(number)
    found: list[tuple[float, int, int]] = []
    for place, text in texts.items():
        shared = Counter(number for pair in _pairs(text) for number in where.get(pair, ()))
        for number, _ in shared.most_common(20):
            likeness = alike(text, _plain(tasks[number].text))
            if likeness >= OTHER_NUMBER:
                found.append((-likeness, place, number))
    return [(place, tasks[number]) for _, place, number in sorted(found)]
