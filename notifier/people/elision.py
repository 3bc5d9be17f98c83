"""What an item leaves to its neighbours is given back: endings from the right, prefixes from the left."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from notifier.people import lexicon as lx
from notifier.people.items import Area, Item, Kind, parse
from notifier.people.lists import Piece

_HAN = re.compile(rf"{lx.HAN}+")


@dataclass(slots=True)
class Context:
    """What goes on from list to list: the issuer's level, the names known, the prefix last written."""

    issuer: str
    known: frozenset[str]
    prefix: str = ""
    party: bool = False  # it was written 省委, 市委 …

    def parse(self, text: str) -> Item:
        """Parse with the known names."""
        return parse(text, self.known)


def complete(pieces: Sequence[Piece], context: Context) -> list[tuple[Item, int]]:
    """Return the items of one list in full, each with the index of the piece it came from."""
    items = [context.parse(piece.text) for piece in pieces]
    elided = [False] * len(items)
    each = [False, *(_is_each_level(*pair, context.issuer) for pair in pairwise(items))]
    noun = ""
    for index in range(len(items) - 1, -1, -1):
        following = items[index + 1] if index + 1 < len(items) else None
        if pieces[index].noun:
            noun = pieces[index].noun
            given = _with_noun(items[index], noun, context)
        elif noun and following is not None and following.kind is Kind.PLACE and elided[index + 1]:
            given = _with_noun(items[index], noun, context)  # 城关、白沙等街道
        else:
            given = _from_right(items[index], following, context) if following is not None else None
        if given is not None:
            items[index], elided[index] = given, True
    out: list[tuple[Item, int]] = []
    for index, item in enumerate(items):
        before = out[-1][0] if out else None
        if (
            item.kind is Kind.BARE
            and before is not None
            and before.kind is Kind.LOCAL
            and not _NOUN.fullmatch(item.tail)
            and not (before.area is not Area.ZONE and before.determiner and not _governs(before, item.tail))
        ):
            out.extend((organ, index) for organ in _organs(item, [found for found, _ in out]))
        else:
            whole = context.parse(f"各{item.text}") if each[index] else item
            out.append((_from_left(whole, before, context, elided=elided[index]), index))
    return out


_NOUN = re.compile(lx.NOUN)


# --- from the right ---------------------------------------------------------------------------------------


def _with_noun(item: Item, noun: str, context: Context) -> Item | None:
    """郑州、开封等省辖市政府; 教育、公安等部门."""
    shared = context.parse(noun)
    if shared.kind in (Kind.LOCAL, Kind.PLACE):
        if item.kind is Kind.PLACE and _governs(item, shared.tail):
            return context.parse(item.text + shared.tail) if shared.tail else None
        level = re.search(rf"(?:街道|{lx.LEVEL})(?=$|（)", shared.place)
        named = _is_plain(item) and len(item.text) <= 4 and level is not None
        return context.parse(item.text + level[0] + shared.tail) if named and level is not None else None
    return context.parse(item.text + noun) if item.kind is Kind.FIELD or _is_plain(item) else None


def _is_plain(item: Item) -> bool:
    return (
        item.kind is Kind.OTHER
        and len(item.text) <= 12
        and _HAN.fullmatch(item.text) is not None
        and not lx.PERSON.search(item.text)
    )


def _from_right(item: Item, following: Item, context: Context) -> Item | None:
    """Return the item with the ending that it shares with the one after it, or None."""
    if item.text in context.known and item.kind is not Kind.FIELD and item.area is Area.NONE:
        return None
    ending = ""
    if item.kind is Kind.LEVEL or (
        item.kind is Kind.PLACE and item.area is Area.LEVEL and not item.determiner
    ):
        ending = _after_level(following)
    if _is_each_level(item, following, context.issuer):
        ending = following.tail
    if item.kind is Kind.BODY and item.head and not item.tail and following.kind is Kind.BODY:
        shared = re.fullmatch(rf"{lx.LEVEL}(?:人民)?政府(督查室|办公[厅室]|办|研究室)", following.text)
        ending = shared[1] if shared is not None else ""  # 市委、市政府督查室
    if not ending and item.kind is Kind.PLACE:
        ending = _for_place(item, following)
    if not ending and (item.kind is Kind.FIELD or _is_plain(item)):
        ending = _for_field(item, following)
    if not ending:
        return None
    return context.parse(item.text + ending)


