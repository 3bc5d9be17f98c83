"""Rows of cells become tasks: re-joined text, header, sections, numbers and refs."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from notifier.errors import DocumentError
from notifier.intake.columns import Column, Header, header_of
from notifier.intake.rows import Cell, CellRow, RowFault, TaskRow

_NUMERAL = "一二三四五六七八九十百"
_SECTION = re.compile(
    rf"(?:第[{_NUMERAL}\d]+(?:部分|章|节|篇)|[{_NUMERAL}]+\s*[、．.，]|[(（][{_NUMERAL}]+[)）]).*\S"
)
_PAGE_NUMBER = re.compile(r"[-—–－\s·]*(?:第?\s*\d{1,4}\s*页?)(?:\s*[/共]\s*\d+\s*页?)?[-—–－\s·]*")
_NUMBER = re.compile(r"\d+(?:[.\-]\d+)*")
_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 8203, 8204, 8205, 8288, 65279))


@dataclass(slots=True)
class Table:
    """What the rows of one file came to."""

    rows: tuple[TaskRow, ...] = ()
    sections: tuple[str, ...] = ()
    faults: tuple[RowFault, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """A row that has all it needs but its ref."""

    number: str
    section: int  # 1-based; 0 before the first section row
    cells: tuple[str, ...]
    line: int


@dataclass(slots=True)
class _Scan:
    name: str
    header: Header | None = None
    sections: list[str] = field(default_factory=list)
    found: list[_Found] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    numbers: dict[int, set[str]] = field(default_factory=dict)  # by section, those of faulty rows too

    def fault(self, line: int, message: str) -> None:
        self.faults.append(RowFault(where=f"{self.name}:{line}", message=message))


def rejoin(lines: Iterable[str]) -> str:
    """Join the lines of a wrapped cell: Chinese and figures without a space, Latin words with one.

    A figure is never spaced: PDF text breaks inside dates and amounts as it does inside words.
    """
    joined = ""
    for line in lines:
        piece = line.translate(_CONTROL).strip()
        latin = (
            joined[-1:].isascii() and joined[-1:].isalpha() and piece[:1].isascii() and piece[:1].isalpha()
        )
        joined += f" {piece}" if latin else piece
    return joined


def tasks(rows: Sequence[CellRow], name: str) -> Table:
    """Return the tasks, sections and faults of a file's rows; `name` stands in the faults.

    Raises DocumentError when no header is recognised or no row can be used.
    """
    scan = _Scan(name)
    for row in rows:
        cells = tuple(rejoin(cell.lines) for cell in row.cells)
        if scan.header is None:
            scan.header = header_of(cells)
        else:
            _take(scan, scan.header, row, cells)
    if scan.header is None:
        raise DocumentError(
            f"{name}: no header row was recognised; a column for the task (工作任务 …) and one for "
            "its units (责任单位 …) are needed"
        )
    table = _finish(scan, scan.header)
    if not table.rows:
        reasons = [f"{fault.where}: {fault.message}" for fault in table.faults]
        raise DocumentError(f"{name}: no row under the header can be used", *reasons)
    return table


def _take(scan: _Scan, header: Header, row: CellRow, cells: tuple[str, ...]) -> None:
    if not row.cells:
        if not _PAGE_NUMBER.fullmatch(row.loose):
            scan.fault(row.line, f"text outside any cell: “{row.loose[:40]}”")
        return
    filled = [cell for cell in cells if cell]
    if header_of(cells) is not None and len(cells) == len(header.columns):
        return  # a header repeated at the top of a page
    if not filled:
        return
    if len(filled) == 1 and _SECTION.fullmatch(filled[0]):
        scan.sections.append(filled[0])
        return
    section = len(scan.sections)
    number = _number(cells[header.columns.index(Column.NUMBER)]) if _numbered(header, cells) else ""
    if number:
        scan.numbers.setdefault(section, set()).add(number)
    if len(cells) != len(header.columns):
        begins = f", beginning “{filled[0][:20]}”"
        scan.fault(row.line, f"{len(cells)} cells where the header has {len(header.columns)}{begins}")
    elif header.has(Column.NUMBER) and not number:
        written = header.text(cells, Column.NUMBER, "")
        scan.fault(row.line, f"“{written}” is no number" if written else "the number is missing")
    elif not header.text(cells, Column.TEXT, ""):
        scan.fault(_line_of(row.cells, header), f"number {number}: the task's text is empty")
    else:
        scan.found.append(_Found(number or str(len(scan.found) + 1), section, cells, row.line))


def _numbered(header: Header, cells: Sequence[str]) -> bool:
    return header.has(Column.NUMBER) and header.columns.index(Column.NUMBER) < len(cells)


def _line_of(cells: Sequence[Cell], header: Header) -> int:
    return cells[header.columns.index(Column.TEXT)].line


def _number(cell: str) -> str:
    """Return the number a cell holds in Arabic figures, or "" (`7.`, `（7）`, `七`, `(一)` are all met)."""
    bare = re.sub(r"[\s()第项号、:]", "", unicodedata.normalize("NFKC", cell)).rstrip(".")
    if _NUMBER.fullmatch(bare):
        return re.sub(r"(?<!\d)0+(?=\d)", "", bare)
    if bare and all(letter in _NUMERAL for letter in bare):
        return str(_chinese(bare))
    return ""


def _chinese(numeral: str) -> int:
    total = digit = 0
    for letter in numeral:
        value = _NUMERAL.index(letter) + 1
        if letter in "十百":
            total += (digit or 1) * (10 if letter == "十" else 100)
            digit = 0
        else:
            digit = value
    return total + digit


def _finish(scan: _Scan, header: Header) -> Table:
    # Numbers restart when a later section has a number 1 of its own. A number that merely comes twice is
    # a slip of the pen and must not change the ref of every other task.
    with_one = [section for section, numbers in scan.numbers.items() if "1" in numbers]
    by_section = len(with_one) > 1
    rows: list[TaskRow] = []
    first: dict[tuple[str, str], int] = {}
    uses: Counter[str] = Counter()
    refs = {f"{found.section}:{found.number}" if by_section else found.number for found in scan.found}
    for found in scan.found:
        base = f"{found.section}:{found.number}" if by_section else found.number
        text = header.text(found.cells, Column.TEXT, "：")
        if (earlier := first.setdefault((base, text), found.line)) != found.line:
            scan.fault(
                found.line, f"number {found.number} with the same text stands at line {earlier} already"
            )
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
                section=scan.sections[found.section - 1] if found.section else "",
                text=text,
                units=header.units(found.cells),
                timing=header.text(found.cells, Column.TIMING, "，"),
                line=found.line,
            )
        )
    faults = sorted(scan.faults, key=lambda fault: int(fault.where.rpartition(":")[2]))
    return Table(tuple(rows), tuple(scan.sections), tuple(faults), header.titles)
