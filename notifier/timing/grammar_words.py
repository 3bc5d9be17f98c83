"""What single words of the grammar say: numbers, edges, places."""

import re
from typing import TypedDict

from lark import Token

from notifier.timing.shapes import Edge, number

THIRDS = {"上": 1, "中": 2, "下": 3}
WEEKDAYS = "一二三四五六日天"
_FESTIVALS = {
    "元": "yuandan",
    "春": "chunjie",
    "清": "qingming",
    "端": "duanwu",
    "中": "zhongqiu",
    "国": "guoqing",
}
_EDGES = {
    "END": Edge.END,
    "BEFORE": Edge.BEFORE,
    "FROM": Edge.FROM,
    "INSIDE": Edge.INSIDE,
    "DURING": Edge.DURING,
    "LAST_WORKDAY": Edge.LAST_WORKDAY,
    "OVER": Edge.END,
}


class Place(TypedDict):
    """Where a shape stands in the text."""

    start: int
    end: int


def place(first: Token, last: Token) -> Place:
    """Return the place from the first to the last of some words."""
    return {"start": first.start_pos or 0, "end": last.end_pos or 0}


def number_in(token: str) -> int:
    """Return the one number that a word holds."""
    return number(re.sub("[^0-9Oo〇○零一二两三四五六七八九十]", "", token))


def edge_of(tokens: tuple[Token, ...]) -> Edge:
    """Return what the last word says about the period before it."""
    return _EDGES.get(tokens[-1].type, Edge.NONE) if tokens else Edge.NONE


def weekday_in(token: str) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    found = next(character for character in token if character in WEEKDAYS)
    return 7 if found == "天" else WEEKDAYS.index(found) + 1


def third_in(token: str) -> int:
    """Return which third of a month 上旬, 中旬, 下旬 is."""
    return THIRDS[token.removeprefix("的")[0]]


def festival_in(token: str) -> str:
    """Return the name of a festival in the notation."""
    first = token.strip('“”"')[0]
    return "laodong" if first in "五劳" else _FESTIVALS[first]


def by_type(tokens: tuple[Token, ...], *types: str) -> Token | None:
    """Return the first word of these types, or None."""
    return next((token for token in tokens if token.type in types), None)
