"""Groups, aliases and contacts, found whatever the brackets' width."""

from datetime import date

import pytest

from notifier.people import Alias, Contact, Directory, Role, UnitRef
from notifier.people.aliases import Change
from notifier.people.directory import Expansion


def contact(unit: str) -> Contact:
    return Contact(unit=unit, name="王", address=f"{abs(hash(unit))}@example.org")


def ref(name: str, *, group: bool = True, is_open: bool = False) -> UnitRef:
    return UnitRef(name=name, role=Role.JOINT, group=group, open=is_open)


DIRECTORY = Directory.build(
    [contact("郑州市政府"), contact("兰考县政府"), contact("省发展改革委"), contact("各科室")],
    {
        "各省辖市政府": ["郑州市政府", "开封市政府"],
        "各省直管县(市)政府": ["兰考县政府"],
        "各县（市、区）政府": ["各省辖市政府", "各省直管县（市）政府"],
        "相关省直部门": ["省发改委"],
    },
    {"省发改委": "省发展改革委", "发改委": "省发改委"},
)
LISTING = DIRECTORY.on(date(2018, 1, 1))


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        pytest.param("省发改委", "省发展改革委", id="an alias"),
        pytest.param("发改委", "省发展改革委", id="an alias of an alias"),
        pytest.param("各省直管县(市）政府", "各省直管县（市）政府", id="mixed brackets"),
        pytest.param("各县(市,区)政府", "各县（市、区）政府", id="a comma inside brackets"),
        pytest.param("郑州市人民政府", "郑州市政府", id="the long form of 政府"),
        pytest.param("省 财政厅", "省财政厅", id="unlisted"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, canonical: str) -> None:
    assert LISTING.canonical(name) == canonical


@pytest.mark.parametrize(
    ("unit", "units", "missing"),
    [
        pytest.param(ref("省发改委", group=False), ("省发展改革委",), None, id="a unit by its alias"),
        pytest.param(ref("省财政厅", group=False), ("省财政厅",), None, id="an unlisted unit is itself"),
        pytest.param(ref("各省辖市政府"), ("郑州市政府", "开封市政府"), None, id="a group"),
        pytest.param(
            ref("各县（市、区）政府"),
            ("郑州市政府", "开封市政府", "兰考县政府"),
            None,
            id="a group of groups",
        ),
        pytest.param(
            ref("有关省辖市政府", is_open=True),
            ("郑州市政府", "开封市政府"),
            None,
            id="an open group is the whole",
        ),
        pytest.param(
            ref("相关省直部门", is_open=True), ("省发展改革委",), None, id="an open group listed as written"
        ),
        pytest.param(ref("有关高校", is_open=True), (), "有关高校", id="an open group of nothing listed"),
        pytest.param(ref("各级教育部门"), (), "各级教育部门", id="an unlisted group"),
        pytest.param(ref("各科室"), ("各科室",), None, id="a group with contacts of its own"),
    ],
)
def test_a_reference_expands_to_concrete_units(
    unit: UnitRef, units: tuple[str, ...], missing: str | None
) -> None:
    assert LISTING.units(unit, named={}) == Expansion(units=units, missing=missing)


def test_an_open_group_stands_for_nobody_where_policy_says_so() -> None:
    unit = ref("有关省辖市政府", is_open=True)
    assert LISTING.units(unit, open_groups="none", named={}) == Expansion(units=(), missing="有关省辖市政府")


def test_a_persons_answer_wins_and_may_name_groups_or_nobody() -> None:
    unit = ref("有关省辖市政府", is_open=True)
    assert LISTING.units(
        unit, named={"有关省辖市政府": ["开封市人民政府", "各省直管县（市）政府"]}
    ).units == (
        "开封市政府",
        "兰考县政府",
    )
    assert LISTING.units(unit, named={"有关省辖市政府": []}) == Expansion(units=())


