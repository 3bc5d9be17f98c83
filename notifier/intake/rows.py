"""What intake hands on: the tasks of a document, its faults, and the port its readers share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as a reader found it: its lines as they are broken there, and where the first stands."""

    lines: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """One row of cells in the order of their columns.

    A row without cells holds `loose` text instead: a title, a page number, a line that belongs to no cell.
    """

    line: int
    cells: tuple[Cell, ...] = ()
    loose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task as the document states it; every text re-joined, nothing interpreted."""

    ref: str  # unique in the document: `7`, `2:7` where numbers restart by section, `7.2` for a number's second task
    number: str
    section: str
    text: str
    units: str
    timing: str
    line: int  # 1-based line of the row's first line in the source


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """A row that can't be used; the other rows of the file are."""

    where: str  # file name and line: `plan.txt:123`
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as read: its rows in their order, and what could not be used."""

    path: Path
    sha256: str
    rows: tuple[TaskRow, ...]
    sections: tuple[str, ...]
    faults: tuple[RowFault, ...] = ()
    columns: tuple[str, ...] = field(default=())  # the header's cells as written


class Reader(Protocol):
    """Turns the bytes of one file format into rows of cells; knows nothing of tasks."""

    @property
    def suffixes(self) -> frozenset[str]:
        """The file suffixes it reads, lower case, with their dot."""

    def read(self, data: bytes, name: str) -> tuple[CellRow, ...]:
        """Return the rows in order; raise DocumentError naming `name` when the bytes aren't this format."""
