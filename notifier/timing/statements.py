"""Shapes and texts become statements: each expression of time with the words that lead and follow it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from notifier.timing import words
from notifier.timing.shapes import Edge, Every, Lasting, Mark, Point, Shape, Text, When
from notifier.timing.years import Refusal


@dataclass(slots=True, kw_only=True)
class Statement:
    """One expression of time in its clause."""

    shape: When
    written: str
    lead: str = ""
    tail: str = ""
    heading: str = ""  # what stands before a bracket or colon: 动员部署阶段(5月)
    sign: str = ""  # the mark before the clause; empty inside one clause
    first: bool = False


class _Gathering:
    def __init__(self, text: str) -> None:
        self.text = text
        self.done: list[Statement] = []
        self.open: Statement | None = None
        self.pending = ""
        self.sign = ""
        self.heading = ""

    def when(self, shape: When) -> None:
        written = self.text[shape.start : shape.end]
        statement = Statement(shape=shape, written=written, sign=self.sign, first=not self.done)
        if self.open is None:
            statement.lead, statement.heading = self.pending, self.heading
        else:
            self.open.tail, statement.lead = words.split_before(self.pending)
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

    def mark(self, mark: Mark) -> None:
        if self.open is not None:
            self.open.tail = self.pending
        elif mark.sign == "、" and words.is_bare_number(self.pending):
            raise Refusal(f"“{self.pending}、”: a number without its unit")
        elif self.pending and not (mark.sign in ":：" and words.is_caption(self.pending)):
            self._loose(self.pending)
            self.heading = self.pending if mark.sign in "(（:：" else ""
        self.open, self.pending, self.sign = None, "", mark.sign

    def _loose(self, text: str) -> None:
        """A clause without a time: it goes on with the one before, or leads the one to come."""
        if (word := words.time_word(text)) is not None:
            raise Refusal(f"“{text}” holds a time word, “{word}”, that isn't understood")
        if not self.done:
            return
        if self.sign == "、" and self.done[-1].tail:
            self.done[-1].tail += "、" + text
        elif self.sign in ",，)）" and not self.done[-1].tail:
            self.done[-1].tail = text


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
    _share_in_lists(gathering.done)
    return gathering.done


def _share_in_lists(done: list[Statement]) -> None:
    """In 3月、6月底前完成 what is said of the last month holds for each."""
    for at in range(len(done) - 1, 0, -1):
        one, other = done[at - 1], done[at]
        if (
            other.sign == "、"
            and not other.lead
            and not one.tail
            and isinstance(one.shape, Point)
            and isinstance(other.shape, Point)
            and one.shape.edge is Edge.NONE
        ):
            one.shape = replace(one.shape, edge=other.shape.edge)
            one.tail = other.tail
