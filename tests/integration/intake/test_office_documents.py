"""Documents as offices really send them: each with what trips a reader in its format."""

import copy
import datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from notifier.errors import DocumentError
from notifier.intake import Document, read_document
from tests.documents import LEFT, UP, fill, html_table, write_docx, write_xlsx
from tests.fixtures.make_documents import LONG

pytestmark = pytest.mark.slow  # each starts processes of its own

HEAD = ["序号", "工作任务", "责任单位", "完成时限"]
MADE = Path(__file__).parents[3] / "tests" / "fixtures" / "documents"


def brief(document: Document) -> list[str]:
    return [f"{row.ref}|{row.text}|{row.units}|{row.timing}" for row in document.rows]


def faults(document: Document) -> list[str]:
    return [f"{fault.where}: {fault.message}" for fault in document.faults]


# Word


def test_numbers_that_word_counts_are_the_rows_numbers(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=4)
    fill(
        table,
        [
            HEAD,
            ["", "建立。", "市教育局", "年底"],
            ["", "完善。", "市财政局", "年底"],
            ["", "督查。", "市府办", "年底"],
        ],
    )
    for row in table.rows[1:]:
        row.cells[0].paragraphs[0].style = document.styles["List Number"]
    document.save(str(tmp_path / "plan.docx"))
    assert brief(read_document(tmp_path / "plan.docx")) == [
        "1|建立。|市教育局|年底",
        "2|完善。|市财政局|年底",
        "3|督查。|市府办|年底",
    ]


def test_tracked_changes_and_content_controls_are_read_as_they_now_stand(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=4)
    fill(table, [HEAD, ["1", "建立", "市教育局", "年底"], ["2", "完善。", "市财政局", "年底"]])
    paragraph = table.cell(1, 1).paragraphs[0]._p
    inserted, run = OxmlElement("w:ins"), copy.deepcopy(paragraph.r_lst[0])
    run.find(qn("w:t")).text = "制度。"
    inserted.append(run)
    paragraph.append(inserted)
    deleted, gone = OxmlElement("w:del"), OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "旧的"
    gone.append(text)
    deleted.append(gone)
    paragraph.append(deleted)
    # The whole second row and one cell of the first stand in content controls.
    for element in (table.rows[2]._tr, table.cell(1, 2)._tc):
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        element.addprevious(control)
        content.append(element)
        control.append(content)
    document.save(str(tmp_path / "plan.docx"))
    assert brief(read_document(tmp_path / "plan.docx")) == [
        "1|建立制度。|市教育局|年底",
        "2|完善。|市财政局|年底",
    ]


def test_a_table_inside_a_layout_table_is_read_and_one_inside_a_task_is_its_text(tmp_path: Path) -> None:
    document = docx.Document()
    outer = document.add_table(rows=2, cols=1)
    outer.cell(0, 0).text = "附件1"
    inner = outer.cell(1, 0).add_table(rows=3, cols=4)
    fill(inner, [HEAD, ["1", "完成指标：", "市教育局", "年底"], ["2", "完善。", "市财政局", "年底"]])
    fill(inner.cell(1, 1).add_table(rows=2, cols=2), [["入学率", "95%"], ["就业率", "90%"]])
    document.save(str(tmp_path / "plan.docx"))
    found = read_document(tmp_path / "plan.docx")
    assert brief(found) == ["1|完成指标：入学率95%就业率90%|市教育局|年底", "2|完善。|市财政局|年底"]
    assert faults(found) == []


