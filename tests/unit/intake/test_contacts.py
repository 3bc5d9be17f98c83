"""The contact directory: good rows load, bad ones are named."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from notifier.errors import DocumentError
from notifier.intake import read_contacts
from notifier.intake.contacts import Seen
from notifier.people import Contact

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
        pytest.param("省教育厅,陈静远,a b@example.org,primary", "before the @", id="a space"),
        pytest.param(
            "省教育厅,陈静远,陈@example.org,primary", "before the @", id="a local part that is not ASCII"
        ),
        pytest.param("省教育厅,陈静远,a@localhost,primary", "its domain", id="a domain of one label"),
        pytest.param("省教育厅,陈静远,a@example.org,boss", "role “boss”", id="an unknown role"),
        pytest.param("省教育厅,陈静远", "has no mail address", id="too few cells"),
        pytest.param("省教育厅,陈静远,a@example.org,primary,x", "5 cells", id="too many cells"),
        pytest.param(f"{'省' * 201},陈静远,a@example.org,", "is no unit: it has 201", id="no unit's name"),
        pytest.param(f"省教育厅,{'陈' * 201},a@example.org,", "is no name: it has 201", id="nobody's name"),
        pytest.param(
            f"省教育厅,,{'陈' * 201}<a@example.org>,", "is no name: it has 201", id="nobody's address"
        ),
        pytest.param(
            "省科技厅 ,韩志强,KEJI@example.org,copy", "stands at contacts.csv:2 already", id="a duplicate"
        ),
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
        pytest.param("unit|name|email|role\n", "the header must name", id="another separator"),
        pytest.param("unit,name,phone\n甲局,陈,1\n", "the header must name", id="no addresses"),
        pytest.param("单位,责任单位,邮箱\n", "names the unit twice: 单位、责任单位", id="two units"),
        pytest.param("", "the header must name", id="empty"),
        pytest.param(HEADER, "holds no contact", id="only a header"),
        pytest.param(HEADER + '"省教育厅,a\n', "no readable CSV", id="an open quote"),
    ],
)
def test_a_file_that_is_no_directory_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_contacts(file_of(tmp_path, text))


def lines_of(contacts: Iterable[Contact]) -> list[str]:
    """Return contacts as lines: unit, name, address, role."""
    return [f"{each.unit} {each.name} {each.address} {each.role}" for each in contacts]


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [
        pytest.param("gb18030", ",", id="CSV as Excel in China saves it"),
        pytest.param("utf-8-sig", ",", id="CSV UTF-8"),
        pytest.param("utf-8-sig", ";", id="semicolons"),
        pytest.param("utf-16", "\t", id="Unicode text"),
        pytest.param("gb18030", "\t", id="tabs"),
    ],
)
def test_a_list_is_read_as_offices_keep_it(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [
        ["2024年度联络员名单", "", "", "", "", ""],
        ["", "", "", "", "", ""],
        ["序号", "单位（部门）", "联络员", "职务", "手机", "电子邮箱*"],
        ["1", "省教育厅", "陈静远", "处长", "13800000000", "chen@example.org"],
        ["", "", "李文博", "", "13900000000", "li@example.org"],
        ["一、省辖市", "", "", "", "", ""],
        ["2", "郑州市\u3000政府", "王\u00a0思源", "", "", "wang＠example．org"],
        ["序号", "单位（部门）", "联络员", "职务", "手机", "电子邮箱*"],
        ["3", "洛阳市政府", "赵", "", "", "zhao@example.org"],
        ["注：手机不对外公布", "", "", "", "", ""],
    ]
    text = "\r\n".join(separator.join(row) for row in rows)
    contacts, faults = read_contacts(file_of(tmp_path, text, encoding))
    assert lines_of(contacts) == [
        "省教育厅 陈静远 chen@example.org primary",
        "省教育厅 李文博 li@example.org primary",
        "郑州市 政府 王 思源 wang@example.org primary",
        "洛阳市政府 赵 zhao@example.org primary",
    ]
    assert faults == ()


def test_a_unit_is_not_taken_over_from_the_section_before(tmp_path: Path) -> None:
    text = HEADER + "甲局,陈,a@example.org,\n二、其他,,,\n,李,b@example.org,\n"
    contacts, faults = read_contacts(file_of(tmp_path, text))
    assert [each.name for each in contacts] == ["陈"]
    assert [(fault.where, fault.message) for fault in faults] == [("contacts.csv:4", "the unit is missing")]


def test_a_row_without_an_address_is_named_and_its_unit_counts_for_the_rows_under_it(tmp_path: Path) -> None:
    contacts, faults = read_contacts(file_of(tmp_path, HEADER + "甲局,陈,,\n,李,b@example.org,\n"))
    assert lines_of(contacts) == ["甲局 李 b@example.org primary"]
    assert [(fault.where, fault.message) for fault in faults] == [
        ("contacts.csv:2", "甲局 has no mail address in this row")
    ]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        pytest.param(
            "单位,联络员,电话,邮箱,分管领导,邮箱",
            "甲局,陈,1,a@x.cn,王,b@x.cn",
            ["甲局 陈 a@x.cn primary", "甲局 王 b@x.cn leader"],
            id="a leader with an address",
        ),
        pytest.param(
            "单位,分管领导,联络员,邮箱",
            "甲局,王,陈,a@x.cn",
            ["甲局 陈 a@x.cn primary"],
            id="a leader without",
        ),
        pytest.param(
            "单位,联络员,分管领导,邮箱",
            "甲局,陈,王,a@x.cn",
            ["甲局 陈 a@x.cn primary"],
            id="a leader between",
        ),
        pytest.param(
            "单位,联络员邮箱,领导邮箱",
            "甲局,a@x.cn,b@x.cn",
            ["甲局  a@x.cn primary", "甲局  b@x.cn leader"],
            id="no names",
        ),
        pytest.param(
            "单位,姓名,工作邮箱,备用邮箱",
            "甲局,陈,a@x.cn,b@x.cn",
            ["甲局 陈 a@x.cn primary", "甲局 陈 b@x.cn primary"],
            id="two addresses of one person",
        ),
        pytest.param(
            "单位,部门,姓名,邮箱",
            "甲局,办公室,陈,a@x.cn",
            ["甲局 陈 a@x.cn primary"],
            id="unit and department",
        ),
        pytest.param("部门,姓名,邮箱", "甲局,陈,a@x.cn", ["甲局 陈 a@x.cn primary"], id="department alone"),
        pytest.param(
            "Unit,Name,E-mail address,Role", "甲局,陈,a@x.cn,CC", ["甲局 陈 a@x.cn copy"], id="English"
        ),
        pytest.param(
            ",分管领导,,,联络员,,\n单位,姓名,电话,邮箱,姓名,电话,邮箱",
            "甲局,王,1,b@x.cn,陈,2,a@x.cn",
            ["甲局 王 b@x.cn leader", "甲局 陈 a@x.cn primary"],
            id="a header of two rows",
        ),
        pytest.param(
            "单位,分管领导,,联络员,\n,姓名,邮箱,姓名,邮箱",
            "甲局,王,b@x.cn,陈,a@x.cn",
            ["甲局 王 b@x.cn leader", "甲局 陈 a@x.cn primary"],
            id="a header of two rows, the unit in the first",
        ),
    ],
)
def test_the_columns_are_known_by_their_titles(
    tmp_path: Path, header: str, row: str, expected: list[str]
) -> None:
    contacts, faults = read_contacts(file_of(tmp_path, f"{header}\n{row}\n"))
    assert (lines_of(contacts), faults) == (expected, ())


def test_a_group_column_names_the_units_groups(tmp_path: Path) -> None:
    text = "单位,姓名,邮箱,分组\n甲局,陈,a@example.org,各厅局、成员单位\n"
    contacts, _ = read_contacts(file_of(tmp_path, text))
    assert contacts[0].groups == ("各厅局", "成员单位")


@pytest.mark.parametrize(
    ("title", "cell", "expected"),
    [
        ("语言", "en", "en"),
        ("lang", "EN", "en"),
        ("Language", "英文", "en"),
        ("邮件语言", "英语", "en"),
        ("语种", "维吾尔文", "ug"),
        ("语言", "zh_TW", "zh-tw"),
        ("语言", "", ""),
        ("语言", "中文", ""),
        ("语言", "zh-CN", ""),
    ],
)
def test_a_language_column_says_in_which_language_mail_is(
    tmp_path: Path, title: str, cell: str, expected: str
) -> None:
    path = file_of(tmp_path, f"单位,邮箱,{title}\n甲局,a@example.org,{cell}\n")
    contacts, faults = read_contacts(path, languages={"en", "ug", "zh-tw"})
    assert ([contact.language for contact in contacts], faults) == ([expected], ())


def test_an_unknown_language_is_named_with_its_row_and_its_contact_counts(tmp_path: Path) -> None:
    path = file_of(tmp_path, "单位,邮箱,语言\n甲局,a@example.org、b@example.org,fr\n乙局,c@example.org,en\n")
    contacts, faults = read_contacts(path, languages={"en", "bo"})
    assert [(contact.address, contact.language) for contact in contacts] == [
        ("a@example.org", ""),
        ("b@example.org", ""),
        ("c@example.org", "en"),
    ]
    [fault] = faults
    assert fault.where == "contacts.csv:2"
    assert fault.message == (
        "language “fr” has no folder among the templates (there are: bo, en): mail goes in the default language"
    )


def test_two_languages_for_one_address_are_named_with_both_rows(tmp_path: Path) -> None:
    rows = "甲局,A@example.org,\n乙局,a@example.org,en\n丙局,a@example.org,bo\n"
    path = file_of(tmp_path, f"单位,邮箱,语言\n{rows}")
    contacts, faults = read_contacts(path, languages={"en", "bo"})
    assert [contact.language for contact in contacts] == ["", "en", "en"]
    assert [(fault.where, fault.message) for fault in faults] == [
        ("contacts.csv:4", "a@example.org is written to in en, as contacts.csv:3 says, not in bo")
    ]


def test_a_header_that_names_the_language_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="the header names the language twice: 语言、lang"):
        read_contacts(file_of(tmp_path, "单位,邮箱,语言,lang\n甲局,a@example.org,en,en\n"))


def test_a_contact_in_two_files_is_named_with_both_places(tmp_path: Path) -> None:
    seen = Seen()
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        path.write_text(HEADER + "甲局,陈,a@example.org,\n乙局,陈,a@example.org,\n", "utf-8")
    assert read_contacts(first, seen)[1] == ()
    contacts, faults = read_contacts(second, seen)
    assert contacts == ()
    assert [fault.message for fault in faults] == [
        "甲局 with a@example.org stands at a.csv:2 already",
        "乙局 with a@example.org stands at a.csv:3 already",
    ]


def test_every_fault_of_a_row_is_named_and_its_good_address_is_used(tmp_path: Path) -> None:
    text = HEADER + "甲局,陈,no；陈@example.org；ok@example.org；x@y_z.cn,\n"
    contacts, faults = read_contacts(file_of(tmp_path, text))
    assert [each.address for each in contacts] == ["ok@example.org"]
    assert [fault.where for fault in faults] == ["contacts.csv:2"] * 3
    assert [fault.message.partition(" is ")[0] for fault in faults] == [
        "“no”",
        "“陈@example.org”",
        "“x@y_z.cn”",
    ]


def saved(book: Workbook, tmp_path: Path) -> Path:
    path = tmp_path / "名单.xlsx"
    book.save(path)
    return path


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "省直"
    first.append(["联络员名单"])
    first.merge_cells("A1:D1")
    first.append([])
    first.append(["单位", "姓名", "电话", "邮箱"])
    first.append(["省教育厅", "陈静远", 13800000000, "chen@example.org\nchen2@example.org"])
    first.append([None, "李文博", None, "li@example.org"])
    first.append(["省财政厅", "王", None, "no address"])
    first.append(["省审计厅", "赵", None, "zhao@example.org"])
    first.append(["省统计局", None, None, None])
    first.merge_cells("A4:A5")
    first.merge_cells("D7:D8")
    second = book.create_sheet("市县")
    second.append(["单位", "姓名", "邮箱"])
    second.append(["郑州市政府", "孙", datetime(2024, 1, 1)])  # noqa: DTZ001  a cell knows no zone
    second.append(["洛阳市政府", "周", "zhou@example.org"])
    hidden = book.create_sheet("旧")
    hidden.append(["单位", "邮箱"])
    hidden.append(["省扶贫办", "old@example.org"])
    hidden.sheet_state = "hidden"
    book.create_sheet("说明").append(["请各单位填写"])
    book.create_sheet("别的").append(["张三 zhang@example.org"])
    contacts, faults = read_contacts(saved(book, tmp_path))
    assert lines_of(contacts) == [
        "省教育厅 陈静远 chen@example.org primary",
        "省教育厅 陈静远 chen2@example.org primary",
        "省教育厅 李文博 li@example.org primary",
        "省审计厅 赵 zhao@example.org primary",
        "省统计局  zhao@example.org primary",
        "洛阳市政府 周 zhou@example.org primary",
    ]
    assert [fault.where for fault in faults] == [
        "名单.xlsx, sheet 省直, row 6",
        "名单.xlsx, sheet 市县, row 2",
        "名单.xlsx, sheet 旧",
        "名单.xlsx, sheet 别的",
    ]
    for fault, part in zip(faults, ("no @", "2024-01-01", "hidden", "holds addresses"), strict=True):
        assert part in fault.message


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>
<office:spreadsheet><table:table table:name="名单">{rows}</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def test_an_ods_workbook_is_read(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = [["单位", "姓名", "邮箱"], ["省教育厅", "陈", "a@example.org"], ["省教育厅", "李", "b@"]]
    lines = ("".join(cell.format(text) for text in row) for row in rows)
    content = ODS.format(rows="".join(f"<table:table-row>{line}</table:table-row>" for line in lines))
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    path = tmp_path / "名单.ods"
    with ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", manifest)
        file.writestr("content.xml", content)
    contacts, faults = read_contacts(path)
    assert lines_of(contacts) == ["省教育厅 陈 a@example.org primary"]
    assert [fault.where for fault in faults] == ["名单.ods, sheet 名单, row 3"]


def test_a_sheet_whose_cells_lie_at_its_far_ends_is_refused_and_nothing_dies(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet["A1"], sheet["XFD1048576"] = "单位", "x"
    with pytest.raises(DocumentError, match="too far apart"):
        read_contacts(saved(book, tmp_path))


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DocumentError, match=r"名单\.xlsx: can't be read as a workbook"):
        read_contacts(path)


def test_a_workbook_without_a_header_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["单位", "电话"])
    with pytest.raises(DocumentError, match="no sheet has one"):
        read_contacts(saved(book, tmp_path))


@pytest.mark.parametrize(
    ("rows", "state", "reason"),
    [
        pytest.param([["单位", "邮箱"], ["省教育厅", "a@b.cn"]], "hidden", "is hidden", id="hidden"),
        pytest.param([["单位", "责任单位", "邮箱"], ["甲", "乙", "a@b.cn"]], "visible", "twice", id="header"),
        pytest.param([["省教育厅", "a@b.cn"]], "visible", "holds addresses and is left out", id="none"),
    ],
)
def test_a_workbook_of_which_every_sheet_is_left_out_is_refused_as_a_whole(
    tmp_path: Path, rows: Sequence[Sequence[str]], state: str, reason: str
) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    sheet.sheet_state = state
    book.create_sheet("说明").append(["请各单位填写"])
    with pytest.raises(DocumentError, match=reason) as refused:
        read_contacts(saved(book, tmp_path))
    assert refused.value.faults[0].startswith("名单.xlsx, sheet Sheet")


def test_nobody_is_taken_for_the_unit_above_a_row_that_could_not_be_read(tmp_path: Path) -> None:
    text = HEADER + "甲局,陈,a@example.org,\n乙局,李,,b@example.org,primary\n,王,c@example.org,\n"
    contacts, faults = read_contacts(file_of(tmp_path, text))
    assert lines_of(contacts) == ["甲局 陈 a@example.org primary"]
    assert [fault.where for fault in faults] == ["contacts.csv:3", "contacts.csv:4"]
