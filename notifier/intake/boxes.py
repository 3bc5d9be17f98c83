"""Tables drawn with characters: │ ┌ ─ ┼ …, or | + - as terminals and Markdown draw them."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from notifier.intake.rows import Cell, CellRow

_BARS = "│┃║┆┇┊┋￨┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╟╢╤╧╥╨╪╫╒╓╕╖╘╙╛╜╞╡┏┓┗┛┣┫┳┻╋┠┨┯┷┿╂┝┥┰┸╭╮╰╯"
_RULES = "─━═┄┅┈┉—―"
_BAR = re.compile(f"[{_BARS}]")
_RULE = re.compile(rf"[\s{_RULES}]*[{_RULES}][\s{_RULES}]*")
_ASCII_RULE = re.compile(r"\s*[+|][-=:+|\s]*[-=][-=:+|\s]*[+|]\s*")
_BARE_NUMBER = re.compile(r"[（(]?(?:\d{1,4}|[一二三四五六七八九十]{1,3})[)）.、．]?")


@dataclass(frozen=True, slots=True)
class _Segment:
    start: int  # display columns
    end: int
    text: str

    @property
    def rule(self) -> bool:
        return _RULE.fullmatch(self.text) is not None


@dataclass(slots=True)
class _Open:
    """A cell that is being collected, over several rows where it is merged."""

    width: int
    lines: list[str] = field(default_factory=list)


def rows(text: str, name: str) -> tuple[CellRow, ...]:
    """Return the rows of every table drawn in the text, merged cells repeated, and the loose lines around them."""
    found: list[CellRow] = []
    run: list[tuple[int, str]] = []
    grid = 0
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = raw.replace("\f", "").replace("\t", " ").rstrip()
        drawn = _drawn(line)
        if drawn is not None:
            run.append((number, drawn))
            continue
        if run:
            grid += 1
            found += _table(run, name, grid)
            run = []
        if line.strip():
            found.append(CellRow(where=f"{name}:{number}", loose=line.strip(), grid=0))
    return tuple(found)


def _drawn(line: str) -> str | None:
    """Return the line with one kind of bars when it belongs to a drawn table."""
    if _BAR.search(line):
        return line
    if _ASCII_RULE.fullmatch(line):
        return re.sub(r"[+|:]", "┼", line).replace("-", "─").replace("=", "─")
    return line.replace("|", "│") if line.count("|") >= 2 else None


def _table(run: Sequence[tuple[int, str]], name: str, grid: int) -> Iterator[CellRow]:
    # Box characters are as wide as a Chinese one in some fonts, as a Latin one in others: what fits is right.
    wide = min((False, True), key=lambda wide: len({_width(line, wide) for _, line in run}))
    lines = [(number, _segments(line, wide)) for number, line in run]
    counts = Counter(len(segments) for _, segments in lines)
    columns = max(counts) if counts else 0
    if not columns:
        return
    model = next(segments for _, segments in lines if len(segments) == columns)
    edges = [segment.start for segment in model] + [model[-1].end]
    for place, cells in _rows(_split(lines), edges):
        yield CellRow(where=f"{name}:{place}", cells=cells, grid=grid, printed=True)


def _width(line: str, wide: bool) -> int:
    return sum(_letter_width(letter, wide) for letter in line)


def _letter_width(letter: str, wide: bool) -> int:
    kind = unicodedata.east_asian_width(letter)
    if unicodedata.combining(letter):
        return 0
    if letter in _BARS or letter in _RULES:
        return 2 if wide else 1
    return 2 if kind in "WF" or (wide and kind == "A") else 1


def _segments(line: str, wide: bool) -> list[_Segment]:
    found: list[_Segment] = []
    column, start, begun = 0, 0, None
    for place, letter in enumerate(line):
        if letter in _BARS:
            if begun is not None:
                found.append(_Segment(begun, column, line[start:place]))
            column += _letter_width(letter, wide)
            start, begun = place + 1, column
        else:
            column += _letter_width(letter, wide)
    if begun is not None and line[start:].strip():  # the right border is left out
        found.append(_Segment(begun, column, line[start:]))
    return found


def _split(lines: list[tuple[int, list[_Segment]]]) -> Iterator[tuple[int, list[_Segment]]]:
    """Put a rule before each row of a block that is drawn without rules between its rows."""
    block: list[tuple[int, list[_Segment]]] = []

    def flush() -> Iterator[tuple[int, list[_Segment]]]:
        firsts = [segments[0].text.strip() for _, segments in block]
        numbered = sum(1 for first in firsts if _BARE_NUMBER.fullmatch(first)) > 1
        full = len(block) > 1 and all(segment.text.strip() for _, segments in block for segment in segments)
        for index, (number, segments) in enumerate(block):
            if index and (full or (numbered and firsts[index])):
                yield number, []
            yield number, segments
        block.clear()

    for number, segments in lines:
        if not segments or any(segment.rule for segment in segments):
            yield from flush()
            yield number, segments
        else:
            block.append((number, segments))
    yield from flush()


def _rows(
    lines: Iterator[tuple[int, list[_Segment]]], edges: Sequence[int]
) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    finished: list[tuple[int, dict[int, _Open]]] = []
    cells: dict[int, _Open] = {}
    begun: int | None = None
    for number, segments in lines:
        rule = not segments or any(segment.rule for segment in segments)
        if rule and begun is not None:
            finished.append((begun, cells))
            begun = None
            kept = {
                _columns(segment, place, len(segments), edges)[0]
                for place, segment in enumerate(segments)
                if not segment.rule
            }
            cells = {start: cell for start, cell in cells.items() if start in kept}
        for place, segment in enumerate(segments):
            if segment.rule:
                continue
            start, width = _columns(segment, place, len(segments), edges)
            open_cell = cells.setdefault(start, _Open(width))
            if segment.text.strip():
                open_cell.lines.append(segment.text.strip())
            if not rule and begun is None:
                begun = number
    if begun is not None:
        finished.append((begun, cells))
    before: dict[int, _Open] = {}
    for line, row in finished:
        yield (
            line,
            tuple(
                Cell(lines=tuple(cell.lines), width=cell.width, above=before.get(start) is cell)
                for start, cell in sorted(row.items())
            ),
        )
        before = row


def _columns(segment: _Segment, place: int, siblings: int, edges: Sequence[int]) -> tuple[int, int]:
    """Return the first column that a segment fills and how many; by its place, or by order in a full line."""
    if siblings == len(edges) - 1:
        return place, 1
    start = _nearest(segment.start, edges)
    return start, max(1, _nearest(segment.end, edges) - start)


def _nearest(column: int, edges: Sequence[int]) -> int:
    after = bisect_left(edges, column)
    return min(
        range(max(0, after - 1), min(len(edges), after + 1)), key=lambda index: abs(edges[index] - column)
    )
