"""Fuzz of unit phrases: `make fuzz`, or with FUZZ_SEED=… FUZZ_INPUTS=… of an earlier run.

Whatever stands in a cell: no error, no reading above 50 ms, no text lost and no brackets invented.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from notifier.people import read_units
from notifier.people.phrase import LONGEST, UnitsReading
from tests.fuzz.inputs import INPUTS, SEED, miswritten, real, timed
from tests.property.test_people_phrase import NAMES, WORDS

ISSUERS = ["", "省", "市", "县", "区", "乡", "自治区"]
MARKS = [
    *"、，；。：（）()\n /和及与会同由等各★*“”",
    "以及",
    "有关",
    "，2018年底前完成",
    "（牵头）",
    "按职责分工负责",
]


def recombined(chance: random.Random) -> Iterator[str]:
    """Yield phrases made of real ones: pieces joined, one of them cut, doubled or exchanged."""
    whole = real("units*.jsonl", "text")
    while True:
        pieces: list[str] = []
        for _ in range(chance.choice((1, 1, 2, 2, 3, 6))):
            phrase = chance.choice(whole)
            at = chance.randrange(len(phrase))
            cut = phrase[at : at + chance.randint(1, 12)]
            item = chance.choice(re.split(r"[、，；,;：:。\s]", phrase))
            pieces.append(
                chance.choice([phrase, cut, item, item, chance.choice(NAMES), chance.choice(WORDS)])
            )
            pieces.append(chance.choice(["", "", chance.choice(MARKS)]))
        if chance.random() < 0.01:
            pieces *= chance.randint(2, 60)
        yield miswritten("".join(pieces) or "省", chance, whole=2)


# What a phrase may hold beside names: roles, conjunctions, pointers and deadlines, all of them understood.
GRAMMAR = re.compile(
    r"[（(【\[](?:[^（()）厅局委府处院办部心司体校企]*(?:\d[年月日]|附件|下同|简称|以下同|排名|排序|注|第一|首位)|详见|见|列)[^（()）厅局委府处院部心司体校企，；。、\s]*|"
    r"[^，；。、\s（]*(?:第一|首位|首个|排在前|列在前|[带标注打有][★☆▲※*＊])[^，；。]*牵头[^，；。]*(?:，下?同?)?|"
    r"(?:于|在|到|至|自|从)?(?:\d+[年月]|每[年月周季]|今年|明年|年底|年内|月底|长期|持续|全年|常态|立即|即日|近期)[^，；。、]*|"
    r"(?:完成|办理|办结)?(?:时限|时间|期限|日期|进度).*|(?:有关|相关|其他|其它)(?=[^、，；。]{2,9}[:：])|"
    r"按照?|依照?|依据|根据|结合|各自|职责|职能|任务|权限|范围|实际|情况|"
    r"牵头|主办|承办|主责|配合|协办|参与|参加|负责|责任|第一|主体|监管|落实|实施|执行|推进|组织|统筹|协[助同作调]|支持|指导|督促|监督|"
    r"(?:成员|组长)(?=单位)|等[)）]?(?:街道办事处|街道|地区|地方|省辖|直辖|省?直管|设区|县级|地级|[省市县区州乡镇街])|分别|共同|联合|具体|分工|主要|统一|抓总|抓好|做好|认真|依法|积极|任(?=单位|部门)|密切|全力|开展|完成|工作|到位|直接|属地|行业|整改|项目|领导|"
    r"单位|部门|处室|科室|股室|机构|会商|会同|以及|同时|其中|[和及与并由请商会等其的、，各个家多两三四级为人]|\d+"
)


def _lost(text: str, reading: UnitsReading) -> str:
    """Return the Chinese characters of the text that nothing which came back holds."""
    seen = "".join([*(unit.name for unit in reading.units), *reading.unresolved])
    have = Counter(seen)
    # Brackets that nothing answers are dropped before reading, so that 协）同 reads as 协同.
    plain = GRAMMAR.sub("", text.translate(dict.fromkeys(map(ord, "()（）[]【】★* \n\t\u3000"))))
    rest = re.findall(r"[\u3400-\u9fff]", GRAMMAR.sub("", text))
    return "".join(letter for letter in dict.fromkeys(rest) if letter not in have and letter in plain)


def check(text: str, issuer: str) -> UnitsReading:
    """Read one phrase and hold it against what is promised of every reading."""
    found = timed(lambda: read_units(text, issuer), text)
    assert found.text == text
    assert len({unit.name for unit in found.units}) == len(found.units), text
    for unit in found.units:
        assert unit.name.strip(), text
        assert unit.name.count("（") == unit.name.count("）"), (text, unit.name)
        outside = re.sub(r"（(?:[^（）]|（[^（）]*）)*）", "", unit.name)
        assert not re.search(r"[()\n；，。：]", outside), (text, unit.name)
        # No unit is invented: each character is the text's own, or a prefix that was left out.
        given = (
            set(text.translate(str.maketrans("()[]【】", "（）（）（）")))
            | set(issuer)
            | set("各委（）、，：；牵头")
        )
        assert set(unit.name) <= given, (text, unit.name)
    lost = _lost(text, found)
    assert len(lost) < 2, (
        text,
        issuer,
        lost,
        found,
    )  # one letter is what two words of the grammar left between them
    return found


def test_real_phrases_recombined_lose_no_text() -> None:
    chance = random.Random(SEED)
    kinds: Counter[str] = Counter()
    for text in islice(recombined(chance), INPUTS // 2):
        found = check(text, chance.choice(ISSUERS))
        kinds["all read" if not found.unresolved else "some left to a person"] += 1
    print(f"\n{sum(kinds.values())} phrases: {dict(kinds)}")


def test_the_longest_texts_take_no_longer() -> None:
    chance = random.Random(SEED)
    for piece in [*NAMES, *WORDS, *MARKS, *real("units*.jsonl", "text"), *islice(recombined(chance), 200)]:
        check((piece * LONGEST)[:LONGEST], "省")
