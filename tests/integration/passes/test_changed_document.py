"""A document that changes: what is closed, received and told stays with its task, whatever its number becomes."""

import pytest
from sqlalchemy import select

from notifier.ledger.schema import events, reminders, tasks
from notifier.passes import closing
from tests.desk import Desk
from tests.office import ALWAYS, TEACHERS

NEW = ("建立职业院校教师定期到企业实践的制度。", "省教育厅", "2018年3月底前完成")


def refs(desk: Desk) -> dict[int, tuple[str, str]]:
    """Return ref and state of every task, by its id."""
    with desk.passes.engine.begin() as db:
        return {
            row.id: (row.ref, row.state) for row in db.execute(select(tasks.c.id, tasks.c.ref, tasks.c.state))
        }


def test_a_row_inserted_before_a_closed_task_leaves_the_right_one_closed(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    closing.close(desk.passes.engine, "1", desk.app.setting, desk.clock(), by="ops", unit=None, report=None)
    desk.open(rows=(NEW, TEACHERS, ALWAYS))
    assert refs(desk) == {1: ("2", "done"), 2: ("3", "open"), 3: ("1", "open")}
    desk.at("2018-03-30T09:00")
    assert {ref for (ref,) in desk.rows(tasks.c.ref)} == {"1", "3"}
    with desk.passes.engine.begin() as db:
        told = set(db.execute(select(events.c.detail).where(events.c.action == "task_changed")).scalars())
    assert told == {"plan/2 (was 1): ref", "plan/3 (was 2): ref"}


def test_nothing_told_under_the_old_number_is_told_again_under_the_new(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS)).at("2017-12-29T09:00")
    before = desk.rows(reminders.c.task_id, reminders.c.checkpoint, reminders.c.contact, reminders.c.state)
    desk.open(rows=(ALWAYS, TEACHERS)).at("2017-12-29T10:00")
    assert before == desk.rows(
        reminders.c.task_id, reminders.c.checkpoint, reminders.c.contact, reminders.c.state
    )
    assert refs(desk) == {1: ("2", "open"), 2: ("1", "open")}


def test_a_number_given_to_another_task_starts_a_new_one_and_the_old_one_comes_back(desk: Desk) -> None:
    desk.open(rows=(TEACHERS,))
    desk.open(rows=(NEW,))
    assert refs(desk) == {1: ("1~1", "vanished"), 2: ("1", "open")}
    desk.open(rows=(NEW, TEACHERS))
    assert refs(desk) == {1: ("2", "open"), 2: ("1", "open")}
    desk.open(rows=(TEACHERS, NEW))
    assert refs(desk) == {1: ("1", "open"), 2: ("2", "open")}


def test_a_reworded_task_keeps_its_history(desk: Desk) -> None:
    desk.open(rows=(TEACHERS, ALWAYS)).at("2017-12-22T09:00")
    reworded = ("推进普惠性普及。", *ALWAYS[1:])
    desk.open(rows=(TEACHERS, reworded))
    assert refs(desk) == {1: ("1", "open"), 2: ("2", "open")}
    with desk.passes.engine.begin() as db:
        assert list(db.execute(select(tasks.c.revision).order_by(tasks.c.id)).scalars()) == [1, 2]


def test_a_word_on_a_number_that_moved_is_pointed_out(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.open(rows=(TEACHERS, ALWAYS))
    extra = '[plans.plan.tasks."1"]\ntiming = "due 2018-06"\n'
    desk.open(rows=(NEW, TEACHERS, ALWAYS), extra=extra)
    assert "override_moved" in [getattr(record, "action", "") for record in caplog.records]
