"""Speed of the directory: reading 100,000 contacts of 10,000 units, and telling a group of all units.

The best of three rounds, in seconds, and the most memory that the process had held by then.
"""

import resource
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from openpyxl import Workbook
from table import QUICK, heading, table

from notifier.intake import read_contacts
from notifier.people import Directory, Role, UnitRef, UnitsReading, recipients

T = TypeVar("T")
UNITS, CONTACTS, ROUNDS = (1_000, 10_000, 1) if QUICK else (10_000, 100_000, 3)
HEADER = ("序号", "单位", "联络员", "职务", "手机", "电子邮箱")


def rows() -> list[tuple[str, ...]]:
    """Return the rows of a directory."""
    return [
        (
            str(n),
            f"某省第{n % UNITS}县发展和改革委员会",
            "陈静远",
            "科长",
            "13800000000",
            f"user.{n}@gov{n % 31}.example.cn",
        )
        for n in range(CONTACTS)
    ]


def best(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of the fastest round, and what it gave."""
    rounds = []
    for _ in range(ROUNDS):
        began = perf_counter()
        found = work()
        rounds.append(perf_counter() - began)
    return min(rounds), found


def line(what: str, seconds: float) -> tuple[str, str, str]:
    """Return one line of the table, with the most memory held so far."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return what, f"{seconds:.2f} s", f"{memory:,.0f} MB"


def main() -> None:
    """Print the table."""
    heading("A large directory", f"{UNITS:,} units, {CONTACTS:,} contacts; the best of {ROUNDS} rounds.")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        csv, xlsx = Path(folder) / "a.csv", Path(folder) / "a.xlsx"
        csv.write_text("\n".join(",".join(row) for row in (HEADER, *rows())), "gb18030")
        book = Workbook(write_only=True)
        sheet = book.create_sheet("名单")
        for row in (HEADER, *rows()):
            sheet.append(row)
        book.save(xlsx)
        del book, sheet

        def load(path: Path) -> Directory:
            contacts, faults = read_contacts(path)
            assert (len(contacts), faults) == (CONTACTS, ())
            return Directory.build(contacts, {}, {})

        found.append(line("before: the files are made", 0))
        seconds, _ = best(lambda: load(csv))
        found.append(line("CSV read, directory built", seconds))
        seconds, _ = best(lambda: load(xlsx))
        found.append(line("XLSX read, directory built", seconds))
        contacts, _ = read_contacts(csv)
    units = sorted({contact.unit for contact in contacts})
    directory = Directory.build(contacts, {"各县发改委": units}, {}).on(date(2018, 1, 1))
    reading = UnitsReading(
        text="各县发改委", units=(UnitRef(name="各县发改委", role=Role.JOINT, group=True),)
    )
    seconds, roster = best(lambda: recipients(reading, directory))
    assert len(roster.recipients) == CONTACTS
    found.append(line(f"a group of {UNITS:,} resolved to {CONTACTS:,} contacts", seconds))
    nobody = Directory.build([], {"各县发改委": units}, {}).on(date(2018, 1, 1))
    seconds, roster = best(lambda: recipients(reading, nobody))
    assert len(roster.issues) == UNITS
    found.append(line(f"the same with nobody to tell: {UNITS:,} issues", seconds))
    table(("what", "time", "memory so far"), found)


if __name__ == "__main__":
    main()
