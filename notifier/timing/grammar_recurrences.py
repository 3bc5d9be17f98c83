"""Reductions of the grammar for what comes round: 每月, 按季度, 月通报."""

from dataclasses import replace

from lark import Token, Transformer, v_args

from notifier.timing.grammar_words import (
    by_type,
    edge_of,
    festival_in,
    number_in,
    place,
    third_in,
    weekday_in,
)
from notifier.timing.rule import WEEKDAYS
from notifier.timing.shapes import Anchor, Edge, Every, Shape

_REGIMES = {"天": "日", "季": "季", "半": "半年"}
_HALF_MONTH = ("半月", "半个月")
_WEEK = 7

WEEKDAY_NAMES = ("", *WEEKDAYS)

PlacedAnchor = tuple[Anchor, tuple[Token, ...]]


def _day_in(tokens: tuple[Token, ...]) -> Anchor | None:
    """Return the day that a word names inside a month, or None if there is none."""
    for token in tokens:
        if token.type == "DAY":
            return Anchor(day=number_in(token))
        if token.type in {"THIRD", "EARLY"}:
            third = 1 if token.type == "EARLY" else third_in(token)
            return Anchor(day=10 * third % 30, third=third)
    return None


def _month_of_quarter(token: Token) -> int:
    if "末" in token or "最后" in token:
        return 3
    return number_in(token) if token.startswith("第") else 1


def _count_in(token: Token) -> int:
    """Return which one 第5个工作日 or 首个周一 is."""
    return 1 if "首" in token else number_in(token.partition("个")[0])


def _clock_in(placed: list[PlacedAnchor]) -> str:
    clocks = (by_type(tokens, "CLOCK") for _, tokens in placed)
    return str(next((clock for clock in clocks if clock is not None), ""))


