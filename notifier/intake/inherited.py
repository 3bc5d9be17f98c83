"""Sentences that give units to other rows: 以下任务均需各区市政府、开发区管委落实，不再一一列出."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from notifier.people.phrase import read_units


class Scope(StrEnum):
    """Which rows a sentence speaks of, counted from where it stands."""

    LATER = "later"
    EARLIER = "earlier"
    ALL = "all"
    WITHOUT = "without"  # 其余任务: those that name nobody


_SCOPES = {
    **dict.fromkeys(("以下", "下列", "下述"), Scope.LATER),
    **dict.fromkeys(("以上", "上述"), Scope.EARLIER),
    **dict.fromkeys(("所有", "全部", "本表", "表中", "上表"), Scope.ALL),
    **dict.fromkeys(("其他", "其余", "其它"), Scope.WITHOUT),
}
_SCOPE = re.compile("|".join(_SCOPES))
_SENTENCE = re.compile(
    rf"(?P<scope>{'|'.join(_SCOPES)})[^，；。]{{0,12}}?(?:任务|工作|事项|项目)[^，；。]{{0,4}}?均?(?:需要?|须|由|要|应|请)"
    r"(?P<units>(?:[^；。（）()]|[（(][^（）()]{0,20}[）)]){2,120}?)(?:共同|分别|具体|抓好|组织)*(?:负责|落实|实施)"
)
_NOBODY = re.compile(  # 各责任单位 are those the row names already
    r"(?:责任|牵头|配合|承办|各有关|有关|相关|各相关)(?:单位|部门)|各单位|各部门|各地(?!市)|你|我们|认真|严格|切实|高度|按照?"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """The units that a sentence adds, and to which rows."""

    scope: Scope
    units: str
    after: int  # how many rows stand before it

    def covers(self, index: int, units: str) -> bool:
        """Tell whether the row of this index, with these units of its own, gets the sentence's."""
        if self.units in units:
            return False
        match self.scope:
            case Scope.LATER:
                return index >= self.after
            case Scope.EARLIER:
                return index < self.after
            case Scope.WITHOUT:
                return not units
        return True


class Ear:
    """Listens for such sentences; to so many beginnings of one in a file, and then no more."""

    def __init__(self) -> None:
        self.patience = 5000  # a tenth of a millisecond each, at worst
        self.sentences: list[Sentence] = []

    def hear(self, text: str, after: int) -> bool:
        """Keep the sentences of a text that stands after so many rows; tell whether there were any."""
        if self.patience <= 0 or (begun := len(_SCOPE.findall(text))) == 0:
            return False
        self.patience -= begun
        found = sentences(text, after) if self.patience > 0 else []
        self.sentences += found
        return bool(found)


def sentences(text: str, after: int) -> list[Sentence]:
    """Return the sentences of this kind in a text that stands after so many rows."""
    found = []
    for match in _SENTENCE.finditer(text):
        units = match["units"].strip(" 、，：:")
        if not _NOBODY.search(units) and read_units(units).units:
            found.append(Sentence(_SCOPES[match["scope"]], units, after))
    return found


def added(units: str, index: int, known: Sequence[Sentence]) -> str:
    """Return a row's units with those that sentences add, in words that are read like the row's own."""
    more = [sentence.units for sentence in known if sentence.covers(index, units)]
    if not more:
        return units
    return "；".join(
        part for part in (units.rstrip("；;。"), f"落实单位：{'、'.join(dict.fromkeys(more))}") if part
    )
