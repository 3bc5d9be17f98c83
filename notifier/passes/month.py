"""A month read from the ledger: what fell due by the tasks' rules, and what became of it by what was put on record.

Nothing is written, nor locked: the ledger is read as it was when this began, beside whoever works on it.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine

from notifier.digest import wording
from notifier.digest.accounting import CalendarMonth, Closing, Outcome, Owed, Rest, became, owed_between
from notifier.digest.bulletin import Fact
from notifier.digest.summary import sum_up
from notifier.digest.summary_content import MOST_POINTS, Besides, Note, Summary
from notifier.digest.tally import Tally, TaskName
from notifier.errors import NotationError
from notifier.ledger import months
from notifier.ledger.completions import WHOLE_TASK, completions_of
from notifier.ledger.engine import only_reading
from notifier.ledger.months import Course, Resting
from notifier.ledger.tasks import TaskRecord, listed_tasks
from notifier.passes.owed import same_unit
from notifier.passes.plan import PAGE, dated, recipients_of, rule_of
from notifier.passes.replan import pages
from notifier.passes.setting import Setting

log = logging.getLogger(__name__)

_MOST_KEPT = 20_000  # courses, or units, that are remembered


def midnight(day: date, setting: Setting) -> datetime:
    """Return the instant at which a day begins where the office is."""
    return datetime.combine(day, time(), setting.policy.zone)


def summary_of(engine: Engine, setting: Setting, month: CalendarMonth, now: datetime) -> Summary:
    """Return the summary of a month as the ledger has it, and as it is known at `now`."""
    with only_reading(engine).begin() as db:
        reading = _Reading(dated(db, setting), month, now)
        for page in pages(list(reading.relevant(db)), PAGE):
            reading.count(db, page)
        besides = _besides(db, setting, month, now)
    return sum_up(reading.tally, besides, month=month, now=now, zone=setting.policy.zone)


class _Reading:
    """What of the tasks falls due in a month, and the tally of it."""

    def __init__(self, setting: Setting, month: CalendarMonth, now: datetime) -> None:
        self.tally = Tally()
        self._setting, self._month, self._now = setting, month, now
        self._since = midnight(month.first, setting)
        self._last = month.after.after.first - timedelta(days=1)
        self._owed: dict[object, tuple[Owed, ...]] = {}  # by what decides it
        self._of: dict[int, tuple[Owed, ...]] = {}  # by task
        self._units: dict[tuple[str, int], tuple[str, ...]] = {}

    def relevant(self, db: Connection) -> Iterator[int]:
        """Yield the tasks of which something fell or falls due, or is open since before, in the documents' order."""
        for course in months.courses(db):
            try:
                owed = self._course(course)
            except NotationError:
                continue  # the plan pass says so
            if mine := tuple(one for one in owed if one.day >= self._month.first or not course.is_done):
                self._of[course.id] = mine
                yield course.id

    def _course(self, course: Course) -> tuple[Owed, ...]:
        alike = course[1:-1]
        if (found := self._owed.get(alike)) is None:
            context = self._setting.context(
                issued=course.issued,
                imported=course.imported,
                until=course.until,
                completed=course.completed,
            )
            rule = rule_of(course.rule)
            found = tuple(owed_between(rule, context, self._month.first, self._last))
            if len(self._owed) >= _MOST_KEPT:
                self._owed.clear()
            self._owed[alike] = found
        return found

    def count(self, db: Connection, ids: Sequence[int]) -> None:
        """Count what became of what these tasks owed."""
        records = listed_tasks(db, ids)
        closed, rested = completions_of(db, ids), months.rests_of(db, ids)
        for task_id in ids:
            task = records[task_id]
            closings = [
                Closing(
                    unit=self._same(one.unit),
                    scope=None if one.scope == WHOLE_TASK else one.scope,
                    at=one.at,
                )
                for one in closed.get(task_id, ())
            ]
            rests = [
                Rest(unit=self._same(one.unit), at=one.at, ended=one.ended or one.until)
                for one in rested.get(task_id, ())
            ]
            for owed in self._of.pop(task_id):
                self._count(task, owed, closings, rests)

    def _same(self, unit: str | None) -> str | None:
        return None if unit is None else same_unit(unit, self._setting)

    def _count(
        self, task: TaskRecord, owed: Owed, closings: Sequence[Closing], rests: Sequence[Rest]
    ) -> None:
        policy = self._setting.policy
        ends = policy.close_instant(owed.day)
        if owed.day in self._month and ends <= task.imported and owed.recurs:
            return  # nobody knew of it yet
        named = {one.unit for one in closings} | {one.unit for one in rests}

        def outcome(unit: str | None) -> Outcome | None:
            return became(owed, unit, closings, rests, policy, since=self._since, now=self._now)

        common = outcome(None)
        outcomes: list[tuple[str, Outcome]] = []
        for unit in self._units_of(task, owed.day):
            spelled = self._same(unit) if named else None
            found = common if spelled is None or spelled not in named else outcome(spelled)
            if found is not None:
                outcomes.append((unit, found))
        name = TaskName(task.plan, task.plan_title, task.ref, task.text)
        original = None if owed.recurs else task.original_due(owed.nominal)
        is_known = ends > task.imported
        if owed.day in self._month and is_known:
            self.tally.fell_due(name, owed, outcomes, original)
            return
        silent = [(unit, found.days) for unit, found in outcomes if found.state == "silent"]
        if not silent:
            return
        if owed.day < self._month.after.first:
            self.tally.still_open(name, owed, silent, original)
        else:
            self.tally.comes(name, owed, [(unit, 0) for unit, _ in silent], original)

    def _units_of(self, task: TaskRecord, day: date) -> tuple[str, ...]:
        """Return the units that a task names by the directory of a day, in the phrase's order."""
        # A listing stands for all days until a unit changes.
        key = (str(task.units), id(self._setting.directory.on(day)))
        if (found := self._units.get(key)) is None:
            noon = datetime.combine(day, time(12), self._setting.policy.zone)
            people = recipients_of(task, self._setting, noon)
            found = tuple(dict.fromkeys(unit for who in people for unit in who.units))
            if len(self._units) >= _MOST_KEPT:
                self._units.clear()
            self._units[key] = found
        return found


