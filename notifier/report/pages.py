"""The rehearsal's report: `index.html`, which a head of office opens in a browser, and reads on paper."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment

from notifier.app import App
from notifier.digest import wording
from notifier.ledger.tasks import TaskRecord
from notifier.rehearsal import day_start
from notifier.rehearsal.found import Rehearsal
from notifier.report.calendar import WEEKDAYS, Sums
from notifier.report.index import Index
from notifier.report.page import report_templates
from notifier.report.people import contacts_by_unit, lost_units, matters, told_nothing
from notifier.report.places import ONE_FILE, Places, day_page, task_page, unit_page
from notifier.report.views import KINDS, Views, chunked, day_title


def write_report(
    app: App,
    found: Rehearsal,
    out: Path,
    start: date,
    end: date,
    *,
    all_done: bool = False,
    one_file: int = ONE_FILE,
) -> None:
    """Write `index.html` under `out`; its mails are read from the Maildir there.

    With more than `one_file` reminders the days, units and tasks go onto `pages/` beside it. Pages of an earlier
    rehearsal are removed. Everything is written as it is made: no page is ever held as a whole.
    """
    index = Index.of(found)
    now = day_start(app, start)
    contacts = contacts_by_unit(app, now)
    units = list(dict.fromkeys([*contacts, *index.by_unit]))
    tasks = _tasks(found)
    views = Views(
        app=app,
        index=index,
        maildir=out / "mail",
        task_numbers={task.id: number for number, task in enumerate(tasks, 1)},
        unit_numbers={unit: number for number, unit in enumerate(units, 1)},
        contacts=contacts,
        nothing=told_nothing(app, [unit for unit in contacts if unit not in index.by_unit], now),
    )
    places = Places.of(index, views.task_numbers, units, one_file)
    report = _Report(
        templates=report_templates(),
        views=views,
        units=units,
        tasks=tasks,
        places=places,
        span=(start, end),
        all_done=all_done,
    )
    _clear(out / "pages")
    if places.beside:
        (out / "pages").mkdir(exist_ok=True)
        report.write_beside(out / "pages")
    report.write_index(out / "index.html")


def _tasks(found: Rehearsal) -> list[TaskRecord]:
    """Return the tasks in the documents' order, those told of that are no longer listed after them."""
    tasks = {task.id: task for task in found.records}
    for lines in (found.sent, found.lost):
        for line in lines:
            tasks.setdefault(line.checkpoint.task.id, line.checkpoint.task)
    return list(tasks.values())


def _clear(pages: Path) -> None:
    """Remove the pages of an earlier rehearsal, and their folder if nothing else stands in it."""
    if not pages.is_dir():
        return
    for old in pages.glob("*.html"):
        old.unlink()
    if not any(pages.iterdir()):
        pages.rmdir()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    templates: Environment
    views: Views
    units: list[str]
    tasks: list[TaskRecord]
    places: Places
    span: tuple[date, date]
    all_done: bool

    def write_index(self, path: Path) -> None:
        """Write the page with everything, or with the way to everything."""
        app, found = self.views.app, self.views.index.found
        sums = Sums.of(self.views.index)
        start, end = self.span
        titles = {
            entry.key: wording.document(entry.facts.title) if entry.facts.title else entry.key
            for entry in app.book
        }
        items = app.preflight(day_start(app, start))
        self._write(
            path,
            "index.html.j2",
            places=self.places,
            office=app.config.office.name,
            plans=[(titles[entry.key], entry.facts.number) for entry in app.book],
            all_done=self.all_done,
            found=found,
            sums=sums,
            kinds=KINDS,
            busiest=sums.busiest and day_title(sums.busiest),
            months=list(sums.months(start, end, app.setting.calendar)),
            weekdays=WEEKDAYS,
            most=max(sums.mails.values(), default=1),
            lost=lost_units(found.lost, self.views.task_numbers),
            matters=matters(items, titles),
            pending=len(items),
            names={number: self.views.ref(task) for number, task in enumerate(self.tasks, 1)},
            review=[self.views.unread(task) for task in self.tasks if task.timing_state == "review"],
            days=self._days(),
            units=(self.views.unit(unit) for unit in self.units),
            tasks=(self.views.task(task) for task in self.tasks),
        )

    def _days(self) -> Iterator[Any]:
        for day, numbers in self.views.index.days():
            yield self.views.heading(day, numbers) if self.places.beside else self.views.slots(day, numbers)

    def write_beside(self, pages: Path) -> None:
        """Write a page for each day, and as many as it takes for the units and the tasks."""
        for day, numbers in self.views.index.days():
            self._write_page(pages / day_page(day), "day", day_title(day), [self.views.slots(day, numbers)])
        for page, shown in chunked(range(1, len(self.tasks) + 1), self.places.task_pages[1:]):
            tasks = (self.views.task(self.tasks[number - 1]) for number in shown)
            self._write_page(pages / task_page(page), "task", f"任务（{page}）", tasks)
        for page, shown in chunked(range(1, len(self.units) + 1), self.places.unit_pages[1:]):
            units = (self.views.unit(self.units[number - 1]) for number in shown)
            self._write_page(pages / unit_page(page), "unit", f"单位（{page}）", units)

    def _write_page(self, path: Path, kind: str, title: str, entries: Iterable[Any]) -> None:
        inside = self.places.inside()
        self._write(path, "page.html.j2", places=inside, kind=kind, title=title, entries=entries)

    def _write(self, path: Path, template: str, **values: Any) -> None:
        start, end = self.span
        span = f"{wording.day_text(start)}至{wording.day_text(end)}"
        with path.open("w", encoding="utf-8") as file:
            for piece in self.templates.get_template(template).generate(span=span, **values):
                file.write(piece)
