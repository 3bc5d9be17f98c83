"""The content of an ops mail: what the office's own people have to know or do, the most urgent first. Pure.

However much went wrong, a bulletin stays bounded: of each kind the first are listed and the rest is counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from notifier.digest import wording
from notifier.digest.bulletin_words import KIND_WORDS, KindWords
from notifier.digest.content import Light

URGENT_DAYS: Final = 7  # what hurts within so many days is urgent
MOST_ENTRIES: Final = 50  # of one kind
MOST_CHARACTERS: Final = 300  # of one text
# Of all entries as HTML, each with the markup around it: a bulletin full of hostile text passes the output gate.
ROOM: Final = 60_000
_MARKUP: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A word and what it stands for, under an entry."""

    word: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Lines as they are typed, and where they go."""

    where: str  # [groups] and the like in config.toml; empty: into the contacts file
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that ops are told, as the passes found it."""

    key: str
    kind: str
    lasts: bool  # a state of things that may end, not something that happened
    title: str
    tasks: str = ""  # 第22—27项
    facts: tuple[Fact, ...] = ()
    snippet: Snippet | None = None
    first: date | None = None  # the first date that it would hurt


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A matter as the mail shows it."""

    tasks: str
    title: str
    facts: tuple[Fact, ...]
    day_text: str  # the first date that it would hurt; empty where it has none
    standing: str  # 还有3天
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The matters of one kind."""

    key: str
    title: str
    light: Light
    advice: str
    day_text: str  # of all entries, where it is one and the same, and then not with each
    standing: str
    urgent: bool
    total: int
    rest: int  # how many more there are than entries
    entries: tuple[Entry, ...]
    snippets: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What one ops mail says."""

    date: date
    date_text: str
    weekday: str
    total: int
    urgent: int
    headline: str  # short enough for a subject
    parts: tuple[Part, ...]
    still_open: tuple[Entry, ...]  # told before and not settled: the week's short list
    still_open_total: int


def compile_bulletin(
    matters: Iterable[Matter], still_open: Sequence[Matter], *, now: datetime, zone: ZoneInfo
) -> Bulletin:
    """Return the bulletin of what is new or urgent, and of what is still open from before.

    `now` must be aware; days are counted in `zone`.
    """
    today = now.astimezone(zone).date()
    room = Room()
    kinds: dict[str, list[Matter]] = {}
    for matter in matters:
        kinds.setdefault(matter.kind, []).append(matter)
    ordered = sorted(kinds.items(), key=lambda kind: _urgency(kind[0], kind[1], today))
    parts = tuple(_part(KIND_WORDS[kind], kind, found, today, room) for kind, found in ordered)
    listed = [
        _entry(replace(matter, title=f"{KIND_WORDS[matter.kind].title}：{matter.title}"), today)
        for matter in _by_day(still_open)[:MOST_ENTRIES]
    ]
    urgent = sum(is_urgent(matter, today) for found in kinds.values() for matter in found)
    return Bulletin(
        date=today,
        date_text=wording.day_text(today),
        weekday=wording.weekday(today),
        total=sum(part.total for part in parts),
        urgent=urgent,
        headline=_headline(parts, urgent, len(still_open)),
        parts=parts,
        still_open=tuple(entry for entry in listed if room.takes(entry.tasks, entry.title)),
        still_open_total=len(still_open),
    )


def is_urgent(matter: Matter, today: date) -> bool:
    """Tell whether a matter would hurt within a week."""
    return matter.first is not None and (matter.first - today).days <= URGENT_DAYS


class Room:
    """What is left for entries."""

    def __init__(self) -> None:
        self._left = ROOM

    def takes(self, *texts: str) -> bool:
        """Take the room of an entry with these texts; False when there is none left."""
        self._left -= _MARKUP + sum(len(escape(text)) for text in texts)
        return self._left >= 0


def _urgency(kind: str, matters: Sequence[Matter], today: date) -> tuple[int, date, int]:
    """Order kinds: what failed, then what hurts soonest, then what is only good to know."""
    words = KIND_WORDS[kind]
    first = min((matter.first for matter in matters if matter.first is not None), default=date.max)
    near = first if (first - today).days <= URGENT_DAYS else date.max
    return words.rank, near, list(KIND_WORDS).index(kind)


def _part(words: KindWords, kind: str, matters: Sequence[Matter], today: date, room: Room) -> Part:
    entries: list[Entry] = []
    snippets: dict[str, list[str]] = {}
    for matter in _by_day(matters)[:MOST_ENTRIES]:
        entry = _entry(matter, today)
        lines = () if matter.snippet is None else matter.snippet.lines
        if not room.takes(entry.tasks, entry.title, *(fact.text for fact in entry.facts), *lines):
            break
        entries.append(entry)
        if matter.snippet is not None:
            known = snippets.setdefault(matter.snippet.where, [])
            known += [line for line in lines if line not in known]
    first = entries[0] if entries else None
    is_one_day = first is not None and first.day_text and len({entry.day_text for entry in entries}) == 1
    shared = first if first is not None and is_one_day and len(entries) > 1 else None
    if shared is not None:
        entries = [replace(entry, day_text="", standing="") for entry in entries]
    return Part(
        key=kind,
        title=words.title,
        light="red" if words.light == "yellow" and any(e.urgent for e in entries) else words.light,
        advice=words.advice,
        day_text="" if shared is None else shared.day_text,
        standing="" if shared is None else shared.standing,
        urgent=shared is not None and shared.urgent,
        total=len(matters),
        rest=len(matters) - len(entries),
        entries=tuple(entries),
        snippets=tuple(Snippet(where=where, lines=tuple(lines)) for where, lines in snippets.items()),
    )


def _by_day(matters: Sequence[Matter]) -> list[Matter]:
    return sorted(matters, key=lambda matter: matter.first or date.max)  # stable: else the documents' order


def _entry(matter: Matter, today: date) -> Entry:
    day = matter.first
    left = 0 if day is None else (day - today).days
    return Entry(
        tasks=short(matter.tasks),
        title=short(matter.title),
        facts=tuple(Fact(word=fact.word, text=short(fact.text)) for fact in matter.facts if fact.text),
        day_text="" if day is None else wording.day_text(day),
        standing="" if day is None else f"还有{left}天" if left > 0 else "今天",
        urgent=is_urgent(matter, today),
    )


def short(text: str) -> str:
    """Return a text on one line, cut where it is longer than anyone reads in a mail."""
    line = " ".join(text[: 2 * MOST_CHARACTERS].split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"


def _headline(parts: Sequence[Part], urgent: int, still_open: int) -> str:
    counts: dict[str, int] = {}
    for part in parts:
        word = KIND_WORDS[part.key].headline
        counts[word] = counts.get(word, 0) + part.total
    if not counts:
        return f"尚未处理{still_open}项"
    said = "·".join(f"{word}{number}{'封' if word == '未送达' else '项'}" for word, number in counts.items())
    return f"{said}，急{urgent}项" if urgent else said
