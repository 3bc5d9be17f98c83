"""The grammar of Chinese timing phrases at work: text without white space becomes shapes."""

import re
from dataclasses import replace
from functools import cache
from typing import TypedDict, cast

from lark import Lark, Token, Transformer, v_args

from notifier.timing.shapes import (
    Amount,
    Anchor,
    Edge,
    Every,
    Lasting,
    Mark,
    Named,
    Point,
    Shape,
    Stretch,
    Text,
    number,
)

_EDGES = {
    "END": Edge.END,
    "BEFORE": Edge.BEFORE,
    "FROM": Edge.FROM,
    "INSIDE": Edge.INSIDE,
    "DURING": Edge.DURING,
}
_THIRDS = {"上": 1, "中": 2, "下": 3}
_FESTIVALS = {
    "元": "yuandan",
    "春": "chunjie",
    "清": "qingming",
    "端": "duanwu",
    "中": "zhongqiu",
    "国": "guoqing",
}
_AMOUNT = re.compile(
    r"([之以]?后|(?:之日)?起)?([0-9]+|[一二三四五六七八九十两]+)(?:(?:[-~—–―─]+|至|到)([0-9]+|[一二三四五六七八九十两]+))?"
    r"(个?工作日|个?自然日|个月|月|个星期|个季度|[日天周年])"
)
_UNITS = {"日": "d", "天": "d", "自": "d", "工": "wd", "周": "w", "星": "w", "月": "m", "季": "q", "年": "y"}


def _number_in(token: str) -> int:
    """Return the one number that a word holds."""
    return number(re.sub("[^0-9Oo〇○零一二两三四五六七八九十]", "", token))


def _edge(tokens: tuple[Token, ...]) -> Edge:
    return _EDGES.get(tokens[-1].type, Edge.NONE) if tokens else Edge.NONE


class _Place(TypedDict):
    start: int
    end: int


def _span(first: Token, last: Token) -> _Place:
    return {"start": first.start_pos or 0, "end": last.end_pos or 0}


Placed = tuple[Named, Token, Token]
"""A named period with its first and last word."""


def _named(kind: str, tokens: tuple[Token, ...], *values: int, name: str = "") -> Placed:
    year = _number_in(tokens[0]) if tokens[0].type == "YEAR" else None
    relative = str(tokens[0]) if tokens[0].type in {"THIS_YEAR", "THIS_MONTH", "THIS_QUARTER"} else ""
    return Named(kind=kind, year=year, relative=relative, values=values, name=name), tokens[0], tokens[-1]


