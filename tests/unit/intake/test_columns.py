"""Headers are recognised in the words that offices use."""

import pytest

from notifier.intake.columns import Column, header_of


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        pytest.param("序号 工作任务 负责单位 时间进度", "number text units timing", id="the seed's"),
        pytest.param(
            "序号 重点任务 牵头单位 配合单位 完成时限", "number text lead assist timing", id="lead and assist"
        ),
        pytest.param(
            "编号 主要内容 牵头部门 责任单位 参与单位 备注",
            "number text lead units assist other",
            id="three roles",
        ),
        pytest.param("完成时间 工作事项 责任单位", "timing text units", id="the period first"),
        pytest.param(
            "序 任务 责任部门（排名第一为牵头） 时限要求 分管领导",
            "number text units timing other",
            id="a note in brackets",
        ),
        pytest.param(
            "序 号 工作 措施 责任 单位 进度安排".replace(" ", "\u3000"), None, id="one cell is no header"
        ),
        pytest.param("1 建立制度 省教育厅 持续实施", None, id="a task"),
        pytest.param("序号 工作任务 备注", None, id="no unit column"),
    ],
)
def test_a_header_is_recognised_by_its_columns(titles: str, expected: str | None) -> None:
    header = header_of(titles.split(" "))
    found = None if header is None else " ".join(column.value for column in header.columns)
    assert found == expected


def test_spaces_inside_a_title_do_not_matter() -> None:
    header = header_of(["序 号", "工作 任务", "责 任 单 位", "时 限"])
    assert header is not None
    assert header.columns == (Column.NUMBER, Column.TEXT, Column.UNITS, Column.TIMING)


def test_role_columns_come_back_as_one_phrase_with_the_roles_before_the_lists() -> None:
    header = header_of(["序号", "任务", "牵头单位", "配合单位"])
    assert header is not None
    assert (
        header.units(["1", "建立", "市发改委", "市财政局、市科技局"])
        == "牵头单位：市发改委；配合单位：市财政局、市科技局"
    )
    assert header.units(["1", "建立", "市发改委", ""]) == "牵头单位：市发改委"


def test_a_single_unit_column_comes_back_as_written() -> None:
    header = header_of(["序号", "任务", "责任单位"])
    assert header is not None
    assert header.units(["1", "建立", "市发改委、财政局"]) == "市发改委、财政局"
