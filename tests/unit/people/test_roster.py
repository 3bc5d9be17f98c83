"""Who is told, and what a person is asked."""

import tomllib
from datetime import date

import pytest

from notifier.people import Alias, Contact, Directory, Role, Roster, read_units, recipients


def contact(unit: str, address: str, role: str = "primary") -> Contact:
    assert role in ("primary", "copy", "leader")
    return Contact(unit=unit, name=address[0], address=address, role=role)  # type: ignore[arg-type]


DIRECTORY = Directory.build(
    [
        contact("省教育厅", "Chen@example.org"),
        contact("省教育厅", "boss@example.org", "leader"),
        contact("省财政厅", "wang@example.org"),
        contact("郑州市政府", "zz@example.org"),
        contact("开封市政府", "zz@example.org"),
        contact("省科协", "copy@example.org", "copy"),
    ],
    {"各省辖市政府": ["郑州市政府", "开封市政府", "洛阳市政府"]},
    {},
)


def roster(text: str, **more: object) -> Roster:
    return recipients(read_units(text, "省", DIRECTORY.names), DIRECTORY.on(date(2018, 1, 1)), **more)  # type: ignore[arg-type]


def issues(found: Roster) -> list[tuple[str, str]]:
    return [(issue.kind, issue.unit) for issue in found.issues]


def test_every_contact_of_a_unit_is_told_under_its_lower_cased_address() -> None:
    found = roster("省教育厅、财政厅").recipients
    assert [(each.key, each.address, each.role, each.contact_role) for each in found] == [
        ("chen@example.org", "Chen@example.org", Role.LEAD, "primary"),
        ("boss@example.org", "boss@example.org", Role.LEAD, "leader"),
        ("wang@example.org", "wang@example.org", Role.JOINT, "primary"),
    ]


def test_one_contact_of_two_units_is_told_once_for_both() -> None:
    zz = roster("各省辖市政府").recipients[0]
    assert (zz.key, zz.units) == ("zz@example.org", ("郑州市政府", "开封市政府"))


def test_the_strongest_role_of_a_contact_counts() -> None:
    found = roster("牵头单位：郑州市政府；配合单位：开封市政府").recipients
    assert [(each.key, each.role) for each in found] == [("zz@example.org", Role.LEAD)]


@pytest.mark.parametrize(
    ("text", "expected", "keys"),
    [
        pytest.param("省教育厅、财政厅", [], None, id="all in order"),
        pytest.param(
            "各省辖市政府",
            [("no_contact", "洛阳市政府")],
            ["zz@example.org", "unit:洛阳市政府"],
            id="a member without contact",
        ),
        pytest.param(
            "省财政厅、地税局",
            [("unknown_unit", "省地税局")],
            ["wang@example.org", "unit:省地税局"],
            id="a unit nobody listed",
        ),
        pytest.param(
            "省科协", [("no_contact", "省科协")], ["copy@example.org", "unit:省科协"], id="only a copy"
        ),
        pytest.param(
            "省财政厅、各级教育部门",
            [("unlisted_group", "各级教育部门")],
            ["wang@example.org", "unit:各级教育部门"],
            id="an unlisted group",
        ),
        pytest.param(
            "省财政厅、相关省直部门",
            [("open_group", "相关省直部门")],
            ["wang@example.org", "unit:相关省直部门"],
            id="an open group of nothing listed",
        ),
        pytest.param("省财政厅等", [("open_end", "等")], ["wang@example.org"], id="an open end"),
        pytest.param("省财政厅、张三", [("unresolved", "张三")], ["wang@example.org"], id="what is no unit"),
        pytest.param("", [("unresolved", "")], [], id="no unit at all"),
    ],
)
def test_what_needs_a_person_is_an_issue(
    text: str, expected: list[tuple[str, str]], keys: list[str] | None
) -> None:
    found = roster(text)
    assert issues(found) == expected
    if keys is not None:
        assert [each.key for each in found.recipients] == keys


def test_an_open_group_is_told_as_a_whole_until_it_is_named() -> None:
    found = roster("有关省辖市政府")
    assert issues(found) == [("no_contact", "洛阳市政府"), ("open_group", "有关省辖市政府")]
    assert [each.key for each in found.recipients] == ["zz@example.org", "unit:洛阳市政府"]


def test_an_open_group_is_nobody_reachable_where_policy_says_so() -> None:
    found = roster("有关省辖市政府", open_groups="none")
    assert issues(found) == [("open_group", "有关省辖市政府")]
    assert [each.key for each in found.recipients] == ["unit:有关省辖市政府"]


