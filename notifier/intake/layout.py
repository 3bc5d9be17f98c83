"""Where the task tables of a file are: their headers, the tables that go on, and those that are something else."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from notifier.intake.columns import (
    LONGEST_CELL,
    MOST_COLUMNS,
    Column,
    Header,
    belongs_under,
    header_of,
    is_heading,
    place,
)
from notifier.intake.numbers import SECTION, number_of
from notifier.intake.rows import Cell, CellRow
from notifier.intake.wrapped import rejoin, rejoin_times, rejoin_units

_DEEPEST = 3  # lines of a header; more were never met
# Some word of these stands in every header; looked for first, as a long table has few headers and many rows.
_HINT = re.compile(
    r"单\s*位|單\s*位|部\s*[门門]|处\s*室|[科股]\s*室|机\s*构|機\s*構|主\s*[体體]|站\s*所|委\s*办\s*局|责\s*任|責\s*任|负\s*责|負\s*責|"
    r"牵\s*头|牽\s*頭|主\s*[办辦责責]|承\s*[办辦]|分\s*工|配\s*合"
)
_OFFICE_FORM = re.compile(
    r"联系人|联系电话|电话|签字|签名|签章|盖章|审核|填表|填报|经办|签发|校对|印发|抄送|主送"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A header and how many rows it takes."""

    header: Header
    rows: int


@dataclass(slots=True)
class _Grid:
    """One table of the file: the places of its rows and of the headers in it."""

    rows: list[int] = field(default_factory=list)
    headers: dict[int, _Found] = field(default_factory=dict)


def _grids(rows: Sequence[CellRow]) -> dict[int, _Grid]:
    """Return the tables of a file by their number, each with its headers."""
    found: dict[int, _Grid] = {}
    for index, row in enumerate(rows):
        if row.cells:
            found.setdefault(row.grid, _Grid()).rows.append(index)
    for grid in found.values():
        taken = -1
        hints = {index for index in grid.rows if _HINT.search("".join(_short(rows[index])))}
        for index in grid.rows:
            near = hints and not hints.isdisjoint(range(index, index + _DEEPEST))
            if near and index > taken and (header := _header(rows, index)) is not None:
                grid.headers[index] = header
                taken = index + header.rows - 1
    return found


def has_header(rows: Iterable[CellRow]) -> bool:
    """Tell whether some row is a header by itself; how a reader knows that it read the right layout."""
    return any(
        header_of(_texts(row)) is not None
        for row in rows
        if len(row.cells) <= MOST_COLUMNS and _HINT.search("".join(_short(row)))
    )


def _short(row: CellRow) -> Iterator[str]:
    return (line for cell in row.cells for line in cell.lines if len(line) <= LONGEST_CELL)


def _header(rows: Sequence[CellRow], index: int) -> _Found | None:
    """Return the header that begins at this row; of several depths, the one that says most."""
    first = rows[index]
    if sum(1 for text in _texts(first) if text) < 2:
        return None
    best: _Found | None = None
    cells, texts = first.cells, _texts(first)
    widths = tuple(cell.width for cell in cells)
    if (header := header_of(texts, widths)) is not None:
        best = _Found(header, 1)
    if not any(map(is_heading, texts)):
        return None
    for depth in range(2, _DEEPEST + 1):
        below = rows[index + depth - 1] if index + depth - 1 < len(rows) else None
        if below is None or below.grid != first.grid or not _is_lower_line(widths, below):
            break
        texts, groups, widths = _under(texts, widths, below)
        if (header := header_of(texts, widths, groups)) is not None:
            best = _Found(header, depth)
        texts = tuple(text or group for text, group in zip(texts, groups, strict=True))
    return best


def _texts(row: CellRow) -> tuple[str, ...]:
    return tuple(rejoin(cell.lines) for cell in row.cells)


def _is_lower_line(widths: Sequence[int], below: CellRow) -> bool:
    """Tell whether a row is a further line of the header over it."""
    own = [rejoin(cell.lines) for cell in below.cells if not cell.above]
    filled = [text for text in own if text]
    if not filled or len(below.cells) == 1 or sum(cell.width for cell in below.cells) != sum(widths):
        return False
    several = len(filled) > 1 or any(cell.above for cell in below.cells)  # a lone title is a section's
    if not several or not all(map(belongs_under, filled)):
        return False
    return header_of(own) is None  # a header by itself: what stands over it is a row or a title


