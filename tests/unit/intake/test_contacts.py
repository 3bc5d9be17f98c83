"""The contact directory: good rows load, bad ones are named."""

from pathlib import Path

import pytest

from notifier.errors import DocumentError
from notifier.intake import read_contacts
from notifier.intake.contacts import address

HEADER = "unit,name,email,role\n"


def file_of(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "contacts.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_contacts_load_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    contacts, faults = read_contacts(
        file_of(tmp_path, HEADER + "省教育厅,陈静远,chen@example.org,primary\n", encoding)
    )
    assert [(each.unit, each.name, each.address, each.role) for each in contacts] == [
        ("省教育厅", "陈静远", "chen@example.org", "primary")
    ]
    assert faults == ()


def test_chinese_headers_and_roles_are_read(tmp_path: Path) -> None:
    text = "\r\n".join(
        [
            "单位,姓名,邮箱,角色",
            "省教育厅,陈静远,a@example.org,",
            "省教育厅,李文博,b@example.org,抄送",
            "省教育厅,王思源,c@example.org,领导",
        ]
    )
    contacts, faults = read_contacts(file_of(tmp_path, text))
    assert [each.role for each in contacts] == ["primary", "copy", "leader"]
    assert faults == ()


def test_the_role_column_may_be_left_out(tmp_path: Path) -> None:
    contacts, _ = read_contacts(file_of(tmp_path, "unit,name,email\n省教育厅,陈静远,a@example.org\n"))
    assert [each.role for each in contacts] == ["primary"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("省教育厅,陈静远,chen.example.org,primary", "has no @", id="no @"),
        pytest.param(
            '省教育厅,陈静远,"a@example.org,b@example.org",primary', "can't be used", id="two addresses"
        ),
        pytest.param("省教育厅,陈静远,a b@example.org,primary", "before the @", id="a space"),
        pytest.param(
            "省教育厅,陈静远,陈@example.org,primary", "before the @", id="a local part that is not ASCII"
        ),
        pytest.param("省教育厅,陈静远,a@localhost,primary", "its domain", id="a domain of one label"),
        pytest.param(",陈静远,a@example.org,primary", "the unit is missing", id="no unit"),
        pytest.param("省教育厅,陈静远,a@example.org,boss", "role “boss”", id="an unknown role"),
        pytest.param("省教育厅,陈静远", "2 cells where the header has 4", id="too few cells"),
        pytest.param("省教育厅,陈静远,a@example.org,primary,x", "5 cells", id="too many cells"),
        pytest.param("省科技厅 ,韩志强,KEJI@example.org,copy", "stands at line 2 already", id="a duplicate"),
    ],
)
def test_a_faulty_row_is_named_by_its_line_and_the_rest_load(tmp_path: Path, row: str, message: str) -> None:
    good = "省科技厅,韩志强,keji@example.org,primary\n"
    contacts, faults = read_contacts(
        file_of(tmp_path, f"{HEADER}{good}{row}\n省财政厅,王思源,w@example.org,primary\n")
    )
    assert [each.unit for each in contacts] == ["省科技厅", "省财政厅"]
    assert [fault.where for fault in faults] == ["contacts.csv:3"]
    assert message in faults[0].message


def test_one_address_may_answer_for_two_units(tmp_path: Path) -> None:
    contacts, faults = read_contacts(
        file_of(tmp_path, HEADER + "甲局,陈,a@example.org,\n乙局,陈,a@example.org,\n")
    )
    assert ([each.unit for each in contacts], faults) == (["甲局", "乙局"], ())


def test_control_characters_and_line_breaks_leave_names(tmp_path: Path) -> None:
    contacts, _ = read_contacts(
        file_of(tmp_path, HEADER + '"省教\u200b育厅","陈\r\nBcc: x@example.org",a@example.org,\n')
    )
    assert [(each.unit, each.name) for each in contacts] == [("省教育厅", "陈 Bcc: x@example.org")]


def test_the_line_of_a_fault_is_an_editors_line(tmp_path: Path) -> None:
    _, faults = read_contacts(
        file_of(tmp_path, HEADER + '\n甲局,"陈\n静远",a@example.org,\n乙局,李,nowhere,\n')
    )
    assert [fault.where for fault in faults] == ["contacts.csv:5"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("省教育厅,陈静远,a@example.org,primary\n", "the header must name", id="no header"),
        pytest.param("unit;name;email;role\n", "the header must name", id="another separator"),
        pytest.param("", "the header must name", id="empty"),
        pytest.param(HEADER, "holds no contact", id="only a header"),
        pytest.param(HEADER + '"省教育厅,a\n', "no readable CSV", id="an open quote"),
    ],
)
def test_a_file_that_is_no_directory_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_contacts(file_of(tmp_path, text))


@pytest.mark.parametrize(
    ("written", "usable"),
    [
        (" Chen.J+a@Example.ORG ", "Chen.J+a@example.org"),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_an_address_comes_back_with_its_domain_in_ascii(written: str, usable: str) -> None:
    assert address(written) == usable


@pytest.mark.parametrize(
    "written",
    [
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "a@-x.org",
        "a@x..org",
        "a@1.2.3.4",
        "a@b@example.org",
        "a@exa mple.org",
        "a\n@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
        f"a@{'bcd.' * 64}org",
        "<a@example.org>",
    ],
)
def test_a_doubtful_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="address"):
        address(written)
