"""Shapes and texts become statements: each expression of time with the words that lead and follow it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from notifier.timing import happenings, words
from notifier.timing.shapes import Anchor, Edge, Every, Lasting, Mark, Point, Shape, Stretch, Text, When
from notifier.timing.years import Refusal


@dataclass(slots=True, kw_only=True)
class Statement:
    """One expression of time in its clause."""

    shape: When
    written: str
    lead: str = ""
    tail: str = ""
    caption: str = ""  # 完成时限:
    heading: str = ""  # what stands before a bracket or colon: 动员部署阶段(5月)
    sign: str = ""  # the mark before the clause; empty inside one clause
    first: bool = False
    after: bool = False  # 此后: begins when what stands before it has ended
    part: bool = False  # 其中: belongs inside what stands before it
    closes: bool = False  # 至2022年底, 10月底结束: may only end what comes round
    first_time: bool = False  # 首次报送时间为: the first of those to come


class _Gathering:
    def __init__(self, text: str) -> None:
        self.text = text
        self.done: list[Statement] = []
        self.open: Statement | None = None
        self.pending = ""
        self.sign = ""
        self.heading = ""
        self.caption = ""
        self.given_away = False  # the heading was taken for the rest of the clause before

    def when(self, shape: When) -> None:
        written = self.text[shape.start : shape.end]
        statement = Statement(shape=shape, written=written, sign=self.sign, first=not self.done)
        if self.open is None:
            statement.lead, statement.heading = self.pending, self.heading
            statement.caption, self.caption = self.caption, ""
            if self.given_away and self.heading:
                self.done[-1].tail = ""
        else:
            self.open.tail, statement.lead = words.split_before(self.pending)
            former = self.open.shape
            between = isinstance(shape, Point | Stretch) and (
                isinstance(former, Point | Stretch) or (isinstance(former, Every) and former.anchors)
            )
            if between and words.is_range_word(self.pending):
                raise Refusal(
                    f"“{self.open.written}{self.pending}{written}”: not clear where the range begins"
                )
            if self.pending in {"和", "及", "与", "以及"}:
                self.open.tail, statement.lead, statement.sign = "", "", "、"
            elif not self.pending and not (
                isinstance(shape, Every | Lasting) or isinstance(self.open.shape, Lasting)
            ):
                raise Refusal(f"“{self.open.written}{written}”: two times that don't go together")
            elif self.pending and not statement.lead:
                raise Refusal(
                    f"“{self.pending}{written}”: a second time in one clause, not clear what it belongs to"
                )
        self.done.append(statement)
        self.open, self.pending, self.sign, self.heading = statement, "", "", ""
        self.given_away = False

    def mark(self, mark: Mark) -> None:
        if self.open is None and mark.sign in ",，" and happenings.is_event(self.pending):
            return  # 自交办之日起，7日内
        if self.open is not None:
            self.open.tail = self.pending
        elif words.is_bare_number(self.pending):
            raise Refusal(f"“{self.pending}{mark.sign}”: a number without its unit")
        elif mark.sign in ":：" and words.is_caption(self.pending):
            self.caption = self.pending
        elif self.pending:
            self.given_away = self._loose(self.pending)
            self.heading = self.pending if mark.sign in "(（:：" else ""
        self.open, self.pending, self.sign = None, "", mark.sign

    def _loose(self, text: str) -> bool:
        """A clause without a time goes on with the one before, or leads the one to come.

        Returns whether it became all that is said after the time before it.
        """
        if (word := words.time_word(text)) is not None:
            raise Refusal(f"“{text}” holds a time word, “{word}”, that isn't understood")
        if not self.done:
            if words.is_condition(text):
                raise Refusal(f"“{text}” is a condition: not clear whether the time holds for all")
            return False
        if self.sign == "、" and self.done[-1].tail:
            self.done[-1].tail += "、" + text
        elif self.sign in ",，)）:：" and not self.done[-1].tail:
            self.done[-1].tail = text
            return True
        return False


def statements(shapes: Sequence[Shape], text: str) -> list[Statement]:
    """Return the statements of a phrase, in its order; Refusal where a leftover can't be attributed."""
    gathering = _Gathering(text)
    for shape in shapes:
        if isinstance(shape, Text):
            gathering.pending += text[shape.start : shape.end]
        elif isinstance(shape, Mark):
            gathering.mark(shape)
        else:
            gathering.when(shape)
    gathering.mark(Mark("", len(text)))
    if not gathering.done:
        raise Refusal("no date and no recurrence in it")
    _dates_in_brackets(gathering.done)
    _refined(gathering.done)
    _share_in_lists(gathering.done)
    for statement in gathering.done[1:]:
        statement.after, statement.part, statement.lead = words.sequel(statement.lead)
        if statement.heading == "其中":
            statement.part, statement.heading = True, ""
    return gathering.done


