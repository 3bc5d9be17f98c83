"""What a digest is made of and what it becomes: frozen plain values, the only thing a template sees.

Words are Chinese; beside each stands what it says as a key, a number or a day, from which a template of another
language makes its own.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from notifier.people.phrase import Role
from notifier.timing.checkpoint import Kind

GroupKey = Literal["overdue", "due", "lead", "start", "report"]
Light = Literal["red", "yellow", "green"]
RemarkKind = Literal["late", "folded", "extended", "rolled", "provisional", "soft", "reading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One reminder of one contact, with the facts of its task."""

    plan: str
    plan_title: str
    plan_number: str  # 文号
    ref: str
    section: str
    text: str
    timing: str  # the phrase as written
    rule: str
    kind: Kind
    family: Kind  # START, DUE or REPORT: what a lead leads to, what is overdue
    label: str
    nominal: date
    day: date
    at: datetime
    role: Role
    units: tuple[str, ...]  # for which this contact is told
    co_units: tuple[str, ...] = ()  # every unit of the task as written, the leading one first
    notes: tuple[str, ...] = ()  # how the date was read, Chinese sentences
    english_notes: tuple[str, ...] = ()  # the same sentences in English
    soft: bool = False
    provisional: bool = False
    original_due: date | None = None
    folded: tuple[str, ...] = ()  # keys of older reminders that this one replaces
    copied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A reminder, or a run of overdue notices, that was folded into a later one."""

    kind: str  # start, due, report, overdue
    amount: int  # how long before (0: on the day itself); of an overdue notice which one it was
    unit: str  # of a lead: d, wd, w
    last: int = 0  # of a run of overdue notices which one it ends with; else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A sentence under a line, or under a group when it holds for each of its lines.

    `days`: late: the day it should have come (and `time`, where that is the digest's own day); extended: the old day
    and the new; rolled: the day off and the day that counts. `earlier`: what was folded. `english`: of a reading, its
    sentence in English.
    """

    kind: RemarkKind
    word: str
    text: str
    days: tuple[date, ...] = ()
    time: str = ""  # 09:00
    earlier: tuple[Earlier, ...] = ()
    english: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One task of a digest. `days_left` counts calendar days to `day`, negative when it has passed."""

    ref: str
    number: str  # 第7项
    heading: str  # the document's own section, such as 三、…
    text: str
    role: str
    role_key: str  # lead, joint, implement, assist
    units: tuple[str, ...]
    other_units: tuple[str, ...]
    label: str
    light: Light
    light_word: str
    family: str  # what the day is for: start, due, report
    day_word: str
    day: date
    day_text: str
    weekday: str
    days_left: int
    standing: str
    timing: str
    late: bool
    soft: bool
    provisional: bool
    copied: bool
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines of one kind. `same_day`: all fall on one day, so that it may be said once above them."""

    key: GroupKey
    word: str
    title: str
    same_day: bool
    remarks: tuple[Remark, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one plan (a document) asks."""

    plan: str
    title: str
    number: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many lines of one kind the digest holds; never 0."""

    key: GroupKey
    word: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content of one mail; equal digests render to equal bodies."""

    date: date
    date_text: str
    weekday: str
    units: tuple[str, ...]
    unit: str
    total: int
    counts: tuple[Count, ...]
    summary: str
    headline: str  # the summary, short enough for a subject
    light: Light
    late: bool
    copied: bool
    sections: tuple[Section, ...]

    def __hash__(self) -> int:
        # To hash every line takes longer than to compare the few digests that agree in this.
        return hash((self.date, self.units, self.total, self.summary))
