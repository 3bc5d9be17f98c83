"""The plain-text layout: tabs begin cells, blank lines end rows."""

import pytest

from notifier.errors import DocumentError
from notifier.intake.text import decode, tabbed


def cells(data: str | bytes) -> list[tuple[int, list[tuple[str, ...]]]]:
    raw = data.encode() if isinstance(data, str) else data
    rows = tabbed(decode(raw, "plan.txt"), "plan.txt")
    return [(int(row.where.removeprefix("plan.txt:")), [cell.lines for cell in row.cells]) for row in rows]


def test_a_tab_begins_a_cell_and_a_line_without_one_goes_on() -> None:
    assert cells("\t1\n\t建立\n制度\n\n\t2\n") == [(1, [("1",), ("建立", "制度")]), (5, [("2",)])]


def test_several_cells_may_stand_on_one_line() -> None:
    assert cells("\t1\t建立\t省教育厅") == [(1, [("1",), ("建立",), ("省教育厅",)])]


def test_a_line_with_a_lone_tab_is_an_empty_cell() -> None:
    assert cells("\t1\n\t\n\t省教育厅") == [(1, [("1",), ("",), ("省教育厅",)])]


def test_a_line_outside_any_cell_is_kept_as_loose() -> None:
    rows = tabbed("附件\n\n任务表\n\t序号", "plan.txt")
    assert [(row.where, row.loose) for row in rows] == [
        ("plan.txt:1", "附件"),
        ("plan.txt:3", "任务表"),
        ("plan.txt:4", ""),
    ]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("\ufeff\t1\r\n\t建立\r\n\r\n\t2\r\n".encode(), id="UTF-8 with a mark and CRLF"),
        pytest.param("\t1\r\t建立\r\r\t2\r".encode(), id="lone CR"),
        pytest.param("\t1\n\t建立\n\n\t2\n".encode("gb18030"), id="GB18030"),
        pytest.param("\f\t1\n\t建立\n\u3000\n\t2".encode(), id="form feed and an ideographic space"),
    ],
)
def test_marks_line_ends_and_encodings_make_no_difference(data: bytes) -> None:
    assert cells(data) == [(1, [("1",), ("建立",)]), (4, [("2",)])]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"%PDF-1.7\n", "PDF", id="PDF"),
        pytest.param(b"PK\x03\x04...", "zip", id="docx"),
        pytest.param(b"\t1\n\xff\xff\xff", "plan.txt:2: is neither UTF-8 nor GB18030", id="other bytes"),
        pytest.param(b"\t1\n\t\x00", "plan.txt:2: holds a NUL byte", id="NUL"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        decode(data, "plan.txt")