def test_a_table_for_each_section_between_paragraphs_and_a_form_at_the_end(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "plan.docx",
        [
            "关于印发2018年重点工作任务分解方案的通知",
            "各区人民政府，市政府各部门：",
            "一、高度重视。各单位要切实加强领导，细化措施，以下任务由各责任单位认真落实，确保完成。",
            "二、每月25日前报送进展情况。",
            "附件：任务分解表",
            [["市政府办公室", "2018年1月5日"]],
            "一、经济发展（2项）",
            [HEAD, ["1", "招商。", "市商务局", "年底"], ["2", "技改。", "市工信局", "年底"]],
            "二、社会民生（1项）",
            [HEAD, ["1", "建校。", "市教育局", "年底"]],
            "审核意见",
            [["联系人", "张三", "联系电话", "12345"], ["单位盖章", "", "日期", ""]],
        ],
    )
    found = read_document(path)
    assert brief(found) == [
        "1:1|招商。|市商务局|年底",
        "1:2|技改。|市工信局|年底",
        "2:1|建校。|市教育局|年底",
    ]
    assert [row.section for row in found.rows] == ["一、经济发展（2项）"] * 2 + ["二、社会民生（1项）"]
    assert faults(found) == []


def test_a_table_goes_on_in_a_second_one_without_a_header(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "plan.docx",
        [
            [HEAD, ["1", "招商。", "市商务局", "年底"]],
            "",
            [["2", "技改。", "市工信局", "年底"], ["3", "建校。", "市教育局", "年底"]],
        ],
    )
    found = read_document(path)
    assert [row.ref for row in found.rows] == ["1", "2", "3"]
    assert found.rows[1].where == "plan.docx, table 2, row 1"


def test_a_table_of_another_kind_is_named_and_not_read(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "plan.docx",
        [
            [["序号", "指标名称", "目标值"], ["1", "入学率", "95%"], ["2", "就业率", "90%"]],
            [HEAD, ["1", "招商。", "市商务局", "年底"]],
        ],
    )
    found = read_document(path)
    assert brief(found) == ["1|招商。|市商务局|年底"]
    assert faults(found) == [
        "plan.docx, table 1, row 1: “序号 | 指标名称 | 目标值” heads a table without a column for the task and one "
        "for its units; it is not read"
    ]


def test_a_sentence_before_the_table_gives_units_to_all_its_rows(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "plan.docx",
        [
            "说明：以下任务均需各县（市、区）政府落实，不再一一列出。",
            [HEAD, ["1", "招商。", "市商务局", "年底"], ["2", "技改。", "", "年底"]],
        ],
    )
    assert brief(read_document(path)) == [
        "1|招商。|市商务局；落实单位：各县（市、区）政府|年底",
        "2|技改。|落实单位：各县（市、区）政府|年底",
    ]


def test_a_header_cell_over_two_columns_takes_what_stands_in_both(tmp_path: Path) -> None:
    path = write_docx(
        tmp_path / "plan.docx",
        [
            [
                ["序号", "工作任务", "责任单位", LEFT, "完成时限"],
                ["1", "招商。", "市商务局", "市发改委", "年底"],
                ["2", "技改。", "市工信局", LEFT, "年底"],
            ]
        ],
    )
    assert brief(read_document(path)) == ["1|招商。|市商务局、市发改委|年底", "2|技改。|市工信局|年底"]


def test_a_header_that_stands_again_between_rows_takes_none_with_it(tmp_path: Path) -> None:
    rows = [
        HEAD,
        ["一、产业", LEFT, LEFT, LEFT],
        ["1", "修路。", "市交通局", "年底"],
        HEAD,
        ["2", "建桥。", "市交通局", "年底"],
        ["小计", LEFT, "2项", ""],
    ]
    found = read_document(write_docx(tmp_path / "plan.docx", [rows]))
    assert brief(found) == ["1|修路。|市交通局|年底", "2|建桥。|市交通局|年底"]
    assert faults(found) == []


