"""One spelling for what cells hold: no white space, one width, simplified characters, lists in full."""

import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from notifier.timing.asides import without_private
from notifier.timing.shapes import NoNumber, number

if TYPE_CHECKING:
    from opencc import OpenCC

# Full-width digits and letters are written like ASCII ones; marks keep their width inside labels.
_NARROW = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_NARROW |= {ord("～"): "~", ord("－"): "-", ord("．"): ".", ord("／"): "/", ord("％"): "%"}
_TENS = {"卅": "三十", "廿": "二十"}
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))

# Numbers of items, where they can't be part of a date: (一) ① 1.2018年… 一是
_ITEM = re.compile(
    "(?:(?<=[;；。])|^)(?:[(（](?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})[)）][、.]?(?![年月日号季])"
    "|(?:[①-⑳⑴-⒇])|[0-9]{1,2}[.、](?=(?:19|20)[0-9]{2}年))"
    "|(?:(?<=[;；。,，])|^)[一二三四五六七八九]是(?=[0-9])"
)
_ARABIC, _CHINESE = "[0-9]{1,2}", "[一二三四五六七八九十]{1,2}"
_ELIDED = re.compile(
    "|".join(
        f"(?<![{kind}.第至到~—–―─-])第?{one}(?:[、和及与]第?{one}){{1,11}}(?P<unit{at}>月(?!报)|季度|[日号])"
        for at, (kind, one) in enumerate((("0-9", _ARABIC), ("一二三四五六七八九十", _CHINESE)))
    )
)
_ELIDED_YEARS = re.compile("(?<![0-9])(?:(?:19|20)[0-9]{2}[、和及与]){1,9}(?=(?:19|20)[0-9]{2}年)")
_CIRCLED = re.compile("(?<=[^件表;；。,，:：(（、])[①-⑳⑴-⒇](?=[0-9一二三四五六七八九十]{1,4}[年月季])")
_NUMBERED = re.compile("(?:(?<=[;；。])|^)([0-9]{1,2})[.、](?=[0-9]{1,2}月)")
_INCLUDED = re.compile(
    "(?<=([年月日号旬度]))[(（]含(?:当[日天月年]|本[日数月年]|[0-9]{1,2}[日月])?[)）](?=(前|之前|以前)?)"
)
_FIRST_MONTH = re.compile("(?<![0-9万亿千百十公])元月(?=[0-9底末初前内份上中下至到、]|$)")
_DAY_MISSING = re.compile(
    "((?<![0-9])(?:1[0-2]|[1-9])月(?:3[01]|[12][0-9]|[1-9]))(?=(?:之前|以前|前)(?![0-9一二两三四五六七八九十]))"
)
_RANGE = "[0-9]{1,2}[日号]?[-~—–―─至到]+[0-9]{1,2}[日号]"
_ELIDED_RANGES = re.compile(f"([0-9]{{1,2}}月)({_RANGE}(?:[、,，和及]{_RANGE})+)")
_DAY_OF_EACH = re.compile(
    "((?:(?:1[0-2]|[1-9])月[、和及与]){1,11}(?:1[0-2]|[1-9])月)(?:份?的|各)([0-9]{1,2}[日号])(?![-~—至到])"
)
_DAY = "(?:1[0-2]|[1-9])月(?:[0-9]{1,2}[日号])?(?:底|底前|前)?"
_NEXT_YEARS = re.compile(f"((?:每年|按年)度?(?:于|在)?{_DAY}[、和及与,，])(?:次年|翌年)(?={_DAY})")
# 一 typed for a dash; 月后5日内 as statistics offices write it; two lines of a cell run together: 完成⏎长期坚持
_DASH = re.compile("(?<=[0-9][月日号])一(?=[0-9]{1,2}[月日号])")
_AFTER_EACH = re.compile(
    "(?:(?<=[,;:，；：(（])|^)(?:每个?)?(月|季度?)后([0-9]{1,2})[日天](?:之前|以前|前|之内|以内|内)"
)
_GOES_ON = re.compile(
    "(?<=完成|到位|建成|落实)(?=(?:长期(?:坚持|巩固|推进|保持)|持续(?:推进|推动|实施|坚持|巩固|深化)"
    "|常态化(?:推进|开展|坚持))$)"
)
_TWO_FEASTS = re.compile("(?<=[节日秋庆旦一])(?:双节|两节)(?=前|之前|以前)")
_HALVES = re.compile("上(?:半年)?([、和及与]?)下半年")


