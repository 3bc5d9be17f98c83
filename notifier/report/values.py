"""The report's parts as plain values: all that its templates see."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The reminders of one mail that say the same of the same day: a few tasks with their texts, many by number."""

    kind: str
    what: str
    day: str
    tasks: tuple[tuple[int, str, str], ...]
    many: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail; its page is the one at `place` in the block of that number."""

    number: int
    time: str
    units: str
    name: str
    address: str
    counts: tuple[tuple[str, str, int], ...]
    matters: tuple[Matter, ...]
    block: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The mails of one day, and the blocks in which they lie."""

    day: date
    title: str
    count: int
    letters: tuple[Letter, ...]
    blocks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One mail as a unit's list has it: the counts and tasks of that unit alone."""

    mail: int
    day: str
    name: str
    counts: tuple[tuple[str, str, int], ...]
    tasks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: who answers for it, its tasks, what it is told and when; without mail, why not."""

    number: int
    name: str
    contacts: tuple[tuple[str, str, str], ...]
    tasks: tuple[tuple[int, str, str, str], ...]  # number, ref in words, role, text
    mails: int
    told: tuple[Told, ...]
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One checkpoint of a task at the day on which it is told: to whom, and who can't be."""

    day: str
    kind: str
    word: str
    nominal: str
    mails: tuple[tuple[int, str], ...]
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task: its rule in words, its checkpoints, its mails; without any, why not."""

    number: int
    ref: str
    plan: str
    section: str
    text: str
    timing: str
    words: str
    rule: str
    notes: tuple[str, ...]
    units: tuple[tuple[str, str], ...]
    reminders: int
    moments: tuple[Moment, ...]
    nothing: str
