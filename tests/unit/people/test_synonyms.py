"""One organ written in several ways is one; two organs never are."""

from itertools import combinations

import pytest

from notifier.people.synonyms import identity, normal

SAME = (
    ("省发展和改革委员会", "省发展改革委员会", "省发展改革委", "省发改委"),
    ("区发展和改革局", "区发展改革局", "区发改局", "区发改委"),
    ("郑州市人民政府", "郑州市政府", "郑州市 人民政府"),
    ("省人力资源和社会保障厅", "省人力资源社会保障厅", "省人社厅"),
    ("省住房和城乡建设厅", "省住房城乡建设厅", "省住建厅"),
    ("省卫生健康委员会", "省卫生健康委", "省卫健委"),
    ("省工业和信息化厅", "省工信厅"),
    ("省工业和信息化委员会", "省工业和信息化委", "省工信委"),
    ("省科学技术厅", "省科技厅"),
    ("省科学技术协会", "省科协"),
    ("省残疾人联合会", "省残联"),
    ("省妇女联合会", "省妇联"),
    ("共青团省委", "团省委"),
    ("省国有资产监督管理委员会", "省国资委"),
    ("省民族宗教事务委员会", "省民族宗教委员会", "省民族宗教委", "省民宗委"),
    ("省扶贫开发办公室", "省扶贫开发办", "省扶贫办"),
    ("省政府外事侨务办公室", "省政府外侨办"),
    ("省地方税务局", "省地税局"),
    ("市市场监督管理局", "市市场监管局"),
    ("郑东新区管理委员会", "郑东新区管委会", "郑东新区管委"),
    ("市教育委员会", "市教委"),
    ("省高级人民法院", "省高级法院"),
    ("文化路街道办事处", "文化路街道办"),
    ("省委政法委员会", "省委政法委"),
    ("市政府办公室", "市政府办"),
    ("各县(市,区)人民政府", "各县（市、区）政府"),
    ("区发展和改革委员会（粮食和储备局）", "区发改委（粮食储备局）"),
)
OTHER = (
    ("省农业厅", "省农业农村厅"),
    ("省国税局", "省地税局", "省税务局"),
    ("省环境保护厅", "省生态环境厅"),
    ("省国土资源厅", "省自然资源厅"),
    ("省卫生和计划生育委员会", "省卫生健康委员会", "省卫生厅"),
    ("省文化厅", "省文化和旅游厅", "省旅游局"),
    ("市委", "市政府", "市局"),
    ("省政府办公厅", "省委办公厅", "省政府"),
    ("省科技厅", "省科协", "省科学院"),
    ("省教育厅", "省教育局", "市教育局", "省教委"),
    ("郑州市发改委", "洛阳市发改委", "省发改委"),
    ("高新区管委会", "经开区管委会", "高新区"),
    ("省食品药品监督管理局", "省药品监督管理局", "省市场监督管理局"),
    ("市城市管理局", "市城市管理委员会", "市城市管理综合执法局"),
    ("省人力资源和社会保障厅", "省人力资源和社会保障学会", "省社会保障局"),
    ("省发展改革委", "省发展改革研究院", "省改革办"),
    ("省工信厅", "省经信厅", "省通信管理局"),
    ("省应急管理厅", "省政府应急办", "省应急委"),
    ("省扶贫办", "省乡村振兴局"),
    ("省总工会", "省工商联", "省工会"),
    ("村委会", "镇党委", "居委会"),
    ("省委", "省委员"),
    ("共青团省委", "省委"),
    ("各省辖市政府", "各省直管县（市）政府", "省辖市"),
)


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_one_organ_is_one_however_it_is_written(names: tuple[str, ...]) -> None:
    assert len({identity(name) for name in names}) == 1


@pytest.mark.parametrize("names", OTHER, ids=lambda names: names[0])
def test_two_organs_are_two(names: tuple[str, ...]) -> None:
    assert len({identity(name) for name in names}) == len(names)


def test_no_two_groups_of_names_meet() -> None:
    groups = [{identity(name) for name in names} for names in SAME]
    assert [one & other for one, other in combinations(groups, 2) if one & other] == []


@pytest.mark.parametrize("name", [name for names in (*SAME, *OTHER) for name in names])
def test_a_short_form_has_no_shorter_one(name: str) -> None:
    assert identity(identity(name)) == identity(name)


def test_a_name_is_shown_with_one_width_of_brackets_and_no_spaces() -> None:
    assert normal("各县 (市,\u3000区)政府\n") == "各县（市、区）政府"
