"""Cells become tasks; what can't be used is a fault with its line."""

import pytest

from notifier.errors import DocumentError
from notifier.intake.rows import Content
from notifier.intake.table import Table, tasks
from notifier.intake.text import tabbed
from notifier.intake.wrapped import rejoin

HEADER = "\t序号\n\t工作任务\n\t责任单位\n\t完成时限\n\n"


def table(body: str, header: str = HEADER) -> Table:
    return tasks(Content(rows=tabbed(header + body, "plan.txt")), "plan.txt")


def row(number: str, text: str = "建立制度。", units: str = "省教育厅", timing: str = "持续实施") -> str:
    return f"\t{number}\n\t{text}\n\t{units}\n\t{timing}\n\n"


def refs(found: Table) -> list[str]:
    return [task.ref for task in found.rows]


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        pytest.param(["人力资源社会保障", "厅"], "人力资源社会保障厅", id="inside a Chinese word"),
        pytest.param(["2017年12月前出", "台具体措施"], "2017年12月前出台具体措施", id="inside a phrase"),
        pytest.param(["20", "17年"], "2017年", id="inside a figure"),
        pytest.param(["推广Python", "notifier"], "推广Python notifier", id="between Latin words"),
        pytest.param(
            [" 建立 ", "\u200b制度\x07"], "建立制度", id="spaces at the ends and invisible characters"
        ),
    ],
)
def test_wrapped_lines_are_joined(lines: list[str], whole: str) -> None:
    assert rejoin(lines) == whole


def test_rows_carry_their_section_and_line() -> None:
    found = table("\t一、加快推进\n\n" + row("1") + "\t二、深度构建\n\n" + row("2"))
    assert [(task.ref, task.section, task.where) for task in found.rows] == [
        ("1", "一、加快推进", "plan.txt:8"),
        ("2", "二、深度构建", "plan.txt:15"),
    ]
    assert found.sections == ("一、加快推进", "二、深度构建")
    assert found.columns == ("序号", "工作任务", "责任单位", "完成时限")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7", "7"),
        ("7.", "7"),
        ("（7）", "7"),
        ("07", "7"),
        ("７", "7"),
        ("(一)", "1"),
        ("二十三", "23"),
        ("十", "10"),
        ("1.2", "1.2"),
    ],
)
def test_numbers_are_read_in_their_many_forms(written: str, number: str) -> None:
    assert [task.number for task in table(row(written)).rows] == [number]


def test_numbers_that_restart_by_section_make_refs_with_the_section() -> None:
    found = table(
        "\t一、甲\n\n" + row("1", "一") + row("2", "二") + "\t二、乙\n\n" + row("1", "三") + row("7", "四")
    )
    assert refs(found) == ["1:1", "1:2", "2:1", "2:7"]


def test_a_second_task_of_one_number_has_a_ref_of_its_own() -> None:
    assert refs(table(row("7", "一") + row("7", "二") + row("7", "三") + row("8"))) == [
        "7",
        "7.2",
        "7.3",
        "8",
    ]


def test_a_number_that_comes_twice_in_two_sections_leaves_the_other_refs_alone() -> None:
    found = table(
        "\t一、甲\n\n" + row("1", "一") + row("7", "二") + "\t二、乙\n\n" + row("7", "三") + row("9", "四")
    )
    assert refs(found) == ["1", "7", "7.2", "9"]


def test_a_ref_that_the_table_writes_itself_is_not_given_twice() -> None:
    found = refs(table(row("7", "一") + row("7", "二") + row("7.2", "三")))
    assert found == ["7", "7.3", "7.2"]


@pytest.mark.parametrize(
    ("broken", "line", "message"),
    [
        pytest.param(
            "\t2\n\t建立。\n\t省教育厅\n\n", 11, "3 cells where the header has 4", id="a cell is missing"
        ),
        pytest.param(
            "\t2\n\t建立。\n\t甲\n\t乙\n\t丙\n\n", 11, "5 cells where the header has 4", id="a cell too many"
        ),
        pytest.param("\t\n\t建立。\n\t省教育厅\n\t持续\n\n", 11, "the number is missing", id="no number"),
        pytest.param("\t甲\n\t建立。\n\t省教育厅\n\t持续\n\n", 11, "“甲” is no number", id="not a number"),
        pytest.param(
            "\t2\n\t\n\t省教育厅\n\t持续\n\n", 12, "number 2: the task's text is empty", id="no text"
        ),
        pytest.param("省教育厅\n\n", 11, "text outside any cell: “省教育厅”", id="a line outside any cell"),
    ],
)
def test_a_malformed_row_is_a_fault_with_its_line_and_the_others_load(
    broken: str, line: int, message: str
) -> None:
    found = table(row("1") + broken + row("3"))
    assert refs(found) == ["1", "3"]
    assert [fault.where for fault in found.faults] == [f"plan.txt:{line}"]
    assert found.faults[0].message.startswith(message)


def test_the_same_task_twice_is_a_fault_and_taken_once() -> None:
    found = table(row("1") + row("2", "二") + row("1"))
    assert refs(found) == ["1", "2"]
    assert [(fault.where, fault.message) for fault in found.faults] == [
        ("plan.txt:16", "number 1 with the same text stands at plan.txt:6 already")
    ]


def test_page_numbers_and_repeated_headers_are_passed_over() -> None:
    found = table(row("1") + "- 3 -\n\n" + HEADER + row("2"))
    assert (refs(found), found.faults) == (["1", "2"], ())


def test_a_row_without_units_or_time_loads_so_that_it_is_asked_about() -> None:
    (task,) = table("\t1\n\t建立。\n\t\n\t\n\n").rows
    assert (task.units, task.timing) == ("", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("附件\n\n" + row("1"), "no header row was recognised", id="no header"),
        pytest.param(HEADER, "no row under the header can be used", id="no rows"),
        pytest.param(HEADER + "\t1\n\t建立\n\n", "plan.txt:6: 2 cells", id="only faulty rows"),
        pytest.param("", "no header row", id="empty"),
    ],
)
def test_a_file_without_header_or_rows_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        table(text, header="")
