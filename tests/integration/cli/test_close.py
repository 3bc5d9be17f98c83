"""`done` and `reopen` at the prompt: whole tasks, single units, single reports, and what ops mistype."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from notifier.app import App
from notifier.ledger.schema import completions, events, tasks
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import CONFIG, beijing, office, passes_of


@contextmanager
def reading(app: App) -> Iterator[Connection]:
    """Read the office's ledger."""
    engine = app.existing_ledger()
    assert engine is not None
    with engine.begin() as db:
        yield db
    engine.dispose()


def closed(app: App) -> list[tuple[int, str | None, str]]:
    """Return what is closed: task, unit, scope."""
    with reading(app) as db:
        query = select(completions.c.task_id, completions.c.unit, completions.c.scope)
        return [tuple(row) for row in db.execute(query.where(completions.c.reopened.is_(None)))]


def test_a_task_is_closed_for_all_and_reopened(ledger: App, ops: Type) -> None:
    assert ops("done", "1").out == "plan/1: closed\n"
    assert closed(ledger) == [(1, None, "task")]
    assert ops("reopen", "plan/1").out == "plan/1: open again\n"
    assert closed(ledger) == []
    with reading(ledger) as db:
        assert list(db.execute(select(tasks.c.state)).scalars()) == ["open", "open"]
        assert set(db.execute(select(events.c.action)).scalars()) >= {"closed", "reopened"}


def test_a_task_is_closed_for_one_unit(ledger: App, ops: Type) -> None:
    assert ops("done", "1", "--unit", "省财政厅").out == "plan/1: closed for 省财政厅\n"
    assert closed(ledger) == [(1, "省财政厅", "task")]
    assert ops("reopen", "1", "--unit", "省财政厅").code == 0
    assert closed(ledger) == []


def test_one_report_is_received(ledger: App, ops: Type) -> None:
    shown = ops("done", "2", "--report", "2017-Q4")
    assert shown.out == "plan/2: report@2017-12-31 received or closed; the rest goes on\n"
    assert closed(ledger) == [(2, None, "report@2017-12-31")]


def test_one_report_of_one_unit_of_a_group_is_received(ledger: App, ops: Type) -> None:
    shown = ops("done", "2", "--unit", "洛阳市政府", "--report", "2018-03")
    assert shown.out == "plan/2: report@2018-03-31 received or closed for 洛阳市政府; the rest goes on\n"
    assert closed(ledger) == [(2, "洛阳市政府", "report@2018-03-31")]


def test_a_task_of_several_plans_wants_its_plan(desk: Path, ops: Type) -> None:
    clock = SettableClock(beijing("2017-10-01T00:00"))
    other = '[plans.other]\npath = "plan.txt"\nissued = 2017-10-01\nissuer_level = "省"\n'
    app, passes = passes_of(office(desk, config=CONFIG + other), clock, RecordingTransport())
    passes.adopt(clock())
    passes.engine.dispose()
    refused = ops("done", "1")
    assert refused.code == 2
    assert "write plan/1 or other/1" in refused.err
    assert ops("done", "other/1").out == "other/1: closed\n"
    assert len(closed(app)) == 1


MISTAKES = {
    "no such task": (("done", "99"), "no task 99"),
    "no such plan": (("done", "plna/1"), "no plan plna; there is plan"),
    "a unit of another task": (("done", "1", "--unit", "洛阳市政府"), "is not told of task 1"),
    "half a unit": (("done", "2", "--unit", "洛阳市"), "(near it: 洛阳市政府)"),
    "a period of no kind": (("done", "2", "--report", "last"), "'last' is no period such as 2017-Q4"),
    "a period without report": (("done", "1", "--report", "2017-Q4"), "task 1 has no report in 2017-Q4"),
    "a period of four reports": (("done", "2", "--report", "2018"), "4 reports: name a shorter period"),
    "not closed": (("reopen", "1"), "1 isn't closed"),
    "not closed for a unit": (("reopen", "1", "--unit", "省财政厅"), "isn't closed for 省财政厅 alone"),
    "no task at all": (("done",), "Missing argument 'TASK'"),
}


@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_bad_usage_and_changes_nothing(
    ledger: App, ops: Type, words: tuple[str, ...], told: str
) -> None:
    refused = ops(*words)
    assert refused.code == 2
    assert told in refused.err
    assert closed(ledger) == []


def test_closing_twice_is_bad_usage(ledger: App, ops: Type) -> None:
    assert ops("done", "1").code == 0
    refused = ops("done", "1")
    assert (refused.code, refused.err) == (2, "notifier: 1 is closed already\n")
    assert len(closed(ledger)) == 1


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("command", ["done", "reopen"])
def test_without_a_ledger_nothing_can_be_closed(ops: Type, command: str) -> None:
    refused = ops(command, "1")
    assert refused.code == 1
    assert "there is no ledger yet" in refused.err


def test_closing_the_first_part_early_lets_the_second_begin_at_once(desk: Path, ops: Type) -> None:
    clock = SettableClock(beijing("2017-10-01T00:00"))
    row = ("建成并运行。", "省教育厅", "2049年底前完成")
    extra = '[plans.plan.tasks."1"]\ntiming = "due 2049 then ongoing"\n'
    app, passes = passes_of(office(desk, rows=(row,), extra=extra), clock, RecordingTransport())
    passes.adopt(clock())
    passes.engine.dispose()
    with reading(app) as db:
        before = db.execute(select(tasks.c.next_at)).scalar_one()
    assert before.year == 2049
    assert ops("done", "1").code == 0
    with reading(app) as db:
        task = db.execute(select(tasks)).one()
    assert task.state == "open"
    assert isinstance(task.completed, date)
    # The first quarter that ends after the closing, not the deadline decades ahead.
    assert (task.next_at.date() - task.completed).days < 100
