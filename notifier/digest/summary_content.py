"""What the month's summary is made of and becomes: frozen plain values, the only thing its templates see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from notifier.digest.bulletin import Fact
from notifier.digest.content import Light

MOST_ROWS: Final = 20  # of a table
MOST_POINTS: Final = 10  # of a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One plan or unit in numbers, each of a task and a unit."""

    name: str
    due: int
    on_time: int
    late: int
    silent: int
    resting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One line of a block, with what stands under it."""

    title: str
    standing: str  # 逾期12天
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is told of one kind."""

    key: str
    title: str
    light: Light
    count: str
    note: str
    points: tuple[Point, ...]
    rest: int  # how many more there are than points


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a month's summary says."""

    month: date  # its first day
    month_text: str
    next_text: str
    date: date  # on which it was made up
    date_text: str
    weekday: str
    as_of: str
    total: int  # as `numbers.due`
    tasks: int
    headline: str  # short enough for a subject
    numbers: Row
    plans: tuple[Row, ...]
    plans_rest: int
    units: tuple[Row, ...]  # of whom something is late or missing
    units_rest: Row | None  # the others of these, as one
    units_total: int
    punctual: int  # units with nothing late, missing or at rest
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something else that is told of a task or an address, as the passes found it."""

    title: str
    standing: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Besides:
    """What the ledger says of the month besides what fell due; of notes, the first and how many there are."""

    extended: Sequence[Note] = ()
    extended_total: int = 0
    resting: Sequence[Note] = ()
    resting_total: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    missed: int = 0  # reminders that downtime made too old
    unreached: Sequence[Note] = ()  # addresses to which mail didn't come
    unreached_total: int = 0
    nobody: Sequence[str] = ()  # units that have no contact
    nobody_total: int = 0
