"""Clause bodies cut into items, never inside a name."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from notifier.people import lexicon as lx
from notifier.people.clauses import Masked
from notifier.people.items import LONGEST, Area, Item, Kind, parse

_ALWAYS = re.compile(r"[、，；：]")
_PERHAPS = re.compile(r"以及|(?<!以)及(?!其他?$)|和|与|并")
_CLOSE = re.compile(
    r"(?<![高初中平优同])等(?![级次候])(?P<noun>\d*[个家]?多?(?:各?(?:部门|单位|方面|机构|处室|科室)|地区|地方|地(?=$|[、，；。和及与按政人])))?"
)
_JOINED = re.compile(
    r"(?<=[局厅办联院会])(?=(?:省|市|县|区|州)(?![级直属]))|(?<=[局厅办委府会联部院区市县镇）])(?=各)|"
    r"(?<=[省市县区州]委)(?=[省市县区州](?:人民)?政府$|[省市县区州](?:人大|政协|纪委))|(?<=[局厅办委])(?=团[省市县区]委)|"
    r"(?<=[^省市县区州共工]委)(?=省(?![级直属])[\u3400-\u9fff]{2,10}[厅局办委])"
)
_DATED = re.compile(r"\d{2,4}年|(?:完成|办理|办结)?(?:时限|时间|期限|日期)[^、，；。]{0,4}：")
_INNER_END = re.compile(r"(?:分局|支队|大队|总队|[处科股室所站组])$")


@dataclass(frozen=True, slots=True)
class Piece:
    """One item as written, and whether 等 follows it."""

    text: str
    closes: bool = False  # 等 follows
    noun: str = ""  # 部门, 单位: the classifier after 等, which fields before it share


def is_unit(text: str, known: Collection[str]) -> bool:
    """Tell whether the text can stand as a unit of its own."""
    return parse(text, known).kind in (Kind.LOCAL, Kind.PLACE, Kind.GROUP, Kind.BODY)


def pieces(body: Masked, known: Collection[str]) -> Iterator[Piece]:
    """Yield the items of one clause in order."""
    start = 0
    for stop in [*_ALWAYS.finditer(body.shadow), None]:
        end = stop.start() if stop is not None else len(body.text)
        yield from _closed(body.cut(start, end).strip(" "), known)
        start = stop.end() if stop is not None else end


def _closed(part: Masked, known: Collection[str]) -> Iterator[Piece]:
    """Cut at 等: 公安部等国务院相关部门."""
    rest: Masked | None = part
    while rest is not None:
        found, rest = _first_closed(rest, known)
        yield from found


def _first_closed(part: Masked, known: Collection[str]) -> tuple[list[Piece], Masked | None]:
    """Return the pieces up to the first 等 that closes a list, and what comes after it."""
    for close in _CLOSE.finditer(part.shadow):
        before, after = part.cut(0, close.start()), part.cut(close.end())
        joint = re.match(r"以及|和|及|按|", after.shadow)
        begun = after.cut(joint.end() if joint is not None else 0)
        joined = joint is not None and bool(joint[0])
        if not before.text or not (not begun.text or joined or _starts_unit(begun, known)):
            continue
        *firsts, last = _conjoined(before, known)
        found = [Piece(text) for text in firsts]
        if shared := _classifier(last, begun, known):
            found.append(Piece(last, closes=True, noun=shared))
            return found, begun.cut(len(shared)).strip("和及与 ")
        # 等有关部门 names who else is meant, so the list isn't open-ended; 等部门 doesn't.
        named = bool(begun.text) and not joined and not close["noun"]
        found.append(Piece(last, closes=not named, noun=_noun(close["noun"], begun.text)))
        return found, begun
    return [Piece(text) for text in _conjoined(part, known)], None


def _classifier(last: str, after: Masked, known: Collection[str]) -> str:
    """Return the kind of place after 等 that only sums up the names before it: 郑州、开封等省辖市政府."""
    first = _first(after, known)
    item, before = parse(first, known), parse(last, known)
    sums_up = (
        item.kind in (Kind.LOCAL, Kind.PLACE)
        and item.area in (Area.CLASS, Area.LEVEL)
        and not item.determiner
        and "两委" not in item.tail
        and not re.search(rf"（|{lx.LEVEL}{lx.LEVEL}$", item.place)
    )
    names = (before.area is Area.PROPER and before.kind in (Kind.LOCAL, Kind.PLACE)) or (
        before.kind is Kind.OTHER and re.fullmatch(rf"{lx.HAN}{{1,4}}", last) is not None
    )
    return first if sums_up and names else ""


def _noun(classifier: str | None, after: str) -> str:
    """Return the noun after 等 that fields before it share: 教育、公安等部门, 教育、公安等有关部门."""
    if classifier:
        return re.sub(r"^\d*[个家]?多?各?", "", classifier)
    return "部门" if re.match(r"(?:各|有关|相关)+部门", after) else ""


def _starts_unit(text: Masked, known: Collection[str]) -> bool:
    first = _first(text, known)
    return is_unit(first, known) or parse(first, known).kind is Kind.BARE


def _first(text: Masked, known: Collection[str]) -> str:
    """Return the first item of a list; no further than a name can reach, or many 等 cost their square."""
    if re.match("[及与等]|和[和及与等]", text.text):
        return ""
    text = text.cut(0, LONGEST + 1)
    cut = None if text.text in known else _first_cut(text, known)
    return next(_run_on(cut[0] if cut is not None else text.text, known), "")


def _conjoined(part: Masked, known: Collection[str]) -> list[str]:
    """Cut at 和 及 以及 与 where a unit ends before it: 住房和城乡建设局 stays whole."""
    found: list[str] = []
    rest = part
    while rest.text and rest.text not in known and (cut := _first_cut(rest, known)) is not None:
        left, right = cut
        found.extend(_run_on(left, known))
        rest = right
    return [*found, *_run_on(rest.text, known)]


def _first_cut(part: Masked, known: Collection[str]) -> tuple[str, Masked] | None:
    for word in _PERHAPS.finditer(part.shadow):
        left, right = part.text[: word.start()], part.cut(word.end())
        if not left or not right.text:
            continue
        if re.match(r"其(?![他它余中])", right.text):  # 各县政府及其有关部门: 其 is the unit before
            return left, Masked(left + right.text[1:], "\ue000" * len(left) + right.shadow[1:])
        if _cuts(left, right, known):
            return left, right
    return None


def _cuts(left: str, right: Masked, known: Collection[str]) -> bool:
    item = parse(left, known)
    following = re.split(r"[、，；]|以及|和|及|与|等", right.shadow, maxsplit=1)[0]
    after = parse(right.text[: len(following)], known)
    whole = parse(right.text, known)
    if item.kind is Kind.FIELD:
        return (after.kind is Kind.FIELD and not re.search(r"[局厅委办部]$", right.text)) or (
            whole.kind is Kind.GROUP
            and lx.FIELD.match(whole.tail) is not None
            and not _one_field(left, right.text)
        )
    ends = re.sub(r"（[^（）]*）$", "", left)  # 省发展改革委（粮食和储备局） ends in 委
    if item.kind is Kind.BODY and not (lx.STRONG_ENDING.search(ends) or left in known):
        # What follows may hold 和 itself: 省工业和信息化委和各县政府 begins with a unit, though 省工业 is none.
        ends_at = [word.start() for word in _PERHAPS.finditer(right.shadow, 0, LONGEST)]
        nexts = [after, whole, *(parse(right.text[:end], known) for end in ends_at)]
        return len(left) > 2 and any(_stands(unit, known) for unit in nexts)
    if item.kind is Kind.LEVEL or (item.kind is Kind.PLACE and item.area.name == "LEVEL"):
        return re.match(rf"{lx.LEVEL}|中央|国家", right.text) is not None
    return item.kind is not Kind.OTHER


def _one_field(left: str, right: str) -> bool:
    """Tell whether 和 stands inside one field's name: 文化和旅游部门."""
    core = re.sub(rf"^(?:{lx.DETERMINER})?(?:{lx.LEVEL})?", "", left)
    return any(
        lx.FIELD.fullmatch(f"{core}和{right[:size]}") is not None for size in range(2, min(len(right), 8) + 1)
    )


