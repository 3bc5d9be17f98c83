"""Whatever is written, reading it never fails and loses no unit."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.people import read_units

WORDS = [
    *"省市县区各级和及与等会、，；：:（）() \n\t",
    "有关",
    "相关",
    "人民政府",
    "政府",
    "教育局",
    "财政厅",
    "部门",
    "单位",
    "牵头",
    "配合",
    "负责落实",
    "按职责分工",
    "牵头单位：",
    "责任单位",
    "会同",
    "由",
    "管委会",
    "开发区",
    "乡镇",
    "以下任务均需",
    "2018年底前完成",
    "其",
    "住房和城乡建设",
]
NAMES = [
    "省教育厅",
    "省住房和城乡建设厅",
    "省工业和信息化委",
    "省粮食和储备局",
    "团省委",
    "省政府外侨办",
    "各省辖市政府",
    "省科协",
    "各县（市、区）政府",
    "郑州市政府",
    "省发展改革委（粮食和储备局）",
    "兰考县教育局",
    "省法院",
    "省残联",
    "省高等教育处",
]


@given(
    text=st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=25).map("".join)),
    issuer=st.sampled_from(["", "省", "市", "自治区", "?"]),
    known=st.lists(st.one_of(st.text(max_size=6), st.sampled_from(WORDS)), max_size=4),
)
def test_no_phrase_and_no_directory_make_reading_fail(text: str, issuer: str, known: list[str]) -> None:
    reading = read_units(text, issuer, known)
    assert reading.text == text
    assert all(unit.name for unit in reading.units)
    assert len({unit.name for unit in reading.units}) == len(reading.units)


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True),
    between=st.sampled_from(["、", "，", "；", ",", "和", "及", "以及", "\n", " "]),
    tail=st.sampled_from(["", "按职责分工负责", "负责", "等", "。"]),
)
def test_full_names_come_back_in_their_order(names: list[str], between: str, tail: str) -> None:
    reading = read_units(between.join(names) + tail, "省")
    assert [unit.name for unit in reading.units] == names
    assert reading.unresolved == ()


@given(
    words=st.lists(st.text("甲乙丙丁戊己庚辛", min_size=2, max_size=4), min_size=1, max_size=5),
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
)
def test_what_is_no_unit_is_kept_beside_the_units(words: list[str], names: list[str]) -> None:
    reading = read_units("；".join([*names, *words]), "省")
    seen = [*(unit.name for unit in reading.units), *reading.unresolved]
    assert set(names) | set(words) == set(seen)
