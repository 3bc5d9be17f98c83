"""Plain text, in the layouts that it takes: cells that begin with a tab, boxes, tab-separated, a cell a line."""

from collections.abc import Callable, Iterator, Mapping

from notifier.errors import DocumentError
from notifier.intake import boxes, delimited, flat
from notifier.intake.layout import has_header
from notifier.intake.rows import Cell, CellRow, Content, bound

# Files that people hand over under a .txt name although they are something else.
_SIGNATURES = (
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a Word, Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
)


def decode(data: bytes, name: str) -> str:
    """Return the text of `data`, UTF-8 (with or without a mark) or GB18030, with line ends as `\\n`.

    UTF-16 is read where its mark says so: spreadsheets save “Unicode text” like that. Raises DocumentError when
    it is none of them or holds NUL bytes.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise DocumentError(f"{name}: this is {kind}, not plain text; save it as text (UTF-8) first")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError:
            raise DocumentError(f"{name}: says that it is UTF-16 text, and is not") from None
    if (nul := data.find(b"\x00")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise DocumentError(f"{name}:{line}: holds a NUL byte, so it is not UTF-8 or GB18030 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as utf8:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            line = data.count(b"\n", 0, utf8.start) + 1
            raise DocumentError(
                f"{name}:{line}: is neither UTF-8 nor GB18030 text (byte {utf8.start})"
            ) from None
    # str.splitlines would also break at form feeds and U+2028, and line numbers would no longer be an editor's.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read(data: bytes, name: str) -> Content:
    """Return rows of cells and loose lines, by the first layout in which a header shows."""
    text = decode(data, name)
    bound(name, sum(map(text.count, "\t│┃║|")), len(text))
    layouts: tuple[Callable[[str, str], tuple[CellRow, ...]], ...] = (
        delimited.tab_separated,
        tabbed,
        boxes.rows,
        flat.rows,
    )
    for layout in layouts:
        found = layout(text, name)
        if has_header(found):
            return Content(rows=found)
    return Content(rows=tabbed(text, name))


def read_delimited(data: bytes, name: str) -> Content:
    """Return the rows of a CSV or tab-separated file."""
    return delimited.rows(decode(data, name), name)


READERS: Mapping[str, Callable[[bytes, str], Content]] = {
    "txt": read,
    "csv": read_delimited,
    "tsv": read_delimited,
}


def tabbed(text: str, name: str) -> tuple[CellRow, ...]:
    """Read text taken out of a PDF: a cell begins with a tab, its further lines don't, a blank line ends the row."""
    return tuple(_rows(text, name))


def _rows(text: str, name: str) -> Iterator[CellRow]:
    open_cells: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.replace("\f", "").replace("\ufeff", "")
        before, *begun = line.split("\t")
        if not begun and not before.strip():
            if open_cells:
                yield _close(open_cells, name)
            open_cells = []
            continue
        if before.strip():
            if open_cells:
                open_cells[-1][1].append(before)
            else:
                yield CellRow(where=f"{name}:{number}", loose=before.strip())
        open_cells.extend((number, [part]) for part in begun)
    if open_cells:
        yield _close(open_cells, name)


def _close(cells: list[tuple[int, list[str]]], name: str) -> CellRow:
    return CellRow(
        where=f"{name}:{cells[0][0]}",
        merges=False,
        printed=True,
        cells=tuple(
            Cell(lines=tuple(lines), where="" if line == cells[0][0] else f"{name}:{line}")
            for line, lines in cells
        ),
    )