def _stands(item: Item, known: Collection[str]) -> bool:
    return item.kind in (Kind.LOCAL, Kind.PLACE, Kind.GROUP, Kind.BODY, Kind.BARE) or item.text in known


def _run_on(text: str, known: Collection[str]) -> Iterator[str]:
    """Cut where a separator was lost between two full names: 县水务局县住建局."""
    start = 0
    odd = {at for place in lx.ODD_PLACE.finditer(text) for at in range(place.start() + 1, place.end())}
    places = [] if text in known else [place.start() for place in _JOINED.finditer(text)]
    for place, following in zip(places, [*places[1:], len(text)], strict=False):
        left, right = text[start:place], text[place : place + LONGEST + 1]
        if place in odd:
            continue
        if not is_unit(right, known):
            right = text[place:following]
        second = parse(right, known).kind
        if left.count("（") != left.count("）") or _INNER_END.search(right):
            continue
        if right.startswith("各") and not left.startswith("各") and second not in (Kind.LOCAL, Kind.PLACE):
            continue  # 市政府各部门 is one group
        if is_unit(left, known) and is_unit(right, known):
            yield left
            start = place
    if text[start:]:
        yield text[start:]


def breaks(text: str, known: Collection[str]) -> str:
    """Decide about white space: it divides two full names and is dropped inside one."""
    out = ""
    parts = re.split(r"(\s+)", text)
    for index in range(0, len(parts), 2):
        part = parts[index]
        if out and part and _divides(out[-2 * LONGEST :], part, known):
            out += (
                "，"
                if _DATED.match(part)
                else "："
                if re.search(
                    r"(?<![各关他])(?:牵头|责任|配合|参与|承办|主办|协办)(?:责任)?(?:单位|部门)$",
                    out[-LONGEST:],
                )
                else "、"
            )
        out += part
    return out


