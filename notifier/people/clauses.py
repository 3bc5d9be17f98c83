"""A unit phrase cut into clauses of one role each; tails, deadlines and pointers taken off."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from notifier.people import lexicon as lx
from notifier.people.reading import Role
from notifier.people.tidying import UNIT_WORD

_WHEN = re.compile(
    r"(?:于|在|到|至|自|从)?(?:"
    r"(?:\d{2,4}年|\d{1,2}月|每[年月周季]|今年|明年|年底|年内|月底|长期|持续|全年|常态|立即|即日|近期)"
    r"|(?:完成|办理|办结)?(?:时限|时间|期限|日期|进度)[^：、]{0,4}：)(?:全部|(?!单位)[^各省市县区州局厅委办部院校企街乡镇村、]|、(?=\d))*"
)
_INHERITED = re.compile(
    r"(?:以下|以上|上述|下列|所有|其他|其余|本表)(?:[^，；。]{0,12}?(?:任务|工作|事项|项目)[^，；。]{0,4}?均?|[^，；。]{0,6}均)"
    r"(?:需要?|须|由|要|应)"
    r"(?P<units>(?:[^；。（）]|（[^（）]*）){1,120}?)(?:共同|分别|具体)?(?:负责|落实|实施)(?:落实)?"
    r"(?:，?(?:以下|下文)?不再(?:一一|逐一|另行|重复|单独|[列标注赘]|说明|明|出|述)*)?"
)

_STRONG = {"牵头": Role.LEAD, "主办": Role.LEAD, "承办": Role.LEAD, "主责": Role.LEAD, "配合": Role.ASSIST,
           "协办": Role.ASSIST, "参与": Role.ASSIST, "负责": Role.JOINT}  # fmt: skip
_WEAK = {
    **dict.fromkeys(("协助", "协同", "协作", "参加", "支持"), Role.ASSIST),
    **dict.fromkeys(("落实", "实施", "执行", "推进"), Role.IMPLEMENT),
    **dict.fromkeys(("统筹", "协调", "指导", "督促", "监督"), Role.JOINT),
}
_DUTY = (
    r"(?:(?:按照?|依照?|依据|根据|结合)(?:各自|部门|有关|本单位|本部门|本)*的?"
    r"(?:职责|职能|任务|责任|工作)(?:任务|职责|分工|权限|范围)*，?)"
)
_MANNER = (
    r"(?:分别|共同|各自|联合|具体|分工|主要|统一|抓好|做好|认真|组织|依法|积极|密切|全力|协同|"
    r"结合(?:各自|各地|当地|本地区?|本部门|本单位)?的?(?:工作)?实际(?:情况)?，?)*"
)
_AFTER = r"(?:负责|落实|组织|实施|抓总|推进|完成|做好|抓好|协调|协同|指导|督促|开展|执行|配合)*(?:工作|到位)?"
_NOT_A_NOUN = (  # 牵头单位, 负责人: the word names somebody and is no verb
    r"(?!单位|部门|处室|科室|股室|机构|人|领导|同志|银行|责任|的|主体|：|（[^）]*）：)"
)
_VERB = re.compile(
    rf"(?P<duty>{_DUTY})?{_MANNER}"
    rf"(?:(?!(?<=[政科])协办|协办公)(?P<strong>{'|'.join(_STRONG)})(?P<after>{_AFTER}){_NOT_A_NOUN}"
    rf"|(?P<weak>{'|'.join(_WEAK)}){_AFTER}(?=[、，；。\s]|$))"
)
_LABEL_ROLES = {**_STRONG, "责任": Role.JOINT, "协助": Role.ASSIST, "协同": Role.ASSIST, "协作": Role.ASSIST,
                "参加": Role.ASSIST, "落实": Role.IMPLEMENT, "实施": Role.IMPLEMENT, "执行": Role.IMPLEMENT,
                "支持": Role.ASSIST, "主管": Role.JOINT, "监管": Role.JOINT, "监督": Role.JOINT, "督办": Role.JOINT,
                "指导": Role.JOINT, "成员": Role.JOINT, "组长": Role.LEAD, "第一责任": Role.LEAD}  # fmt: skip
_LABEL = re.compile(
    r"(?:(?:主体|监管|直接|属地|共同|行业|整改|项目|领导|其他|其它|相关|有关|各)(?=[^：，、；。]{2,9}：)|(?<![各关他]))"
    rf"(?:主要|具体)?(?P<role>(?:(?<=^)|(?<=[；。\n]))(?:成员|组长)(?=单位：)|第一责任|"
    rf"{'|'.join(word for word in _LABEL_ROLES if word not in ('第一责任', '成员', '组长'))})"
    rf"(?:责任|负责)?(?:{UNIT_WORD}(?:和责任人|及责任人)?(?:：|为(?!主))|：)"
)
_LABEL_AT_START = re.compile(
    rf"(?P<role>牵头|责任|配合|参与|承办|主办|协办)(?:责任)?{UNIT_WORD}(?=\S)(?![、，；按分])"
)
_PEOPLE = re.compile(
    r"(?:(?:分管|主管|牵头|责任|包联|包保|包干|挂点|挂联|联系|带队)(?:副?[省市县区]级?)?(?:领导|负责人|责任人|副?[省市县区]长)|"
    r"责任人员?|负责人|联系人|联络员|经办人|负责同志)："
    rf"(?:（[^（）]*）|(?!(?:牵头|责任|配合|参与|承办|主办|协办)(?:责任)?{UNIT_WORD})[^；\n])*"
)
_BRACKET_ROLE = re.compile(
    rf"（{_DUTY}?{_MANNER}(?P<role>牵头|主办|承办|主责|配合|协办|参与|责任|负责|协[助同作]|落实|实施)(?:单位|部门|负责|落实|实施)?）"
)


@dataclass(frozen=True, slots=True)
class Masked:
    """Text beside its shadow of equal length, in which brackets and known names are blotted out."""

    text: str
    shadow: str

    def cut(self, start: int, end: int | None = None) -> "Masked":
        """Return a slice of both."""
        return Masked(self.text[start:end], self.shadow[start:end])

    def strip(self, chars: str) -> "Masked":
        """Return both without these characters at their ends."""
        start = len(self.shadow) - len(self.shadow.lstrip(chars))
        end = len(self.shadow.rstrip(chars))
        return self.cut(start, max(start, end))


@dataclass(frozen=True, slots=True)
class Clause:
    """A list of units with the role that the phrase gives it."""

    body: Masked
    role: Role | None = None
    label: bool = False  # the role stood before the list, as in 责任单位：
    duty: bool = False  # 按职责分工
    loose: bool = False  # divided from the labelled list before it by ， or ；
    number: int = 0  # clauses under one label share a number


@dataclass(frozen=True, slots=True)
class Phrase:
    """The clauses of a phrase in order and the text that names no unit but must be seen."""

    clauses: tuple[Clause, ...]
    aside: tuple[str, ...]


def mask(text: str, known: Collection[str]) -> Masked:
    """Blot out what stands in brackets and the known names that a separator or role word would cut."""
    shadow = re.sub(
        r"各(?:有关)?(?:部、)?委、办(?:、厅)?、局|（(?:[^（）]|（[^（）]*）)*）",
        lambda found: "\ue000" * len(found[0]),
        text,
    )
    for place in lx.ODD_PLACE.finditer(shadow):  # 和平区, 商丘市, 新会区
        shadow = shadow[: place.start()] + "\ue001" * len(place[0]) + shadow[place.end() :]
    for name in _cuttable(frozenset(known)):
        if name not in text:
            continue
        whole = re.compile(
            rf"(?:(?<=[、，；：。\s和及与由]))?(?<![\u3400-\u9fff](?<![和及与由])){re.escape(name)}(?=[、，；。\s（和及与等]|$|牵头|配合|负责|参与|承办|主办|分别|共同|按|会同|落实)"
        )
        for found in whole.finditer(text):
            start, end = found.span()
            if "\ue001" not in shadow[start:end]:
                shadow = shadow[:start] + "\ue001" * (end - start) + shadow[end:]
    return Masked(text, shadow)


@lru_cache(maxsize=4)
def _cuttable(known: frozenset[str]) -> tuple[str, ...]:
    """Return the names that hold a separator or role word, the longest first."""
    risky = re.compile("|".join(["[、，；：]", "和|及|与|会|商|等", *_STRONG, *_WEAK]))
    return tuple(sorted((name for name in known if risky.search(name)), key=lambda name: (-len(name), name)))


def phrase(text: str, known: Collection[str]) -> Phrase:
    """Cut a tidied text into clauses."""
    aside: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        aside.append(found[0])
        return "；"

    inherited: list[Clause] = []

    def inherit(found: re.Match[str]) -> str:
        # The units count for this row; that later rows have them too is for a person to settle.
        aside.append(found[0])
        inherited.append(Clause(mask(found["units"], known), Role.IMPLEMENT))
        return "；"

    text = _PEOPLE.sub(put_aside, text)
    text = _INHERITED.sub(inherit, text)
    clauses = [
        clause for clause in _labelled(mask(text, known)) if clause.body.text.strip("、，；。：（） \n")
    ]
    return Phrase((*clauses, *inherited), tuple(aside))


def _labelled(whole: Masked) -> Iterator[Clause]:
    labels = list(_LABEL.finditer(whole.shadow))
    if not labels and (start := _LABEL_AT_START.match(whole.shadow)) is not None:
        labels = [start]
    first = labels[0].start() if labels else len(whole.text)
    yield from _spoken(whole.cut(0, first))
    for number, label in enumerate(labels, start=1):
        end = labels[number].start() if number < len(labels) else len(whole.text)
        role = Role.LEAD if "牵头" in whole.text[label.start() : label.end()] else _LABEL_ROLES[label["role"]]
        for place, clause in enumerate(_spoken(whole.cut(label.end(), end))):
            kept = clause.role is None or clause.duty or clause.role in (Role.JOINT, Role.IMPLEMENT)
            yield Clause(
                clause.body,
                role if kept else clause.role,
                label=kept,
                duty=clause.duty,
                loose=place > 0,
                number=number,
            )


def _spoken(body: Masked) -> Iterator[Clause]:
    """Cut at ， ； and after verbs: 甲、乙牵头，丙配合."""
    for part in re.finditer(r"[^，；。\n]+", body.shadow):
        piece = body.cut(*part.span()).strip(" 、")
        if _WHEN.fullmatch(piece.text):
            continue
        start = 0
        for verb in _VERB.finditer(piece.shadow):
            role = _STRONG[verb["strong"]] if verb["strong"] else _WEAK[verb["weak"]]
            if (
                role is Role.JOINT
                and re.search("落实|执行|实施", verb["after"] or "")
                and "组织" not in verb["after"]
            ):
                role = Role.JOINT if verb["duty"] else Role.IMPLEMENT
            duty = bool(verb["duty"])
            if role is Role.IMPLEMENT and duty:
                role = Role.JOINT
            yield from _together(piece.cut(start, verb.start()), role, duty=duty)
            start = verb.end()
        rest = piece.cut(start).strip(" 、")
        if rest.text and not re.fullmatch(rf"{_DUTY}|的|等", rest.text):
            yield from _together(rest, None, duty=False)


_CONSULTS = r"商(?=[省市县各]|有关|相关|国家|中央|区(?!域))"


def _together(body: Masked, role: Role | None, *, duty: bool) -> Iterator[Clause]:
    """Take 会同 and 由 apart: those named after 会同 assist."""
    body = body.strip(" 、")
    if (
        opening := re.match(
            rf"(?:会同|{_CONSULTS}|由|请(?=[省市县区各有相])|并由?|同时|其中(?!央))+", body.shadow
        )
    ) is not None:
        rest = body.cut(opening.end())
        if "会同" in opening[0] or "商" in opening[0]:
            role = Role.ASSIST
        body = rest
    joint = re.search(
        rf"会同|会商|(?<=[局厅委部办]){_CONSULTS}|(?<=[处局厅办室科股])会(?=\S{{1,12}}[处局厅办室科股部委])(?!议|员|计)",
        body.shadow,
    )
    if joint is None:
        yield Clause(body, role, duty=duty)
        return
    yield Clause(body.cut(0, joint.start()), role if role is Role.LEAD else Role.JOINT, duty=duty)
    yield Clause(body.cut(joint.end()), Role.ASSIST)


def bracket_role(text: str) -> tuple[str, Role | None]:
    """Take a role in brackets off a name: 市教育局（牵头） -> 市教育局, lead."""
    if (found := _BRACKET_ROLE.search(text)) is None:
        return text, None
    return _BRACKET_ROLE.sub("", text), _LABEL_ROLES[found["role"]]


def bracket_note(text: str) -> tuple[str, str]:
    """Take a note in brackets off a name: 市教育局（含民办学校）; a second plate stays: 市委农办（农业农村局）."""
    found = re.search(r"(?<=[\u3400-\u9fff”])（((?:[^（）]|（[^（）]*）)+)）$", text)
    if (
        found is None
        or lx.PLATE.fullmatch(re.split(r"，", found[1])[0])
        or all(lx.PLATE.fullmatch(part) for part in re.split(r"[、，]", found[1]))
    ):
        return text, ""
    return text[: found.start()], found[1]