def _under(
    texts: Sequence[str], widths: Sequence[int], below: CellRow
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Return titles, the titles over them and widths of the columns that two lines of a header make."""
    bounds = []
    left = 0
    last = ""
    for text, width in zip(texts, widths, strict=True):
        bounds.append((left, left + width, text))
        left += width
    titles, groups, reach = [], [], []
    start = 0
    for cell in below.cells:
        end = start + cell.width
        over = max(bounds, key=lambda bound: min(end, bound[1]) - max(start, bound[0]))[2]
        own = "" if cell.above else rejoin(cell.lines)
        # Without merged cells (CSV) a group's title stands over its first column alone.
        group = over or (last if own else "")
        last = over or last
        titles.append(own)
        groups.append(group)
        reach.append(cell.width)
        start = end
    return tuple(titles), tuple(groups), tuple(reach)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row's cells under the columns of the header, re-joined each in the way of its column."""

    cells: tuple[str, ...]
    above: tuple[bool, ...]  # merged with the row over it
    places: tuple[str, ...]


def placed(row: CellRow, header: Header) -> Placed | None:
    """Return the row's cells by column; None when there are too few or too many."""
    cells = row.cells
    if len(cells) == len(header.columns) and tuple(cell.width for cell in cells) == header.widths:
        return Placed(
            tuple(
                _joined((cell,), kind, printed=row.printed)
                for cell, kind in zip(cells, header.columns, strict=True)
            ),
            tuple(cell.above for cell in cells),
            tuple(cell.where or row.where for cell in cells),
        )
    while len(cells) > len(header.columns) and not any(cells[-1].lines[0:1]) and _counted(row, header):
        cells = cells[:-1]  # a spreadsheet that is wider than its table
    if _counted(row, header) and set(header.columns[len(cells) :]) == {Column.OTHER}:
        # 备注 at the end, left out where there is none.
        cells = (*cells, *[Cell(lines=())] * (len(header.columns) - len(cells)))
    columns = place(header, [cell.width for cell in cells])
    if columns is None:
        return None
    under: list[list[Cell]] = [[] for _ in header.columns]
    for cell, column in zip(cells, columns, strict=True):
        under[column].append(cell)
    texts = [
        _joined(found, kind, printed=row.printed) for found, kind in zip(under, header.columns, strict=True)
    ]
    return Placed(
        tuple(texts),
        tuple(bool(found) and all(cell.above for cell in found) for found in under),
        tuple((found[0].where if found else "") or row.where for found in under),
    )


def _counted(row: CellRow, header: Header) -> bool:
    return all(cell.width == 1 for cell in row.cells) and set(header.widths) == {1}


def _joined(cells: Sequence[Cell], kind: Column, *, printed: bool) -> str:
    match kind:
        case Column.UNITS | Column.LEAD | Column.ASSIST:
            texts, between = [rejoin_units(cell.lines, printed=printed) for cell in cells], "、"
        case Column.TIMING | Column.START:
            texts, between = [rejoin_times(cell.lines) for cell in cells], "；"
        case _:
            texts, between = [rejoin(cell.lines) for cell in cells], ""
    return between.join(dict.fromkeys(text for text in texts if text)) if len(texts) != 1 else texts[0]


class Part(StrEnum):
    """What a row of the file is to the task tables in it."""

    HEADER = "header"
    ROW = "row"  # under a header
    CAPTION = "caption"  # over one, in the same table
    LOOSE = "loose"  # no row at all, but text outside of tables
    ASIDE = "aside"  # of a table that holds no tasks


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the file, in order; with the header that it is or stands under."""

    part: Part
    row: CellRow
    header: Header | None = None
    fault: str = ""  # why a table is not read, at its first row


def steps(rows: Sequence[CellRow]) -> Iterator[Step]:
    """Tell row by row what belongs to which task table."""
    tables = _grids(rows)
    header: Header | None = None
    reading = page = passed = 0
    judged: set[int] = set()
    for index, row in enumerate(rows):
        if index < passed:
            continue
        if not row.cells:
            yield Step(Part.LOOSE, row)
            continue
        grid = tables[row.grid]
        if (found := grid.headers.get(index)) is not None:
            header, reading, page = found.header, row.grid, row.page
            passed = index + found.rows
            yield Step(Part.HEADER, row, header)
            continue
        fault = ""
        if reading != row.grid and row.grid not in judged:
            judged.add(row.grid)
            ahead = grid.rows[: grid.rows.index(min(grid.headers))] if grid.headers else grid.rows
            if header is not None and _goes_on(ahead, rows, header, page):
                reading = row.grid
            elif not grid.headers:
                fault = _why_not_read(grid.rows, rows, header)
        if reading == row.grid:
            page = row.page
            yield Step(Part.ROW, row, header)
        else:
            yield Step(Part.CAPTION if grid.headers else Part.ASIDE, row, None, fault)


def _goes_on(piece: Sequence[int], rows: Sequence[CellRow], header: Header, page: int) -> bool:
    """Tell whether a table without a header is the next piece of the one before."""
    for index in piece:
        row = rows[index]
        texts = [text for text in _texts(row) if text]
        if row.nested:
            return False
        if not texts or (len(texts) == 1 and SECTION.fullmatch(texts[0])):
            continue
        if (found := placed(row, header)) is None:
            return False
        if not header.has(Column.NUMBER):
            return bool(header.units(found.cells) and header.text(found.cells, Column.TEXT, ""))
        number = header.text(found.cells, Column.NUMBER, "")
        return bool(number_of(number)) or (not number and row.page > page > 0)
    return False


def _why_not_read(piece: Sequence[int], rows: Sequence[CellRow], header: Header | None) -> str:
    """Return why a table that looks like tasks isn't read; "" when it is plainly something else."""
    if rows[piece[0]].nested or len(piece) < 2:
        return ""
    if any(_OFFICE_FORM.search(text) for index in piece for text in _texts(rows[index]) if len(text) < 12):
        return ""
    for index in piece[:_DEEPEST]:
        titles = [text for text in _texts(rows[index]) if text]
        if len(titles) > 2 and sum(map(is_heading, titles)) >= 2:
            shown = " | ".join(titles)[:60]
            return (
                f"“{shown}” heads a table without a column for the task and one for its units; it is not read"
            )
    if header is not None and any(placed(rows[index], header) is not None for index in piece):
        return "this table has no header and doesn't go on with the one before; it is not read"
    return ""
