"""Groups, aliases and contacts, found whatever the brackets' width."""

from datetime import date

import pytest

from notifier.people import Contact, Directory, Role, UnitRef
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
    ],
)
def test_a_circle_is_refused_by_name(
    groups: dict[str, list[str]], aliases: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Directory.build([], groups, aliases)