@v_args(inline=True)
class _Shapes(Transformer[Token, list[Shape]]):
    """Runs inside the parser: each reduction makes its shape at once."""

    def start(self, *shapes: Shape | Token) -> list[Shape]:
        found: list[Shape] = []
        for shape in shapes:
            if not isinstance(shape, Token):
                found.append(shape)
            elif shape.type == "MARK":
                found.append(Mark(str(shape), shape.start_pos or 0))
            else:
                found.append(Text(**_span(shape, shape)))
        return found

    def point(self, placed: Placed, *edge: Token) -> Point:
        named, first, last = placed
        return Point(named=named, edge=_edge(edge), **_span(first, edge[-1] if edge else last))

    def bare_year(self, token: Token) -> Point:
        edge = Edge.INSIDE if "内" in token else Edge.END
        return Point(named=Named(kind="year"), edge=edge, **_span(token, token))

    def bare_month(self, token: Token) -> Point:
        return Point(named=Named(kind="this_month"), edge=Edge.END, **_span(token, token))

    def now(self, token: Token) -> Point:
        return Point(named=Named(kind="now"), edge=Edge.FROM, **_span(token, token))

    def year(self, *tokens: Token) -> Placed:
        return _named("year", tokens, name="whole" if tokens[-1].type == "WHOLE" else "")

    def half(self, *tokens: Token) -> Placed:
        return _named("half", tokens, 1 if tokens[-1].startswith("上") else 2)

    def quarter(self, *tokens: Token) -> Placed:
        return _named("quarter", tokens, _number_in(tokens[-1]))

    def month(self, *tokens: Token) -> Placed:
        return _named("month", tokens, _number_in(tokens[-1]))

    def third(self, *tokens: Token) -> Placed:
        word = tokens[-1]
        third = 1 if word.type == "EARLY" else _THIRDS[word.removeprefix("的")[0]]
        name = "early" if word.type == "EARLY" else ""
        return _named("third", tokens, _number_in(tokens[-2]), third, name=name)

    def day(self, *tokens: Token) -> Placed:
        return _named("day", tokens, _number_in(tokens[-2]), _number_in(tokens[-1]))

    def this_month(self, *tokens: Token) -> Placed:
        return _named("this_month", tokens, *(_number_in(token) for token in tokens[1:]))

    def this_quarter(self, token: Token) -> Placed:
        return _named("this_quarter", (token,))

    def term(self, *tokens: Token) -> Placed:
        word = next((token for token in tokens if token.type == "TERM"), "")
        return _named("term", tokens, name=("spring" if "春" in word else "autumn") if word else "")

    def school_break(self, *tokens: Token) -> Placed:
        return _named("break", tokens, name="winter" if "寒" in tokens[-1] else "summer")

    def festival(self, *tokens: Token) -> Placed:
        word = tokens[-1].strip("“”")
        name = "guoqing" if word == "十一" else _FESTIVALS.get(word[0], "laodong")
        return _named("festival", tokens, name=name)

    def plan(self, token: Token) -> Placed:
        return _named("plan", (token,), number(token.strip('“”"「」').removesuffix("五")))

    def dotted(self, token: Token) -> Placed:
        year, *rest = map(int, re.split(r"[./-]", token))
        kind = "day" if len(rest) > 1 else "month"
        return Named(kind=kind, year=year, values=tuple(rest)), token, token

    def between(self, first: Placed, _to: Token, last: Placed, *edge: Token) -> Stretch:
        end = edge[-1] if edge else last[2]
        return Stretch(first=first[0], last=last[0], edge=_edge(edge), **_span(first[1], end))

    def between_days(self, first: Placed, _to: Token, *rest: Token) -> Stretch:
        named = first[0]
        last = Named(kind="day", values=(*named.values[:1], _number_in(rest[0])))
        if named.kind != "day":
            last = Named(kind="unknown")
        return Stretch(first=named, last=last, edge=_edge(rest), **_span(first[1], rest[-1]))

    def _numbers(self, kind: str, tokens: tuple[Token, ...], lead: tuple[int, ...] = ()) -> Stretch:
        to = next(at for at, token in enumerate(tokens) if token.type == "TO")
        first, _, _ = _named(kind, tokens[: to + 2], *lead, _number_in(tokens[to - 1]))
        last = Named(kind=kind, values=(*lead, _number_in(tokens[to + 1])))
        return Stretch(first=first, last=last, edge=_edge(tokens), **_span(tokens[0], tokens[-1]))

    def between_day_numbers(self, *tokens: Token) -> Stretch:
        month = next(token for token in tokens if token.type == "MONTH")
        return self._numbers("day", tokens, (_number_in(month),))

    def between_months(self, *tokens: Token) -> Stretch:
        return self._numbers("month", tokens)

    def between_quarters(self, *tokens: Token) -> Stretch:
        return self._numbers("quarter", tokens)

    def between_years(self, first: Token, _to: Token, *rest: Token) -> Stretch:
        years = (Named(kind="year", year=_number_in(token)) for token in (first, rest[0]))
        return Stretch(first=next(years), last=next(years), edge=_edge(rest), **_span(first, rest[-1]))

    def from_now(self, now: Token, _to: Token, last: Placed, *edge: Token) -> Stretch:
        end = edge[-1] if edge else last[2]
        return Stretch(first=Named(kind="now"), last=last[0], edge=_edge(edge), **_span(now, end))

    def anchor(self, *tokens: Token) -> tuple[Anchor, Token]:
        head, edge = tokens[0], _edge(tokens)
        if head.type == "YEAR_EDGE":
            return Anchor(month=12, edge=Edge.END), head
        if head.type == "MONTH":
            month = _number_in(head)
        else:
            month = 3 * _number_in(head) if head.type == "QUARTER" else (6 if head.startswith("上") else 12)
        day = self._day(tokens[1]) if len(tokens) > 1 else None
        bare = day is None and edge is not Edge.END
        return Anchor(month=month, day=day or 0, edge=edge, bare=bare), tokens[-1]

    def _day(self, token: Token) -> int | None:
        if token.type == "DAY":
            return _number_in(token)
        if token.type == "EARLY":
            return 10
        if token.type == "THIRD":
            return 10 * _THIRDS[token.removeprefix("的")[0]] % 30
        return None

    def yearly(self, word: Token, *rest: Token | tuple[Anchor, Token]) -> Every:
        placed = [item for item in rest if isinstance(item, tuple)]
        anchors = tuple(anchor for anchor, _ in placed)
        if anchors and anchors[-1].edge is not Edge.NONE:  # 3月、9月底前: the end is said of each
            end = replace(anchors[-1], month=0)
            anchors = tuple(
                replace(end, month=anchor.month) if anchor.bare and anchor.edge is Edge.NONE else anchor
                for anchor in anchors
            )
        last = placed[-1][1] if placed else word
        if rest and isinstance(rest[-1], Token) and rest[-1].type == "END":
            anchors, last = (Anchor(edge=Edge.END),), rest[-1]
        return Every(unit="年", anchors=anchors, **_span(word, last))

    def _unit(self, unit: str, tokens: tuple[Token, ...]) -> Every:
        days = [day for token in tokens[1:] if (day := self._day(token)) is not None]
        edge = _edge(tokens)
        anchors = tuple(Anchor(day=day, edge=edge) for day in days)
        if not anchors and edge is not Edge.NONE:
            anchors = (Anchor(edge=edge),)
        return Every(
            unit=unit, anchors=anchors, manner=tokens[0][0] in "按逐", **_span(tokens[0], tokens[-1])
        )

    def half_yearly(self, *tokens: Token) -> Every:
        return self._unit("半年", tokens)

    def quarterly(self, *tokens: Token) -> Every:
        return self._unit("季", tokens)

    def monthly(self, *tokens: Token) -> Every:
        return self._unit("月", tokens)

    def quarterly_day(self, word: Token, month: Token, day: Token, *rest: Token) -> Every:
        inside = _number_in(month) if month.startswith("第") else 1
        if "末" in month or "最后" in month:
            inside = 3
        anchor = Anchor(month=inside, day=_number_in(day), edge=Edge.END)
        return Every(unit="季", anchors=(anchor,), **_span(word, rest[-1] if rest else day))

    def quarterly_after(self, word: Token, days: Token) -> Every:
        anchor = Anchor(month=1, day=_number_in(days), edge=Edge.END)
        return Every(unit="季", anchors=(anchor,), after=True, **_span(word, days))

    def monthly_after(self, word: Token, days: Token) -> Every:
        anchor = Anchor(day=_number_in(days), edge=Edge.END)
        return Every(unit="月", anchors=(anchor,), after=True, **_span(word, days))

    def weekly(self, word: Token, *rest: Token) -> Every:
        days = ("一二三四五六日".find(token) % 7 + 1 for token in rest if token.type == "WEEKDAY")
        anchors = tuple(Anchor(day=day, edge=_edge(rest)) for day in days)
        return Every(
            unit="周", anchors=anchors, manner=word[0] == "按", **_span(word, rest[-1] if rest else word)
        )

    def every_some(self, token: Token) -> Every:
        interval = _number_in(token)
        if "季" in token:
            return Every(unit="月", interval=3 * interval, **_span(token, token))
        unit = next(unit for unit in "月周年天日星" if unit in token)
        return Every(unit={"天": "日", "星": "周"}.get(unit, unit), interval=interval, **_span(token, token))

    def daily(self, token: Token) -> Every:
        return Every(unit="日", **_span(token, token))

    def within(self, token: Token) -> Amount:
        return self._amount(token, None, token)

    def within_after(self, placed: Placed, token: Token) -> Amount:
        named, first, _ = placed
        return self._amount(token, named, first)

    def _amount(self, token: Token, of: Named | None, first: Token) -> Amount:
        [(after, least, most, unit)] = _AMOUNT.findall(token)
        return Amount(
            amount=number(most or least),
            least=number(least) if most else None,
            unit=_UNITS[unit.removeprefix("个")[0]],
            after=bool(after),
            of=of,
            **_span(first, token),
        )

    def lasting(self, token: Token) -> Lasting:
        return Lasting(**_span(token, token))


@cache
def _grammar() -> Lark:
    return Lark.open(
        "phrase.lark",
        rel_to=__file__,
        parser="lalr",
        lexer="contextual",
        maybe_placeholders=False,
        transformer=_Shapes(),
    )


def shapes(text: str) -> list[Shape]:
    """Return the shapes of a phrase without white space; raises lark's UnexpectedInput."""
    # The transformer runs inside the parser, so that what comes out is no tree.
    return cast(list[Shape], _grammar().parse(text))
