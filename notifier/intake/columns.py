"""Which column holds what: the header's synonyms, in one line or several, and a row's cells put under them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from notifier.intake.numbers import number_of


class Column(StrEnum):
    """What a column holds; the office words it in many ways."""

    NUMBER = "number"
    SECTION = "section"
    TEXT = "text"
    LEAD = "lead"
    UNITS = "units"
    ASSIST = "assist"
    START = "start"
    TIMING = "timing"
    OTHER = "other"


_UNIT = "(?:单位|部门|处室|科室|股室|机构|主体|科|处|室|站所|局|委办局)"
_DUTY = "(?:负责|责任|承办|落实|实施|执行|完成|办理|主体|包保|整改|督办|具体)"
_ROLE = "(?:牵头|责任|主办|承办|配合|参与|协办|负责|落实|实施)"
_OTHERS = "(?:其他|其它|相关|有关)"
_KIND = (
    "(?:年度|主要|重点|具体|目标|工作|整改|改革|建设|分解|推进|落实|责任|督办|督查|交办|承诺|议定|实施|政策|细化|考核|阶段|发展|"
    "民生|实事|行动|报告|总体|拟办|办理|建议|任务|服务|保障|创建|核心|各项|一级|二级|三级)"
)
_TASK = (
    "(?:任务|工作|事项|内容|措施|举措|要点|目标|项目|清单|名称|要求|问题|实事|指标|意见|条款|责任|工程|议题|提案|建议|事由|分工|做法|"
    "活动|对策|摘要|标题|主题|成果)"
)
_AFTER_TASK = (
    "(?:名称|内容|分解|分工|及要求|和要求|及目标|及措施|和措施|及内容|要点|描述|摘要|概述|标准|清单)"
)
_PERSON = "(?:领导|联系人|联络员|电话|联系方式|责任人|负责人|包联人|经办人|责任同志|人员)"
_REPORTED = "(?:上报|报送|反馈|印发|发文|填报|更新|检查|汇报|审核|立项|接收|收文|交办)"
_WHEN = "(?:时限|时间|节点|进度|期限|时序|日期|年限|时效|周期|时段)"

_TITLES: tuple[tuple[Column, tuple[str, ...]], ...] = (
    (
        Column.NUMBER,
        (
            "(?:总|顺)?序号?",
            "编号",
            "项号",
            "项次",
            "号",
            "(?:任务|项目|工作|事项|问题)(?:序号|编号|号)",
            r"NO\.?",
        ),
    ),
    (  # what is filled in later, or names people: 备注 is nobody's deadline
        Column.OTHER,
        (
            "备注|说明|状态|完成率|分值|得分|权重",
            "是否.*",
            ".*(?:进展|完成|落实|推进|办理|整改|工作)情况",
            f".*{_PERSON}",
            f"{_REPORTED}(?:时间|日期|时限)?",
            ".*(?:来源|依据|出处)",
            ".*进展.*",
            "投资.*|资金.*|金额",
        ),
    ),
    (
        Column.LEAD,
        (f"(?:牵头|主办|主责|第一责任|总牵头)(?:（?(?:责任|负责|主办|承办|落实)）?)?{_UNIT}?",),
    ),
    (
        Column.ASSIST,
        (
            f"(?:主要|责任|其他|其它|相关)?(?:配合|参与|参加|协办|协助|协同|协作|支持|会办)(?:责任|落实|实施)?{_UNIT}?",
            f"{_OTHERS}(?:责任|落实|配合|参与)?{_UNIT}",
        ),
    ),
    (
        Column.UNITS,
        (
            f"(?:主要)?{_DUTY}+{_UNIT}(?:（?(?:及|和|或|/|、)?(?:责任人|责任领导|负责人|分工|个人|人员|人)）?)?",
            "职责分工|责任分工|责任(?:落实|分解)",
            f"{_ROLE}+{_UNIT}?(?:[及和与、/（]+{_ROLE}+）?)+{_UNIT}?",
            f"责任{_UNIT}?",
            "(?:市直|区直|县直|省直|市级|县级|区级|省级)?(?:责任|有关|相关)?(?:单位|部门)(?:名称)?",
        ),
    ),
    (
        Column.START,
        (
            "(?:计划|拟|预计)?(?:启动|开始|起始|开工|起步|开展)(?:实施)?(?:时间|日期|时限|年月|节点)",
            "起始|启动|开始|起",
        ),
    ),
    (
        Column.TIMING,
        (
            f".{{0,8}}{_WHEN}(?:[及和与、]?(?:要求|安排|节点|进度|计划|目标|时限|步骤))*",
            "(?:时间|进度)表",
            "(?:完成|办结|截止|实施)(?:年度|年份|年月|期)",
            "(?:推进|进度|实施)(?:计划|安排|要求)",
            "(?:报告|报送|督办)?(?:频次|频率)",
            "完成|结束|止|截止|竣工|办结",
        ),
    ),
    (
        Column.SECTION,
        (
            "(?:任务|工作|项目|事项|问题|措施|指标|政策)?(?:类别|类型|分类|领域|方面|板块|大类|类)",
            "所属(?:领域|类别|板块)|章节|篇章|专项",
        ),
    ),
    (
        Column.TEXT,
        (
            f"{_KIND}*{_TASK}+{_AFTER_TASK}*(?:[/、和与及](?:主要|重点|具体|工作)?(?:任务|工作|内容|措施|目标|举措|要求)+)*",
        ),
    ),
)
_HEADINGS = tuple((column, re.compile("|".join(patterns))) for column, patterns in _TITLES)
_LONGEST_TITLE = 16
MOST_COLUMNS = 100  # the widest real table met has nineteen
LONGEST_CELL = 40  # with what is added in brackets
_SIMPLIFIED = str.maketrans(  # of titles alone; what stands under them is read as it is
    "號務責單時備註項標內節點進計劃領導級執專協辦參與門職類總編續結實關體業開動終啟屬",
    "号务责单时备注项标内节点进计划领导级执专协办参与门职类总编续结实关体业开动终启属",
)
_POINTS = 100  # widths of more are measured, not counted, and pages differ a little


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table in their order, with the header's own words and how far each reaches."""

    columns: tuple[Column, ...]
    titles: tuple[str, ...]
    widths: tuple[int, ...]
    # A column of a group that says only a period, 2017年 under 进度安排: said before what stands in it.
    periods: tuple[bool, ...] = ()

    def has(self, column: Column) -> bool:
        """Tell whether the table has such a column."""
        return column in self.columns

    def text(self, cells: Sequence[str], column: Column, between: str) -> str:
        """Return what the row's cells of this column say, joined by `between` where there are several."""
        found = [cell for kind, cell in zip(self.columns, cells, strict=True) if kind is column and cell]
        return between.join(dict.fromkeys(found)) if len(found) > 1 else "".join(found)

    def units(self, cells: Sequence[str]) -> str:
        """Return the row's unit phrase; separate role columns come back as `牵头单位：…；配合单位：…`."""
        columns = (Column.LEAD, Column.UNITS, Column.ASSIST)
        if not (self.has(Column.LEAD) or self.has(Column.ASSIST)):
            return self.text(cells, Column.UNITS, "；")
        words = {Column.LEAD: "牵头单位", Column.UNITS: "责任单位", Column.ASSIST: "配合单位"}
        said = ((words[column], self.text(cells, column, "、")) for column in columns)
        return "；".join(
            phrase if re.match(rf"{word}[:：]", phrase) else f"{word}：{phrase}"
            for word, phrase in said
            if phrase.strip("/／-—－无") or phrase == "无"
        )

    def timing(self, cells: Sequence[str]) -> str:
        """Return the row's time phrase; a start and an end in columns of their own are said as such."""
        start = self.text(cells, Column.START, "，")
        named = self.periods or (False,) * len(self.columns)
        ends = [
            f"{title}：{cell}" if period else cell
            for kind, cell, title, period in zip(self.columns, cells, self.titles, named, strict=True)
            if kind is Column.TIMING and cell
        ]
        end = "；".join(dict.fromkeys(ends))
        if start and _BARE_DATE.fullmatch(start):
            start += "启动"
        if self.has(Column.START) and end and _BARE_DATE.fullmatch(end):
            end += "完成"
        return "，".join(part for part in (start, end) if part)


