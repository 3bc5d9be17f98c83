"""Spreadsheets: .xlsx and .xls by python-calamine, .ods by ods.py.

calamine is one well-kept parser for both kinds of Excel files, tells merged cells, and is quick; but it knows
values and not how they are shown, which matters where a cell shows only the month of its date.
"""

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from notifier.errors import DocumentError
from notifier.intake import ods
from notifier.intake.kinds import kind_of
from notifier.intake.rows import Cell, CellRow, Content, RowFault
from notifier.intake.sheetdates import months_shown
from notifier.intake.zips import open_zip


def read(data: bytes, name: str) -> Content:
    """Return the rows of every visible sheet; a hidden one that holds something is a fault."""
    kind = kind_of(data)
    if kind == "ods":
        return ods.read(data, name)
    months: dict[str, set[tuple[int, int]]] = {}
    if kind == "xlsx":
        with open_zip(data, name) as archive:
            months = months_shown(archive)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise DocumentError(f"{name}: is encrypted; save a copy without a password") from None
    rows: list[CellRow] = []
    faults: list[RowFault] = []
    number = 0
    for about in book.sheets_metadata:
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        if sheet.start is None:
            continue
        if about.visible is not SheetVisibleEnum.Visible:
            message = "the sheet is hidden and not read; show it or remove it"
            faults.append(RowFault(where=f"{name}, sheet {about.name}", message=message))
            continue
        number += 1
        values = sheet.to_python(skip_empty_area=False)
        shown = months.get(about.name, set())
        texts = [
            [_shown(value, month=(row, column) in shown) for column, value in enumerate(cells)]
            for row, cells in enumerate(values)
        ]
        rows += _rows(
            texts, sheet.merged_cell_ranges or (), f"{name}, sheet {about.name}", about.name, number
        )
    return Content(rows=tuple(rows), faults=tuple(faults))


def _rows(
    texts: list[list[str]],
    ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    place: str,
    title: str,
    grid: int,
) -> list[CellRow]:
    widths: dict[tuple[int, int], int] = {}
    sources: dict[tuple[int, int], tuple[int, int]] = {}
    for (top, left), (bottom, right) in ranges:
        last = min(right, len(texts[0]) - 1)
        for row in range(top, min(bottom, len(texts) - 1) + 1):
            widths[row, left] = max(1, last - left + 1)
            sources[row, left] = (top, left)
    # An area that was formatted or holds spaces may reach far beyond the table.
    width = max(
        (column + 1 for cells in texts for column, text in enumerate(cells) if text.strip()), default=0
    )
    rows = []
    for number in range(len(texts)):
        cells: list[Cell] = []
        column = 0
        while column < width:
            top, left = sources.get((number, column), (number, column))
            text = texts[top][left]
            reach = min(widths.get((number, column), 1), width - column)
            cells.append(Cell(lines=tuple(text.split("\n")), width=reach, above=top != number))
            column += reach
        if any(any(cell.lines) for cell in cells):
            where = f"{place}, row {number + 1}"
            rows.append(CellRow(where=where, cells=tuple(cells), grid=grid, title=title))
    return rows


def _shown(value: Any, *, month: bool) -> str:
    """Return a value as a sheet shows it: dates in Chinese, whole numbers without a fraction."""
    match value:
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
        case bool():
            return "是" if value else "否"
        case datetime() | date():
            return f"{value.year}年{value.month}月" + ("" if month else f"{value.day}日")
        case float() if value.is_integer():
            return str(int(value))
        case float() | int():
            return str(value)
        case time() | timedelta():
            return str(value)
    return "" if value is None else str(value)
