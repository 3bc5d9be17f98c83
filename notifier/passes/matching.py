"""Which task of the ledger a row of a changed document is: by number and text, by text alone, by likeness. Pure.

A row that was inserted moves all numbers after it; closed tasks, received reports and history must move along.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from notifier.intake import TaskRow
from notifier.ledger.tasks import TaskRecord

SAME_NUMBER, OTHER_NUMBER = 0.6, 0.75
"""How alike two texts must be to be the same task reworded, where the number stayed and where it moved."""
_RAREST = 24  # pairs of letters by which a task is looked for


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

    First the same text, of several the one with the same units and time, under the same number or another; then
    the likeliest of those that were reworded, under their numbers or moved. A task that has vanished is
    continued only where no other fits. The same number with a different text is a new task.
    """
    found: list[TaskRecord | None] = [None] * len(rows)
    if not known:
        return found
    left = {
        task.id: task for task in sorted(known, key=lambda task: (task.state == "vanished", task.position))
    }

    def take(place: int, task: TaskRecord) -> None:
        found[place] = left.pop(task.id)

    def missing() -> list[int]:
        return [place for place, task in enumerate(found) if task is None]

    # Most rows are as they were, to the letter, and no ref is twice in a plan: for these it need not be made plain.
    by_ref = {task.ref: task for task in reversed(left.values())}
    for place, row in enumerate(rows):
        task = by_ref.get(row.ref)
        if (
            task is not None
            and task.id in left
            and (task.text, task.units.get("text", ""), task.timing) == (row.text, row.units, row.timing)
        ):
            take(place, task)
    ours = {
        place: _marks(row.ref, row.text, row.units, row.timing)
        for place, row in enumerate(rows)
        if found[place] is None
    }
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
            if fitting and (ours[place]["text"] or "ref" in names):
                take(place, fitting.pop(0))
    reworded = {place: (rows[place].ref, ours[place]["text"]) for place in missing() if ours[place]["text"]}
    texts = {task_id: theirs[task_id]["text"] for task_id in left}
    for place, task in _reworded(reworded, list(left.values()), texts):
        if found[place] is None and task.id in left:
            take(place, task)
    return found


def _marks(ref: str, text: str, units: str, timing: str) -> dict[str, str]:
    return {"ref": ref, "text": plain(text), "units": plain(units), "timing": plain(timing)}


def plain(text: str) -> str:
    """Return the text without what a new edition changes in passing: spaces, punctuation, widths of letters."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def _pairs(text: str) -> Counter[str]:
    return Counter(text[i : i + 2] for i in range(len(text) - 1)) or Counter([text])


def alike(one: str, other: str) -> float:
    """Return from 0 to 1 how much two texts share of their pairs of letters (Dice's coefficient)."""
    return _likeness(_pairs(one), _pairs(other))


def _likeness(ours: Counter[str], theirs: Counter[str]) -> float:
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def _reworded(
    rows: Mapping[int, tuple[str, str]], tasks: Sequence[TaskRecord], texts: Mapping[int, str]
) -> Iterable[tuple[int, TaskRecord]]:
    """Return the pairs of row (ref and plain text) and task that are alike enough, the likeliest first.

    `texts` are the tasks' plain texts by their ids.
    """
    theirs = [_pairs(texts[task.id]) for task in tasks]
    where: defaultdict[str, list[int]] = defaultdict(list)  # only what shares a pair of letters is compared
    for number, pairs in enumerate(theirs):
        for pair in pairs:
            where[pair].append(number)
    found: list[tuple[float, bool, int, int]] = []
    by_ref = {task.ref: number for number, task in enumerate(tasks)}
    for place, (ref, text) in rows.items():
        ours, its = _pairs(text), by_ref.get(ref)
        # 推进, 工作 and the like stand in every task: the rarer pairs say which it is, and take no time to follow.
        rarest = sorted((pair for pair in ours if pair in where), key=lambda pair: len(where[pair]))[:_RAREST]
        shared = Counter(number for pair in rarest for number in where[pair])
        likely = dict.fromkeys(number for number, _ in shared.most_common(20))
        for number in likely if its is None else likely | {its: None}:
            likeness = _likeness(ours, theirs[number])
            if likeness >= (SAME_NUMBER if number == its else OTHER_NUMBER):
                found.append((-likeness, number != its, place, number))
    return [(place, tasks[number]) for _, _, place, number in sorted(found)]