def test_bracketed_numbers_without_units_head_sections_where_tasks_have_figures(tmp_path: Path) -> None:
    rows = [
        ["序号", "事项", "单位", "时限"],
        ["（一）", "加强领导", "", ""],
        ["1", "成立小组。", "市府办", "3月底"],
        ["（二）", "加强督查", "", ""],
        ["2", "每月通报。", "督查室", "每月"],
        ["3", "", "督查室", "每月"],
    ]
    found = read_document(write_docx(tmp_path / "plan.docx", [rows]))
    assert brief(found) == ["1|成立小组。|市府办|3月底", "2|每月通报。|督查室|每月"]
    assert [row.section for row in found.rows] == ["（一）加强领导", "（二）加强督查"]
    assert faults(found) == ["plan.docx, table 1, row 6: number 3: the task's text is empty"]


# Spreadsheets


def test_a_form_line_under_the_table_and_roles_in_brackets(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "plan.xlsx",
        {
            "表": [
                ["填报单位：", "市府办", "", "日期", "2018年"],
                ["序号", "督办事项", "承办单位", "办结时限", "督办人"],
                [1, "修路。", "市交通局（牵头）\n市财政局（配合）", "2018-12-31", "张三"],
                ["审核：", "", "填表：", "", ""],
            ]
        },
    )
    found = read_document(path)
    assert brief(found) == ["1|修路。|市交通局（牵头）、市财政局（配合）|2018-12-31"]
    assert faults(found) == []


def test_quarters_as_columns_say_when(tmp_path: Path) -> None:
    rows = [
        ["序号", "任务", "责任单位", "进度安排", LEFT, LEFT, LEFT],
        [UP, UP, UP, "一季度", "二季度", "三季度", "四季度"],
        ["1", "修路。", "市交通局", "立项", "", "开工", ""],
    ]
    (row,) = read_document(write_xlsx(tmp_path / "plan.xlsx", {"表": rows})).rows
    assert row.timing == "一季度：立项；三季度：开工"


