"""A table that lost its shape: a cell a line, the header's cells first. Web pages and copied text look like this."""

from collections.abc import Iterator, Sequence

from notifier.intake.columns import Column, Header, header_of, is_heading
from notifier.intake.numbers import SECTION, is_page_number, number_of
from notifier.intake.rows import Cell, CellRow

_MOST_COLUMNS = 10


def rows(text: str, name: str) -> tuple[CellRow, ...]:
    """Return the rows of the text by its own lines."""
    return rows_of([(f"{name}:{number}", line) for number, line in enumerate(text.split("\n"), start=1)])


def rows_of(lines: Sequence[tuple[str, str]]) -> tuple[CellRow, ...]:
    """Return the rows that lines, each with its place, make; without a header all of them are loose."""
    filled = [(where, line.strip()) for where, line in lines if line.strip()]
    filled = [(where, line) for where, line in filled if not is_page_number(line) or number_of(line)]
    return tuple(_rows(filled))


def _rows(lines: list[tuple[str, str]]) -> Iterator[CellRow]:
    header: Header | None = None
    row: list[tuple[str, str]] = []
    place = 0
    number = "0"
    while place < len(lines):
        where, line = lines[place]
        if is_heading(line) and (found := _header(lines, place)) is not None:
            yield from _close(row, header, last=False)
            row, header = [], found
            yield _cells(lines[place : place + len(found.titles)])
            place += len(found.titles)
            continue
        place += 1
        if header is None:
            yield CellRow(where=where, loose=line, grid=0)
            continue
        complete = len(row) >= _least(header)
        numbered = header.columns[0] is Column.NUMBER
        if SECTION.fullmatch(line) and not number_of(line) and (complete or not row):
            yield from _close(row, header, last=False)
            row = []
            yield _cells([(where, line)])
            continue
        found_number = number_of(line) if numbered else ""
        if (found_number and (complete or not row or _follows(number, found_number))) or (
            not numbered and len(row) == len(header.columns)
        ):
            yield from _close(row, header, last=False)
            row, number = [], found_number
        row.append((where, line))
    yield from _close(row, header, last=True)


def _follows(number: str, later: str) -> bool:
    return number.isdigit() and later.isdigit() and int(later) == int(number) + 1


def _header(lines: Sequence[tuple[str, str]], place: int) -> Header | None:
    """Return the header that begins here: as many lines as are headings one after the other."""
    titles: list[str] = []
    for _, line in lines[place : place + _MOST_COLUMNS]:
        if not is_heading(line):
            break
        titles.append(line)
    header = header_of(titles)
    # A title over the table may look like a column's; the header begins with its number.
    return None if header is not None and Column.NUMBER in header.columns[1:] else header


def _least(header: Header) -> int:
    """How many lines a row has at least: cells of no interest at its end, when empty, leave no line."""
    columns = list(header.columns)
    while columns and columns[-1] is Column.OTHER:
        columns.pop()
    return len(columns)


def _close(row: list[tuple[str, str]], header: Header | None, *, last: bool) -> Iterator[CellRow]:
    if not row or header is None:
        return
    if header.columns[0] is Column.NUMBER and not number_of(row[0][1]):
        # Lines between two rows, or what follows the table.
        yield from (CellRow(where=where, loose=line, grid=0) for where, line in row)
        return
    width = len(header.columns)
    after: list[tuple[str, str]] = []
    if len(row) > width and last:
        row, after = row[:width], row[width:]
    if len(row) > width and (text := header.columns.index(Column.TEXT)) >= 0:
        # The task is what has paragraphs; units and time stand on one line.
        extra = len(row) - width
        cells = [[line] for line in row[:text]]
        cells += [row[text : text + extra + 1]]
        cells += [[line] for line in row[text + extra + 1 :]]
    else:
        cells = [[line] for line in row]
        if len(row) >= _least(header):
            cells += [[(row[0][0], "")] for _ in range(width - len(row))]
    yield CellRow(
        where=row[0][0],
        merges=False,
        cells=tuple(Cell(lines=tuple(line for _, line in cell), where=cell[0][0]) for cell in cells),
    )
    yield from (CellRow(where=where, loose=line, grid=0) for where, line in after)


def _cells(lines: Sequence[tuple[str, str]]) -> CellRow:
    return CellRow(where=lines[0][0], cells=tuple(Cell(lines=(line,)) for _, line in lines))