_BARE_DATE = re.compile(r"[\d\s.\-/年月日号初上中下旬底末前季度一二三四第]+")


def header_of(cells: Sequence[str], widths: Sequence[int] = (), above: Sequence[str] = ()) -> Header | None:
    """Return the header when these cells are one: a text column and a unit column at least.

    `above` are the titles of a line over it, to each cell its own; `widths` how far each cell reaches.
    """
    if len(cells) > MOST_COLUMNS or any(map(number_of, cells)):
        return None  # a row of the table: nearly all that is asked of ends here
    groups = tuple(above) or ("",) * len(cells)
    columns = [_under(group, cell) for group, cell in zip(groups, cells, strict=True)]
    if not any(kind in columns for kind in (Column.UNITS, Column.LEAD)):
        return None
    filled = sum(1 for kind, cell in zip(columns, cells, strict=True) if cell and kind is not Column.OTHER)
    if Column.TEXT not in columns:
        # A word for the task that isn't known is still a task's when the rest leaves no doubt.
        unknown = (
            index
            for index, kind in enumerate(columns)
            if kind in (Column.OTHER, Column.SECTION) and _may_be_text(cells[index])
        )
        if (index := next(unknown, None)) is None or filled < 2 or not _sure(columns):
            return None
        columns[index] = Column.TEXT
    if columns.count(Column.NUMBER) > 1:
        first = columns.index(Column.NUMBER)
        columns = [
            Column.OTHER if kind is Column.NUMBER and index != first else kind
            for index, kind in enumerate(columns)
        ]
    periods = tuple(
        kind is Column.TIMING
        and "" not in (group, cell)
        and group != cell
        and _PERIOD.fullmatch(_word(cell)) is not None
        for kind, group, cell in zip(columns, groups, cells, strict=True)
    )
    titles = tuple(cell or group for group, cell in zip(groups, cells, strict=True))
    return Header(tuple(columns), titles, tuple(widths) or (1,) * len(columns), periods)


