"""Makes the report's parts when they are written: a day with its mails, a unit, a task."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from notifier.app import App
from notifier.digest import wording
from notifier.digest.bulletin_words import tasks_text
from notifier.ledger.tasks import TaskRecord
from notifier.passes.plan import rule_of
from notifier.people.directory import Contact
from notifier.people.reading import Role
from notifier.rehearsal.found import Sent, units_of
from notifier.report.index import Index
from notifier.report.pack import TOGETHER, packed
from notifier.report.rules import rule_words
from notifier.report.values import Letter, Matter, Moment, Slots, Task, Told, Unit

KINDS: Final[dict[str, str]] = {key: word for key, (word, _) in wording.GROUP_WORDS.items()}
_CONTACT_ROLES: Final = {"primary": "联络员", "copy": "抄送", "leader": "领导"}
_TEXT: Final = 40
_FEW: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Makes the parts of one report."""

    app: App
    index: Index
    maildir: Path
    task_numbers: Mapping[int, int]  # by the ledger's id
    unit_numbers: Mapping[str, int]
    contacts: Mapping[str, tuple[Contact, ...]]
    nothing: Mapping[str, str]  # why a unit gets no mail

    def slots(self, day: date, numbers: range) -> Slots:
        """Return a day, its mails read from the Maildir and packed."""
        letters = tuple(self._letter(number, place) for place, number in enumerate(numbers))
        blocks = []
        for first in range(numbers.start, numbers.stop, TOGETHER):
            mails = (
                self.index.mail(number)[0].mail for number in numbers if first <= number < first + TOGETHER
            )
            blocks.append((first, packed(mails, self.maildir)))
        return Slots(day=day, title=day_title(day), count=len(numbers), letters=letters, blocks=tuple(blocks))

    def heading(self, day: date, numbers: range) -> Slots:
        """Return a day without its mails."""
        return Slots(day=day, title=day_title(day), count=len(numbers), letters=(), blocks=())

    def _letter(self, number: int, place: int) -> Letter:
        lines = self.index.mail(number)
        mail = lines[0].mail
        return Letter(
            number=number,
            time=f"{mail.sent_at:%H:%M}",
            units="、".join(units_of(lines)),
            name=mail.name,
            address=mail.address,
            counts=counts(lines),
            matters=tuple(self._matters(lines)),
            block=number - place % TOGETHER,
            place=place % TOGETHER,
        )

    def _matters(self, lines: Iterable[Sent]) -> Iterator[Matter]:
        alike: dict[tuple[str, date], list[Sent]] = {}
        for line in lines:
            key = line.checkpoint.key.partition("@")[0]
            alike.setdefault((key, line.nominal), []).append(line)
        for (key, day), found in alike.items():
            few = found if len(found) <= _FEW else ()
            records = [line.checkpoint.task for line in few]
            yield Matter(
                kind=found[0].kind,
                what=wording.reminder(f"{key}@"),
                day=wording.day_text(day),
                tasks=tuple(
                    (self.task_numbers[task.id], self.ref(task), short(task.text)) for task in records
                ),
                many="" if few else self.refs(line.checkpoint.task for line in found),
            )

    def unit(self, name: str) -> Unit:
        """Return a unit."""
        lines = [self.index.found.sent[position] for position in self.index.by_unit.get(name, ())]
        roles: dict[int, tuple[TaskRecord, Role]] = {}
        mails: dict[int, list[Sent]] = {}
        for position, line in zip(self.index.by_unit.get(name, ()), lines, strict=True):
            mails.setdefault(self.index.number[position], []).append(line)
            task, role = line.checkpoint.task, Role(line.role)
            known = roles.get(task.id)
            if known is None or role.weight < known[1].weight:
                roles[task.id] = task, role
        tasks = sorted(
            (self.task_numbers[id_], self.ref(task), wording.ROLE_WORDS[role], short(task.text))
            for id_, (task, role) in roles.items()
        )
        return Unit(
            number=self.unit_numbers[name],
            name=name,
            contacts=tuple(
                (contact.name, contact.address, _CONTACT_ROLES[contact.role])
                for contact in self.contacts.get(name, ())
            ),
            tasks=tuple(tasks),
            mails=len(mails),
            told=tuple(
                Told(
                    mail=number,
                    day=day_title(told[0].sent_at.date()),
                    name=told[0].name or told[0].address,
                    counts=counts(told),
                    tasks=self.refs(line.checkpoint.task for line in told),
                )
                for number, told in mails.items()
            ),
            nothing="" if mails else self.nothing.get(name, ""),
        )

    def task(self, task: TaskRecord) -> Task:
        """Return a task."""
        positions = self.index.by_task.get(task.id, ())
        lost = self.index.lost.get(task.id, ())
        mails: dict[tuple[date, str], list[tuple[int, str]]] = {}
        missed: dict[tuple[date, str], list[str]] = {}
        about = {}
        for position in positions:
            line = self.index.found.sent[position]
            key = line.sent_at.date(), line.checkpoint.key
            about[key] = line.checkpoint
            mails.setdefault(key, []).append((self.index.number[position], "、".join(line.units)))
        for gone in lost:
            key = gone.at.date(), gone.checkpoint.key
            about[key] = gone.checkpoint
            missed.setdefault(key, []).append(gone.unit)
        moments = tuple(
            Moment(
                day=day_title(key[0]),
                kind=about[key].kind,
                word=wording.reminder(key[1]),
                nominal=wording.day_text(about[key].nominal),
                mails=tuple(mails.get(key, ())),
                lost="、".join(missed.get(key, ())),
            )
            for key in sorted(about)
        )
        return Task(
            number=self.task_numbers[task.id],
            ref=self.ref(task),
            plan=self.plan_title(task),
            section=task.section,
            text=task.text,
            timing=task.timing,
            words=rule_words(rule_of(task.rule), self.app.setting.policy.ongoing_cadence),
            rule=task.rule,
            notes=tuple(note[1] for note in task.notes),
            units=tuple((unit[0], wording.ROLE_WORDS[Role(unit[1])]) for unit in task.units["units"]),
            reminders=len(positions),
            moments=moments,
            nothing="" if moments else why_no_reminder(task),
        )

    def unread(self, task: TaskRecord) -> tuple[int, str, str, str]:
        """Return a task whose time a person has to read: number, ref in words, text, and the phrase."""
        return self.task_numbers[task.id], self.ref(task), short(task.text), task.timing

    def refs(self, records: Iterable[TaskRecord]) -> str:
        """Return tasks as one names them, each plan's apart where there are several."""
        plans: dict[str, dict[str, TaskRecord]] = {}
        for task in records:
            plans.setdefault(task.plan, {})[task.ref] = task
        return "；".join(
            self.plan_title(next(iter(found.values()))) + tasks_text(list(found)) for found in plans.values()
        )

    def plan_title(self, task: TaskRecord) -> str:
        """Return the title of a task's document; empty where the office has but one."""
        if len(self.app.book) < 2:
            return ""
        return wording.document(task.plan_title) if task.plan_title else task.plan

    def ref(self, task: TaskRecord) -> str:
        """Return a task as one names it: 第7项."""
        return self.plan_title(task) + wording.number(task.ref)


