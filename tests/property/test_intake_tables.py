"""Whatever a table holds: a row under its header becomes a task, a section or a fault, and never nothing."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import DocumentError
from notifier.intake.rows import Cell, CellRow, Content
from notifier.intake.table import tasks

HEADER = ("序号", "工作任务", "责任单位", "完成时限")
NUMBERS = st.sampled_from(["1", "2", "（一）", "二", "1-1", "", "甲", "3."])
UNITS = st.sampled_from(["市教育局", "市财政局、市审计局", "", "责任单位", "各区政府"])
TIMES = st.sampled_from(["年底", "", "2018年6月底前", "完成时限"])
TEXTS = st.sampled_from(["建立制度{}。", "一、强化领导{}", "工作任务{}", "落实第{}项", "说明事项{}"])
ROW = st.tuples(NUMBERS, TEXTS, UNITS, TIMES)
SHAPES = st.sampled_from(["full", "full", "full", "across", "short", "header", "units above", "number above"])


@given(st.lists(st.tuples(ROW, SHAPES), min_size=1, max_size=12), st.booleans())
def test_no_row_is_dropped_silently(drawn: list[tuple[tuple[str, str, str, str], str]], merges: bool) -> None:
    rows = [CellRow(where="plan:0", cells=tuple(Cell(lines=(title,)) for title in HEADER), merges=merges)]
    marks = []
    for place, ((number, wording, units, time), shape) in enumerate(drawn, start=1):
        mark = f"〖{place}〗"
        text = wording.format(mark)
        cells = [Cell(lines=(cell,)) for cell in (number, text, units, time)]
        match shape:
            case "across":
                cells = [Cell(lines=(text,), width=4)]
            case "short":
                cells = cells[:3]
            case "header":
                cells = [Cell(lines=(title,)) for title in HEADER]
            case "units above":
                cells[2] = Cell(lines=("市教育局",), above=True)
            case "number above":
                cells[0] = Cell(lines=("1",), above=True)
        rows.append(CellRow(where=f"plan:{place}", cells=tuple(cells), merges=merges))
        if shape != "header":
            marks.append((place, mark))
    try:
        found = tasks(Content(rows=tuple(rows)), "plan")
    except DocumentError:
        return  # refused as a whole, with every reason
    told = [fault.where for fault in found.faults]
    read = [row.text for row in found.rows] + list(found.sections)
    for place, mark in marks:
        assert f"plan:{place}" in told or any(mark in text for text in read)
