"""PDF files with text, by pdfplumber: it finds the cells that ruling lines make, and is kept up.

It is built on pdfminer.six, which reads what other PDF libraries in Python do not: the character maps of Chinese
fonts. What it hands over are cells page by page; that they are one table is decided in layout.py.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdftypes import resolve1
from pdfplumber.utils.exceptions import PdfminerException
from pdfplumber.utils.text import extract_text

from notifier.errors import DocumentError
from notifier.intake import flat, rivers
from notifier.intake.columns import is_heading
from notifier.intake.rows import Cell, CellRow, Content, RowFault
from notifier.intake.wrapped import rejoin

_TASK_LINE = re.compile(r"\d{1,3}\s*[.、]?\s*[\u3400-\u9fff].*(?:局|厅|委|政府|办|部门)")
PAGES_CAP = 150  # the longest real table met has some forty
_SNAP = 3.0  # points; lines that are drawn closer are one
_DRAWING_CAP = 2 << 20  # bytes that draw one page, unpacked; a page full of small print has some 100 kB
_LETTERS_CAP = 20_000  # of one page; a full page of small print has some five thousand


def read(data: bytes, name: str) -> Content:
    """Return the rows of the tables on each page and the lines around them.

    Raises DocumentError when the file is encrypted, holds no text (a scan), or has too many pages.
    """
    try:
        pdf = pdfplumber.open(io.BytesIO(data))
    except (PdfminerException, PDFEncryptionError, PDFPasswordIncorrect) as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, PDFEncryptionError | PDFPasswordIncorrect) or isinstance(
            error, PDFPasswordIncorrect
        ):
            raise DocumentError(f"{name}: is encrypted; save a copy without a password") from None
        raise
    with pdf:
        if len(pdf.pages) > PAGES_CAP:
            raise DocumentError(f"{name}: has {len(pdf.pages)} pages; at most {PAGES_CAP} are read")
        if not pdf.pages:
            raise DocumentError(f"{name}: is damaged or incomplete: it has no pages")
        return _content(pdf, name)


def _content(pdf: Any, name: str) -> Content:
    rows: list[CellRow] = []
    faults: list[RowFault] = []
    lines: list[tuple[str, str]] = []
    words: list[list[Any]] = []
    scanned: list[int] = []
    grid = 0
    for number, page in enumerate(pdf.pages, start=1):
        _bound_drawing(page.page_obj, f"{name}, page {number}")
        if len(page.chars) > _LETTERS_CAP:
            raise DocumentError(
                f"{name}, page {number}: holds {len(page.chars)} characters; at most {_LETTERS_CAP} are read"
            )
        if not any(letter["text"].strip() for letter in page.chars):
            if page.images or page.curves:
                scanned.append(number)
            continue
        found, grid = _page(page, number, grid, name)
        rows += found
        text = page.extract_text() or ""
        lines += [
            (f"{name}, page {number}, line {place}", line)
            for place, line in enumerate(text.split("\n"), start=1)
        ]
        words.append(page.extract_words())
        page.close()
    if not lines:
        reason = "a scan: its pages are pictures without text" if scanned else "without any text"
        raise DocumentError(
            f"{name}: is {reason}; ask for the document itself, or have the text recognised first"
        )
    for number in scanned:
        faults.append(
            RowFault(
                where=f"{name}, page {number}", message="the page is a picture without text and can't be read"
            )
        )
    if not any(_heads(row) for row in rows):
        unruled = rivers.rows(words, name) or flat.rows_of(lines)
        rows = list(unruled) if any(row.cells for row in unruled) else rows
    else:
        faults += _unruled(rows, name)
    return Content(rows=tuple(rows), faults=tuple(faults))


def _unruled(rows: Sequence[CellRow], name: str) -> Iterator[RowFault]:
    """Name the pages between tables on which lines look like tasks, but no ruled table was found."""
    with_tables = {row.page for row in rows if row.cells}
    for page in sorted({row.page for row in rows} - with_tables):
        if page > min(with_tables) and any(_TASK_LINE.match(row.loose) for row in rows if row.page == page):
            message = "lines here look like tasks, but no ruled table was found; check that none is missing"
            yield RowFault(where=f"{name}, page {page}", message=message)


def _bound_drawing(page: Any, where: str) -> None:
    # Looked at before it is drawn: drawing takes a thousand times the memory.
    size = 0
    for content in page.contents:
        size += len(resolve1(content).get_data())
        if size > _DRAWING_CAP:
            raise DocumentError(
                f"{where}: is drawn with more than {_DRAWING_CAP >> 20} MB of lines and letters"
            )


def _heads(row: CellRow) -> bool:
    return sum(is_heading(rejoin(cell.lines)) for cell in row.cells) > 1


def _page(page: Any, number: int, grid: int, name: str) -> tuple[list[CellRow], int]:
    tables = sorted(page.find_tables(), key=lambda table: (table.bbox[1], table.bbox[0]))
    letters = page.chars
    rows: list[CellRow] = []
    place = 0
    outside = [letter for letter in letters if not any(_inside(letter, table.bbox) for table in tables)]
    top = 0.0
    for table in tables:
        rows += _loose([letter for letter in outside if top <= letter["top"] < table.bbox[1]], name, number)
        grid += 1
        for cells in _cells(table, letters):
            place += 1
            rows.append(
                CellRow(
                    where=f"{name}, page {number}, row {place}",
                    cells=cells,
                    grid=grid,
                    page=number,
                    printed=True,
                )
            )
        top = max(top, table.bbox[1])
    rows += _loose([letter for letter in outside if letter["top"] >= top], name, number)
    return rows, grid


def _loose(letters: list[Any], name: str, page: int) -> Iterator[CellRow]:
    if letters:
        for line in extract_text(letters).split("\n"):
            if line.strip():
                yield CellRow(where=f"{name}, page {page}", loose=line.strip(), grid=0, page=page)


def _cells(table: Any, letters: Sequence[Any]) -> Iterator[tuple[Cell, ...]]:
    """Return the rows of cells; one that reaches over several rows is repeated in each."""
    boxes = sorted(set(table.cells), key=lambda box: (box[1], box[0]))
    tops = _edges([box[1] for box in boxes])
    bottom = max(box[3] for box in boxes)
    own = [letter for letter in letters if _inside(letter, table.bbox)]
    texts = {box: _box_lines([letter for letter in own if _inside(letter, box)]) for box in boxes}
    left, right = table.bbox[0], table.bbox[2]
    for index, top in enumerate(tops):
        end = tops[index + 1] if index + 1 < len(tops) else bottom
        middle = (top + end) / 2
        cells: list[Cell] = []
        reached = left
        for box in sorted((box for box in boxes if box[1] <= middle < box[3]), key=lambda box: box[0]):
            if box[0] > reached + _SNAP:
                cells.append(Cell(lines=(), width=round(box[0] - reached)))
            cells.append(
                Cell(lines=texts[box], width=max(1, round(box[2] - box[0])), above=box[1] < top - _SNAP)
            )
            reached = box[2]
        if reached < right - _SNAP:
            cells.append(Cell(lines=(), width=round(right - reached)))
        yield tuple(cells)


def _edges(places: Sequence[float]) -> list[float]:
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place > edges[-1] + _SNAP:
            edges.append(place)
    return edges


def _inside(letter: Any, box: tuple[float, float, float, float]) -> bool:
    across = (letter["x0"] + letter["x1"]) / 2
    down = (letter["top"] + letter["bottom"]) / 2
    return bool(box[0] <= across < box[2] and box[1] <= down < box[3])


def _box_lines(letters: list[Any]) -> tuple[str, ...]:
    return tuple(extract_text(letters).split("\n")) if letters else ()