def test_every_name_is_known_and_contacts_are_found_by_any_of_them() -> None:
    assert {"郑州市政府", "开封市政府", "各省辖市政府", "发改委", "省发展改革委"} <= DIRECTORY.names
    assert [each.unit for each in LISTING.contacts("省发改委")] == ["省发展改革委"]
    assert LISTING.contacts("开封市政府") == ()


@pytest.mark.parametrize(
    ("groups", "aliases", "message"),
    [
        pytest.param({"甲": ["乙"], "乙": ["丙"], "丙": ["乙"]}, {}, "乙 -> 丙 -> 乙", id="groups"),
        pytest.param({"甲": ["甲"]}, {}, "甲 -> 甲", id="a group of itself"),
        pytest.param({"甲": ["乙"]}, {"乙": "甲"}, "甲 -> 甲", id="a group through an alias"),
        pytest.param({}, {"甲": "乙", "乙": "甲"}, "甲 -> 乙 -> 甲", id="aliases"),
        pytest.param({}, {"甲": "甲"}, "甲 -> 甲", id="an alias of itself"),
        pytest.param(
            {"甲": ["乙"]},
            {"乙": Alias(to="甲", since=date(2030, 1, 1))},
            "groups contain themselves: 甲 -> 甲",
            id="a group through an alias that has yet to begin",
        ),
        pytest.param(
            {},
            {"省发改委": "甲", "省发展改革委": "乙"},
            "省发改委 and 省发展改革委 are one",
            id="one name, two units",
        ),
    ],
)
def test_a_circle_is_refused_by_name(
    groups: dict[str, list[str]], aliases: dict[str, str | Alias], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Directory.build([], groups, aliases)


POVERTY, REVIVAL, RURAL = "省扶贫办", "省乡村振兴局", "省农业农村厅"
CHURN = Directory.build(
    [contact(POVERTY), contact(REVIVAL), contact(RURAL), contact("省地税局"), contact("省国土厅")],
    {"各部门": [POVERTY, "省地税局", RURAL], "省国土厅的后继": [RURAL, "省林业局"]},
    {
        "省扶贫开发办公室": POVERTY,
        "扶贫开发机构": POVERTY,
        POVERTY: Alias(to=REVIVAL, since=date(2021, 6, 1)),
        REVIVAL: Alias(to=RURAL, since=date(2023, 11, 1)),
        "省地税局": Alias(to=None, since=date(2018, 7, 1)),
        "省国土厅": Alias(to="省国土厅的后继", since=date(2018, 11, 1)),
    },
)


@pytest.mark.parametrize(
    ("day", "unit"),
    [
        pytest.param(date(2017, 1, 1), POVERTY, id="long before"),
        pytest.param(date(2021, 5, 31), POVERTY, id="the last day of the old"),
        pytest.param(date(2021, 6, 1), REVIVAL, id="the first day of the successor"),
        pytest.param(date(2023, 10, 31), REVIVAL, id="the last day of the successor"),
        pytest.param(date(2030, 1, 1), RURAL, id="the successor's successor"),
    ],
)
def test_a_unit_is_its_successor_from_the_day_on(day: date, unit: str) -> None:
    listing = CHURN.on(day)
    for name in (POVERTY, "省扶贫开发办公室", "扶贫开发机构"):
        assert listing.canonical(name) == unit
        assert [each.unit for each in listing.contacts(name)] == [unit]
    assert listing.closed(POVERTY) is None


def test_a_closed_unit_keeps_its_name_and_has_no_contacts() -> None:
    before, after = CHURN.on(date(2018, 6, 30)), CHURN.on(date(2018, 7, 1))
    assert [each.unit for each in before.contacts("省地税局")] == ["省地税局"]
    assert before.closed("省地税局") is None
    assert after.contacts("省地方税务局") == ()
    assert after.canonical("省地方税务局") == "省地税局"
    assert after.closed("省地方税务局") == date(2018, 7, 1)


def test_a_group_has_its_members_successors() -> None:
    assert CHURN.on(date(2018, 1, 1)).members(["各部门"]) == (POVERTY, "省地税局", RURAL)
    assert CHURN.on(date(2022, 1, 1)).members(["各部门"]) == (REVIVAL, "省地税局", RURAL)
    assert CHURN.on(date(2024, 1, 1)).members(["各部门"]) == (RURAL, "省地税局")


def test_a_unit_may_be_divided_among_a_group() -> None:
    unit = ref("省国土厅", group=False)
    assert CHURN.on(date(2018, 10, 31)).units(unit, named={}).units == ("省国土厅",)
    assert CHURN.on(date(2018, 11, 1)).units(unit, named={}).units == (RURAL, "省林业局")


def test_what_becomes_of_a_unit_is_known_ahead() -> None:
    assert CHURN.on(date(2020, 1, 1)).changes(POVERTY) == (
        Change(day=date(2021, 6, 1), unit=POVERTY, to=REVIVAL),
        Change(day=date(2023, 11, 1), unit=REVIVAL, to=RURAL),
    )
    assert CHURN.on(date(2022, 1, 1)).changes(POVERTY) == (
        Change(day=date(2023, 11, 1), unit=REVIVAL, to=RURAL),
    )
    assert CHURN.on(date(2018, 1, 1)).changes("省地税局") == (
        Change(day=date(2018, 7, 1), unit="省地税局", to=None),
    )
    assert CHURN.on(date(2019, 1, 1)).changes("省地税局") == ()


def test_a_successor_that_is_closed_by_then_is_no_successor() -> None:
    directory = Directory.build(
        [],
        {},
        {"甲局": Alias(to="乙局", since=date(2020, 1, 1)), "乙局": Alias(to=None, since=date(2019, 1, 1))},
    )
    assert directory.on(date(2018, 1, 1)).changes("甲局") == (
        Change(day=date(2020, 1, 1), unit="乙局", to=None),
    )
    assert directory.on(date(2020, 1, 1)).closed("甲局") == date(2019, 1, 1)


def test_days_differ_only_across_a_day_on_which_something_changes() -> None:
    assert not CHURN.differs(date(2018, 7, 1), date(2018, 10, 31))
    assert CHURN.differs(date(2018, 6, 30), date(2018, 7, 1))
    assert CHURN.differs(date(2018, 7, 1), date(2018, 6, 30))


def test_contacts_listed_under_another_name_of_their_unit_are_found() -> None:
    directory = Directory.build(
        [contact("省外侨办"), contact("开封市人民政府"), contact("省人社厅")],
        {"各省辖市政府": ["开封市政府"]},
        {"省外侨办": "省政府外事办"},
    ).on(date(2018, 1, 1))
    for name in ("省外侨办", "省政府外事办", "开封市政府", "省人力资源和社会保障厅"):
        assert len(directory.contacts(name)) == 1, name
    assert directory.members(["各省辖市政府"]) == ("开封市人民政府",)


def test_the_contacts_file_may_name_a_units_groups() -> None:
    people = [
        Contact(unit="郑州市政府", name="王", address="a@example.org", groups=("各省辖市政府",)),
        Contact(unit="洛阳市政府", name="李", address="b@example.org", groups=("各省辖市政府", "试点市")),
    ]
    listing = Directory.build(people, {"各省辖市政府": ["开封市政府"]}, {}).on(date(2018, 1, 1))
    assert listing.members(["各省辖市政府"]) == ("开封市政府", "郑州市政府", "洛阳市政府")
    assert listing.members(["试点市"]) == ("洛阳市政府",)
    assert listing.groups_of("洛阳市政府") == ("各省辖市政府", "试点市")


def test_a_group_with_contacts_of_its_own_is_told_with_its_members() -> None:
    listing = Directory.build([contact("各市")], {"各市": ["甲市"]}, {}).on(date(2018, 1, 1))
    assert listing.members(["各市"]) == ("各市", "甲市")


def test_groups_nest_as_deep_and_as_wide_as_one_likes() -> None:
    groups = {f"组{n}": [f"组{n + 1}", f"组{n + 1}", f"员{n}"] for n in range(5000)}
    assert len(Directory.build([], groups, {}).on(date(2018, 1, 1)).members(["组0"])) == 5001