def is_heading(cell: str) -> bool:
    """Tell whether a cell is a title that headers are known to have, those of no interest to us included."""
    return len(cell) <= LONGEST_CELL and _known(_word(cell)) is not None


def belongs_under(cell: str) -> bool:
    """Tell whether a cell may stand in the second line of a header."""
    return is_heading(cell) or _PERIOD.fullmatch(_word(cell)) is not None


_PERIOD = re.compile(r"(?:20\d{2}年?)?(?:[上下]半年|第?[一二三四1-4]季度|\d{1,2}月份?|年度)?(?:度|底前?|前)?")


def _sure(columns: Sequence[Column]) -> bool:
    return any(kind in columns for kind in (Column.NUMBER, Column.TIMING, Column.START))


def _may_be_text(cell: str) -> bool:
    word = _word(cell)
    return (
        2 <= len(word) <= _LONGEST_TITLE
        and _known(word) in (None, Column.SECTION)
        and not re.search(r"[\d。，；]", word)
    )


@lru_cache(maxsize=4096)  # units and times are said over and over in a long table
def _under(group: str, cell: str) -> Column:
    """Return what a column holds by its own title, by both together, or by its group's alone."""
    if len(cell) > LONGEST_CELL:
        return Column.OTHER
    own, whole = _word(cell), _word(group)
    if own == whole or not whole:
        return _known(own) or Column.OTHER
    words = (own, own + whole, whole + own, whole) if own else (whole,)
    return next((kind for word in words if (kind := _known(word)) is not None), Column.OTHER)


def _word(cell: str) -> str:
    plain = re.sub(r"[\s:*＊★#]", "", unicodedata.normalize("NFKC", cell))
    plain = plain.replace("(", "（").replace(")", "）").translate(_SIMPLIFIED)
    if not _ROLE_IN_BRACKETS.search(plain):
        plain = re.sub(r"(?<=.)（[^）]*）?$", "", plain)
    return _WITH_PEOPLE.sub("", plain)


_ROLE_IN_BRACKETS = re.compile(r"（(?:责任|负责|配合|参与|主办|承办|落实)(?:单位|部门)?）")
_WITH_PEOPLE = re.compile(
    r"(?<=单位|部门|科室|处室)(?:[及和与、/]|（)(?:主要|具体|分管)?(?:责任|负责|联系|分管|牵头)(?:人|领导|人员|同志)）?$"
)


def _known(word: str) -> Column | None:
    if not word or len(word) > _LONGEST_TITLE:
        return None
    for column, pattern in _HEADINGS:
        if pattern.fullmatch(word.upper()):
            return column
    return None


def place(header: Header, widths: Sequence[int]) -> list[int] | None:
    """Return for each cell of a row the index of the column over it, by how far the cells reach.

    None when the row doesn't reach as far as the header: a cell was lost, or there is one too many.
    """
    same = len(widths) == len(header.widths)
    if tuple(widths) == header.widths or (same and sum(widths) != sum(header.widths)):
        return list(range(len(widths)))  # or drawn to another measure, with every cell there
    whole = sum(header.widths)
    if abs(sum(widths) - whole) > (whole // 20 if whole > _POINTS else 0):
        return None
    bounds = []
    left = 0
    for width in header.widths:
        bounds.append((left, left + width))
        left += width
    found = []
    start = 0
    for width in widths:
        end = start + width
        found.append(
            max(range(len(bounds)), key=lambda i: (min(end, bounds[i][1]) - max(start, bounds[i][0]), -i))
        )
        start = end
    return found
