"""Documents that tests write: a table given as rows, in the format that the file's name says."""

import csv
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[Sequence[Any]]
UP, LEFT = "^", "<"  # in a row: merged with the cell above, or to the left


def write(path: Path, rows: Rows) -> Path:
    """Write the rows as one table and return the path; `^` merges a cell with that above, `<` with the left."""
    match path.suffix:
        case ".docx":
            write_docx(path, [rows])
        case ".xlsx":
            write_xlsx(path, {"任务表": rows})
        case ".html":
            path.write_text(f'<html><meta charset="utf-8"><body>{html_table(rows)}</body></html>', "utf-8")
        case ".csv":
            out = io.StringIO(newline="")
            csv.writer(out).writerows([["" if cell in (UP, LEFT) else cell for cell in row] for row in rows])
            path.write_text(out.getvalue(), "utf-8", newline="")
        case _:
            raise ValueError(path.suffix)
    return path


def _spans(rows: Rows) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the first cell of every merged area with its last."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for top, row in enumerate(rows):
        for left, cell in enumerate(row):
            if cell in (UP, LEFT):
                continue
            right = left
            while right + 1 < len(row) and row[right + 1] == LEFT:
                right += 1
            bottom = top
            while bottom + 1 < len(rows) and len(rows[bottom + 1]) > left and rows[bottom + 1][left] == UP:
                bottom += 1
            if (bottom, right) != (top, left):
                found[top, left] = (bottom, right)
    return found


def write_docx(path: Path, blocks: Sequence[str | Rows]) -> Path:
    """Write paragraphs (strings) and tables (rows) in their order."""
    import docx

    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
        else:
            fill(document.add_table(rows=len(block), cols=max(map(len, block))), block)
    document.save(str(path))
    return path


def fill(table: Any, rows: Rows) -> None:
    """Fill a Word table; a line end in a cell begins a paragraph."""
    for (top, left), (bottom, right) in _spans(rows).items():
        table.cell(top, left).merge(table.cell(bottom, right))
    for top, row in enumerate(rows):
        for left, cell in enumerate(row):
            if cell not in (UP, LEFT):
                first, *more = str(cell).split("\n")
                table.cell(top, left).text = first
                for line in more:
                    table.cell(top, left).add_paragraph(line)


def write_xlsx(path: Path, sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> Path:
    """Write the sheets in their order."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for top, row in enumerate(rows, start=1):
            for left, cell in enumerate(row, start=1):
                if cell not in (UP, LEFT, ""):
                    sheet.cell(top, left, cell)
        for (top, left), (bottom, right) in _spans(rows).items():
            sheet.merge_cells(
                start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
            )
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    book.save(path)
    return path


def html_table(rows: Rows) -> str:
    """Return the rows as a table of a web page."""
    spans = _spans(rows)
    lines = []
    for top, row in enumerate(rows):
        cells = ""
        for left, cell in enumerate(row):
            if cell in (UP, LEFT):
                continue
            bottom, right = spans.get((top, left), (top, left))
            text = html.escape(str(cell)).replace("\n", "<br>")
            cells += f'<td rowspan="{bottom - top + 1}" colspan="{right - left + 1}">{text}</td>'
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"