def _is_each_level(item: Item, following: Item, issuer: str) -> bool:
    """各市、县民政局: each of them, where both levels lie below the issuer's; 各市、省民政厅 are two things."""
    if not (item.kind is Kind.PLACE and item.area is Area.LEVEL and item.determiner == "各"):
        return False
    if following.determiner or not re.search(r"[局办委部院]$", following.tail):
        return False
    level = following.head if following.kind is Kind.BODY else following.place[:1]  # 县, 县（市、区）
    own, upper, lower = lx.rank(issuer), lx.rank(item.place), lx.rank(level)
    return upper is not None and lower is not None and upper < lower and (own is None or own < upper)


def _after_level(following: Item) -> str:
    """省、市有关部门; 中央、省属在金有关单位; 市、县教育局."""
    level = lx.LEVEL_WORD.match(following.text) or lx.HEAD.match(following.text)
    if level is None or following.kind in (Kind.PLACE, Kind.LEVEL, Kind.OTHER, Kind.FIELD):
        return ""
    word = level["level"] if "level" in level.groupdict() else level[0]
    if following.area in (Area.CLASS, Area.PROPER, Area.ZONE):
        return ""
    return following.text[len(word) :]


def _for_place(item: Item, following: Item) -> str:
    if following.kind is Kind.LOCAL:
        return following.tail if _governs(item, following.tail) else ""
    shared = following.area in (Area.CLASS, Area.ZONE, Area.PROPER)
    return following.tail if shared and following.kind in (Kind.GROUP, Kind.BODY) else ""


def _governs(item: Item, organ: str) -> bool:
    """Tell whether such a place can have such an organ: a 县 has no 管委会, a zone no 政府."""
    if organ.startswith(("党委", "党（工）委")):
        return True
    if organ.startswith(("管", "党工委", "工委")):
        return item.area is Area.ZONE
    if organ.startswith(("办事处", "街道办")):
        return item.place.endswith(("街道", "街道）", "街"))
    return item.area is not Area.ZONE


def _for_field(item: Item, following: Item) -> str:
    if (ending := re.search(r"(?:行政主管|主管|行政|监管)?(?:部门|系统)$", following.text)) is not None:
        return ending[0] if following.kind is Kind.GROUP and not following.is_open else ""
    if item.kind is Kind.FIELD and following.kind is Kind.BODY:
        last = re.search(r"(?:厅|局|委|办)$", following.text)
        return last[0] if last is not None else ""
    if (
        item.kind is Kind.OTHER
        and following.kind is Kind.LOCAL
        and not following.determiner
        and len(item.text) <= 4
    ):
        if (zone := lx.ZONE.fullmatch(following.place)) is not None and zone["name"]:
            return zone["generic"] + following.tail  # 临汾、侯马、洪洞经济开发区管委会
        level = re.search(rf"{lx.LEVEL}$", following.place)
        if following.area is Area.PROPER and level is not None:
            return level[0] + following.tail  # 郑州、开封市政府
    return ""


# --- from the left ----------------------------------------------------------------------------------------


def _organs(item: Item, before: Sequence[Item]) -> list[Item]:
    """Give each place that shared the organ before it this one too: 示范区、高新区党工委和管委会."""
    organ = before[-1].tail
    if organ == item.tail:
        return []  # 县政府、政府: said already
    shared: list[Item] = []
    for place in reversed(before):
        if place.kind is not Kind.LOCAL or place.tail != organ:
            break
        shared.append(place)
    return [
        replace(place, text=place.determiner + place.place + item.tail, tail=item.tail)
        for place in reversed(shared)
    ]


def _from_left(item: Item, before: Item | None, context: Context, *, elided: bool) -> Item:
    if item.kind is Kind.BARE:
        return _bare(item, before, context)
    if item.kind in (Kind.PLACE, Kind.LOCAL):
        return _placed(item, before, _inherits(item, before, context, elided=elided))
    if item.kind is Kind.GROUP:
        return _grouped(item, before)
    if item.kind is Kind.BODY:
        if before is not None and before.determiner.startswith("各") and lx.COMMON.fullmatch(item.text):
            return context.parse(before.determiner + item.text)  # 各子公司、分公司
        return _prefixed(item, context)
    if item.kind is Kind.FIELD or item.kind is Kind.LEVEL:
        return replace(item, kind=Kind.OTHER)
    return item


