"""What people write into an address cell, and into names."""

from time import perf_counter

import pytest

from notifier.intake.contact_cells import clean, mailboxes, names_for
from notifier.intake.contact_columns import columns_of


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("a@x.cn", [("", "a@x.cn")], id="an address"),
        pytest.param("a@x.cn；b@x.cn;c@x.cn、d@x.cn，e@x.cn/f@x.cn", list("abcdef"), id="separators"),
        pytest.param("a@x.cn b@x.cn", list("ab"), id="a space"),
        pytest.param("a@x.cn; ", list("a"), id="a separator at the end"),
        pytest.param("a@x.cn。", list("a"), id="a full stop at the end"),
        pytest.param("A@x.cn;a@X.cn", [("", "A@x.cn")], id="written twice"),
        pytest.param("ａ＠x．cn", list("a"), id="full width"),
        pytest.param("陈静远 <a@x.cn>", [("陈静远", "a@x.cn")], id="a name before angle brackets"),
        pytest.param("陈静远<a@x.cn>;李<b@x.cn>", [("陈静远", "a@x.cn"), ("李", "b@x.cn")], id="two names"),
        pytest.param("＜a@x.cn＞", list("a"), id="full-width angle brackets"),
        pytest.param("Chen Jingyuan <a@x.cn>", [("Chen Jingyuan", "a@x.cn")], id="a name in Latin letters"),
        pytest.param('"Chen, J." <a@x.cn>', [("Chen, J", "a@x.cn")], id="a quoted name with a comma"),
        pytest.param("陈静远（a@x.cn）", [("陈静远", "a@x.cn")], id="an address in brackets"),
        pytest.param("陈静远：a@x.cn", [("陈静远", "a@x.cn")], id="a name and a colon"),
        pytest.param("邮箱：a@x.cn", list("a"), id="a label"),
        pytest.param("E-mail: a@x.cn", list("a"), id="a label in Latin letters"),
        pytest.param("mailto:a@x.cn?subject=x&cc=b@x.cn", list("a"), id="a link"),
        pytest.param("a@x.cn<MAILTO:a@x.cn>", list("a"), id="a link after its text"),
        pytest.param("a@x.cn#mailto:a@x.cn#", list("a"), id="a link as Access writes it"),
    ],
)
def test_addresses_are_found_however_they_are_written(
    cell: str, expected: list[tuple[str, str] | str]
) -> None:
    wanted = [("", f"{each}@x.cn") if isinstance(each, str) else each for each in expected]
    assert mailboxes(cell) == (wanted, [])


@pytest.mark.parametrize(
    ("cell", "good", "reasons"),
    [
        pytest.param("无", [], ["“无” is no mail address: it has no @"], id="no address"),
        pytest.param("wang li@x.cn", [], ["before the @"], id="a slip of the space bar"),
        pytest.param("张三 13800000000 a@x.cn", [], ["before the @"], id="a number between"),
        pytest.param("陈a@x.cn", [], ["holds “陈”"], id="a name run into the address"),
        pytest.param("a@x.cn;b@", ["a@x.cn"], ["its domain"], id="one good, one not"),
        pytest.param("a@163,com", [], ["its domain", "no @"], id="a comma for a dot"),
        pytest.param("a@b@x.cn", [], ["holds “@”"], id="two at signs"),
        pytest.param('"a@x.cn;b@x.cn', ["b@x.cn"], ['holds “"”'], id="an open quote"),
    ],
)
def test_what_is_no_address_is_named_and_the_rest_is_used(
    cell: str, good: list[str], reasons: list[str]
) -> None:
    found, said = mailboxes(cell)
    assert [address for _, address in found] == good
    assert len(said) == len(reasons)
    for one, part in zip(said, reasons, strict=True):
        assert part in one


@pytest.mark.parametrize(
    ("cell", "count", "names"),
    [
        ("陈静远", 1, ["陈静远"]),
        ("陈静远、李文博", 2, ["陈静远", "李文博"]),
        ("陈静远 李文博", 2, ["陈静远", "李文博"]),
        ("陈静远", 2, ["陈静远", "陈静远"]),
        ("甲、乙、丙", 2, ["甲、乙、丙", "甲、乙、丙"]),
        ("陈静远、李文博", 1, ["陈静远、李文博"]),
        ("", 2, ["", ""]),
        ("陈", 0, []),
    ],
)
def test_names_go_with_their_addresses(cell: str, count: int, names: list[str]) -> None:
    assert names_for(cell, count) == names


@pytest.mark.parametrize(
    ("cell", "cleaned"),
    [
        ("陈静远", "陈静远"),
        ("  陈 \u3000\u00a0静远\t", "陈 静远"),
        ("陈\u200b静\u202e远\ufeff", "陈静远"),
        ("陈\r\nBcc: x@example.org", "陈 Bcc: x@example.org"),
        ("\ud800\x00\x85", ""),
    ],
)
def test_a_cell_is_one_line_of_what_is_seen(cell: str, cleaned: str) -> None:
    assert clean(cell) == cleaned


@pytest.mark.parametrize("unit", ["(", "<", '"', "@", "a ", "a@b.cn;", "mailto:", "(@", "a?", "a.", "例@例 "])
def test_a_long_cell_of_anything_is_read_at_once(unit: str) -> None:
    cell = unit * (130_000 // len(unit))  # the csv module takes no longer field
    began = perf_counter()
    mailboxes(clean(cell))
    columns_of([cell, "邮箱"])
    assert perf_counter() - began < 2


def test_a_bracket_before_many_ats_is_read_at_once() -> None:
    began = perf_counter()
    mailboxes("(" + "@" * 130_000)
    assert perf_counter() - began < 2