@pytest.mark.parametrize(
    ("text", "named", "keys"),
    [
        pytest.param(
            "有关省辖市政府", {"有关省辖市政府": ["郑州市政府"]}, ["zz@example.org"], id="an open group"
        ),
        pytest.param(
            "省财政厅等",
            {"等": ["省教育厅"]},
            ["wang@example.org", "chen@example.org", "boss@example.org"],
            id="an open end",
        ),
        pytest.param("省财政厅等", {"等": []}, ["wang@example.org"], id="nobody more"),
        pytest.param(
            "省财政厅、张三",
            {"张三": ["郑州市政府"]},
            ["wang@example.org", "zz@example.org"],
            id="what is no unit",
        ),
        pytest.param(
            "各级教育部门",
            {"各级教育部门": ["省教育厅"]},
            ["chen@example.org", "boss@example.org"],
            id="an unlisted group",
        ),
        pytest.param(
            "相关县(市)政府",
            {"相关县（市）政府": ["郑州市政府"]},
            ["zz@example.org"],
            id="whatever the brackets",
        ),
    ],
)
def test_what_a_person_named_is_no_issue_any_more(
    text: str, named: dict[str, list[str]], keys: list[str]
) -> None:
    found = roster(text, named=named)
    assert issues(found) == []
    assert [each.key for each in found.recipients] == keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "有关省辖市政府",
            {"plans": {"voc": {"tasks": {"17": {"named": {"有关省辖市政府": ["郑州市政府"]}}}}}},
            id="an open group",
        ),
        pytest.param(
            "省财政厅等", {"plans": {"voc": {"tasks": {"17": {"named": {"等": ["…"]}}}}}}, id="an open end"
        ),
        pytest.param("各级教育部门", {"groups": {"各级教育部门": ["…"]}}, id="an unlisted group"),
        pytest.param(
            '省财政厅、张"三',
            {"plans": {"voc": {"tasks": {"17": {"named": {'张"三': ["…"]}}}}}},
            id="a quotation mark",
        ),
    ],
)
def test_a_hint_is_toml_for_this_task(text: str, expected: dict[str, object]) -> None:
    hint = roster(text).issues[-1].hint_for("voc", "17")
    assert tomllib.loads(hint) == expected


def test_a_hint_quotes_a_plan_whose_key_is_no_bare_key() -> None:
    hint = roster("省财政厅等").issues[0].hint_for("职业教育", "2:7")
    assert tomllib.loads(hint) == {"plans": {"职业教育": {"tasks": {"2:7": {"named": {"等": ["…"]}}}}}}


def test_a_unit_without_contact_gets_a_line_for_the_contacts_file() -> None:
    (issue,) = roster("省地税局").issues
    assert issue.hint.startswith("省地税局,")
    assert len(issue.hint.split(",")) == 4


CHURN = Directory.build(
    [
        contact("省扶贫办", "old@example.org"),
        contact("省乡村振兴局", "new@example.org"),
        contact("省地税局", "tax@example.org"),
        contact("省旅游局", "tour@example.org"),
        contact("省文物局", "same@example.org"),
        contact("省文化厅", "same@example.org"),
    ],
    {"各局": ["省地税局", "省扶贫办"]},
    {
        "省扶贫办": Alias(to="省乡村振兴局", since=date(2021, 6, 1)),
        "省地税局": Alias(to=None, since=date(2018, 7, 1)),
        "省旅游局": Alias(to="省文旅厅", since=date(2018, 11, 1)),
    },
)


def on(day: date, text: str) -> Roster:
    """Return the roster of a phrase on a day of the reorganisation."""
    return recipients(read_units(text, "省", CHURN.names), CHURN.on(day))


def test_the_old_unit_is_told_before_the_day_and_its_successor_from_it_on() -> None:
    assert [each.key for each in on(date(2021, 5, 31), "省扶贫办").recipients] == ["old@example.org"]
    (who,) = on(date(2021, 6, 1), "省扶贫办").recipients
    assert (who.key, who.units) == ("new@example.org", ("省乡村振兴局",))


def test_a_closed_unit_is_told_to_nobody_and_asked_about() -> None:
    found = on(date(2018, 7, 1), "省地税局")
    assert [(each.key, each.address) for each in found.recipients] == [("unit:省地税局", None)]
    (issue,) = found.issues
    assert (issue.kind, issue.unit, issue.since) == ("closed_unit", "省地税局", None)
    assert "closed since 2018-07-01" in issue.message
    assert tomllib.loads(issue.hint) == {"aliases": {"省地税局": {"to": "…", "from": date(2018, 7, 1)}}}


def test_a_unit_that_will_close_is_asked_about_before_and_told_until_then() -> None:
    found = on(date(2018, 6, 30), "各局")
    assert [each.key for each in found.recipients] == ["tax@example.org", "old@example.org"]
    assert [(each.kind, each.unit, each.since) for each in found.issues] == [
        ("closed_unit", "省地税局", date(2018, 7, 1))
    ]
    assert "closes after 2018-06-30" in found.issues[0].message


def test_a_successor_without_a_contact_is_asked_about_before_its_day() -> None:
    found = on(date(2018, 10, 1), "省旅游局")
    assert [each.key for each in found.recipients] == ["tour@example.org"]
    assert [(each.kind, each.unit, each.since) for each in found.issues] == [
        ("no_contact", "省文旅厅", date(2018, 11, 1))
    ]
    assert "from 2018-11-01 on" in found.issues[0].message
    after = on(date(2018, 11, 1), "省旅游局")
    assert [each.key for each in after.recipients] == ["unit:省文旅厅"]
    assert [(each.kind, each.unit, each.since) for each in after.issues] == [("no_contact", "省文旅厅", None)]


def test_a_member_whom_nobody_knows_is_named_with_its_group() -> None:
    (issue,) = roster("各省辖市政府").issues
    assert issue.message.startswith("洛阳市政府, a member of 各省辖市政府, has no contact")