def _bare(item: Item, before: Item | None, context: Context) -> Item:
    if _NOUN.fullmatch(item.tail):
        if before is not None and before.kind is Kind.GROUP and before.determiner:
            start = before.text.index(before.determiner) + len(before.determiner)
            return context.parse(before.text[:start] + item.text)
        if before is not None and before.kind is Kind.GROUP:
            return context.parse(re.sub(r"(?:部门|单位|机构|系统)$", "", before.text) + item.text)
        return replace(item, kind=Kind.GROUP)
    if before is not None and before.determiner == "各":
        return replace(item, text="各" + item.text, determiner="各", kind=Kind.LOCAL)  # 各县政府、管委会
    prefix = context.prefix or context.issuer
    if prefix:
        return context.parse(prefix + item.text)
    return replace(item, kind=Kind.BODY)


def _inherits(item: Item, before: Item | None, context: Context, *, elided: bool) -> bool:
    """Tell whether 各 or 有关 before an earlier place holds for this one: for kinds of places, not for names."""
    if before is None or item.area is Area.CLASS:
        return before is not None
    if item.area is not Area.LEVEL:
        return False
    if elided or before.kind is Kind.PLACE or before.tail == item.tail:
        return True
    own, named = lx.rank(context.issuer), lx.rank(item.place)
    return own is not None and named is not None and named > own


def _placed(item: Item, before: Item | None, inherits: bool) -> Item:
    """各省辖市、省直管县（市）政府; 市城乡一体化示范区、经济技术开发区管委会."""
    if before is None or item.determiner:
        return item
    if item.area is Area.ZONE and before.area is Area.ZONE and before.head and not item.head:
        zone = lx.ZONE.fullmatch(item.place)
        if zone is not None and not zone["name"]:
            return replace(
                item, text=before.head + item.text, place=before.head + item.place, head=before.head
            )
    if before.determiner == "各" and lx.ANY_ZONE.fullmatch(item.place):
        return replace(item, many=True)
    if inherits and before.determiner and before.area in (Area.CLASS, Area.LEVEL):
        return replace(item, text=before.determiner + item.text, determiner=before.determiner)
    return item


def _grouped(item: Item, before: Item | None) -> Item:
    if before is None or before.kind is not Kind.GROUP:
        return item
    if before.determiner and not (item.determiner or item.head) and before.area is item.area is Area.CLASS:
        return replace(item, text=before.determiner + item.text, determiner=before.determiner)
    if before.head.endswith("机关"):
        return item
    if item.determiner and not item.head and before.head and _NOUN.fullmatch(item.tail):
        return replace(item, text=before.head + item.text, head=before.head)  # 市直各部门、各单位
    if not item.determiner and not item.head and not item.place and lx.FIELD.match(item.text):
        own = before.determiner + before.place if not before.head else before.head
        if own and not before.is_open and before.tail and lx.FIELD.search(before.tail):
            return replace(item, text=own + item.text, determiner=before.determiner, head=before.head)
    return item


def _prefixed(item: Item, context: Context) -> Item:
    """省教育厅、财政厅: the prefix holds for names without a level of their own."""
    if item.head:
        level = lx.HEAD.match(item.text)
        if level is not None:
            context.prefix = level["level"]
            context.party = level["organ"] in ("委", "党委") and level.end() < len(item.text)
        return item
    if item.area is Area.PROPER:
        if not (item.text.endswith("政府") or lx.UNOWNED.fullmatch(item.text)):
            context.prefix, context.party = item.place, False
        return item
    if lx.has_own_level(item.text):
        return item
    prefix = context.prefix
    if not prefix:
        if lx.INNER.fullmatch(item.text) or lx.UNOWNED.fullmatch(item.text):
            return item
        prefix = context.issuer
    if not prefix or prefix + item.text in context.known:
        return replace(item, text=prefix + item.text)
    if item.text in context.known:
        return item
    party = lx.PARTY.fullmatch(item.text) or (context.party and lx.PARTY_AFTER.fullmatch(item.text))
    committee = "委" if party and re.fullmatch(lx.LEVEL, prefix) else ""
    return replace(item, text=prefix + committee + item.text)