def test_a_sheet_with_margins_dates_totals_and_a_hidden_draft(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "责任清单"
    sheet["C2"] = "2018年重点项目责任清单"
    sheet.merge_cells("C2:G2")
    for column, title in zip(
        "CDEFG", ["序号", "项目名称", "责任单位", "完成时限", "总投资（亿元）"], strict=True
    ):
        sheet[f"{column}4"] = title
    for line, (number, text, unit, due, money) in enumerate(
        [
            (1, "新建学校", "市教育局", datetime.date(2018, 12, 1), 1.5),
            (2, "改造管网", "市住建局\n市城管局", datetime.date(2018, 6, 30), 2),
            (3.0, "修复河道", "市水利局", datetime.datetime(2018, 9, 30), 3),  # noqa: DTZ001 # a sheet knows no zones
            ("合计", "", "", "", 6.5),
        ],
        start=5,
    ):
        for column, value in zip("CDEFG", (number, text, unit, due, money), strict=True):
            sheet[f"{column}{line}"] = value
    sheet["F5"].number_format = 'yyyy"年"m"月"'
    sheet["F6"].number_format = "yyyy-mm-dd"
    draft = book.create_sheet("草稿")
    draft["A1"] = "旧的"
    draft.sheet_state = "hidden"
    book.create_sheet("填表说明")["A1"] = "请于每月底前填报。"
    book.save(tmp_path / "plan.xlsx")
    found = read_document(tmp_path / "plan.xlsx")
    assert brief(found) == [
        "1|新建学校|市教育局|2018年12月",
        "2|改造管网|市住建局、市城管局|2018年6月30日",
        "3|修复河道|市水利局|2018年9月30日",
    ]
    assert found.rows[2].where == "plan.xlsx, sheet 责任清单, row 7"
    assert faults(found) == ["plan.xlsx, sheet 草稿: the sheet is hidden and not read; show it or remove it"]


def test_a_sheet_for_each_department_makes_its_sections(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "plan.xlsx",
        {
            "教育局": [
                ["任务清单"],
                HEAD,
                [1, "建校。", "市教育局", "年底"],
                [2, "培训。", "市教育局", "6月底"],
            ],
            "财政局": [["任务清单"], HEAD, [1, "拨款。", "市财政局", "年底"]],
            "Sheet3": [],
        },
    )
    found = read_document(path)
    assert brief(found) == [
        "1:1|建校。|市教育局|年底",
        "1:2|培训。|市教育局|6月底",
        "2:1|拨款。|市财政局|年底",
    ]
    assert found.sections == ("教育局", "财政局")


def test_two_tables_with_different_headers_on_one_sheet(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "plan.xlsx",
        {
            "表": [
                ["一、约束性任务"],
                HEAD,
                [1, "减排。", "市环保局", "年底"],
                [],
                ["二、预期性任务"],
                ["序号", "工作事项", "完成时间", "牵头部门", "配合部门"],
                [1, "招商。", "全年", "市商务局", "市发改委"],
            ]
        },
    )
    found = read_document(path)
    assert brief(found) == [
        "1:1|减排。|市环保局|年底",
        "2:1|招商。|牵头单位：市商务局；配合单位：市发改委|全年",
    ]
    assert faults(found) == []


def test_a_table_with_a_column_for_each_year(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "plan.xlsx",
        {
            "表": [
                ["序号", "重点任务", "责任单位（第一个为牵头单位）", "进度安排", LEFT, "备注"],
                [UP, UP, UP, "2018年", "2019年", UP],
                [1, "改造。", "市住建局", "完成30%", "全部完成", ""],
            ]
        },
    )
    (row,) = read_document(path).rows
    assert (row.units, row.timing) == ("市住建局", "2018年：完成30%；2019年：全部完成")


# Web pages


def test_a_page_of_layout_tables_in_gb2312(tmp_path: Path) -> None:
    tasks = html_table(
        [
            ["序\u3000号", "工作任务", "责任单位", LEFT, "完成\n时限"],
            [UP, UP, "牵头单位", "配合单位", UP],
            ["1", "新建\u3000学校，\n扩大规模。", "市教育局", "\u00a0", "年底"],
            ["2", "镕化改造。", "市工信局", "市环保局", "6月底"],
        ]
    )
    page = (
        '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
        "<script>var a = '<table><tr><td>序号</td></tr></table>';</script></head><body>"
        "<table><tr><td>首页</td><td>公开</td></tr><tr><td colspan=2><table><tr><td>标题</td></tr><tr><td>"
        f"<p style='display:none'>隐藏</p>{tasks}</td></tr></table></td></tr></table></body></html>"
    )
    (tmp_path / "plan.html").write_bytes(page.encode("gb18030"))
    found = read_document(tmp_path / "plan.html")
    assert brief(found) == [
        "1|新建\u3000学校，扩大规模。|牵头单位：市教育局|年底",
        "2|镕化改造。|牵头单位：市工信局；配合单位：市环保局|6月底",
    ]
    assert faults(found) == []


def test_a_page_that_lost_its_table_with_breaks_and_paragraphs_in_a_task(tmp_path: Path) -> None:
    lines = [
        "当前位置：首页 > 公开",
        "2018年任务分解表",
        "序号",
        "主要任务",
        "责任单位",
        "时限要求",
        "一、产业",
        "1",
        "招商引资。",
        "落实优惠政策。",
        "市商务局",
        "12月底前",
        "2",
        "技改。",
        "市工信局、市财政局",
        "长期",
        "（二）民生",
        "3",
        "建校。",
        "市教育局",
        "2018年9月",
        "上一篇：没有",
        "版权所有 2018",
    ]
    (tmp_path / "plan.htm").write_text(f"<body><div>{'<br/>'.join(lines)}</div></body>", "utf-8")
    found = read_document(tmp_path / "plan.htm")
    assert brief(found) == [
        "1|招商引资。落实优惠政策。|市商务局|12月底前",
        "2|技改。|市工信局、市财政局|长期",
        "3|建校。|市教育局|2018年9月",
    ]
    assert found.sections == ("一、产业", "（二）民生")


def test_a_flat_page_that_lost_a_cell_names_the_row_and_reads_the_others(tmp_path: Path) -> None:
    lines = [
        "序号",
        "任务",
        "责任单位",
        "时限",
        "1",
        "招商。",
        "市商务局",
        "年底",
        "2",
        "技改。",
        "年底",
        "3",
        "建校。",
        "市教育局",
        "年底",
    ]
    (tmp_path / "plan.html").write_text("".join(f"<p>{line}</p>\n" for line in lines), "utf-8")
    found = read_document(tmp_path / "plan.html")
    assert [row.ref for row in found.rows] == ["1", "3"]
    assert faults(found) == ["plan.html:9: 3 cells where the header has 4, beginning “2”"]


# Text


def test_a_drawn_table_with_wide_rules_merged_cells_and_a_header_of_two_lines(tmp_path: Path) -> None:
    text = """
　　　　　　任务分解表
┏━━┯━━━━━━┯━━━━━━━━━┯━━━━━┓
┃序号│  工作任务  │    责任单位      │ 完成时限 ┃
┃    │            ├────┬────┤          ┃
┃    │            │牵头单位│配合单位│          ┃
┠──┼──────┼────┼────┼─────┨
┃ 1  │建立健全制度│市教育局│市财政局│2018年6月 ┃
┃    │并印发。    │        │        │底前      ┃
┠──┼──────┤        ├────┼─────┨
┃ 2  │开展培训。  │        │        │持续实施  ┃
┠──┴──────┴────┴────┴─────┨
┃二、民生                                        ┃
┠──┬──────┬────┬────┬─────┨
┃ 3  │建校。      │市人社局│        │年底      ┃
┗━━┷━━━━━━┷━━━━┷━━━━┷━━━━━┛
"""
    (tmp_path / "plan.txt").write_text(text, "utf-8")
    found = read_document(tmp_path / "plan.txt")
    assert brief(found) == [
        "1|建立健全制度并印发。|牵头单位：市教育局；配合单位：市财政局|2018年6月底前",
        "2|开展培训。|牵头单位：市教育局|持续实施",
        "3|建校。|牵头单位：市人社局|年底",
    ]
    assert found.rows[2].section == "二、民生"
    assert found.rows[0].where == "plan.txt:8"


TABBED = "序号\t任务\t责任单位\t时限\n1\t建校。\t市教育局\t年底\n2\t招商。\t市商务局\t全年\n"
MARKDOWN = """
| 序号 | 任务 | 责任单位 | 时限 |
|---|:---|---|---|
| 1 | 建校。 | 市教育局 | 年底 |
| 2 | 招商。 | 市商务局 | 全年 |
"""
DRAWN = """
+------+--------+----------+------+
| 序号 | 任务   | 责任单位 | 时限 |
+======+========+==========+======+
| 1    | 建校。 | 市教育局 | 年底 |
+------+--------+----------+------+
| 2    | 招商。 | 市商务局 | 全年 |
+------+--------+----------+------+
"""
SEMICOLONS = (
    "\ufeff任务表;;;\r\n序号;任务;责任单位;时限\r\n"
    '1;"建校\n。";市教育局;年底\r\n2;招商。;市商务局;全年\r\n;;;\r\n'
)
FLAT = "附件 任务表 序号 任务 责任单位 时限 1 建校。 市教育局 年底 －1－ 2 招商。 市商务局 全年"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("plan.txt", TABBED.encode(), id="copied from a sheet"),
        pytest.param("plan.txt", TABBED.replace("\n", "\r\n").encode("utf-16"), id="Unicode text"),
        pytest.param("plan.tsv", TABBED.encode("gb18030"), id="tabs"),
        pytest.param("plan.txt", MARKDOWN.encode(), id="Markdown"),
        pytest.param("plan.txt", DRAWN.encode(), id="drawn in ASCII"),
        pytest.param("plan.csv", SEMICOLONS.encode(), id="semicolons"),
        pytest.param("plan.txt", FLAT.replace(" ", "\n").encode(), id="a cell a line"),
    ],
)
def test_text_in_its_other_layouts(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    found = read_document(tmp_path / name)
    assert brief(found) == ["1|建校。|市教育局|年底", "2|招商。|市商务局|全年"]
    assert faults(found) == []


def test_csv_rows_with_sections_notes_and_a_remark_left_out(tmp_path: Path) -> None:
    text = (
        "序号,任务,责任单位,时限,备注\n,一、产业,,,\n1,修路。,市交通局,年底\n小计,,,,\n"
        ",二、民生,,,\n2,建校。,市教育局,年底,重要\n,备注：以上均为约束性任务。,,,\n"
    )
    (tmp_path / "plan.csv").write_text(text, "utf-8")
    found = read_document(tmp_path / "plan.csv")
    assert brief(found) == ["1|修路。|市交通局|年底", "2|建校。|市教育局|年底"]
    assert found.sections == ("一、产业", "二、民生")
    assert faults(found) == []


def test_traditional_titles_are_the_same_titles(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("序號,工作任務,責任單位,完成時限\n1,修路。,市交通局,年底\n", "utf-8")
    assert brief(read_document(tmp_path / "plan.csv")) == ["1|修路。|市交通局|年底"]


def test_a_csv_row_with_an_unquoted_comma_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(
        "序号,任务,责任单位,时限\n1,建校,扩建。,市教育局,年底\n2,招商。,市商务局,全年\n", "utf-8"
    )
    found = read_document(tmp_path / "plan.csv")
    assert brief(found) == ["2|招商。|市商务局|全年"]
    assert faults(found) == ["plan.csv:2: 5 cells where the header has 4, beginning “1”"]


# PDF, made with LibreOffice by make_documents.py


def test_a_pdf_whose_rows_and_merged_cells_are_cut_by_the_page() -> None:
    found = read_document(MADE / "long.pdf")
    expected = [cells for cells in LONG[2:] if len(cells) == 6]
    assert [row.text for row in found.rows] == [cells[1] for cells in expected]
    assert [row.ref for row in found.rows] == [str(n) for n in range(1, len(expected) + 1)]
    assert found.faults == ()
    assert found.rows[-1].where.startswith("long.pdf, page ")
    assert [row.units for row in found.rows] == [f"牵头单位：{c[2]}；配合单位：{c[3]}" for c in expected]
    assert [row.timing for row in found.rows] == [c[4] for c in expected]


def test_a_page_that_is_a_picture_between_others_is_named() -> None:
    found = read_document(MADE / "half-scanned.pdf")
    assert [row.ref for row in found.rows] == ["1"]
    assert faults(found) == ["half-scanned.pdf, page 2: the page is a picture without text and can't be read"]


def test_a_scan_is_refused() -> None:
    with pytest.raises(DocumentError, match="a scan"):
        read_document(MADE / "scan.pdf")


def test_a_pdf_without_rules_is_read_by_its_columns() -> None:
    assert brief(read_document(MADE / "without-rules.pdf")) == [
        "1|建立健全制度。|市教育局、市财政局|2018年6月底前",
        "2|开展培训。|市人社局|持续实施",
    ]


def test_an_old_workbook_with_merged_cells_and_dates() -> None:
    found = read_document(MADE / "merged.xls")
    assert brief(found) == [
        "1|建立制度。|市教育局|2018年6月30日",
        "1.2|完善办法。|市教育局|2018年12月31日",
        "2|开展培训。|市财政局|2018年12月31日",
    ]


def test_an_open_document_sheet_with_merged_cells_and_dates() -> None:
    found = read_document(MADE / "merged.ods")
    assert [row.ref for row in found.rows] == ["1", "1.2", "2"]
    assert [row.units for row in found.rows] == ["市教育局", "市教育局", "市财政局"]
