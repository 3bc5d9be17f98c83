"""An Excel workbook of text, written row by row: a million rows take no more memory than one.

Every value is an inline string in a cell of the format "text" (ECMA-376 part 1, 18.18.11 and 18.8.30): a spreadsheet
shows it, never runs it, and doesn't take a number such as 2.10 for 2.1, not even after it was edited.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SHEET_ROWS = 1_048_576  # Excel's limit, the head among them
_SHEET_OCTETS = (
    1 << 30
)  # well within what a ZIP file takes without its 64-bit extension, which Excel may refuse
CELL_CHARACTERS = 32_767  # Excel's limit
_CUT = "……（过长，已截断）"

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_", "\r": "_x000D_"}

_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="宋体"/></font>'
    '<font><b/><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_PLAIN, _BOLD = 1, 2


@dataclass(frozen=True, slots=True)
class Head:
    """A column: what stands over it, and how wide it is, in digits of the standard font."""

    name: str
    width: int


def write_xlsx(
    file: IO[bytes],
    title: str,
    heads: Sequence[Head],
    rows: Iterable[Sequence[str]],
    *,
    sheet_rows: int = SHEET_ROWS,
) -> None:
    """Write a workbook with one sheet of rows under a frozen head, and more of them where one can't hold all.

    Characters that XML can't have become U+FFFD; a value longer than a cell may be is cut, and says so.
    """
    left = iter(rows)
    first: Sequence[str] | None = next(left, None)
    names: list[str] = []
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=4) as archive:

        def put(name: str, text: str) -> None:
            archive.writestr(_member(name), (_XML + text).encode())

        while not names or first is not None:
            names.append(title if not names else f"{title} {len(names) + 1}")
            with archive.open(_member(f"xl/worksheets/sheet{len(names)}.xml"), "w") as sheet:
                _put_sheet(sheet.write, heads, left if first is None else chain([first], left), sheet_rows)
            first = next(left, None)
        put("xl/styles.xml", _STYLES)
        put("xl/workbook.xml", _workbook(names))
        put("xl/_rels/workbook.xml.rels", _workbook_parts(len(names)))
        put("_rels/.rels", _parts([("officeDocument", "xl/workbook.xml")]))
        put("[Content_Types].xml", _types(len(names)))


def _put_sheet(
    write: Callable[[bytes], object], heads: Sequence[Head], rows: Iterator[Sequence[str]], limit: int
) -> None:
    """Write a sheet of as many of the rows as it may hold; the others are left in the iterator."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{head.width}" customWidth="1"/>'
        for number, head in enumerate(heads, 1)
    )
    begin = (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{_row([head.name for head in heads], _BOLD)}"
    ).encode()
    write(begin)
    count, octets = 1, len(begin)
    while count < limit and octets < _SHEET_OCTETS and (row := next(rows, None)) is not None:
        data = _row(row, _PLAIN).encode()
        write(data)
        count, octets = count + 1, octets + len(data)
    write(f'</sheetData><autoFilter ref="A1:{_column(len(heads))}{count}"/></worksheet>'.encode())


def _row(values: Sequence[str], style: int) -> str:
    return f"<row>{''.join([_cell(value, style) for value in values])}</row>"


def _cell(value: str, style: int) -> str:
    if not value:
        return "<c/>"
    if len(value) > CELL_CHARACTERS:
        value = value[: CELL_CHARACTERS - len(_CUT)] + _CUT
    text = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), value)
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _column(number: int) -> str:
    """Return the letters of a column counted from 1."""
    letters = ""
    while number:
        number, last = divmod(number - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def _member(name: str) -> ZipInfo:
    info = ZipInfo(name)  # of 1980: the same rows give the same file
    info.compress_type = ZIP_DEFLATED
    return info


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _workbook_parts(sheets: int) -> str:
    return _parts(
        [
            *(("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, sheets + 1)),
            ("styles", "styles.xml"),
        ]
    )


def _parts(parts: Iterable[tuple[str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _types(sheets: int) -> str:
    named = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    named += [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in range(1, sheets + 1)]
    each = "".join(f'<Override PartName="{part}" ContentType="{_MEDIA}.{kind}+xml"/>' for part, kind in named)
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{each}</Types>'
    )
