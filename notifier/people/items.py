"""One item of a list: what kind of name it is and which parts it has."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from notifier.people import lexicon as lx

LONGEST = 80  # characters; no unit's name comes near, and a text without separators shall not cost its square


class Kind(Enum):
    """What an item can be."""

    LOCAL = auto()  # a place's own organ: 各省辖市政府, 高新区管委会
    PLACE = auto()  # a place without an organ: 各省辖市, 高新区, 兰考县
    GROUP = auto()  # several bodies: 各科室, 市直有关单位, 开发区经信部门
    BODY = auto()  # one body: 省教育厅
    BARE = auto()  # an organ or a noun that belongs to the item before: 政府, 单位
    LEVEL = auto()  # a level that waits for its noun: 中央, 省属
    FIELD = auto()  # a field of work that waits for its ending: 教育, 公安
    OTHER = auto()  # not read as a unit (yet)


class Area(Enum):
    """What a place is."""

    NONE = auto()
    CLASS = auto()  # 省辖市, 县（市、区）
    LEVEL = auto()  # one level's character: 市, 县
    ZONE = auto()  # 开发区, 十堰经济技术开发区
    PROPER = auto()  # 兰考县


@dataclass(frozen=True, slots=True)
class Item:
    """A parsed item; `text` is always the parts put together."""

    text: str
    kind: Kind
    determiner: str = ""  # 各, 有关, 各级 …
    place: str = ""  # without the determiner
    area: Area = Area.NONE
    tail: str = ""  # organ, noun or field with its ending: what an item before may share
    head: str = ""  # 省, 省委, 市直, 国务院 …
    many: bool = False  # the 各 of the item before holds for it, unwritten

    @property
    def is_open(self) -> bool:
        """Tell whether it names a subset without saying which."""
        return self.kind is not Kind.BODY and lx.OPEN.search(self.text) is not None


def parse(text: str, known: Collection[str] = ()) -> Item:
    """Return what the text is taken by itself; an exactly known name is a unit whatever it looks like."""
    listed = text in known
    if len(text) > LONGEST:
        return Item(text, Kind.BODY if listed else Kind.OTHER, tail=text)
    return _parsed(text, listed)


@lru_cache(maxsize=4096)  # a list is cut by trying its parts again and again
def _parsed(text: str, listed: bool) -> Item:
    if lx.BARE.fullmatch(text) and not listed:
        return Item(text, Kind.BARE, tail=text)
    for reading in (_local, _place, _group, _body):
        if (item := reading(text)) is not None:
            return item
    if listed:
        return Item(text, Kind.BODY)
    if lx.LEVEL_WORD.fullmatch(text):
        return Item(text, Kind.LEVEL, head=text)
    return _field(text)


def _area(text: str) -> Area | None:
    if re.fullmatch(lx.LEVEL, text):
        return Area.LEVEL
    if lx.DISTRICT.fullmatch(text):
        return Area.PROPER
    if lx.CLASS.fullmatch(text):
        return Area.CLASS
    if lx.ZONE.fullmatch(text) and not re.search(r"[局厅委办处]", text):
        return Area.ZONE
    return Area.PROPER if lx.is_place(text) else None


def _split_determiner(text: str) -> tuple[str, str]:
    found = re.match(lx.DETERMINER, text)
    return (found[0], text[found.end() :]) if found is not None else ("", text)


def _local(text: str) -> Item | None:
    determiner, rest = _split_determiner(text)
    for start in range(len(rest)):
        organ = re.fullmatch(rf"{lx.ORGAN}|委", rest[start:])
        if organ is None:
            continue
        place = rest[:start]
        if organ[0] == "委" and not (determiner and place.endswith(("省", "市", "县", "区", "州", "旗"))):
            continue  # 各县区委; 区委 by itself is one body
        if "各级" in determiner and not place:
            return Item(text, Kind.LOCAL, determiner, place, Area.CLASS, organ[0])
        area = Area.CLASS if re.fullmatch(rf"{lx.LEVEL}级", place) else _area(place)
        if area is not None and not (organ[0] == "委" and area is Area.PROPER):
            return Item(text, Kind.LOCAL, determiner, place, area, organ[0], _zone_head(place, area))
    return None


def _place(text: str) -> Item | None:
    determiner, rest = _split_determiner(text)
    if "各级" in determiner or (area := _area(rest)) is None:
        return None
    return Item(text, Kind.PLACE, determiner, rest, area, head=_zone_head(rest, area))


def _zone_head(place: str, area: Area) -> str:
    found = lx.ZONE.fullmatch(place) if area is Area.ZONE else None
    return found["head"] or "" if found is not None and not found["name"] else ""


def _group(text: str) -> Item | None:
    if lx.PERSON.search(text):
        return None
    found = lx.GROUP.fullmatch(text)
    if found is not None and lx.GROUP_NOUN.search(found["noun"]) and not _is_inner_determiner(found["head"]):
        head = found["head"]
        if not head:
            area, place, tail = _split_place(found["noun"])
            return Item(text, Kind.GROUP, found["det"], place, area, tail)
        return Item(text, Kind.GROUP, found["det"], tail=found["noun"], head=head)
    area, place, tail = _split_place(text)
    if lx.MANY.fullmatch(text) or (place and lx.MANY.fullmatch(tail)):
        head = "" if place else _level(text)
        return Item(
            text, Kind.GROUP, place=place, area=area, tail=tail if place else text[len(head) :], head=head
        )
    kind = lx.KINDS.match(text)
    if (
        kind is not None
        and lx.is_department(text[kind.end() :])
        and not re.match("[场政容域划]", text[kind.end() :])
    ):
        place, tail = kind[0], text[kind.end() :]
        return Item(text, Kind.GROUP, place=place, area=Area.CLASS, tail=tail)
    return None


def _is_inner_determiner(head: str) -> bool:
    """Tell whether 各 or 有关 stands inside a body's name rather than before a noun."""
    return bool(head) and head.endswith(("与", "和", "、"))


def _split_place(text: str) -> tuple[Area, str, str]:
    """Divide 开发区经信部门 into the place and the rest."""
    for end in range(len(text) - 1, 0, -1):
        area = _area(text[:end])
        if area in (Area.CLASS, Area.ZONE, Area.PROPER) and not re.match(r"[级直属]", text[end:]):
            return area, text[:end], text[end:]
    return Area.NONE, "", text


def _level(text: str) -> str:
    found = lx.LEVEL_WORD.match(text) or lx.HEAD.match(text)
    return found[0] if found is not None and found.end() < len(text) else ""


def _body(text: str) -> Item | None:
    if not lx.is_department(text):
        return None
    head = lx.HEAD.match(text)
    if head is not None and (head.end() == len(text) or len(text) - head.end() >= 1):
        return Item(text, Kind.BODY, head=head[0], tail=text[head.end() :])
    if place := lx.place_of(text):
        return Item(text, Kind.BODY, place=place, area=Area.PROPER, tail=text[len(place) :])
    return Item(text, Kind.BODY, tail=text)


def _field(text: str) -> Item:
    determiner, rest = _split_determiner(text)
    head = lx.HEAD.match(rest) or lx.LEVEL_WORD.match(rest)
    core = rest[head.end() :] if head is not None else rest
    area, place, tail = _split_place(core) if head is None else (Area.NONE, "", core)
    if lx.FIELD.fullmatch(tail):
        return Item(text, Kind.FIELD, determiner, place, area, tail, head[0] if head is not None else "")
    return Item(text, Kind.OTHER, tail=text)
