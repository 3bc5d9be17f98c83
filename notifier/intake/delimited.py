"""CSV and tab-separated text; the standard library's csv reads quoting, ours is the guess at the separator."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Literal

from notifier.errors import DocumentError
from notifier.intake.layout import has_header
from notifier.intake.rows import Cell, CellRow, Content, bound

_SEPARATORS = (",", "\t", ";", "，", "；", "|")


def rows(text: str, name: str) -> Content:
    """Return the rows of a CSV file, by the first separator with which a header shows.

    Raises DocumentError naming the line from which a file is no readable CSV.
    """
    bound(name, max(map(text.count, _SEPARATORS)), len(text))
    failed: DocumentError | None = None
    first: tuple[CellRow, ...] = ()
    for separator in _SEPARATORS:
        try:
            found = tuple(_rows(text, name, separator))
        except DocumentError as error:
            failed = failed or error
            continue
        if has_header(found):
            return Content(rows=found)
        first = first or found
    if failed is not None:
        raise failed
    return Content(rows=first)


def tab_separated(text: str, name: str) -> tuple[CellRow, ...]:
    """Return the rows of a table that was copied out of a spreadsheet: a line each, a tab between cells.

    There are none where a tab begins each cell, the first of a line, too.
    """
    if re.search(r"^[^\t\n]+\t", text, re.MULTILINE) is None:
        return ()
    found = tuple(_rows(text, name, "\t", quoting=csv.QUOTE_NONE))
    header = next((row for row in found if has_header([row])), None)
    return found if header is not None and header.cells[0].lines[0].strip() else ()


def _rows(
    text: str, name: str, separator: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
) -> Iterator[CellRow]:
    # Line ends inside quotes are kept as the file has them: a broken cell is joined like any other.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, quoting=quoting)
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                yield CellRow(
                    where=f"{name}:{begun}",
                    cells=tuple(Cell(lines=tuple(cell.split("\n"))) for cell in cells),
                )
    except csv.Error as error:
        raise DocumentError(f"{name}:{line}: is no readable CSV from here on: {error}") from error
