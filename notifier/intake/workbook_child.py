"""Run by notifier.intake.workbook as a process of its own: a workbook on stdin, its sheets as JSON lines on stdout.

calamine lays a sheet out as one block: a single stray cell in the last column and row asks for hundreds of
gigabytes, and what can't be had ends the whole process. So it gets one that may end. Imports nothing of notifier.
"""

import gc
import io
import json
import resource
import sys
from typing import Any

MEMORY = 1024 * 1024 * 1024  # bytes of address space; 100,000 rows of eight columns take a third of it
SECONDS = 60
_CHARACTERS = 50_000_000  # of all cells together: a text that a sheet shares among its cells counts each time
_FILLED = 1_000_000  # cells given back to merged ranges


def main() -> None:
    """Read stdin, write stdout; what can't be read is one line with the error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    gc.disable()  # one big table and then the end: there is nothing to collect, and looking for it takes long
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    left = _CHARACTERS
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for facts in book.sheets_metadata:
            if facts.typ is not SheetTypeEnum.WorkSheet:
                continue
            rows = _rows(book.get_sheet_by_name(facts.name))
            left -= sum(len(cell) for _, cells in rows for cell in cells)
            if left < 0:
                raise ValueError("it holds more text than any directory")
            visible = facts.visible is SheetVisibleEnum.Visible
            _say({"name": facts.name, "visible": visible, "rows": rows})
    except PasswordError:
        _say({"error": "it is protected by a password"})
    except (CalamineError, ValueError, OSError) as error:
        _say({"error": str(error)})


def _say(answer: dict[str, Any]) -> None:
    line = json.dumps(answer, ensure_ascii=False)
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")


def _rows(sheet: Any) -> list[tuple[int, list[str]]]:
    """Return the rows that hold something with their 1-based numbers, blank cells at their ends left out."""
    table = [
        [cell if type(cell) is str else _text(cell) for cell in row]
        for row in sheet.to_python(skip_empty_area=False)
    ]
    left = _FILLED
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in range(top + 1, min(bottom + 1, len(table))):
            if (left := left - 1) < 0:
                raise ValueError("it merges more cells than any directory")
            if column < len(table[row]) and not table[row][column]:
                table[row][column] = table[top][column]
    return [(number, _stripped(cells)) for number, cells in enumerate(table, 1) if any(cells)]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _stripped(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


if __name__ == "__main__":
    main()
