"""The office's own document and the sample directory, read as shipped."""

from datetime import date
from pathlib import Path

import pytest

from notifier.intake import read_contacts, read_document
from notifier.people import Contact, Directory, read_units, recipients

ROOT = Path(__file__).parents[3]
SEED = ROOT / "seeds" / "vocational-education-2017.txt"
CONTACTS = ROOT / "seeds" / "contacts.csv"


def contacts() -> tuple[Contact, ...]:
    found, faults = read_contacts(CONTACTS)
    assert faults == ()
    return found


def directory() -> Directory:
    """The sample contacts with the two groups that the document names, by what their units are called."""
    units = [contact.unit for contact in contacts()]
    start = units.index("巩义市政府")
    cities = [unit for unit in units[:start] if unit.endswith("市政府")]
    groups = {
        "各省辖市政府": cities,
        "各省直管县（市）政府": units[start:],
        "各县（市、区）政府": ["各省辖市政府", "各省直管县（市）政府"],
    }
    return Directory.build(contacts(), groups, {})


def test_the_document_gives_its_36_rows_in_7_sections() -> None:
    document = read_document(SEED)
    assert [row.ref for row in document.rows] == [str(number) for number in range(1, 37)]
    assert len(document.sections) == 7
    assert document.faults == ()
    assert document.columns == ("序号", "工作任务", "负责单位", "时间进度")


def test_wrapped_cells_come_back_whole() -> None:
    rows = {row.ref: row for row in read_document(SEED).rows}
    assert rows["1"].text == (
        "坚持国家和省级引领支持，发挥地方的主体作用，上下联动，集聚多方的资源和力量，共同建设一批国内领先的高水平骨干"
        "职业院校和骨干专业，着力打造若干所达到国际先进水平的职业院校。完善品牌示范院校和特色院校动态调整机制。"
    )
    assert rows["16"].text.endswith("全省公办高等职业院校年生均财政拨款水平不低于12000元。")
    assert rows["3"].units == "省教育厅、人力资源社会保障厅和各省辖市、省直管县(市）政府及相关省直部门"
    assert rows["3"].timing == "2018年秋季学期开学前完成"
    assert rows["7"].timing == "2017年12月前出台具体措施"
    assert rows["29"].units == "省教育厅、财政厅、省政府外侨办"
    assert rows["36"].section == "七、切实保障攻坚二期工程顺利实施"
    assert (rows["1"].where, rows["36"].where) == (f"{SEED.name}:11", f"{SEED.name}:318")


def test_a_row_that_lost_a_cell_is_one_fault_and_the_other_35_load(tmp_path: Path) -> None:
    broken = tmp_path / "broken.txt"
    text = SEED.read_text("utf-8")
    broken.write_text(text.replace("\t研究制定技师学院的生均经费拨\n款办法。\n", "", 1), "utf-8")
    document = read_document(broken)
    assert [row.ref for row in document.rows] == [str(number) for number in range(1, 37) if number != 17]
    (fault,) = document.faults
    line = text[: text.index("\t17\n")].count("\n") + 1
    assert fault.where == f"broken.txt:{line}"
    assert fault.message.startswith("3 cells where the header has 4")


def test_gb18030_with_crlf_reads_the_same(tmp_path: Path) -> None:
    copy = tmp_path / SEED.name
    copy.write_bytes(SEED.read_text("utf-8").replace("\n", "\r\n").encode("gb18030"))
    assert read_document(copy).rows == read_document(SEED).rows


def test_the_sample_directory_has_a_contact_for_each_of_41_units() -> None:
    found = contacts()
    assert len({contact.unit for contact in found}) == len({contact.address for contact in found}) == 41
    assert all(contact.address.endswith("@example.org") and contact.role == "primary" for contact in found)


OPEN_CITIES = [("open_group", "相关省辖市政府"), ("open_group", "相关省直管县（市）政府")]
EXPECTED = {
    "3": [("open_group", "相关省直部门")],
    "17": [("open_group", "有关省辖市政府")],
    "20": [("open_end", "等")],
    "22": OPEN_CITIES,
    "23": [
        ("unlisted_group", "各级教育部门"),
        ("unlisted_group", "各级人力资源社会保障部门"),
        ("unlisted_group", "各级财政部门"),
        ("unlisted_group", "各级扶贫部门"),
        *OPEN_CITIES,
        ("open_end", "等"),
    ],
    "24": OPEN_CITIES,
    "25": OPEN_CITIES,
    "26": OPEN_CITIES,
    "27": OPEN_CITIES,
    "30": [("unlisted_group", "省职业教育攻坚工作领导小组成员单位")],
}


@pytest.mark.parametrize("ref", [str(number) for number in range(1, 37)])
def test_each_task_asks_a_person_what_it_leaves_open_and_nothing_else(ref: str) -> None:
    row = next(row for row in read_document(SEED).rows if row.ref == ref)
    known = directory()
    roster = recipients(read_units(row.units, "省", known.names), known.on(date(2017, 10, 1)))
    assert [(issue.kind, issue.unit) for issue in roster.issues] == EXPECTED.get(ref, [])
    assert any(recipient.address for recipient in roster.recipients)


def test_the_known_names_change_no_reading_of_the_document() -> None:
    names = directory().names
    for row in read_document(SEED).rows:
        assert read_units(row.units, "省", names) == read_units(row.units, "省")
