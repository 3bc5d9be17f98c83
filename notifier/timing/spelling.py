"""One spelling for what cells hold: no white space, one width, simplified characters, lists in full."""

import re
from contextlib import suppress
from functools import cache

from opencc import OpenCC

from notifier.timing.shapes import NoNumber, number

# Full-width digits and letters are written like ASCII ones; marks keep their width inside labels.
_NARROW = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_NARROW |= {ord("～"): "~", ord("－"): "-", ord("．"): ".", ord("／"): "/", ord("％"): "%"}
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))

# Numbers of items, where they can't be part of a date: (一) ① 1.2018年… 一是
_ITEM = re.compile(
    "(?:(?<=[;；。])|^)(?:[(（](?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})[)）][、.]?(?![年月日号季])"
    "|[①-⑳]|[0-9]{1,2}[.、](?=(?:19|20)[0-9]{2}年))"
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
_HALVES = re.compile("上(?:半年)?([、和及与]?)下半年")


@cache
def _converter() -> OpenCC:
    # OpenCC's own build of its dictionaries: 13 ms once, 2 µs a phrase.
    return OpenCC("t2s")


def compact(phrase: str) -> str:
    """Return the phrase without white space, which table cells put anywhere, even inside a word."""
    return "".join(phrase.translate(_INVISIBLE).split())


def spelled(phrase: str) -> str:
    """Return the phrase as the grammar reads it: compact, ASCII digits, simplified, lists in full."""
    text = compact(phrase).translate(_NARROW)
    # Half a surrogate pair is nothing that a grammar reads; the converter would fail on it.
    with suppress(UnicodeEncodeError):
        text = text if text.isascii() else _converter().convert(text)
    text = _ITEM.sub("", text)
    text = _HALVES.sub(lambda found: f"上半年{found[1] or '、'}下半年", text)
    text = _ELIDED_YEARS.sub(lambda found: re.sub("(?<=[0-9]{4})", "年", found[0]), text)
    return _ELIDED.sub(_in_full, text)


def _in_full(found: re.Match[str]) -> str:
    """Give each number of 3、6、9月 its unit; leave what may be an item's number: 3、6月底前."""
    unit = found["unit0"] or found["unit1"]
    numbers = re.split("[、和及与]", found[0].removesuffix(unit))
    values = [_value(one.removeprefix("第")) for one in numbers]
    may_be_item = found.start() == 0 or found.string[found.start() - 1] in ";；。,，:："
    certain = numbers[0].startswith("第") or unit in "日号" or (len(numbers) > 2 and values[0] != 1)
    if (may_be_item and not certain) or values != sorted({*values} - {-1}):
        return found[0]
    return re.sub("(?=[、和及与])|$", unit, found[0].removesuffix(unit))


def _value(numeral: str) -> int:
    """Return the value of a numeral; -1, which is in no list's order, for what is none, as 二二."""
    try:
        return number(numeral)
    except NoNumber:
        return -1
