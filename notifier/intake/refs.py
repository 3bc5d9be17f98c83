"""Each task gets a ref that is unique in its document."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from notifier.intake.columns import Column, Header
from notifier.intake.inherited import Sentence, added
from notifier.intake.rows import CellRow, RowFault, TaskRow


@dataclass(slots=True)
class Found:
    """A row that has all it needs but its ref."""

    number: str
    section: int  # 1-based; 0 before the first section row
    header: Header
    cells: list[str]  # by the header's columns
    row: CellRow
    shared: bool  # its text is that of the row above, by a merged cell
    place: int  # in the file

    @property
    def text(self) -> str:
        """What is to be done."""
        return self.header.text(self.cells, Column.TEXT, "：")


def task_rows(
    everything: Sequence[Found],
    sections: Sequence[str],
    numbers: Mapping[int, Set[str]],
    known: Sequence[Sentence],
) -> tuple[tuple[TaskRow, ...], list[tuple[int, RowFault]]]:
    """Return the tasks with their refs, and a fault, with its place in the file, for each that stands there twice.

    `numbers` are those of each section, faulty rows' too.
    """
    # Numbers restart when a later section has a number 1 of its own. A number that merely comes twice is
    # a slip of the pen and must not change the ref of every other task.
    by_section = sum("1" in found for found in numbers.values()) > 1
    rows: list[TaskRow] = []
    faults: list[tuple[int, RowFault]] = []
    first: dict[tuple[str, ...], str] = {}
    uses: Counter[str] = Counter()
    refs = {f"{found.section}:{found.number}" if by_section else found.number for found in everything}
    for index, found in enumerate(everything):
        base = f"{found.section}:{found.number}" if by_section else found.number
        text, units, timing = found.text, found.header.units(found.cells), found.header.timing(found.cells)
        where = found.row.where
        if (earlier := first.setdefault((base, text, units, timing), where)) != where:
            if not found.shared:
                message = f"number {found.number} with the same text stands at {earlier} already"
                faults.append((found.place, RowFault(where=where, message=message)))
            continue
        ref = base
        while uses[base] and ref in refs:  # a table that numbers 7.2 itself keeps that ref for its own
            uses[base] += 1
            ref = f"{base}.{uses[base]}"
        uses[base] = max(uses[base], 1)
        refs.add(ref)
        rows.append(
            TaskRow(
                ref=ref,
                number=found.number,
                section=sections[found.section - 1] if found.section else "",
                text=text,
                units=added(units, index, known),
                timing=timing,
                where=where,
            )
        )
    return tuple(rows), faults
