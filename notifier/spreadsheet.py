"""CSV that a spreadsheet shows and never runs (OWASP, "CSV Injection").

A cell that begins with one of `= + - @`, their full-width forms, a tab or a line break is written with an apostrophe
before it. Who reads such a file by program takes one apostrophe away where any number of them stands before one of
those characters. Every other cell is written as it is.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

_ACTS = re.compile("'*[=+\\-@＝＋－＠\t\r\n]")


def safe_cell(text: str) -> str:
    """Return a cell's text so that a spreadsheet takes it for text."""
    return f"'{text}" if _ACTS.match(text) else text


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file in UTF-8, every cell of the rows safe for spreadsheets."""
    with path.open("w", encoding="utf-8", newline="") as file:
        put_csv(file, header, rows)


def put_csv(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write CSV into a file that leaves line ends alone, row by row, every cell of the rows safe for spreadsheets."""
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