def _share_in_lists(done: list[Statement]) -> None:
    """In 3月、6月底前完成 what is said of the last month holds for each."""
    for at in range(len(done) - 1, 0, -1):
        one, other = done[at - 1], done[at]
        if (
            other.sign in {",", "，"}
            and not (one.tail or one.heading or other.lead)
            and isinstance(one.shape, Point)
            and isinstance(other.shape, Point)
            and one.shape.edge is Edge.NONE
            and other.shape.edge in {Edge.END, Edge.BEFORE}
            and one.shape.named.kind == other.shape.named.kind
        ):
            raise Refusal(f"“{one.written}，{other.written}”: not clear whether the end is said of both")
        if (
            other.sign == "、"
            and not other.lead
            and not one.tail
            and isinstance(one.shape, Point)
            and isinstance(other.shape, Point)
            and one.shape.edge is Edge.NONE
        ):
            if other.shape.named.kind == "day" and one.shape.named.kind == "month":
                raise Refusal(f"“{one.written}、{other.written}”: not clear on which day of each month")
            one.shape = replace(one.shape, edge=other.shape.edge)
            other.tail = other.tail.removeprefix("分别")
            one.tail = other.tail


_TIMES = {2: ("2", "两", "二"), 3: ("3", "三"), 4: ("4", "四")}
_TIMES_A_YEAR = {"年": 1, "半年": 2, "季": 4, "月": 12}


def _dates_in_brackets(done: list[Statement]) -> None:
    """每半年(6月底、12月底前)报送一次 comes round on those days every year."""
    for at, every in enumerate(done):
        following = done[at + 1 :]
        if not isinstance(every.shape, Every) or not following or not following[0].sign:
            continue
        dates = [following[0], *takewhile(lambda one: one.sign == "、", following[1:])]
        if isinstance(dates[0].shape, Every) or not (
            (following[0].sign in "(（" and not every.tail)
            or (dates[-1].tail.startswith("各") and words.times_of(every.tail) in _TIMES.get(len(dates), ()))
        ):
            continue
        anchors = tuple(_anchor(one) for one in dates)
        plain = tuple(anchor for anchor in anchors if anchor is not None)
        times = _TIMES_A_YEAR.get(every.shape.unit)
        if every.tail and times == 1:
            times = len(dates)
        if len(plain) != len(dates) or len(dates) != times or every.shape.manner:
            raise Refusal(f"“{every.written}” and “{dates[0].written}”: not clear how they go together")
        edge = plain[-1].edge
        plain = tuple(
            anchor if anchor.edge is not Edge.NONE else replace(anchor, edge=edge) for anchor in plain
        )
        every.shape = replace(every.shape, unit="年", interval=1, anchors=plain)
        every.tail = dates[-1].tail
        del done[at + 1 : at + 1 + len(dates)]
        return


def _anchor(statement: Statement) -> Anchor | None:
    point = statement.shape
    if not isinstance(point, Point) or point.named.year is not None or point.named.relative or statement.lead:
        return None
    edge = point.edge
    if point.named.kind == "day":
        return Anchor(month=point.named.values[0], day=point.named.values[1], edge=edge)
    if point.named.kind == "month" and edge in {Edge.NONE, Edge.END, Edge.BEFORE}:
        return Anchor(month=point.named.values[0], edge=edge, bare=edge is not Edge.END)
    if point.named.kind in {"half", "quarter"} and edge in {Edge.NONE, Edge.END}:
        months = 6 if point.named.kind == "half" else 3
        return Anchor(month=months * point.named.values[0], edge=edge, bare=edge is Edge.NONE)
    return None


def _refined(done: list[Statement]) -> None:
    """In 实行月报制度，次月3日前报送 and 半月报(每月15日、月末) the second says on which days the first comes."""
    for at in range(len(done) - 1, 0, -1):
        one, other = done[at - 1], done[at]
        if not isinstance(one.shape, Every) or not isinstance(other.shape, Every) or one.shape.anchors:
            continue
        if re.search("[日周旬月季年]报", one.tail + other.lead):
            raise Refusal(
                f"“{one.written}{one.tail}{other.lead}”: more than one report, on which days isn't clear"
            )
        units = one.shape.unit, other.shape.unit
        if other.shape.next and one.shape.unit in {"月", "季", "半年", "年"} and other.sign:
            # After a quarterly report 次月 is the month after the quarter.
            month = int(one.shape.unit != "月")
            anchors = tuple(replace(anchor, month=month) for anchor in other.shape.anchors)
            other.shape = replace(other.shape, unit=one.shape.unit, next=False, anchors=anchors)
        elif not (
            one.shape.tells
            and other.sign
            and (units[0] == units[1] or units in {("半月", "月"), ("旬", "月")})
        ):
            continue
        other.heading = other.heading or one.heading
        del done[at - 1]