def counts(lines: Iterable[Sent]) -> tuple[tuple[str, str, int], ...]:
    """Return how many lines there are of each kind, with its word, in the order of a digest."""
    found = dict.fromkeys(KINDS, 0)
    for line in lines:
        found[line.kind] += 1
    return tuple((kind, KINDS[kind], count) for kind, count in found.items() if count)


def day_title(day: date) -> str:
    """Return a day with its weekday: 2018年6月29日 星期五."""
    return f"{wording.day_text(day)} {wording.weekday(day)}"


def short(text: str) -> str:
    """Return the beginning of a task's text."""
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


def why_no_reminder(task: TaskRecord) -> str:
    """Return why a task has no reminder in the rehearsal's days."""
    if task.timing_state == "review":
        return "时限未能识别，须由人工确认后才能提醒。"
    if task.timing_state == "waiting":
        return "时限从某一事件起算，该事件尚无日期，填写后才能提醒。"
    if task.state == "done":
        return "已办结，不再提醒。"
    return "预演期内没有到提醒时间。"


def chunked(numbers: Iterable[int], pages: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield each page with the numbers on it."""
    page, found = 0, list[int]()
    for number, on in zip(numbers, pages, strict=True):
        if on != page and found:
            yield page, found
            found = []
        page = on
        found.append(number)
    if found:
        yield page, found
