"""Word documents (.docx).

python-docx opens the package, its styles and its XML, with entities switched off; it is the library that is kept up
for that. Its own text and table views leave out what stands in content controls and in tracked insertions, and
the numbers that Word counts itself, so the elements are walked here.
"""

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from notifier.intake.rows import Cell, CellRow, Content
from notifier.intake.wordnumbers import Numbering
from notifier.intake.zips import open_zip

_WRAPPERS = {
    qn(tag)
    for tag in (
        "w:sdt",
        "w:sdtContent",
        "w:ins",
        "w:smartTag",
        "w:customXml",
        "w:moveTo",
        "w:hyperlink",
        "w:fldSimple",
    )
}
# Deleted or moved away, drawn beside the text, or said a second time for older programs.
_LEFT_OUT = {qn(tag) for tag in ("w:del", "w:moveFrom", "w:txbxContent", "w:rPr", "w:pPr", "w:instrText")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_P, _TBL, _TR, _TC, _T = (qn(tag) for tag in ("w:p", "w:tbl", "w:tr", "w:tc", "w:t"))
_BREAKS = {qn("w:br"), qn("w:cr")}
_SPACES = {qn("w:tab"), qn("w:ptab")}
_DASHES = {qn("w:noBreakHyphen"): "-"}
_DEEPEST = 8  # tables in tables


def read(data: bytes, name: str) -> Content:
    """Return the rows of every table and the paragraphs between them, in the order of the document."""
    open_zip(data, name).close()
    document = docx.Document(io.BytesIO(data))
    walk = _Walk(name, Numbering(document))
    walk.story(document.element.body)
    return Content(rows=tuple(walk.rows))


class _Walk:
    def __init__(self, name: str, numbering: Numbering) -> None:
        self.name = name
        self.numbering = numbering
        self.rows: list[CellRow] = []
        self.tables = 0

    def story(self, body: Any) -> None:
        paragraphs = 0
        for block in _blocks(body):
            if block.tag == _TBL:
                self.table(block, depth=0)
                continue
            paragraphs += 1
            text = " ".join(self.lines(block)).strip()
            if text:
                self.rows.append(CellRow(where=f"{self.name}, paragraph {paragraphs}", loose=text, grid=0))

    def table(self, table: Any, depth: int) -> None:
        self.tables += 1
        number = self.tables
        nested: list[Any] = []
        above: dict[int, tuple[str, ...]] = {}
        for place, row in enumerate(_inside(table, _TR), start=1):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                continue
            cells: list[Cell] = []
            column = _grid_skip(row, "w:gridBefore")
            if column:
                cells.append(Cell(lines=(), width=column))
            for cell in _inside(row, _TC):
                width = _number(cell, "w:tcPr/w:gridSpan", 1)
                merged = cell.find(_path("w:tcPr/w:vMerge"))
                goes_on = merged is not None and merged.get(qn("w:val"), "continue") == "continue"
                if goes_on and column in above:
                    cells.append(Cell(lines=above[column], width=width, above=True))
                else:
                    lines = tuple(self.cell(cell, nested, depth))
                    cells.append(Cell(lines=lines, width=width))
                    above[column] = lines
                column += width
            if after := _grid_skip(row, "w:gridAfter"):
                cells.append(Cell(lines=(), width=after))
            if cells:
                where = f"{self.name}, table {number}, row {place}"
                self.rows.append(CellRow(where=where, cells=tuple(cells), grid=number, nested=depth > 0))
        if depth < _DEEPEST:
            for inner in nested:
                self.table(inner, depth + 1)

    def cell(self, cell: Any, nested: list[Any], depth: int) -> Iterator[str]:
        for block in _blocks(cell):
            if block.tag == _TBL:
                nested.append(block)
                if depth < _DEEPEST:
                    for row in _inside(block, _TR):
                        for inner in _inside(row, _TC):
                            yield from self.cell(inner, [], depth + 1)
            else:
                yield from self.lines(block)

    def lines(self, paragraph: Any) -> list[str]:
        text = "".join(_text(paragraph))
        number = self.numbering.of(paragraph)
        return (number + text).split("\n")


def _blocks(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag in (_P, _TBL):
            yield child
        elif child.tag in _WRAPPERS:
            yield from _blocks(child)


def _inside(element: Any, tag: str) -> Iterator[Any]:
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, tag)


def _text(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == _T:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield "\n"
        elif child.tag in _SPACES:
            yield " "
        elif child.tag in _DASHES:
            yield _DASHES[child.tag]
        elif child.tag not in _LEFT_OUT:
            yield from _text(child)


def _path(path: str) -> str:
    return "/".join(map(qn, path.split("/")))


def _number(element: Any, path: str, default: int) -> int:
    found = element.find(_path(path))
    value = "" if found is None else found.get(qn("w:val"), "")
    return min(max(int(value), 1), 1000) if value.isdigit() else default


def _grid_skip(row: Any, tag: str) -> int:
    return _number(row, f"w:trPr/{tag}", 0)
