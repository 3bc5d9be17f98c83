"""Unit phrases read as a careful clerk reads them."""

import pytest

from notifier.people.phrase import LONGEST, UnitsReading, read_units

MARKS = {"lead": "*", "joint": "", "assist": "+", "implement": "!"}


def said(reading: UnitsReading) -> str:
    """Write a reading in short: `*` leads, `+` assists, `!` implements, `[…]` a group, `?` open."""
    words = [
        f"{MARKS[unit.role]}{f'[{unit.name}]' if unit.group else unit.name}{'?' if unit.open else ''}"
        for unit in reading.units
    ]
    return " ".join(
        [*words, *(["等"] if reading.open_end else []), *(f"<{text}>" for text in reading.unresolved)]
    )


@pytest.mark.parametrize(
    ("text", "issuer", "expected"),
    [
        pytest.param("省教育厅、财政厅", "省", "*省教育厅 省财政厅", id="to the next name"),
        pytest.param(
            "省教育厅，团省委、妇联", "省", "*省教育厅 团省委 省妇联", id="past a name with its own level"
        ),
        pytest.param("财政厅、教育厅", "省", "*省财政厅 省教育厅", id="from the issuer"),
        pytest.param("办公室、人事科", "", "*办公室 人事科", id="from nowhere"),
        pytest.param(
            "市教育局、中央网信办、税务局、黄埔区政府",
            "市",
            "*市教育局 中央网信办 税务局 黄埔区政府",
            id="not to other levels",
        ),
        pytest.param("黄埔区教育局、财政局", "市", "*黄埔区教育局 黄埔区财政局", id="a place's name"),
        pytest.param(
            "郑州市教育局、财政局", "省", "*郑州市教育局 郑州市财政局", id="a city whose name ends in 州"
        ),
        pytest.param(
            "省委组织部、宣传部、教育厅", "省", "*省委组织部 省委宣传部 省教育厅", id="the party committee's"
        ),
        pytest.param("市教育局、编办", "市", "*市教育局 市编办", id="not the committee's after a department"),
        pytest.param(
            "省发展改革委、市场监管局、城市管理局、乡村振兴局",
            "省",
            "*省发展改革委 省市场监管局 省城市管理局 省乡村振兴局",
            id="levels inside names",
        ),
        pytest.param(
            "市发改委、城乡建设局、自贸区办",
            "市",
            "*市发改委 市城乡建设局 市自贸区办",
            id="kinds of places inside names",
        ),
        pytest.param(
            "市民政局、市政务服务局、市政协、市政公用局",
            "市",
            "*市民政局 市政务服务局 市政协 市市政公用局",
            id="市政 or 市",
        ),
        pytest.param("县委、政府、人大、政协", "县", "*县委 县政府 县人大 县政协", id="the four bodies"),
    ],
)
def test_a_prefix_goes_to_the_right(text: str, issuer: str, expected: str) -> None:
    assert said(read_units(text, issuer)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "各省辖市、省直管县(市)政府",
            "[各省辖市政府] [各省直管县（市）政府]",
            id="governments of kinds of places",
        ),
        pytest.param(
            "郑州、开封、洛阳市人民政府", "郑州市人民政府 开封市人民政府 洛阳市人民政府", id="of named cities"
        ),
        pytest.param(
            "临汾、侯马、洪洞经济开发区管委会",
            "临汾经济开发区管委会 侯马经济开发区管委会 洪洞经济开发区管委会",
            id="of named zones",
        ),
        pytest.param(
            "城乡一体化示范区、高新区党工委和管委会",
            "城乡一体化示范区党工委 高新区党工委 城乡一体化示范区管委会 高新区管委会",
            id="two organs",
        ),
        pytest.param(
            "各县（市、区）党委、政府",
            "[各县（市、区）党委] [各县（市、区）政府]",
            id="an organ back to its place",
        ),
        pytest.param(
            "各县（市、区）、高新区管委会", "[各县（市、区）] 高新区管委会", id="no 管委会 for a county"
        ),
        pytest.param("各镇人民政府、街道办事处", "[各镇人民政府] [各街道办事处]", id="each its own organ"),
        pytest.param(
            "市教育、公安、财政等部门", "[市教育部门] [市公安部门] [市财政部门] 等", id="fields of work"
        ),
        pytest.param("省、市、县三级教育部门", "[省教育部门] [市教育部门] [县教育部门]", id="levels"),
        pytest.param("市政府各部门、直属机构", "[市政府各部门] [市政府各直属机构]", id="nouns"),
        pytest.param("市直各部门、各单位", "[市直各部门] [市直各单位]", id="heads"),
        pytest.param("各级人民政府及其有关部门", "[各级人民政府] [各级人民政府有关部门]?", id="其"),
        pytest.param("省直各委、办、厅、局", "[省直各委、办、厅、局]", id="the set phrase for all offices"),
    ],
)
def test_an_ending_goes_to_the_left(text: str, expected: str) -> None:
    assert said(read_units(text, "市")) == expected


