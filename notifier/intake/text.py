"""Plain text taken out of a PDF: a cell begins with a tab, its further lines don't, a blank line ends the row."""

from collections.abc import Iterator

from notifier.errors import DocumentError
from notifier.intake.rows import Cell, CellRow

# Files that people hand over under a .txt name although they are something else.
_SIGNATURES = (
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a Word, Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
)


def decode(data: bytes, name: str) -> str:
    """Return the text of `data`, UTF-8 (with or without a mark) or GB18030, with line ends as `\\n`.

    Raises DocumentError when it is neither or holds NUL bytes.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise DocumentError(f"{name}: this is {kind}, not plain text; save it as text (UTF-8) first")
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


class TextReader:
    """Reads the plain-text layout."""

    suffixes = frozenset({".txt"})

    def read(self, data: bytes, name: str) -> tuple[CellRow, ...]:
        """Return rows of cells and loose lines with their 1-based lines."""
        return tuple(_rows(decode(data, name)))


def _rows(text: str) -> Iterator[CellRow]:
    open_cells: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.replace("\f", "").replace("\ufeff", "")
        before, *begun = line.split("\t")
        if not begun and not before.strip():
            if open_cells:
                yield _close(open_cells)
            open_cells = []
            continue
        if before.strip():
            if open_cells:
                open_cells[-1][1].append(before)
            else:
                yield CellRow(line=number, loose=before.strip())
        open_cells.extend((number, [part]) for part in begun)
    if open_cells:
        yield _close(open_cells)


def _close(cells: list[tuple[int, list[str]]]) -> CellRow:
    return CellRow(
        line=cells[0][0], cells=tuple(Cell(lines=tuple(lines), line=line) for line, lines in cells)
    )
