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


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """A recurrence: its word (年 半年 季 月 周 日), how many units apart, and its days."""

    unit: str
    interval: int = 1
    anchors: tuple[Anchor, ...] = ()
    manner: bool = False  # 按月, 逐季: may be no more than a way of working
    after: bool = False  # the days count from the unit's end
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
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lasting:
    """A word such as 持续 or 长期."""

    start: int
    end: int


When = Point | Stretch | Every | Amount | Lasting
Shape = When | Text | Mark


def number(text: str) -> int:
    """Return the value of digits or of a Chinese numeral below 100; also 二〇一八, digit by digit."""
    if text.isdecimal():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
    return int("".join(str(_DIGITS[character]) for character in text))