@pytest.mark.parametrize(
    "name",
    [
        "市住房和城乡建设局",
        "市工业和信息化委",
        "市粮食和储备局",
        "市卫生和计划生育委员会",
        "市文化广电和旅游局",
        "市人力资源和社会保障局",
        "市发展改革委（粮食和储备局）",
        "市高等教育处",
        "市委市政府督查室",
        "市高新区管委会办公室",
    ],
)
def test_a_name_is_never_split_inside(name: str) -> None:
    assert [unit.name for unit in read_units(f"市教育局和{name}、市财政局", "市").units] == [
        "市教育局",
        name,
        "市财政局",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "市教育局牵头，市财政局、人社局配合", "*市教育局 +市财政局 +市人社局", id="after the lists"
        ),
        pytest.param(
            "牵头单位：市发改委、经贸委；配合单位：市科技局",
            "*市发改委 *市经贸委 +市科技局",
            id="before the lists",
        ),
        pytest.param("牵头单位 市教育局 配合单位 市财政局", "*市教育局 +市财政局", id="without colons"),
        pytest.param("市教育局（牵头）、市财政局", "*市教育局 市财政局", id="in brackets"),
        pytest.param("责任单位：市教育局", "*市教育局", id="one under 责任单位 leads"),
        pytest.param("责任单位：市教育局、财政局", "市教育局 市财政局", id="a list under 责任单位 is joint"),
        pytest.param("市教育局会同有关部门负责", "*市教育局 +[有关部门]?", id="会同"),
        pytest.param("政审处会基教处", "*政审处 +基教处", id="会"),
        pytest.param("市教育局负责，市财政局参与", "*市教育局 +市财政局", id="负责 without 牵头 leads"),
        pytest.param(
            "县教体局牵头，县财政局配合，各乡镇负责落实", "*县教体局 +县财政局 ![各乡镇]", id="three roles"
        ),
        pytest.param("各县区政府负责落实", "![各县区政府]", id="implement alone"),
        pytest.param("市教育局、财政局负责落实", "*市教育局 市财政局", id="负责落实 as the row's tail"),
        pytest.param(
            "配合单位：市财政局；各县区政府",
            "+市财政局 [各县区政府]",
            id="local governments aren't assisting",
        ),
        pytest.param(
            "各县区政府、高新区管委会", "[各县区政府] 高新区管委会", id="local governments alone have no lead"
        ),
        pytest.param("各市政府和市财政局", "*[各市政府] 市财政局", id="the first leads, a group too"),
        pytest.param("市教育局，2018年12月底前完成", "*市教育局", id="a deadline is no unit"),
        pytest.param(
            "市教育局、财政局（第一位为牵头单位，下同）", "*市教育局 市财政局", id="the convention itself"
        ),
        pytest.param("各责任单位", "[各责任单位]", id="责任单位 as a noun"),
    ],
)
def test_roles_are_read_before_and_after_lists(text: str, expected: str) -> None:
    assert said(read_units(text, "")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("市教育局、财政局等", "*市教育局 市财政局 等", id="等 at the end"),
        pytest.param("市教育局、财政局等13个部门", "*市教育局 市财政局 等", id="等 and a number"),
        pytest.param("市教育局等有关部门", "*市教育局 [有关部门]?", id="等 before an open group"),
        pytest.param("郑州、开封等省辖市政府", "郑州市政府 开封市政府 等", id="等 before the names' kind"),
        pytest.param(
            "相关县（市、区）政府、市直有关单位",
            "[相关县（市、区）政府]? [市直有关单位]?",
            id="相关 and 有关",
        ),
        pytest.param("市教育局以及其他有关部门", "*市教育局 [其他有关部门]?", id="其他"),
    ],
)
def test_open_sets_are_marked_open(text: str, expected: str) -> None:
    assert said(read_units(text, "市")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("县(市）政府", "[县（市）政府]", id="mixed widths"),
        pytest.param("县(市、区政府、市教育局", "*[县（市、区）政府] 市教育局", id="never closed"),
        pytest.param("县(市,区)政府", "[县（市、区）政府]", id="a comma inside"),
        pytest.param("市财政局（详见任务分工）", "*市财政局", id="a pointer"),
        pytest.param("镇(街道)人民政府(办事处)", "[镇（街道）人民政府（办事处）]", id="alternatives"),
        pytest.param("（牵头单位：市教育局；配合单位：市财政局）", "*市教育局 +市财政局", id="around all"),
    ],
)
def test_brackets_come_out_in_one_width(text: str, expected: str) -> None:
    assert said(read_units(text, "市")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("县水务局 县住建局", "*县水务局 县住建局", id="a space between names"),
        pytest.param("县水务局\n县住建局\r\n", "*县水务局 县住建局", id="a line each"),
        pytest.param("县水务局县住建局", "*县水务局 县住建局", id="nothing between names"),
        pytest.param(
            "县人力资源社会保障\n局、财政局",
            "*县人力资源社会保障局 县财政局",
            id="a line break inside a name",
        ),
        pytest.param("1.县水务局 2.县住建局", "*县水务局 县住建局", id="numbered"),
        pytest.param("县委县政府", "*县委 县政府", id="two bodies in one breath"),
    ],
)
def test_white_space_divides_names_and_not_their_parts(text: str, expected: str) -> None:
    assert said(read_units(text, "县")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("分管副市长、市教育局", "*市教育局 <分管副市长>", id="a person's office"),
        pytest.param("牵头领导：张三；责任单位：市教育局", "*市教育局 <牵头领导：张三>", id="a person"),
        pytest.param("市教育局、张三", "*市教育局 <张三>", id="a name"),
        pytest.param(
            "市教育局。以下任务均需各区市政府、开发区管委落实，不再一一列出",
            "*市教育局 ![各区市政府] ![开发区管委] <以下任务均需各区市政府、开发区管委落实，不再一一列出>",
            id="a sentence for the rows below",
        ),
    ],
)
def test_what_is_no_unit_stands_as_unresolved(text: str, expected: str) -> None:
    assert said(read_units(text, "市")) == expected


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        pytest.param(
            "省委、省政府督查室牵头",
            ["省委、省政府督查室"],
            "*省委、省政府督查室",
            id="with a separator inside",
        ),
        pytest.param(
            "督导室和教研室、财政厅", ["督导室和教研室"], "*督导室和教研室 省财政厅", id="with 和 inside"
        ),
        pytest.param("省教育厅、春雨计划", ["春雨计划"], "*省教育厅 春雨计划", id="that looks like no unit"),
        pytest.param("省教育厅、教研室", ["教研室"], "*省教育厅 教研室", id="listed without a prefix"),
        pytest.param(
            "省教育厅、教研室", ["教研室", "省教研室"], "*省教育厅 省教研室", id="listed with and without"
        ),
    ],
)
def test_a_known_name_is_taken_whole(text: str, known: list[str], expected: str) -> None:
    assert said(read_units(text, "省", known)) == expected


