"""Which cells of an .xlsx workbook show only the year and month of their date (ISO/IEC 29500-1, 18.8.30).

“2018年12月” typed into Excel is kept as 1 December 2018; taken as that day the deadline would be a month early.
"""

import re
import zipfile
from typing import Any

from lxml import etree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BUILT_IN = {17, 27, 36, 50, 52, 57}  # mmm-yy, and what the Chinese edition has as yyyy年m月
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def months_shown(archive: zipfile.ZipFile) -> dict[str, set[tuple[int, int]]]:
    """Return by sheet the places, row and column from 0, of cells that are shown as year and month."""
    names = set(archive.namelist())
    if not {"xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    styles = _month_styles(_parsed(archive, "xl/styles.xml"))
    if not styles:
        return {}
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in _parsed(archive, "xl/_rels/workbook.xml.rels")
    }
    found = {}
    for sheet in _parsed(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names:
            found[sheet.get("name", "")] = _cells(archive, part, styles)
    return found


def _parsed(archive: zipfile.ZipFile, part: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(archive.read(part), parser)


def _month_styles(styles: Any) -> set[str]:
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{_MAIN}numFmt")}
    found = set()
    for cells in styles.iter(f"{_MAIN}cellXfs"):
        for index, style in enumerate(cells):
            number = style.get("numFmtId", "0")
            code = codes.get(number)
            if _shows_month(code) if code is not None else number.isdigit() and int(number) in _BUILT_IN:
                found.add(str(index))
    return found


def _shows_month(code: str) -> bool:
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|;.*', "", code).lower()
    return "y" in plain and "m" in plain and not re.search("[dhs]", plain)


def _cells(archive: zipfile.ZipFile, part: str, styles: set[str]) -> set[tuple[int, int]]:
    found = set()
    with archive.open(part) as source:
        for _, row in etree.iterparse(source, tag=f"{_MAIN}row", resolve_entities=False, no_network=True):
            for cell in row:
                place = _CELL.fullmatch(cell.get("r", ""))
                if place is not None and cell.get("s") in styles:
                    column = 0
                    for letter in place[1]:
                        column = column * 26 + ord(letter) - ord("A") + 1
                    found.add((int(place[2]) - 1, column - 1))
            row.clear()
    return found
