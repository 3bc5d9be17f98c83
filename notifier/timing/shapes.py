"""What the grammar of phrases yields: expressions of time as written, years still open.

A Chinese phrase becomes a flat list of shapes and texts; `compose` gives them years and joins them.
"""

from dataclasses import dataclass
from enum import Enum, auto

_DIGITS = (
    {character: value for value, character in enumerate("零一二三四五六七八九")}
    | dict.fromkeys("〇○0Oo", 0)
    | {"两": 2}
)


class Edge(Enum):
    """What the word after a period says about it."""

    NONE = auto()
    END = auto()  # 底 末 底前: up to its last day
    BEFORE = auto()  # 前
    FROM = auto()  # 起 开始
    INSIDE = auto()  # 内
    DURING = auto()  # 期间
    LAST_WORKDAY = auto()  # 最后一个工作日


@dataclass(frozen=True, slots=True)
class Text:
    """Words that are no expression of time."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that ends a clause."""

    sign: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A period as written; `year` is None where the phrase leaves it out."""

    kind: str
    year: int | None = None
    relative: str = ""
    values: tuple[int, ...] = ()
    name: str = ""
    weekday: int = 0  # 1 to 7 where one is written beside the day
    clock: str = ""
    brief: bool = False  # the year has two digits: 19年底
    day: tuple[int, int] | None = None  # month and day written in brackets beside 本周五


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One period with its edge."""

    named: Named
    edge: Edge
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From one period to another."""

    first: Named
    last: Named
    edge: Edge
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A day inside a recurring unit: month (0: none), day (0: the last), and its edge."""

    month: int = 0
    day: int = 0
    edge: Edge = Edge.NONE
    bare: bool = False  # a month, quarter or half without a day or an end
    third: int = 0  # 旬 or 初: `day` is its last
    inside: str = ""  # 5wd, lastfri: a day that no number names
    festival: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """A recurrence: its word (年 半年 季 月 半月 旬 周 日 学期), how many units apart, and its days."""

    unit: str
    interval: int = 1
    anchors: tuple[Anchor, ...] = ()
    manner: bool = False  # 按月, 逐季: may be no more than a way of working
    after: bool = False  # the days count from the unit's end
    tells: bool = False  # the word itself says that it is reported: 月通报
    next: bool = False  # 次月5日: of each month, if something says that it comes round
    clock: str = ""
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of time within which something is due; `least` where a range was written (2—3年)."""

    amount: int
    least: int | None
    unit: str
    after: bool  # begins with 后 or 起
    of: Named | None
    ahead: bool = False  # 会议召开前3个工作日; an amount of 0 is the eve
    lasts: bool = False  # 为期三个月
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lasting:
    """A word such as 持续 or 长期."""

    start: int
    end: int


When = Point | Stretch | Every | Amount | Lasting
Shape = When | Text | Mark


class NoNumber(ValueError):
    """Numerals that make no number, such as 十十, or that may be two, as in 一二月."""


def number(text: str) -> int:
    """Return the value of digits, of a Chinese numeral below 100, or of a year digit by digit: 二〇一八.

    Raises NoNumber for what is none of these.
    """
    if text.isdecimal() and text.isascii():
        return int(text)
    if len(text) == 4 and "十" not in text:
        return int("".join(str(_DIGITS[character]) for character in text))
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or tens == "十" or not (ten or ones):
        raise NoNumber(f"“{text}” is no number")
    return (10 * (_DIGITS[tens] if tens else 1) if ten else 0) + (_DIGITS[ones] if ones else 0)
