"""OpenDocument spreadsheets (.ods), by lxml alone.

The library that reads the Excel formats gives neither merged cells nor shown dates of this one; both stand
plainly in its XML (OpenDocument 1.2, part 1, 9).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from notifier.errors import DocumentError
from notifier.intake.rows import Cell, CellRow, Content, RowFault
from notifier.intake.zips import open_zip

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_LEFT_OUT = (f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}tracked-changes")
_WIDEST = 1000  # columns; what repeats further is the empty rest of the sheet
_MOST_ROWS = 20_000  # the same for a repeated row
_ENCRYPTED = b"encryption-data"


@dataclass(slots=True)
class _Merged:
    cell: Cell
    rows: int  # still to cover


def read(data: bytes, name: str) -> Content:
    """Return the rows of every visible sheet; a hidden one that holds something is a fault."""
    with open_zip(data, name) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and _ENCRYPTED in archive.read(
            "META-INF/manifest.xml"
        ):
            raise DocumentError(f"{name}: is encrypted; save a copy without a password")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(archive.read("content.xml"), parser)
    hidden = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        if any(each.get(f"{_TABLE}display") == "false" for each in style.iter(f"{_STYLE}table-properties"))
    }
    rows: list[CellRow] = []
    faults: list[RowFault] = []
    for grid, sheet in enumerate(root.iter(f"{_TABLE}table"), start=1):
        title = sheet.get(f"{_TABLE}name", "")
        found = list(_rows(sheet, f"{name}, sheet {title}", title, grid))
        if found and sheet.get(f"{_TABLE}style-name") in hidden:
            message = "the sheet is hidden and not read; show it or remove it"
            faults.append(RowFault(where=f"{name}, sheet {title}", message=message))
        else:
            rows += found
    return Content(rows=tuple(rows), faults=tuple(faults))


def _rows(sheet: Any, place: str, title: str, grid: int) -> Iterator[CellRow]:
    number = 0
    merged: dict[int, _Merged] = {}
    lines: list[tuple[int, list[Cell]]] = []
    for row in sheet.iter(f"{_TABLE}table-row"):
        if next(row.iterancestors(f"{_TABLE}table")) is not sheet:
            continue
        repeated = _integer(row, "number-rows-repeated")
        cells = _cells(row, merged)
        times = min(repeated, _MOST_ROWS) if any(any(cell.lines) for cell in cells) else 1
        for time in range(times):
            lines.append((number + time, cells))
        number += repeated
    width = max((_reach(cells) for _, cells in lines), default=0)
    for number, cells in lines:
        if any(any(cell.lines) for cell in cells):
            fitted = tuple(_fitted(cells, width))
            yield CellRow(where=f"{place}, row {number + 1}", cells=fitted, grid=grid, title=title)


def _cells(row: Any, merged: dict[int, _Merged]) -> list[Cell]:
    cells: list[Cell] = []
    column = 0
    for element in row:
        if element.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        if element.getnext() is None and len(element) == 0 and element.tag == f"{_TABLE}table-cell":
            break  # the empty rest of the row, to the sheet's last column
        for _ in range(min(_integer(element, "number-columns-repeated"), _WIDEST)):
            if column >= _WIDEST:
                break
            reached = sum(cell.width for cell in cells)
            if column < reached:  # covered from the left
                column += 1
                continue
            if element.tag.endswith("covered-table-cell") and column in merged:
                above = merged[column]
                above.rows -= 1
                if not above.rows:
                    del merged[column]
                cells.append(Cell(lines=above.cell.lines, width=above.cell.width, above=True))
            else:
                width = min(_integer(element, "number-columns-spanned"), _WIDEST)
                cell = Cell(lines=tuple(_lines(element)), width=width)
                cells.append(cell)
                if (rows := _integer(element, "number-rows-spanned")) > 1:
                    merged[column] = _Merged(cell, rows - 1)
            column += 1
    return cells


def _lines(cell: Any) -> Iterator[str]:
    for paragraph in cell.iter(f"{_TEXT}p", f"{_TEXT}h"):
        if any(parent.tag in _LEFT_OUT for parent in paragraph.iterancestors()):
            continue
        yield from "".join(_text(paragraph)).split("\n")


def _text(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag in (f"{_TEXT}s", f"{_TEXT}tab"):
            yield " "
        elif child.tag not in _LEFT_OUT:
            yield from _text(child)
        yield child.tail or ""


def _reach(cells: list[Cell]) -> int:
    reach = column = 0
    for cell in cells:
        column += cell.width
        if any(cell.lines):
            reach = column
    return reach


def _fitted(cells: list[Cell], width: int) -> Iterator[Cell]:
    column = 0
    for cell in cells:
        if column >= width:
            return
        yield Cell(lines=cell.lines, width=min(cell.width, width - column), above=cell.above)
        column += cell.width
    if column < width:
        yield from (Cell(lines=()) for _ in range(width - column))


def _integer(element: Any, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1
