"""The workbook: text stays text, whatever is in it, and many rows are many sheets."""

import io
from collections.abc import Sequence
from zipfile import ZipFile

import openpyxl
import pytest
from lxml import etree

from notifier.xlsx import CELL_CHARACTERS, Head, write_xlsx

HEADS = (Head("序号", 8), Head("工作任务", 60))


def made(rows: Sequence[Sequence[str]], **options: int) -> io.BytesIO:
    """Return a workbook of these rows."""
    file = io.BytesIO()
    write_xlsx(file, "台账", HEADS, rows, **options)
    file.seek(0)
    return file


def read_back(file: io.BytesIO) -> dict[str, list[list[object]]]:
    """Return the cells by sheet, as another program reads them."""
    book = openpyxl.load_workbook(file)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.mark.parametrize(
    "text",
    [
        "省教育厅、财政厅",
        "=1+1",
        "@SUM(A1)",
        "<b>&amp;</b>]]>",
        " spaces at both ends ",
        "two\nlines",
        "0371",
        "2.10",
        "TRUE",
        "#N/A",
    ],
)
def test_text_comes_back_as_text(text: str) -> None:
    file = made([["1", text]])
    assert read_back(file) == {"台账": [["序号", "工作任务"], ["1", text]]}
    cell = openpyxl.load_workbook(file)["台账"]["B2"]
    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_an_empty_cell_keeps_its_place() -> None:
    assert read_back(made([["", "b"], ["a", ""]]))["台账"][1:] == [[None, "b"], ["a", None]]


def test_what_xml_cannot_have_is_replaced_and_what_excel_would_decode_is_escaped() -> None:
    with ZipFile(made([["\x00\x1b\ud800\ufffe", "_x0041_ a_b\r"]])) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    texts = sheet.xpath("//*[local-name()='row'][2]//text()")
    assert texts == ["\ufffd" * 4, "_x005F_x0041_ a_b_x000D_"]


def test_a_value_longer_than_a_cell_is_cut_and_says_so() -> None:
    whole, cut = read_back(made([["字" * CELL_CHARACTERS, "字" * (CELL_CHARACTERS + 1)]]))["台账"][1]
    assert whole == "字" * CELL_CHARACTERS
    assert isinstance(cut, str)
    assert (len(cut), cut.endswith("已截断）")) == (CELL_CHARACTERS, True)


@pytest.mark.parametrize(
    ("rows", "sheets"),
    [(0, [0]), (2, [2]), (3, [2, 1]), (4, [2, 2])],
    ids=["none", "full", "one more", "two full"],
)
def test_more_rows_than_a_sheet_holds_are_more_sheets_each_with_its_head(
    rows: int, sheets: list[int]
) -> None:
    found = read_back(made([[str(number), "x"] for number in range(rows)], sheet_rows=3))
    assert list(found) == ["台账", "台账 2"][: len(sheets)]
    assert [len(cells) - 1 for cells in found.values()] == sheets
    assert all(cells[0] == ["序号", "工作任务"] for cells in found.values())
    assert [cells[0] for sheet in found.values() for cells in sheet[1:]] == [
        str(number) for number in range(rows)
    ]


def test_the_head_is_frozen_and_can_be_filtered_by() -> None:
    sheet = openpyxl.load_workbook(made([["1", "a"], ["2", "b"]]))["台账"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet["A1"].font.bold
    assert [sheet.column_dimensions[name].width for name in "AB"] == [8, 60]


def test_the_same_rows_give_the_same_file() -> None:
    assert made([["1", "a"]]).getvalue() == made([["1", "a"]]).getvalue()
