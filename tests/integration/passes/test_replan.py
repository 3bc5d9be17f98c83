"""Re-planning after a change of time: by distinct rule, nothing twice, nothing lost behind the mark."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from notifier.ledger.alike import alike
from notifier.ledger.schema import reminders, tasks
from tests.clock import SettableClock
from tests.desk import Desk
from tests.fakes import RecordingTransport
from tests.integration.passes.test_hunt import sent_keys
from tests.office import ALWAYS, CONFIG, TEACHERS, beijing, office, passes_of

pytestmark = pytest.mark.ledgers("sqlite", "postgresql")

WAITS = ("验收项目。", "省教育厅", "项目验收后30日内完成总结")
OFF = "[calendar]\noff = [2017-12-29]\n"


def _into(statements: list[str]) -> Callable[..., None]:
    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    return listen


def _statements_of_a_moved_calendar(folder: Path, many: int) -> int:
    """Return how many statements it takes to adopt a day off, for an office with `many` tasks of each rule."""
    folder.mkdir()
    rows = (ALWAYS,) * many + (TEACHERS,) * many
    Desk(folder).open(rows=rows).passes.engine.dispose()
    clock = SettableClock(beijing("2017-10-01T01:00"))
    _, passes = passes_of(office(folder, rows=rows, extra=OFF), clock, RecordingTransport())
    with passes.engine.begin() as db:
        assert len(alike(db, 1)) == 2
    statements: list[str] = []
    event.listen(passes.engine, "before_cursor_execute", _into(statements))
    passes.adopt(clock())
    passes.engine.dispose()
    return len(statements)


def test_a_moved_calendar_takes_statements_by_rule_and_not_by_task(tmp_path: Path) -> None:
    few, many = (_statements_of_a_moved_calendar(tmp_path / str(size), size) for size in (3, 60))
    assert few == many


def test_a_day_off_that_moves_a_notice_behind_the_mark_tells_each_contact_once(desk: Desk) -> None:
    desk.open(rows=(ALWAYS, ALWAYS, TEACHERS)).at("2017-12-22T09:00").at("2017-12-28T18:00")
    assert "report@2017-12-31" not in sent_keys(desk, "zhang@example.org")
    # The 29th becomes a day off late on the 28th: its report was due on the 28th at 09:00.
    desk.open(rows=(ALWAYS, ALWAYS, TEACHERS), extra="[calendar]\noff = [2017-12-29]\n")
    desk.at("2017-12-30T09:00").at("2018-01-02T09:00").at("2018-01-03T09:00")
    told = desk.rows(
        tasks.c.ref, reminders.c.state, checkpoint="report@2017-12-31", contact="zhang@example.org"
    )
    assert told == [("1", "sent"), ("2", "sent")]
    assert desk.sent_to()["zhang@example.org"] == 2  # the lead on the 22nd, and this


def test_what_waits_and_moves_ahead_is_withdrawn_and_planned_on_its_new_day(desk: Desk) -> None:
    rows = (("完成整改。", "省教育厅", "2018年1月2日前完成"),)
    desk.open(rows=rows).at("2017-12-29T20:00")
    assert ("planned",) in desk.rows(reminders.c.state, checkpoint="due-1d@2018-01-02")
    desk.open(rows=rows, extra='[policy]\nleads = ["3d"]\n')
    assert desk.rows(reminders.c.state, checkpoint="due-1d@2018-01-02") == [("withdrawn",)]
    assert desk.rows(reminders.c.state, checkpoint="due-3d@2018-01-02") == [("planned",)]


@pytest.mark.parametrize("days", [1, 45])
def test_a_calendar_changed_and_changed_back_leaves_the_ledger_as_it_was(desk: Desk, days: int) -> None:
    desk.open(rows=(ALWAYS, TEACHERS)).at(f"2017-{11 if days > 1 else 12}-15T10:00")
    before = desk.rows(tasks.c.ref, reminders.c.checkpoint, reminders.c.contact, reminders.c.state)
    next_moments = select(tasks.c.ref, tasks.c.next_at).order_by(tasks.c.id)
    with desk.passes.engine.begin() as db:
        moments = db.execute(next_moments).all()
    desk.open(rows=(ALWAYS, TEACHERS), extra="[calendar]\noff = [2017-12-22, 2017-12-29]\n")
    desk.open(rows=(ALWAYS, TEACHERS))
    assert desk.rows(tasks.c.ref, reminders.c.checkpoint, reminders.c.contact, reminders.c.state) == before
    with desk.passes.engine.begin() as db:
        assert db.execute(next_moments).all() == moments


def test_a_day_in_the_config_re_plans_what_waits_for_it(desk: Desk) -> None:
    desk.open(rows=(WAITS,)).at("2017-12-01T10:00")
    with desk.passes.engine.begin() as db:
        assert db.execute(select(tasks.c.timing_state, tasks.c.next_at)).one() == ("waiting", None)
    desk.open(rows=(WAITS,), config=CONFIG, extra=f'[events]\n"项目验收" = {date(2017, 11, 20)}\n')
    desk.at("2017-12-01T10:05")
    told = desk.rows(reminders.c.checkpoint, reminders.c.state)
    assert told == [("due-30d@2017-12-20", "sent")]  # late, and due on 20 December all the same
    desk.at("2017-12-13T09:00")
    assert ("due-7d@2017-12-20", "sent") in desk.rows(reminders.c.checkpoint, reminders.c.state)
