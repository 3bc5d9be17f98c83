"""Reductions of the grammar that name periods: points, lists of days, stretches and amounts of time."""

import re
from dataclasses import replace

from lark import Token, Transformer, v_args

from notifier.timing.grammar_words import (
    Place,
    by_type,
    edge_of,
    festival_in,
    number_in,
    place,
    third_in,
    weekday_in,
)
from notifier.timing.shapes import Amount, Edge, Mark, Named, Point, Shape, Stretch, number

_FEASTS = {
    "三八": (3, 8),
    "妇女": (3, 8),
    "五四": (5, 4),
    "青年": (5, 4),
    "六一": (6, 1),
    "儿童": (6, 1),
    "七一": (7, 1),
    "建党": (7, 1),
    "八一": (8, 1),
    "建军": (8, 1),
    "教师": (9, 10),
}
_AMOUNT = re.compile(
    r"([之以]?后|(?:之日)?起)?(?:利?用|前|为期|历时)?([0-9]+|[一二三四五六七八九十两]+|(?=半))"
    r"(?:(?:[-~—–―─]+|至|到)([0-9]+|[一二三四五六七八九十两]+))?"
    r"(个?工作日|个?自然日|个半月|半个?月|个月|月|个星期|个季度|个?小时|个?日历天|年半|半年|[日天周年])"
)
_UNITS = {
    "日": "d",
    "天": "d",
    "自": "d",
    "工": "wd",
    "周": "w",
    "星": "w",
    "月": "m",
    "季": "q",
    "年": "y",
    "小": "h",
}

Placed = tuple[Named, Token, Token]
"""A named period with its first and last word."""


def _named(kind: str, tokens: tuple[Token, ...], *values: int, name: str = "") -> Placed:
    head = tokens[0]
    year = number_in(head) if head.type == "YEAR" else None
    brief = year is not None and year < 100
    if brief and year is not None:
        year += 2000
    relative = str(head) if head.type in {"THIS_YEAR", "THIS_MONTH", "THIS_QUARTER", "THIS_WEEK"} else ""
    weekday, clock = by_type(tokens, "WEEKDAY_NOTE"), by_type(tokens, "CLOCK")
    named = Named(
        kind=kind,
        year=year,
        relative=relative,
        values=values,
        name=name,
        weekday=weekday_in(weekday) if weekday else 0,
        clock=str(clock or ""),
        brief=brief,
    )
    return named, head, tokens[-1]


def _typed(tokens: tuple[Token, ...], *types: str) -> list[int]:
    return [number_in(token) for token in tokens if token.type in types]


