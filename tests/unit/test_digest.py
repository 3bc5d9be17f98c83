"""One contact's reminders of a slot become one digest: ordered, counted, in plain words."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.digest import Digest, Line, Notice, build
from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

BEIJING = ZoneInfo("Asia/Shanghai")
SLOT = datetime(2017, 12, 29, 9, tzinfo=BEIJING)
TODAY = date(2017, 12, 29)  # a Friday


def a_notice(**over: Any) -> Notice:
    """One valid notice: task 7 is due today."""
    given: dict[str, Any] = {
        "plan": "voc",
        "plan_title": "职业教育攻坚二期工程实施方案",
        "plan_number": "豫政办〔2017〕115号",
        "ref": "7",
        "section": "三、深度构建产教融合、校企合作机制",
        "text": "建立省级职业教育教学成果奖励制度。",
        "timing": "2017年12月29日前",
        "rule": "due 2017-12-29",
        "kind": Kind.DUE,
        "family": Kind.DUE,
        "label": "",
        "nominal": over.get("day", TODAY),
        "day": TODAY,
        "at": SLOT.astimezone(UTC),
        "role": Role.LEAD,
        "units": ("省教育厅",),
    }
    return Notice(**(given | over))


def digest(*notices: Notice, slot: datetime = SLOT) -> Digest:
    return build(notices, slot=slot, zone=BEIJING)


def lines(found: Digest) -> list[Line]:
    return [line for section in found.sections for group in section.groups for line in group.lines]


def line(**over: Any) -> Line:
    [found] = lines(digest(a_notice(**over)))
    return found


def remarks(**over: Any) -> dict[str, str]:
    return {remark.kind: remark.text for remark in line(**over).remarks}


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


EVERY_KIND = [
    a_notice(ref="5", kind=Kind.REPORT, family=Kind.REPORT),
    a_notice(ref="4", kind=Kind.START, family=Kind.START),
    a_notice(ref="3", kind=Kind.LEAD, day=in_days(7)),
    a_notice(ref="2"),
    a_notice(ref="1", kind=Kind.OVERDUE, day=in_days(-3)),
]


def test_groups_stand_in_order_of_urgency() -> None:
    [section] = digest(*EVERY_KIND).sections
    assert [(group.key, group.title) for group in section.groups] == [
        ("overdue", "已逾期"),
        ("due", "到期"),
        ("lead", "即将到期"),
        ("start", "启动实施"),
        ("report", "报送进展"),
    ]
    assert [group.lines[0].ref for group in section.groups] == ["1", "2", "3", "4", "5"]


def test_the_order_of_the_notices_changes_nothing() -> None:
    shuffled = EVERY_KIND + [a_notice(plan="other", ref=ref) for ref in ("10", "9", "7.2", "7")]
    expected = digest(*shuffled)
    Random(7).shuffle(shuffled)
    assert digest(*shuffled) == expected
    assert hash(digest(*shuffled)) == hash(expected)


def test_lines_of_one_day_go_by_their_numbers() -> None:
    refs = ["10", "2:7", "9", "7.2", "7", "1:8"]
    assert [found.ref for found in lines(digest(*(a_notice(ref=ref) for ref in refs)))] == [
        "1:8", "2:7", "7", "7.2", "9", "10",
    ]  # fmt: skip


def test_the_longest_overdue_stands_first() -> None:
    found = digest(
        a_notice(ref="1", kind=Kind.OVERDUE, day=in_days(-1)),
        a_notice(ref="2", kind=Kind.OVERDUE, day=in_days(-9)),
    )
    assert [each.ref for each in lines(found)] == ["2", "1"]


def test_each_document_is_a_section_and_the_most_pressing_comes_first() -> None:
    found = digest(
        a_notice(plan="a", plan_title="甲", kind=Kind.LEAD, day=in_days(1)),
        a_notice(
            plan="b", plan_title="《乙》", plan_number="豫政〔2017〕1号", kind=Kind.OVERDUE, day=in_days(-1)
        ),
    )
    assert [(section.plan, section.title, section.number) for section in found.sections] == [
        ("b", "《乙》", "豫政〔2017〕1号"),
        ("a", "《甲》", "豫政办〔2017〕115号"),
    ]


def test_a_document_without_a_title_goes_by_its_number_or_key() -> None:
    assert digest(a_notice(plan_title="")).sections[0].title == "《豫政办〔2017〕115号》"
    assert digest(a_notice(plan_title="", plan_number="")).sections[0].title == "《voc》"


def test_counts_name_every_kind_and_the_headline_the_three_most_pressing() -> None:
    found = digest(*EVERY_KIND, a_notice(ref="9"))
    assert found.total == 6
    assert found.summary == "逾期1项、到期2项、临期1项、启动1项、报送1项"
    assert found.headline == "逾期1项·到期2项·临期1项"
    assert sum(count.number for count in found.counts) == found.total


@pytest.mark.parametrize(
    ("kind", "family", "days", "group", "light", "standing"),
    [
        (Kind.LEAD, Kind.DUE, 7, "lead", "yellow", "还有7天"),
        (Kind.DUE, Kind.DUE, 0, "due", "yellow", "今天到期"),
        (Kind.DUE, Kind.DUE, 2, "due", "yellow", "还有2天"),
        (Kind.OVERDUE, Kind.DUE, -3, "overdue", "red", "已逾期3天"),
        (Kind.LEAD, Kind.DUE, 0, "due", "yellow", "今天到期"),
        (Kind.LEAD, Kind.DUE, -1, "overdue", "red", "已逾期1天"),
        (Kind.DUE, Kind.DUE, -1, "overdue", "red", "已逾期1天"),
        (Kind.LEAD, Kind.START, 30, "start", "green", "还有30天"),
        (Kind.START, Kind.START, 0, "start", "green", "今天启动"),
        (Kind.START, Kind.START, -8, "start", "green", "已启动8天"),
        (Kind.LEAD, Kind.REPORT, 5, "report", "yellow", "还有5天"),
        (Kind.REPORT, Kind.REPORT, 0, "report", "yellow", "今天报送"),
        (Kind.REPORT, Kind.REPORT, -2, "report", "yellow", "已过2天"),
        (Kind.OVERDUE, Kind.REPORT, -2, "overdue", "red", "已过2天"),
    ],
)
def test_a_line_stands_where_things_stand_in_its_slot(
    kind: Kind, family: Kind, days: int, group: str, light: str, standing: str
) -> None:
    found = digest(a_notice(kind=kind, family=family, day=in_days(days)))
    [only] = found.sections[0].groups
    assert (only.key, only.lines[0].light, only.lines[0].standing) == (group, light, standing)
    assert only.lines[0].days_left == days
    assert found.light == light


def test_days_are_counted_in_the_offices_zone_and_not_in_utc() -> None:
    late_evening = datetime(2017, 12, 28, 16, 30, tzinfo=UTC)  # half past midnight of the 29th in Beijing
    [only] = lines(digest(a_notice(at=late_evening), slot=late_evening))
    assert only.standing == "今天到期"


def test_a_line_says_its_day_as_documents_do() -> None:
    only = line()
    assert (only.day_word, only.day_text, only.weekday) == ("截止日期", "2017年12月29日", "星期五")


@pytest.mark.parametrize(
    ("role", "word"),
    [(Role.LEAD, "牵头"), (Role.JOINT, "责任"), (Role.ASSIST, "配合"), (Role.IMPLEMENT, "落实")],
)
def test_every_role_has_its_word(role: Role, word: str) -> None:
    assert line(role=role).role == word


@pytest.mark.parametrize(
    ("ref", "number"),
    [("7", "第7项"), ("2:7", "第2部分第7项"), ("7.2", "第7项之2"), ("2:7.1", "第2部分第7项之1")],
)
def test_a_ref_is_said_in_words(ref: str, number: str) -> None:
    assert line(ref=ref).number == number


def test_the_other_units_of_a_task_leave_out_the_ones_addressed() -> None:
    assert line(co_units=("省教育厅", "省财政厅", "各省辖市政府")).other_units == ("省财政厅", "各省辖市政府")


def test_a_plain_line_needs_no_remark() -> None:
    assert remarks() == {}


@pytest.mark.parametrize(
    ("over", "kind", "expected"),
    [
        ({"at": SLOT - timedelta(days=7)}, "late", "应于2017年12月22日（星期五）发出，因当时未能发出，现予补发"),
        ({"at": SLOT - timedelta(hours=2)}, "late", "应于2017年12月29日（星期五）07:00发出，因当时未能发出，现予补发"),
        ({"nominal": date(2017, 12, 31)}, "rolled", "2017年12月31日（星期日）为休息日，提前至2017年12月29日（星期五）"),
        ({"nominal": date(2017, 12, 24)}, "rolled", "2017年12月24日（星期日）为休息日，顺延至2017年12月29日（星期五）"),
        ({"original_due": date(2017, 11, 30)}, "extended", "原定期限2017年11月30日（星期四），现已延期至"),
        ({"original_due": date(2018, 1, 31)}, "extended", "原定期限2018年1月31日（星期三），现已调整为2017年12月29日"),
        ({"provisional": True}, "provisional", "日期暂定"),
        ({"soft": True}, "soft", "力争"),
        ({"notes": ("12月前按不含12月理解。",)}, "reading", "12月前按不含12月理解。"),
        ({"folded": ("due-30d@2017-12-29", "due-7d@2017-12-29")}, "folded", "提前30天到期提醒、提前7天到期提醒"),
        ({"folded": ("report-5wd@2017-12-31",)}, "folded", "提前5个工作日报送提醒"),
        ({"folded": ("start-2w@2017-12-31", "start@2017-12-31")}, "folded", "提前2周启动提醒、启动提醒"),
        ({"folded": ("overdue-3@2017-12-01",)}, "folded", "第3次逾期提醒"),
        ({"folded": ("due-1d@2017-12-01", *(f"overdue-{n}@2017-12-01" for n in range(1, 16)))}, "folded",
         "（提前1天到期提醒、第1次至第15次逾期提醒）"),
        ({"folded": ("overdue-1@2017-12-01", "overdue-2@2017-12-01")}, "folded", "（第1次逾期提醒、第2次逾期提醒）"),
        ({"folded": ("overdue-1@2017-12-01", *(f"overdue-{n}@2017-12-01" for n in (3, 4, 5)))}, "folded",
         "（第1次逾期提醒、第3次至第5次逾期提醒）"),
        ({"folded": ("something else",)}, "folded", "something else"),
    ],
)  # fmt: skip
def test_what_a_reader_must_know_is_said_in_a_sentence(
    over: dict[str, Any], kind: str, expected: str
) -> None:
    found = remarks(**over)
    assert list(found) == [kind]
    assert expected in found[kind]


def test_what_is_said_in_words_is_there_as_plain_values_for_other_languages() -> None:
    found = line(
        kind=Kind.LEAD,
        role=Role.ASSIST,
        at=SLOT - timedelta(days=7),
        nominal=date(2017, 12, 31),
        original_due=date(2017, 11, 30),
        notes=("12月前按不含12月理解。", "另一句。"),
        english_notes=("before December excludes December",),
        folded=(
            "due-30d@2017-12-31",
            "report-5wd@2017-12-31",
            "start@2017-12-31",
            "overdue-3@2017-12-31",
            "?",
        ),
    )
    assert (found.family, found.role_key) == ("due", "assist")
    said = {remark.kind: remark for remark in found.remarks if remark.kind != "reading"}
    assert {kind: remark.days for kind, remark in said.items()} == {
        "late": (date(2017, 12, 22),),
        "folded": (),
        "extended": (date(2017, 11, 30), date(2017, 12, 31)),
        "rolled": (date(2017, 12, 31), TODAY),
    }
    assert [(each.kind, each.amount, each.unit) for each in said["folded"].earlier] == [
        ("due", 30, "d"), ("report", 5, "wd"), ("start", 0, ""), ("overdue", 3, ""),
    ]  # fmt: skip
    readings = [remark.english for remark in found.remarks if remark.kind == "reading"]
    assert readings == ["before December excludes December", ""]


def test_an_extension_to_the_same_day_is_none() -> None:
    assert remarks(original_due=TODAY) == {}


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (60, False), (61, True)])
def test_a_mail_is_late_after_an_hour(minutes: int, late: bool) -> None:
    found = digest(a_notice(at=SLOT - timedelta(minutes=minutes)))
    assert found.late is late
    assert lines(found)[0].late is late


def test_what_holds_for_every_line_is_said_once_above_them() -> None:
    shared = "未写明周期，按季度报送。"
    found = digest(
        a_notice(ref="1", kind=Kind.REPORT, family=Kind.REPORT, notes=(shared, "只属于第1项。")),
        a_notice(ref="2", kind=Kind.REPORT, family=Kind.REPORT, notes=(shared,)),
    )
    [group] = found.sections[0].groups
    assert [remark.text for remark in group.remarks] == [shared]
    assert [[remark.text for remark in each.remarks] for each in group.lines] == [["只属于第1项。"], []]
    assert group.same_day


def test_a_line_alone_keeps_its_remarks() -> None:
    [group] = digest(a_notice(soft=True)).sections[0].groups
    assert group.remarks == ()
    assert [remark.kind for remark in group.lines[0].remarks] == ["soft"]


def test_contacts_of_one_unit_share_one_digest() -> None:
    # Nothing of a contact is in a notice, so what two of them are told is equal and hashes alike.
    assert digest(a_notice()) == digest(a_notice())
    assert "contact" not in {field.name for field in dataclasses.fields(Digest)}


@pytest.mark.parametrize(
    ("count", "expected"), [(1, "单位0"), (3, "单位0、单位1、单位2"), (4, "单位0等4个单位"), (0, "")]
)
def test_a_subject_names_a_few_units_and_counts_more(count: int, expected: str) -> None:
    found = digest(a_notice(units=tuple(f"单位{number}" for number in range(count))))
    assert found.unit == expected
    assert len(found.units) == count


def test_a_digest_is_a_copy_only_when_every_line_is() -> None:
    assert digest(a_notice(copied=True)).copied
    assert not digest(a_notice(copied=True), a_notice(ref="8")).copied


def values(value: object) -> Iterator[object]:
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from values(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from values(each)
    else:
        yield value


def test_templates_see_plain_values_only() -> None:
    assert {type(value) for value in values(digest(*EVERY_KIND))} <= {str, int, bool, date}


def test_an_empty_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        digest()


def test_a_naive_slot_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        digest(a_notice(), slot=SLOT.replace(tzinfo=None))
