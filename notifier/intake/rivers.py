"""PDF tables without ruling lines: the blank rivers between the columns divide them.

The header's words say how many columns there are and roughly where; a row begins where a number stands in the first.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from notifier.intake.columns import Column, Header, header_of
from notifier.intake.numbers import SECTION, number_of
from notifier.intake.rows import Cell, CellRow

_LINE = 3.0  # points; words whose tops lie closer stand on one line

Line = list[Any]  # the words of a printed line from left to right


def rows(pages: Sequence[Sequence[Any]], name: str) -> tuple[CellRow, ...]:
    """Return the rows that the words of the pages make; none when no line is a header that begins with a number."""
    found: list[CellRow] = []
    header: Header | None = None
    edges: list[float] = []
    for number, words in enumerate(pages, start=1):
        lines = list(_lines(words))
        start = 0
        for index, line in enumerate(lines):
            titles = [word["text"] for word in line]
            again = header_of(titles)
            if again is not None and again.columns[0] is Column.NUMBER:
                header, start = again, index + 1
                edges = _edges(line, lines[index + 1 :])
                where = f"{name}, page {number}, line {index + 1}"
                cells = tuple(Cell(lines=(title,)) for title in titles)
                found.append(CellRow(where=where, cells=cells, page=number, printed=True))
                break
        if header is not None:
            found += _page(lines[start:], edges, name, number, start)
    return tuple(found)


def _lines(words: Sequence[Any]) -> Iterator[Line]:
    line: Line = []
    for word in sorted(words, key=lambda word: (word["top"], word["x0"])):
        if line and word["top"] > line[0]["top"] + _LINE:
            yield sorted(line, key=lambda each: float(each["x0"]))
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda each: float(each["x0"]))


def _edges(header: Line, below: Sequence[Line]) -> list[float]:
    """Return where columns begin: after the widest blank strip between two titles' middles."""
    spans = sorted((word["x0"], word["x1"]) for line in (header, *below) if len(line) > 1 for word in line)
    edges = []
    for left, right in pairwise(header):
        low, high = (left["x0"] + left["x1"]) / 2, (right["x0"] + right["x1"]) / 2
        best, reached = (0.0, (left["x1"] + right["x0"]) / 2), low
        for x0, x1 in spans:
            if x1 <= low or x0 >= high:
                continue
            best = max(best, (x0 - reached, (x0 + reached) / 2))
            reached = max(reached, x1)
        best = max(best, (high - reached, (high + reached) / 2))
        edges.append(best[1])
    return edges


def _page(
    lines: Sequence[Line], edges: Sequence[float], name: str, page: int, before: int
) -> Iterator[CellRow]:
    cells: list[list[str]] = []
    where = ""
    for number, line in enumerate(lines, start=before + 1):
        parts = [""] * (len(edges) + 1)
        for word in line:
            middle = (word["x0"] + word["x1"]) / 2
            parts[sum(edge <= middle for edge in edges)] += word["text"]
        whole = "".join(word["text"] for word in line)
        title = SECTION.fullmatch(whole) is not None and not number_of(parts[0])
        if title or (number_of(parts[0]) and any(parts[1:])):
            if cells:
                yield _row(cells, where, page)
            cells, where = [], f"{name}, page {page}, line {number}"
            if title:
                yield CellRow(
                    where=where, cells=(Cell(lines=(whole,), width=len(parts)),), page=page, printed=True
                )
                continue
            cells = [[] for _ in parts]
        if cells:
            for cell, part in zip(cells, parts, strict=True):
                if part:
                    cell.append(part)
    if cells:
        yield _row(cells, where, page)


def _row(cells: list[list[str]], where: str, page: int) -> CellRow:
    return CellRow(
        where=where,
        cells=tuple(Cell(lines=tuple(lines)) for lines in cells),
        page=page,
        printed=True,
        merges=False,
    )
