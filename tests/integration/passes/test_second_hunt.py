"""What must not be lost or silenced when documents, directories and events change under a running office."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event, select

from notifier.errors import UsageError
from notifier.ledger.completions import completions_in_force
from notifier.ledger.schema import tasks
from notifier.ledger.tasks import tasks_of
from notifier.passes import closing, happening
from notifier.passes.happening import happened
from tests.desk import Desk
from tests.office import CONTACTS

SAME = "报送培训总结。"
OF_EDUCATION = (SAME, "省教育厅", "2018年6月底前完成")
OF_FINANCE = (SAME, "省财政厅", "2018年6月底前完成")
OTHER = ("建立职业院校教师定期到企业实践的制度。", "省教育厅", "2018年3月底前完成")


def done(desk: Desk, ref: str, unit: str | None = None) -> None:
    closing.close(desk.passes.engine, ref, desk.app.setting, desk.clock(), by="ops", unit=unit, report=None)


def states(desk: Desk) -> dict[str, tuple[str, str]]:
    """Return unit phrase and state of every task, by its ref."""
    with desk.passes.engine.begin() as db:
        found = db.execute(select(tasks.c.ref, tasks.c.units, tasks.c.state))
        return {row.ref: (row.units["text"], row.state) for row in found}


def test_a_row_with_the_text_of_a_closed_one_that_was_taken_out_stays_open(desk: Desk) -> None:
    desk.open(rows=(OTHER, OF_EDUCATION, OF_FINANCE))
    done(desk, "2")
    desk.open(rows=(OTHER, OF_FINANCE))
    assert states(desk)["2"] == ("省财政厅", "open")
    desk.at("2018-06-29T09:00")
    assert desk.sent_to()["li@example.org"] == 1


def test_rows_of_one_text_that_change_places_keep_what_was_closed(desk: Desk) -> None:
    desk.open(rows=(OF_EDUCATION, OF_FINANCE, OTHER))
    done(desk, "1")
    desk.open(rows=(OTHER, OF_FINANCE, OF_EDUCATION))
    assert states(desk) == {
        "1": ("省教育厅", "open"),
        "2": ("省财政厅", "open"),
        "3": ("省教育厅", "done"),
    }


def test_a_number_that_the_document_has_no_longer_is_not_closed(desk: Desk) -> None:
    desk.open(rows=(OTHER, OF_FINANCE))
    desk.open(rows=(OTHER,))
    with pytest.raises(UsageError, match="no task 2"):
        done(desk, "2")
    desk.open(rows=(OTHER, OF_FINANCE))
    assert states(desk)["2"] == ("省财政厅", "open")


def test_a_unit_spelled_otherwise_in_the_contacts_stays_closed(desk: Desk) -> None:
    row = ("推进。", "省发展改革委、省教育厅", "2018年6月底前完成")
    line = "{},孙,sun@example.org,primary"
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发展改革委")))
    done(desk, "1", "省发展改革委")
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发改委"))).at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1}


def test_a_unit_spelled_otherwise_can_be_opened_again_under_its_new_name(desk: Desk) -> None:
    row = ("推进。", "省发展改革委、省教育厅", "2018年6月底前完成")
    line = "{},孙,sun@example.org,primary"
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发展改革委")))
    done(desk, "1", "省发展改革委")
    desk.open(rows=(row,), contacts=(*CONTACTS, line.format("省发改委")))
    with pytest.raises(UsageError, match="closed already"):
        done(desk, "1", "省发改委")
    closing.reopen(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit="省发改委")
    desk.at("2018-06-29T09:00")
    assert desk.sent_to() == {"wang@example.org": 1, "sun@example.org": 1}


def test_an_event_that_ops_date_while_a_plan_pass_runs_is_not_lost(desk: Desk) -> None:
    row = ("总结。", "省教育厅", "项目验收后30日内完成")
    desk.open(rows=(row,))
    desk.clock.set(desk.clock().replace(year=2018))
    engine, told = desk.passes.engine, list[bool]()

    def ops(*_: object) -> None:
        if not told:
            told.append(True)
            happened(engine, "项目验收", date(2018, 8, 27), desk.app.setting, desk.clock(), by="ops")

    event.listen(engine.pool, "checkin", ops)
    desk.passes.plan(desk.clock())
    event.remove(engine.pool, "checkin", ops)
    with engine.begin() as db:
        (moment,) = db.execute(select(tasks.c.next_at)).one()
    assert moment is not None


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1817, 8, 31), date(2081, 8, 31), date(9999, 12, 31)])
def test_a_day_of_an_event_that_lies_outside_of_the_calendar_is_refused(desk: Desk, day: date) -> None:
    desk.open(rows=(("总结。", "省教育厅", "项目验收后30日内完成"),))
    with pytest.raises(UsageError, match="from 1990-01-01 to 2050-12-31"):
        happened(desk.passes.engine, "项目验收", day, desk.app.setting, desk.clock(), by="ops")


def statements_of_an_event(folder: Path, many: int) -> int:
    """Return how many statements it takes to date an event from which `many` tasks count."""
    folder.mkdir()
    row = ("总结。", "省教育厅", "项目验收后30日内完成")
    desk = Desk(folder).open(rows=(row,) * many)
    statements: list[str] = []
    event.listen(
        desk.passes.engine, "before_cursor_execute", lambda _db, _cursor, text, *_: statements.append(text)
    )
    found = happened(
        desk.passes.engine, "项目验收", date(2018, 8, 27), desk.app.setting, desk.clock(), by="ops"
    )
    assert len(found) == many
    with desk.passes.engine.begin() as db:
        assert set(db.execute(select(tasks.c.timing_state)).scalars()) == {"ok"}
    desk.passes.engine.dispose()
    return len(statements)


def test_an_event_takes_statements_by_rule_and_not_by_task(tmp_path: Path) -> None:
    few, many = (statements_of_an_event(tmp_path / str(size), size) for size in (3, 60))
    assert few == many


def test_more_tasks_than_a_statement_takes_variables_are_no_hindrance(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own default is 32,766; a thousand shows the same."""
    monkeypatch.setattr(happening, "PAGE", 100)
    row = ("总结。", "省教育厅", "项目验收后30日内完成")
    desk.open(rows=(row,) * 1100)
    engine = desk.passes.engine

    def limit(connection: object, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1000)

    event.listen(engine.pool, "checkout", limit)
    found = happened(engine, "项目验收", date(2018, 8, 27), desk.app.setting, desk.clock(), by="ops")
    assert len(found) == 1100
    with engine.begin() as db:
        everything = tasks_of(db)
        assert completions_in_force(db) == {}
    assert {task.timing_state for task in everything} == {"ok"}