# GB/T 2312-1980 is the set of simplified characters, but for these: OpenCC changes them, some in certain words alone.
_DOUBTFUL = frozenset("乾菸薹拚捱摺吒後徵夥榘於袷麴醣麽坏沈藉覆哩")
_NO_HAN = re.compile("[^\u2e80-\u2fff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


@cache
def _converter() -> "OpenCC":
    # OpenCC's own build of its dictionaries: 13 ms and 5 MB once, 2 µs a phrase.
    from opencc import OpenCC

    return OpenCC("t2s")


def is_simplified(text: str) -> bool:
    """Tell whether OpenCC would surely leave the text as it is; most offices' documents never need it."""
    if not _DOUBTFUL.isdisjoint(text):
        return False
    try:
        _NO_HAN.sub("", text).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def compact(phrase: str) -> str:
    """Return the phrase without white space, which table cells put anywhere, even inside a word."""
    return "".join(phrase.translate(_INVISIBLE).split())


def spelled(phrase: str) -> str:
    """Return the phrase as the grammar reads it: compact, ASCII digits, simplified, lists in full."""
    text = compact(phrase).translate(_NARROW)
    # Half a surrogate pair is nothing that a grammar reads; the converter would fail on it.
    with suppress(UnicodeEncodeError):
        text = text if is_simplified(text) else _converter().convert(text)
    text = _CIRCLED.sub(";", _ITEM.sub("", without_private(text)))
    items = [int(number) for number in _NUMBERED.findall(text)]
    if len(items) > 1 and items == list(range(1, len(items) + 1)):
        text = _NUMBERED.sub("", text)
    text = _corrected(text)
    text = _HALVES.sub(lambda found: f"上半年{found[1] or '、'}下半年", text)
    text = _ELIDED_YEARS.sub(lambda found: re.sub("(?<=[0-9]{4})", "年", found[0]), text)
    text = _ELIDED.sub(_in_full, text)
    return _DAY_OF_EACH.sub(_each_month, text) if "月的" in text or "份的" in text or "月各" in text else text


def _corrected(text: str) -> str:
    """Return the text with common ways of writing a day spelled out: 元月, 卅日, 12月31前, 30日(含)前."""
    if "元月" in text:
        text = _FIRST_MONTH.sub("1月", text)
    if "卅" in text or "廿" in text:
        text = re.sub("[卅廿](?=[一二三四五六七八九]?[日号])", lambda found: _TENS[found[0]], text)
    if "(含" in text or "（含" in text:
        # After a month or year the bracket says that 前 includes it.
        text = _INCLUDED.sub(lambda found: "" if found[1] in "日号" or not found[2] else "底", text)
    if "每年" in text and ("次年" in text or "翌年" in text):
        text = _NEXT_YEARS.sub("\\1", text)  # each year has both days
    if "后" in text:
        text = _AFTER_EACH.sub(lambda found: f"每{found[1]}结束后{found[2]}日内", text)
    text = _GOES_ON.sub("，", text)
    if "月" in text:
        text = _DASH.sub("-", text)
        text = _DAY_MISSING.sub(lambda found: f"{found[1]}日", text)
        text = _ELIDED_RANGES.sub(lambda found: re.sub("(?<=[、,，和及])", found[1], found[0]), text)
    return _TWO_FEASTS.sub("", text)


def _each_month(found: re.Match[str]) -> str:
    """3月、6月的25日 is the 25th of each."""
    return re.sub("月(?=[、和及与]|$)", f"月{found[2]}", found[1])


def _in_full(found: re.Match[str]) -> str:
    """Give each number of 3、6、9月 its unit; leave what may be an item's number: 3、6月底前."""
    unit = found["unit0"] or found["unit1"]
    numbers = re.split("[、和及与]", found[0].removesuffix(unit))
    values = [_value(one.removeprefix("第")) for one in numbers]
    may_be_item = found.start() == 0 or found.string[found.start() - 1] in ";；。,，:："
    alone = unit == "季度" and found[0] == found.string
    certain = numbers[0].startswith("第") or unit in "日号" or alone or (len(numbers) > 2 and values[0] != 1)
    if (may_be_item and not certain) or values != sorted({*values} - {-1}):
        return found[0]
    return re.sub("(?=[、和及与])|$", unit, found[0].removesuffix(unit))


def _value(numeral: str) -> int:
    """Return the value of a numeral; -1, which is in no list's order, for what is none, as 二二."""
    try:
        return number(numeral)
    except NoNumber:
        return -1
