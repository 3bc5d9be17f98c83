"""Where everything of a report is found: all in one file, or, of a large office, the details on pages beside it."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from notifier.report.index import Index

ONE_FILE: Final = 20_000
"""Up to so many reminders stand in one file with their mails, some 400 to 650 bytes each. With 15,000 that is 10 MB,
which Chromium opens and shows a mail of in two seconds, with 300 MB of memory: about what an office's desk bears."""

PAGE: Final = 4_000  # reminders on one page of units or tasks, but for a single one with more


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a link leads, from the page on which it stands."""

    index: Index
    beside: bool
    task_pages: Sequence[int]  # by number from 1
    unit_pages: Sequence[int]
    base: str = ""  # of pages, as seen from this one

    @classmethod
    def of(cls, index: Index, task_ids: Iterable[int], units: Iterable[str], one_file: int) -> "Places":
        """Return the places of a report's parts, seen from `index.html`."""
        beside = len(index.found.sent) > one_file
        tasks = _pages(len(index.by_task.get(task, ())) + len(index.lost.get(task, ())) for task in task_ids)
        told = _pages(len(index.by_unit.get(unit, ())) for unit in units)
        base = "pages/" if beside else ""
        return cls(index=index, beside=beside, task_pages=tasks, unit_pages=told, base=base)

    def inside(self) -> "Places":
        """Return the places as seen from a page beside the index."""
        return replace(self, base="")

    def day(self, day: date) -> str:
        """Return the link to a day with its mails."""
        return f"{self._file(day_page(day))}#d{day}"

    def mail(self, number: int) -> str:
        """Return the link to a mail."""
        return f"{self._file(day_page(self.index.day_of(number)))}#m{number}"

    def task(self, number: int) -> str:
        """Return the link to a task."""
        return f"{self._file(task_page(self.task_pages[number]))}#t{number}"

    def unit(self, number: int) -> str:
        """Return the link to a unit."""
        return f"{self._file(unit_page(self.unit_pages[number]))}#u{number}"

    def _file(self, name: str) -> str:
        return f"{self.base}{name}" if self.beside else ""


def day_page(day: date) -> str:
    """Return the file name of a day's page."""
    return f"day-{day}.html"


def task_page(number: int) -> str:
    """Return the file name of a page of tasks."""
    return f"tasks-{number:03}.html"


def unit_page(number: int) -> str:
    """Return the file name of a page of units."""
    return f"units-{number:03}.html"


def _pages(sizes: Iterable[int]) -> Sequence[int]:
    """Return by number, from 1, the page of each entry; entries follow each other, and a page is full some time."""
    return array("I", [0, *_numbered(sizes)])


def _numbered(sizes: Iterable[int]) -> Iterator[int]:
    page, filled = 1, 0
    for size in sizes:
        if filled and filled + size + 20 > PAGE:
            page, filled = page + 1, 0
        filled += size + 20  # what stands there of one without any reminder
        yield page