@v_args(inline=True)
class Periods(Transformer[Token, list[Shape]]):
    """Points, lists of days, stretches and amounts of time."""

    def point(self, placed: Placed, *edge: Token) -> Point:
        named, first, last = placed
        return Point(named=named, edge=edge_of(edge), **place(first, edge[-1] if edge else last))

    def bare_year(self, token: Token) -> Point:
        edge = Edge.INSIDE if "内" in token else Edge.END
        return Point(named=Named(kind="year"), edge=edge, **place(token, token))

    def bare_month(self, token: Token) -> Point:
        return Point(named=Named(kind="this_month"), edge=Edge.END, **place(token, token))

    def now(self, token: Token) -> Point:
        return Point(named=Named(kind="now"), edge=Edge.FROM, **place(token, token))

    def days(self, *tokens: Token) -> list[Shape]:
        """Each day is quoted as the whole list; the edge at its end is said of all."""
        edge, [month, *days] = edge_of(tokens), _typed(tokens, "MONTH", "DAY")
        found: list[Shape] = []
        for day in days:
            if found:
                found.append(Mark("、", tokens[-1].end_pos or 0))
            named, _, _ = _named("day", tokens, month, day)
            found.append(Point(named=named, edge=edge, **place(tokens[0], tokens[-1])))
        return found

    def year(self, *tokens: Token) -> Placed:
        return _named("year", tokens, name="whole" if tokens[-1].type == "WHOLE" else "")

    def half(self, *tokens: Token) -> Placed:
        return _named("half", tokens, 1 if tokens[-1].startswith("上") else 2)

    def quarter(self, *tokens: Token) -> Placed:
        return _named("quarter", tokens, number_in(tokens[-1]))

    def month(self, *tokens: Token) -> Placed:
        return _named("month", tokens, number_in(tokens[-1]))

    def third(self, *tokens: Token) -> Placed:
        word, month = tokens[-1], number_in(tokens[-2])
        if word.type == "EARLY":
            return _named("third", tokens, month, 1, name="early")
        return _named("third", tokens, month, third_in(word))

    def two_thirds(self, *tokens: Token) -> Placed:
        first = third_in(tokens[-1])
        return _named("thirds", tokens, number_in(tokens[-2]), first, first + 1)

    def day(self, *tokens: Token) -> Placed:
        return _named("day", tokens, *_typed(tokens, "MONTH", "DAY"))

    def this_month(self, *tokens: Token) -> Placed:
        return _named("this_month", tokens, *_typed(tokens, "DAY"))

    def this_month_third(self, *tokens: Token) -> Placed:
        return _named("this_month", tokens, third_in(tokens[-1]), name="third")

    def this_quarter(self, token: Token) -> Placed:
        return _named("this_quarter", (token,))

    def this_week(self, *tokens: Token) -> Placed:
        weeks, bracket = int(tokens[0].startswith("下")), by_type(tokens, "BRACKET_DAY")
        named, first, last = _named("this_week", tokens, weeks, weekday_in(tokens[0][-1]))
        if bracket is not None:
            month, day = map(int, re.findall("[0-9]+", bracket))
            named = replace(named, day=(month, day))
        return named, first, last

    def bare_third(self, word: Token, *edge: Token) -> Point:
        """中旬: of the month named before it."""
        named, first, last = _named("bare_third", (word,), third_in(word))
        return Point(named=named, edge=edge_of(edge), **place(first, edge[-1] if edge else last))

    def first_quarters(self, *tokens: Token) -> Placed:
        return _named("first_quarters", tokens, number_in(tokens[-1]))

    def lanterns(self, *tokens: Token) -> Placed:
        return _named("festival", tokens, 15, name="yuanxiao")

    def two_years(self, token: Token) -> Placed:
        return _named("two_years", (token,))

    def term(self, *tokens: Token) -> Placed:
        word = by_type(tokens, "TERM")
        return _named("term", tokens, name=("spring" if "春" in word else "autumn") if word else "")

    def school_break(self, *tokens: Token) -> Placed:
        return _named("break", tokens, name="winter" if "寒" in tokens[-1] else "summer")

    def festival(self, *tokens: Token) -> Placed:
        return _named("festival", tokens, name=festival_in(tokens[-1]))

    def feast(self, *tokens: Token) -> Placed:
        word = tokens[-1]
        if "元宵" in word:
            return _named("festival", tokens, name="yuanxiao")
        if "十一" in word:
            return _named("festival", tokens, name="guoqing")
        return _named("feast", tokens, *next(day for name, day in _FEASTS.items() if name in word))

    def plan(self, token: Token, *years: Token) -> Placed:
        which = number(token.strip('“”"「」').removesuffix("五"))
        return _named("plan", (token, *years), which, *map(number_in, years))

    def dotted(self, *tokens: Token) -> Placed:
        word = str(tokens[0])
        if word.isdecimal():
            word = word[:4] + "." + word[4:6] + "." + word[6:]
        year, *rest = map(int, re.split(r"[./-]", word))
        named, first, last = _named("day" if len(rest) > 1 else "month", tokens, *rest)
        return replace(named, year=year), first, last

    def month_day(self, token: Token) -> Placed:
        month, day = map(int, token.removesuffix("日").split("."))
        return _named("day", (token,), month, day)

    # Stretches

    def between(self, first: Placed, _to: Token, last: Placed, *edge: Token) -> Stretch:
        end = edge[-1] if edge else last[2]
        return Stretch(first=first[0], last=last[0], edge=edge_of(edge), **place(first[1], end))

    def between_days(self, first: Placed, _to: Token, *rest: Token) -> Stretch:
        named = first[0]
        last = Named(kind="day", values=(*named.values[:1], number_in(rest[0])))
        if named.kind != "day":
            last = Named(kind="unknown")
        return Stretch(first=named, last=last, edge=edge_of(rest), **place(first[1], rest[-1]))

    def between_and_edge(self, first: Placed, _to: Token, edge: Token) -> Stretch:
        """3月至年底, 6月5日至月底: the end of the year or month in which the stretch begins."""
        named, last = first[0], Named(kind="year")
        if edge.type == "MONTH_EDGE":
            last = (
                Named(kind="month", values=named.values[:1]) if named.kind == "day" else Named(kind="unknown")
            )
        end = Edge.INSIDE if "内" in edge else Edge.END
        return Stretch(first=named, last=last, edge=end, **place(first[1], edge))

    def between_thirds(self, *tokens: Token) -> Stretch:
        (month,) = _typed(tokens, "MONTH")
        first, last = (third_in(token) for token in tokens if token.type == "THIRD")
        start, _, _ = _named("third", tokens, month, first)
        end = Named(kind="third", values=(month, last))
        return Stretch(first=start, last=end, edge=edge_of(tokens), **place(tokens[0], tokens[-1]))

    def _numbers(self, kind: str, tokens: tuple[Token, ...], lead: tuple[int, ...] = ()) -> Stretch:
        to = next(at for at, token in enumerate(tokens) if token.type == "TO")
        first, _, _ = _named(kind, tokens[: to + 2], *lead, number_in(tokens[to - 1]))
        last = Named(kind=kind, values=(*lead, number_in(tokens[to + 1])))
        return Stretch(first=first, last=last, edge=edge_of(tokens), **place(tokens[0], tokens[-1]))

    def between_day_numbers(self, *tokens: Token) -> Stretch:
        return self._numbers("day", tokens, tuple(_typed(tokens, "MONTH")))

    def between_months(self, *tokens: Token) -> Stretch:
        return self._numbers("month", tokens)

    def between_quarters(self, *tokens: Token) -> Stretch:
        return self._numbers("quarter", tokens)

    def between_years(self, first: Token, _to: Token, *rest: Token) -> Stretch:
        years = (Named(kind="year", year=number_in(token)) for token in (first, rest[0]))
        return Stretch(first=next(years), last=next(years), edge=edge_of(rest), **place(first, rest[-1]))

    def from_for_good(self, placed: Placed, _to: Token, lasting: Token) -> Point:
        """2022年6月—长期: a beginning."""
        named, first, _ = placed
        return Point(named=named, edge=Edge.FROM, **place(first, lasting))

    def from_now(self, now: Token, _to: Token, last: Placed, *edge: Token) -> Stretch:
        end = edge[-1] if edge else last[2]
        return Stretch(first=Named(kind="now"), last=last[0], edge=edge_of(edge), **place(now, end))

    def from_now_to_edge(self, now: Token, _to: Token, edge: Token) -> Stretch:
        last = Named(kind="this_month" if edge.type == "MONTH_EDGE" else "year")
        return Stretch(first=Named(kind="now"), last=last, edge=Edge.END, **place(now, edge))

    # Amounts of time

    def within(self, token: Token) -> Amount:
        return self._amount(token, None, token)

    def within_after(self, placed: Placed, token: Token) -> Amount:
        named, first, _ = placed
        return self._amount(token, named, first)

    def ahead(self, token: Token) -> Amount:
        return replace(self._amount(token, None, token), ahead=True)

    def ahead_of(self, placed: Placed, token: Token) -> Amount:
        named, first, _ = placed
        return replace(self._amount(token, named, first), ahead=True)

    def event_eve(self, token: Token) -> Amount:
        return Amount(amount=0, least=None, unit="d", after=False, of=None, ahead=True, **place(token, token))

    def lasting_for(self, token: Token) -> Amount:
        return replace(self._amount(token, None, token), lasts=True)

    def _amount(self, token: Token, of: Named | None, first: Token) -> Amount:
        [(after, least, most, unit)] = _AMOUNT.findall(token)
        where: Place = place(first, token)
        if "半" in unit:
            amount, unit = _halves(number(least) if least else 0, unit)
            return Amount(amount=amount, least=None, unit=unit, after=bool(after), of=of, **where)
        return Amount(
            amount=number(most or least),
            least=number(least) if most else None,
            unit=_UNITS[unit.removeprefix("个")[0]],
            after=bool(after),
            of=of,
            **where,
        )


def _halves(whole: int, unit: str) -> tuple[int, str]:
    """Return 半年, 一年半 in months and 半个月 in days; an amount of 0 where there is no such unit."""
    if unit == "个半月":
        return 0, "m"
    if unit == "年半":
        return 12 * whole + 6, "m"
    return (6, "m") if unit == "半年" else (15, "d")
