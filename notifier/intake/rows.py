"""What intake hands on: the tasks of a document, its faults, and what its readers share."""

from dataclasses import dataclass, field
from pathlib import Path

from notifier.errors import DocumentError

CELLS_CAP = 1_000_000  # of one file; the longest real table met has some three thousand
LETTERS_CAP = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as a reader found it: its lines as they are broken there, and how far it reaches."""

    lines: tuple[str, ...]
    width: int = 1  # what it covers from left to right: columns of the grid, in a PDF points
    above: bool = False  # merged with the cell above it, whose lines are repeated here
    where: str = ""  # where it stands, if a reader knows better than its row


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One row of cells in the order of their columns.

    A row without cells holds `loose` text instead: a title, a page number, a line that belongs to no cell.
    """

    where: str  # as people look it up: `plan.txt:123`, `plan.xlsx, sheet 任务表, row 12`
    cells: tuple[Cell, ...] = ()
    loose: str = ""
    grid: int = 1  # which table of the file it belongs to; 0 for text that stands outside of tables
    page: int = 0  # 1-based page in formats that have pages
    title: str = ""  # the table's own name: a sheet's
    nested: bool = False  # the table stands in a cell of another, where its text is repeated
    merges: bool = (
        True  # a blank cell may be one with the cell above: the format knows merged cells or lost them
    )
    printed: bool = False  # the lines of its cells are as they were printed: broken anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """A row that can't be used; the other rows of the file are."""

    where: str  # file name and line, or file, sheet or page or table, and row
    message: str


def bound(name: str, cells: int, letters: int = 0) -> None:
    """Raise DocumentError when a file holds more cells or characters than any task table."""
    if cells > CELLS_CAP or letters > LETTERS_CAP:
        raise DocumentError(
            f"{name}: holds more than {CELLS_CAP} cells or {LETTERS_CAP} characters, far more than a task table"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a reader found in a file, and the places that it could not read."""

    rows: tuple[CellRow, ...]
    faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task as the document states it; every text re-joined, nothing interpreted."""

    ref: str  # unique in the document: `7`, `2:7` where numbers restart by section, `7.2` for a number's second task
    number: str
    section: str
    text: str
    units: str  # with the units that a sentence such as 以下任务均需…落实 adds, as `落实单位：…`
    timing: str
    where: str  # where its row begins in the source, as in faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as read: its rows in their order, and what could not be used."""

    path: Path
    sha256: str
    rows: tuple[TaskRow, ...]
    sections: tuple[str, ...]
    faults: tuple[RowFault, ...] = ()
    columns: tuple[str, ...] = field(default=())  # the header's cells as written
