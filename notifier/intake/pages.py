"""A row that is cut by the end of a page: its rest stands at the top of the next, without a number."""

import re
from collections.abc import Sequence

from notifier.intake.columns import Column, Header
from notifier.intake.wrapped import rejoin, rejoin_times, rejoin_units

_SENTENCE_END = re.compile(r"[。；;！!？?.…”）)]$")


def carry_on(header: Header, before: Sequence[str], rest: Sequence[str]) -> list[str] | None:
    """Return the row before with the rest that a new page begins with; None when that is a task of its own.

    It is one when it has a text, units and a time, and the text before had come to its end.
    """
    text = header.text(rest, Column.TEXT, "")
    whole = text and header.units(rest) and (header.timing(rest) or not header.has(Column.TIMING))
    if whole and _SENTENCE_END.search(header.text(before, Column.TEXT, "")):
        return None
    return [
        _joined(kind, [above, below] if below else [above])
        for kind, above, below in zip(header.columns, before, rest, strict=True)
    ]


def _joined(kind: Column, lines: list[str]) -> str:
    match kind:
        case Column.LEAD | Column.UNITS | Column.ASSIST:
            return rejoin_units(lines, printed=True)
        case Column.TIMING | Column.START:
            return rejoin_times(lines)
    return rejoin(lines)