def _besides(db: Connection, setting: Setting, month: CalendarMonth, now: datetime) -> Besides:
    since, until = midnight(month.first, setting), midnight(month.after.first, setting)
    mails = months.mails_between(db, since, until)
    unreached = months.unreached_between(db, since, until)
    nobody = months.nobody_between(db, since, until)
    extended = months.extended_between(db, since, until)
    rests = [one for one in months.rests_between(db, since, until) if one.at <= now]
    tasks = listed_tasks(db, {one.task_id for one in extended} | {one.task_id for one in rests})
    extended = [one for one in extended if one.task_id in tasks]
    rests = [one for one in rests if one.task_id in tasks]
    return Besides(
        extended=[
            Note(
                title=_task(tasks[one.task_id]),
                facts=(
                    Fact(
                        word="期限",
                        text=f"{_day(one.was)}改为{_day(one.day)}{_original(one.original, one.was)}",
                    ),
                    Fact(word="说明", text=one.note),
                ),
            )
            for one in extended[:MOST_POINTS]
        ],
        extended_total=len(extended),
        resting=[_resting(tasks[one.task_id], one, setting) for one in rests[:MOST_POINTS]],
        resting_total=len(rests),
        sent=mails.sent,
        failed=mails.failed,
        uncertain=mails.uncertain,
        missed=mails.missed,
        unreached=[
            Note(
                title=one.address,
                standing=f"{one.mails}封未送达",
                facts=(Fact(word="服务器答复", text=one.reply),),
            )
            for one in unreached[:MOST_POINTS]
        ],
        unreached_total=len(unreached),
        nobody=nobody[:MOST_POINTS],
        nobody_total=len(nobody),
    )


def _resting(task: TaskRecord, rest: Resting, setting: Setting) -> Note:
    zone = setting.policy.zone
    told = f"{_day(rest.at.astimezone(zone).date())}起"
    if rest.ended is not None:
        told += f"，{_day(rest.ended.astimezone(zone).date())}恢复"
    elif rest.until is not None:
        told += f"，{_day(rest.until.astimezone(zone).date())}自动恢复"
    facts = (
        Fact(word="单位", text=rest.unit or "全部单位"),
        Fact(word="时间", text=told),
        Fact(word="说明", text=rest.note),
    )
    return Note(title=_task(task), facts=facts)


def _task(task: TaskRecord) -> str:
    return f"{wording.number(task.ref)} {task.text}"


def _day(day: date) -> str:
    return wording.day_text(day)


def _original(original: date, was: date) -> str:
    return "" if original == was else f"（文件原定{_day(original)}）"
