"""Which column holds what: the header's synonyms, and a row's cells put together by column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """What a column holds; the office words it in many ways."""

    NUMBER = "number"
    TEXT = "text"
    LEAD = "lead"
    UNITS = "units"
    ASSIST = "assist"
    TIMING = "timing"
    OTHER = "other"


_UNIT_WORD = "(?:单位|部门|处室|科室|股室|机构|主体)"
_HEADINGS: tuple[tuple[Column, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (Column.NUMBER, r"序号?|编号|项号|任务(?:序号|编号)|[Nn][Oo]\.?"),
        (Column.LEAD, rf"(?:牵头|主办|主责)(?:责任|负责|（责任）)?{_UNIT_WORD}"),
        (Column.ASSIST, rf"(?:主要)?(?:配合|参与|参加|协办|协助|协同|协作){_UNIT_WORD}"),
        (
            Column.UNITS,
            rf"(?:主要)?(?:负责|责任|承办|落实|实施|执行|完成){_UNIT_WORD}(?:及(?:责任人|分工))?|职责分工|责任分工|{_UNIT_WORD}",
        ),
        (Column.TIMING, r".*(?:时限|时间|节点|进度|期限|时序)(?:要求|安排|节点|进度|表)?|进度(?:安排|要求)"),
        (
            Column.TEXT,
            r"(?:年度|主要|重点|具体|目标|工作|整改|改革|建设|分解)*"
            r"(?:任务|工作|事项|内容|措施|举措|要点|目标|项目|清单|名称|要求|问题)+(?:名称|内容|分解|及要求|和要求)?",
        ),
    )
)
_NOT_TIMING = re.compile(r"进展|备注|报送")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table in their order, with the header's own words."""

    columns: tuple[Column, ...]
    titles: tuple[str, ...]

    def has(self, column: Column) -> bool:
        """Tell whether the table has such a column."""
        return column in self.columns

    def text(self, cells: Sequence[str], column: Column, between: str) -> str:
        """Return what the row's cells of this column say, joined by `between` where there are several."""
        found = (cell for kind, cell in zip(self.columns, cells, strict=True) if kind is column)
        return between.join(cell for cell in found if cell)

    def units(self, cells: Sequence[str]) -> str:
        """Return the row's unit phrase; separate role columns come back as `牵头单位：…；配合单位：…`."""
        columns = (Column.LEAD, Column.UNITS, Column.ASSIST)
        if not (self.has(Column.LEAD) or self.has(Column.ASSIST)):
            return self.text(cells, Column.UNITS, "；")
        words = {Column.LEAD: "牵头单位", Column.UNITS: "责任单位", Column.ASSIST: "配合单位"}
        said = ((words[column], self.text(cells, column, "、")) for column in columns)
        return "；".join(f"{word}：{phrase}" for word, phrase in said if phrase)


def header_of(cells: Sequence[str]) -> Header | None:
    """Return the header when these cells are one: a text column and a unit column at least."""
    columns = tuple(_column(cell) for cell in cells)
    named = any(kind in columns for kind in (Column.UNITS, Column.LEAD))
    return Header(columns, tuple(cells)) if named and Column.TEXT in columns else None


def _column(cell: str) -> Column:
    word = re.sub(r"[\s　：:*]|[(（][^)）]*[)）]$", "", cell)
    for column, pattern in _HEADINGS:
        if pattern.fullmatch(word) and not (column is Column.TIMING and _NOT_TIMING.search(word)):
            return column
    return Column.OTHER