def _edge(text: str, place: int) -> tuple[str, str]:
    whole = re.split(r"[、，；。：\s]|牵头|配合|负责|参与|按|等(?=$|部门|有关|相关)", text)[place]
    return whole, re.split(r"以及|和|及|与", whole)[place]


def _divides(left: str, right: str, known: Collection[str]) -> bool:
    if re.search(r"[、，；。：（]$", left) or re.match(r"[、，；。：）]", right):
        return False
    if re.search(r"(?:牵头|配合|参与|负责|落实|承办|主办|责任)(?:单位|部门)?$", left):
        return True
    if _DATED.match(right):
        return True
    if re.match(r"(?:牵头|责任|配合|参与|承办|主办|协办)(?:责任)?(?:单位|部门)", right):
        return True
    # 和 may stand inside the name on either side, so both sides are tried with it and without.
    before = next((text for text in _edge(left, -1) if _stands(parse(text, known), known)), None)
    after = next((text for text in _edge(right, 0) if is_unit(text, known)), None)
    if before is None or after is None:
        return False
    first, second = parse(before, known), parse(after, known)
    fresh = (
        bool(re.match(r"各|有关|相关", after))
        or bool(second.head)
        or bool(second.place and second.kind is Kind.BODY)
    )
    if first.kind is Kind.PLACE:
        return fresh
    # 省政府⏎外侨办 is one name broken over two lines.
    return fresh or not re.fullmatch(rf"{lx.LEVEL}(?:委|党委|人民政府|政府)", before)
