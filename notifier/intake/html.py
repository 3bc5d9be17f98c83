"""Web pages: their tables, or, where a page lost them, a cell a line.

lxml (libxml2) repairs the markup that real pages have; it is told to load nothing from outside, to expand no
entities, and not to lift its own limits on depth and size.
"""

import re
from collections.abc import Iterator
from typing import Any

import lxml.html

from notifier.intake import flat
from notifier.intake.layout import has_header
from notifier.intake.rows import Cell, CellRow, Content, bound
from notifier.intake.text import decode

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([a-z0-9_-]+)""", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_UNSEEN = frozenset(
    ["script", "style", "head", "noscript", "template", "select", "textarea", "iframe", "object", "svg"]
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_WIDEST = 100  # columns of one cell; a page that says more is wrong about it
_DEEPEST = 200  # elements in elements; libxml2 itself stops at 256


def read(data: bytes, name: str) -> Content:
    """Return the rows of every table and the lines around them; without a task table, every line as a cell."""
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    page = lxml.html.document_fromstring(_utf8(data, name), parser=parser)
    walk = _Walk(name)
    walk.visit(page)
    walk.flush()
    if has_header(walk.rows):
        return Content(rows=tuple(walk.rows))
    # Two lines of a header show only as a whole: a table that may have one is left as it is.
    lines = flat.rows_of(list(_lines(page, name)))
    return Content(rows=lines if any(row.cells for row in lines) else tuple(walk.rows))


def _utf8(data: bytes, name: str) -> bytes:
    found = _CHARSET.search(data[:4096])
    charset = found[1].decode("ascii").lower() if found else ""
    if charset in ("big5", "big5-hkscs"):
        return data.decode("big5hkscs", "replace").encode()
    # gb2312 is what pages say that use all of GB18030; and many say one thing and are the other.
    return decode(data, name).encode()


class _Walk:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[CellRow] = []
        self.tables = 0
        self.cells = 0
        self.loose: list[str] = []
        self.line = 0

    def visit(self, element: Any, depth: int = 0) -> None:
        """Collect loose text up to each table, and the tables."""
        if not isinstance(element.tag, str) or element.tag in _UNSEEN or _hidden(element) or depth > _DEEPEST:
            return
        if element.tag == "table":
            self.flush()
            self.table(element, nested=False)
            return
        if element.tag in _BLOCKS:
            self.flush()
        self.line = self.line or element.sourceline or 0
        self.loose.append(element.text or "")
        for child in element:
            self.visit(child, depth + 1)
            self.loose.append(child.tail or "")
        if element.tag in _BLOCKS:
            self.flush()

    def flush(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self.loose)).strip()
        if text:
            self.rows.append(CellRow(where=f"{self.name}:{self.line}", loose=text, grid=0))
        self.loose, self.line = [], 0

    def table(self, table: Any, *, nested: bool) -> None:
        self.tables += 1
        number = self.tables
        inner: list[Any] = []
        reaching: dict[int, tuple[int, Cell]] = {}  # by first column: rows still to cover, and the cell
        for place, row in enumerate(_own_rows(table), start=1):
            cells: list[Cell] = []
            column = 0
            own = iter([cell for cell in row if cell.tag in ("td", "th") and not _hidden(cell)])
            following: dict[int, tuple[int, Cell]] = {}
            while True:
                if column in reaching:
                    left, cell = reaching.pop(column)
                    cells.append(Cell(lines=cell.lines, width=cell.width, above=True))
                    if left > 1:
                        following[column] = (left - 1, cell)
                    column += cell.width
                    continue
                if (element := next(own, None)) is None:
                    if not reaching or max(reaching) < column:
                        break
                    gap = min(start for start in reaching if start > column) - column
                    cells.append(Cell(lines=(), width=gap))
                    column += gap
                    continue
                width = _span(element, "colspan", _WIDEST)
                taken = [start for start in reaching if column < start < column + width]
                width = min(taken) - column if taken else width
                cell = Cell(lines=tuple(line for line in _cell_lines(element)), width=width)
                inner += element.iterdescendants("table")
                cells.append(cell)
                if (rows := _span(element, "rowspan", 65534)) > 1:
                    following[column] = (rows - 1, cell)
                column += width
            reaching = following
            self.cells += len(cells)
            bound(self.name, self.cells)
            if cells:
                where = f"{self.name}, table {number}, row {place}"
                self.rows.append(CellRow(where=where, cells=tuple(cells), grid=number, nested=nested))
        for each in inner:
            if next(each.iterancestors("table")) is table:
                self.table(each, nested=True)


def _own_rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _span(element: Any, name: str, most: int) -> int:
    found = re.match(r"\s*(\d{1,6})", element.get(name, ""))
    return min(max(int(found[1]), 1), most) if found else 1


def _hidden(element: Any) -> bool:
    return "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")) is not None


def _cell_lines(cell: Any) -> Iterator[str]:
    return (line for line in "".join(_text(cell)).split("\n") if line.strip())


def _lines(page: Any, name: str) -> Iterator[tuple[str, str]]:
    """Return the lines that a reader of the page sees, each with where it stands in the source."""
    line, where = "", 0
    for piece, source in _pieces(page):
        for index, part in enumerate(piece.split("\n")):
            if index:
                yield f"{name}:{where}", line
                line, where = "", 0
            line += part
            where = where or source
    yield f"{name}:{where}", line


def _text(element: Any) -> Iterator[str]:
    return (piece for piece, _ in _pieces(element))


def _pieces(element: Any, depth: int = 0) -> Iterator[tuple[str, int]]:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN or _hidden(element) or depth > _DEEPEST:
        return
    source = element.sourceline or 0
    block = element.tag in _BLOCKS
    if block:
        yield "\n", source
    yield _collapsed(element.text), source
    for child in element:
        yield from _pieces(child, depth + 1)
        yield _collapsed(child.tail), source
    if block and element.tag != "br":
        yield "\n", source


def _collapsed(text: str | None) -> str:
    # Between Chinese letters a line end in the source is no space that anybody meant.
    return re.sub(
        r"(?<![A-Za-z0-9])\s*\n\s*|\s*\n\s*(?![A-Za-z0-9])", "", re.sub(r"[ \t\r\f]+", " ", text or "")
    ).replace("\n", " ")
