"""Cells whose lines are broken anywhere: inside words and dates, or between two units."""

import re
from collections.abc import Sequence

from notifier.people.lists import breaks

_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 8203, 8204, 8205, 8206, 8207, 8288, 65279))
_OPEN_END = re.compile(r"[、，,；;。:：(（〔]$|(?:和|及|与|至|到|于|自|从)$")
_OPEN_START = re.compile(r"[、，,；;。:：)）〕]|和|及|与|等|以及|会|员会|公室|公厅|办公|政府|人民政府")
_LABEL = re.compile(r"(?:牵头|责任|配合|参与|承办|主办|协办)(?:责任)?(?:单位|部门)(?:[:：]|$)")
_FRESH = re.compile(r"各|有关|相关|[省市县区州]|团[省市县区州]")
_DATE = re.compile(r"(?:20)?\d{2}\s*年|20\d{2}[.\-/]\d|每[年月周季]")
_DATED = re.compile(r"\d\s*[年月日]|20\d{2}[.\-/]\d|长期|持续|每[年月周季]")


def rejoin(lines: Sequence[str]) -> str:
    """Join the lines of a wrapped cell: Chinese and figures without a space, Latin words with one.

    A figure is never spaced: PDF text breaks inside dates and amounts as it does inside words.
    """
    joined = ""
    if len(lines) == 1:
        return _clean(lines[0])
    for line in lines:
        piece = _clean(line)
        latin = (
            joined[-1:].isascii() and joined[-1:].isalpha() and piece[:1].isascii() and piece[:1].isalpha()
        )
        joined += f" {piece}" if latin else piece
    return joined


def rejoin_units(lines: Sequence[str], *, printed: bool) -> str:
    """Join the lines of a unit cell: a break between two full names divides them, as people read it.

    Where lines are as they were `printed` (plain text, PDF), only a name that begins with its level (市…, 各…) may
    have been divided by the break alone: 人力资源社⏎会保障厅 is one unit.
    """
    joined = ""
    for piece in filter(None, map(_clean, lines)):
        joined += (_between_units(joined, piece, printed) if joined else "") + piece
    return joined


def rejoin_times(lines: Sequence[str]) -> str:
    """Join the lines of a time cell: a line that begins with a date of its own is a phrase of its own."""
    joined = ""
    for piece in filter(None, map(_clean, lines)):
        divides = _DATE.match(piece) and _DATED.search(joined) and not _OPEN_END.search(joined)
        joined += ("；" if divides and not re.search(r"[—–\-~～]$", joined) else "") + piece
    return joined


def _clean(line: str) -> str:
    return line.strip() if line.isprintable() else line.replace("\t", " ").translate(_CONTROL).strip()


def _between_units(left: str, right: str, printed: bool) -> str:
    if _LABEL.match(right):
        return "" if re.search(r"[；;（(]$", left) else "；"
    if re.search(r"(?:牵头|责任|配合|参与|承办|主办|协办)(?:责任)?(?:单位|部门)$", left):
        return "："
    if _OPEN_END.search(left) or _OPEN_START.match(right) or (printed and not _FRESH.match(right)):
        return ""
    # Only the names beside the break decide; the cell may be as long as a hostile file makes it.
    tail, head = re.sub(r"[（(][^（）()]*[）)]$", "", left[-60:]), re.split(r"[（(]", right[:60])[0]
    tail, head = (re.sub(r"\s", "", part) for part in (tail, head))
    return "、" if breaks(f"{tail}\n{head}", ()) not in (tail + head, f"{tail}：{head}") else ""