def test_one_unit_named_twice_keeps_its_strongest_role() -> None:
    assert said(read_units("市财政局配合，市财政局牵头", "市")) == "*市财政局"


@pytest.mark.parametrize("text", ["", "—", " \n、，"])
def test_nothing_is_read_from_nothing(text: str) -> None:
    assert read_units(text, "市") == UnitsReading(text=text)


def test_a_text_beyond_any_unit_cell_is_unresolved_as_a_whole() -> None:
    text = "市教育局和" * LONGEST
    assert read_units(text, "市").unresolved == (text,)


@pytest.mark.parametrize(
    ("text", "issuer", "expected"),
    [
        pytest.param("商务厅牵头，商务局配合", "省", "*省商务厅 +省商务局", id="商 begins a name"),
        pytest.param("省教育厅商省财政厅", "省", "*省教育厅 +省财政厅", id="商 is a verb"),
        pytest.param(
            "市政协办公室、科协办公室", "市", "*市政协办公室 市科协办公室", id="协办 across two words"
        ),
        pytest.param("各县区委、政府", "市", "[各县区委] [各县区政府]", id="委 as a place's organ"),
        pytest.param(
            "各县（市）政府、管委会", "市", "[各县（市）政府] [各管委会]", id="no 管委会 of a county"
        ),
        pytest.param(
            "各省辖市、省直管县（市）教育局",
            "省",
            "[各省辖市教育局] [各省直管县（市）教育局]",
            id="each one's bureau",
        ),
        pytest.param(
            "省辖市、县（市、区）教育行政部门",
            "省",
            "[省辖市教育行政部门] [县（市、区）教育行政部门]",
            id="a kind with brackets",
        ),
        pytest.param("各地区各有关部门", "", "[各地区] [各有关部门]?", id="two groups in one breath"),
        pytest.param("市教育局等各地区", "市", "*市教育局 [各地区]", id="a group after 等"),
        pytest.param(
            "各市（含定州、辛集市）政府",
            "省",
            "[各市（含定州、辛集市）政府]",
            id="含 in the place's brackets",
        ),
        pytest.param("市教育局（含民办学校）", "市", "*市教育局 <含民办学校>", id="a note in brackets"),
        pytest.param("市教育局（市财政局配合）", "市", "*市教育局 +市财政局", id="a clause in brackets"),
        pytest.param(
            "省教育厅（省财政厅2018年底前完成）",
            "省",
            "*省教育厅 <省财政厅2018年底前完成>",
            id="a dated unit in brackets",
        ),
        pytest.param(
            "2018年底前完成、各行政村", "县", "[各行政村] <2018年底前完成>", id="a unit after a deadline"
        ),
        pytest.param(
            "责任人：张三，责任单位：市教育局",
            "市",
            "*市教育局 <责任人：张三，>",
            id="a label after a person",
        ),
        pytest.param(
            "市教育局、市财政局、列第一位的为牵头单位",
            "市",
            "*市教育局 市财政局",
            id="the convention after 、",
        ),
        pytest.param(
            "县水务局县住建局县财政局县教育局", "县", "*县水务局 县住建局 县财政局 县教育局", id="four run on"
        ),
        pytest.param("市发改委.市工信委+市财政局", "市", "*市发改委 市工信委 市财政局", id="odd separators"),
        pytest.param(
            "省安委会各成员单位：省教育厅、省财政厅",
            "省",
            "*[省安委会各成员单位] 省教育厅 省财政厅",
            id="a group and its members",
        ),
        pytest.param("2018年6月底前", "市", "<2018年6月底前>", id="nothing but a deadline"),
    ],
)
def test_what_the_fuzz_and_the_blind_cases_taught(text: str, issuer: str, expected: str) -> None:
    assert said(read_units(text, issuer)) == expected


def test_a_word_that_doubles_what_stands_before_it_doubles_nothing() -> None:
    assert said(read_units("各县政府" + "、政府" * 600, "市")) == "[各县政府]"