def _shared(anchors: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
    """In 3月、9月底前 and 5日、20日前 the end is said of each."""
    edge = anchors[-1].edge
    if edge is Edge.NONE:
        return anchors
    dated = bool(anchors[-1].day)  # in 6月、12月20日前 the day of June is not clear: left alone
    plain = [anchor.edge is Edge.NONE and bool(anchor.day) == dated for anchor in anchors]
    return tuple(
        replace(anchor, edge=edge, bare=anchor.bare and edge is Edge.BEFORE) if alone else anchor
        for anchor, alone in zip(anchors, plain, strict=True)
    )


@v_args(inline=True)
class Recurrences(Transformer[Token, list[Shape]]):
    """Recurrences with their days."""

    def anchor(self, *tokens: Token) -> PlacedAnchor:
        head, edge = tokens[0], edge_of(tokens)
        if head.type == "FESTIVAL":
            return Anchor(festival=festival_in(head), edge=edge), tokens
        if head.type == "YEAR_EDGE":
            return Anchor(month=12, edge=Edge.END), tokens
        if head.type == "MONTH":
            month = number_in(head)
        else:
            month = 3 * number_in(head) if head.type == "QUARTER" else (6 if head.startswith("上") else 12)
        day = _day_in(tokens) or Anchor(bare=edge in {Edge.NONE, Edge.BEFORE})
        return replace(day, month=month, edge=edge), tokens

    def month_end(self, *tokens: Token) -> PlacedAnchor:
        return Anchor(edge=Edge.END), tokens

    def day_of_month(self, *tokens: Token) -> PlacedAnchor:
        return replace(_day_in(tokens) or Anchor(), edge=edge_of(tokens)), tokens

    def _every(self, unit: str, word: Token, rest: tuple[Token | PlacedAnchor, ...]) -> Every:
        placed = [item for item in rest if not isinstance(item, Token)]
        tokens = [item if isinstance(item, Token) else item[1][-1] for item in rest]
        anchors = tuple(anchor for anchor, _ in placed)
        if anchors:
            anchors = _shared(anchors)
        elif tokens and (edge := edge_of((tokens[-1],))) is not Edge.NONE:
            anchors = (Anchor(edge=edge),)
        return Every(
            unit=unit,
            anchors=anchors,
            manner=word[0] in "按逐",
            clock=_clock_in(placed),
            **place(word, tokens[-1] if tokens else word),
        )

    def yearly(self, word: Token, *rest: Token | PlacedAnchor) -> Every:
        return self._every("年", word, rest)

    def half_yearly(self, word: Token, *rest: Token) -> Every:
        return self._every("半年", word, rest)

    def quarterly(self, word: Token, *rest: Token) -> Every:
        return self._every("季", word, rest)

    def monthly(self, word: Token, *rest: Token | PlacedAnchor) -> Every:
        return self._every("月", word, rest)

    def by_thirds(self, word: Token, *rest: Token) -> Every:
        return self._every("旬", word, rest)

    def half_monthly(self, word: Token) -> Every:
        return self._every("半月", word, ())

    def alternate_months(self, word: Token, *rest: Token) -> Every:
        """每双月10日前: February, April …"""
        day, edge = _day_in(rest), edge_of(rest)
        anchor = replace(day or Anchor(bare=edge in {Edge.NONE, Edge.BEFORE}), edge=edge)
        months = range(2 if "双" in word else 1, 13, 2)
        anchors = tuple(replace(anchor, month=month) for month in months)
        return Every(unit="年", anchors=anchors, **place(word, rest[-1] if rest else word))

    def quarterly_day(self, word: Token, month: Token, *rest: Token) -> Every:
        day = _day_in(rest)
        edge = edge_of(rest)
        bare = edge in {Edge.NONE, Edge.BEFORE}
        anchor = replace(day or Anchor(bare=bare), month=_month_of_quarter(month), edge=edge)
        clock = str(by_type(rest, "CLOCK") or "")
        return Every(unit="季", anchors=(anchor,), clock=clock, **place(word, rest[-1] if rest else month))

    def _after(self, unit: str, word: Token, days: Token) -> Every:
        """Days from a unit's end, or its first working days: they lie in the unit that follows."""
        anchor = Anchor(month=int(unit != "月"), edge=Edge.END)
        if days.type == "NTH_WORKDAY":
            return self._inside(unit, word, days, replace(anchor, inside=f"{_count_in(days)}wd"))
        anchor = replace(anchor, day=number_in(days))
        return Every(unit=unit, anchors=(anchor,), after=True, **place(word, days))

    def _inside(self, unit: str, word: Token, days: Token, anchor: Anchor, clock: str = "") -> Every:
        return Every(unit=unit, anchors=(anchor,), clock=clock, **place(word, days))

    def yearly_after(self, word: Token, days: Token) -> Every:
        return self._after("年", word, days)

    def half_yearly_after(self, word: Token, days: Token) -> Every:
        return self._after("半年", word, days)

    def quarterly_after(self, word: Token, days: Token) -> Every:
        return self._after("季", word, days)

    def monthly_after(self, word: Token, days: Token) -> Every:
        return self._after("月", word, days)

    def quarterly_workday(self, word: Token, month: Token, days: Token) -> Every:
        anchor = Anchor(month=_month_of_quarter(month), inside=f"{_count_in(days)}wd", edge=Edge.END)
        return self._inside("季", word, days, anchor)

    def monthly_weekday(self, word: Token, day: Token, *rest: Token) -> Every:
        which = "last" if "最后" in day else str(_count_in(day))
        anchor = Anchor(inside=f"{which}{WEEKDAY_NAMES[weekday_in(day[-1])]}", edge=Edge.END)
        return self._inside("月", word, rest[-1] if rest else day, anchor, str(by_type(rest, "CLOCK") or ""))

    def next_month(self, word: Token, day: PlacedAnchor) -> Every:
        return replace(self._every("月", word, (day,)), next=True)

    def weekly(self, word: Token, *rest: Token) -> Every:
        edge = edge_of(rest)
        days = (Anchor(day=weekday_in(token), edge=edge) for token in rest if token.type == "WEEKDAY")
        return Every(
            unit="周",
            anchors=tuple(days),
            manner=word[0] in "按逐",
            clock=str(by_type(rest, "CLOCK") or ""),
            **place(word, rest[-1] if rest else word),
        )

    def every_some(self, token: Token) -> Every:
        interval = number_in(token)
        if "季" in token:
            return Every(unit="月", interval=3 * interval, **place(token, token))
        unit = next(unit for unit in "月周年天日星" if unit in token)
        return Every(unit={"天": "日", "星": "周"}.get(unit, unit), interval=interval, **place(token, token))

    def daily(self, word: Token, *rest: Token) -> Every:
        every = self._every("日", word, rest)
        return replace(every, clock=str(by_type(rest, "CLOCK") or ""))

    def termly(self, word: Token, *rest: Token) -> Every:
        anchors: tuple[Anchor, ...] = ()
        if rest and rest[0].type == "TERM_EVE":
            anchors = (Anchor(day=-1, edge=Edge.BEFORE),)
        elif rest:
            days = 6 if "第" in rest[0] else number_in(rest[0]) * (_WEEK if "周" in rest[0] else 1)
            anchors = (Anchor(day=days, edge=Edge.END),)
        return Every(unit="学期", anchors=anchors, **place(word, rest[-1] if rest else word))

    def regime(self, word: Token) -> Every:
        unit = next(character for character in word if character in "日天周旬月季半年")
        unit = "半月" if any(half in word for half in _HALF_MONTH) else _REGIMES.get(unit, unit)
        return Every(unit=unit, tells=True, **place(word, word))
