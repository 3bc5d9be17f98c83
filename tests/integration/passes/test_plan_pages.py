"""Planning and bundling by pages: how many statements that takes, and what a crash between two pages leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select, update

from notifier.ledger.schema import messages, plans, reminders, tasks
from notifier.ledger.wake import Outlook, outlook
from notifier.passes import bundle as bundling
from notifier.passes import closing
from notifier.passes import plan as planning
from notifier.passes.adopt import adopt
from notifier.passes.bundle import bundle
from notifier.passes.setting import Setting
from tests.desk import Desk
from tests.office import ALWAYS, beijing

QUARTER = "2017-12-29T09:00"
TOLD = ("wang@example.org", "zhang@example.org", "zhao@example.org")  # of ALWAYS
ONE_EACH = dict.fromkeys(TOLD, 1)


def counted(desk: Desk, before: Outlook | None = None) -> tuple[Outlook, bool]:
    """Look ahead; return what is, and whether the tasks were counted for it."""
    with statements(desk.passes.engine) as found, desk.passes.engine.begin() as db:
        ahead = outlook(db, before)
    return ahead, any("count(*)" in one and "FROM tasks" in one for one in found)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that an engine is given."""
    found: list[str] = []

    def note(_db: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def filled(desk: Desk, count: int) -> Desk:
    """An office with one task, and so many more like it."""
    desk.open(rows=(ALWAYS,))
    with desk.passes.engine.begin() as db:
        (one,) = db.execute(select(tasks)).mappings()
        more = [dict(one) | {"id": None, "ref": f"m{n}", "position": n} for n in range(1, count)]
        if more:
            db.execute(tasks.insert(), [{k: v for k, v in row.items() if k != "id"} for row in more])
    return desk


def of_a_pass(desk: Desk, text: str) -> int:
    """Return how many statements a plan pass takes, with what is set right before it."""
    desk.clock.set(beijing(text))
    desk.passes.plan(desk.clock())  # what the time brings
    with statements(desk.passes.engine) as found:
        desk.passes.set_right(desk.clock(), stands=True)
        desk.passes.plan(desk.clock())
    return len(found)


@pytest.mark.parametrize("count", [1, 300])
def test_an_idle_pass_takes_the_same_few_statements_however_many_tasks_there_are(
    desk: Desk, count: int
) -> None:
    assert of_a_pass(filled(desk, count), "2017-11-01T12:00") <= 23


def test_a_pass_takes_no_statement_for_each_task_or_contact(desk: Desk) -> None:
    filled(desk, 300)
    desk.clock.set(beijing(QUARTER))
    with statements(desk.passes.engine) as found:
        outcome = desk.passes.plan(desk.clock())
    # A report, and its lead of five days before that is folded into it.
    assert (outcome.planned, outcome.messages) == (2 * 300 * len(TOLD), len(TOLD))
    assert len(found) <= 26


def test_a_contact_with_more_than_a_page_has_one_digest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "_AT_ONCE", 1)
    filled(desk, 20).at(QUARTER)
    assert desk.sent_to() == ONE_EACH
    with desk.passes.engine.begin() as db:
        carried = select(func.count()).group_by(reminders.c.message_id).where(reminders.c.state == "sent")
        assert list(db.execute(carried).scalars()) == [20] * 3


def test_planning_stops_a_page_at_many_reminders_and_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_MOST_ROWS", 3)
    filled(desk, 20).at(QUARTER)
    assert len(desk.rows(reminders.c.id, state="sent")) == 20 * len(TOLD)
    assert set(desk.sent_to().values()) == {1}


def test_a_crash_between_two_pages_of_contacts_loses_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "_AT_ONCE", 1)
    filled(desk, 3)
    desk.clock.set(beijing(QUARTER))

    def killed(_db: Connection, _now: object) -> None:
        made.append(1)
        if len(made) == 2:
            pytest.fail("killed here")

    made: list[int] = []
    passes, app = desk.passes, desk.app
    with pytest.raises(pytest.fail.Exception, match="killed here"):
        planning.plan(passes.engine, app.setting, "example.org", desk.clock(), killed)
    assert len(desk.mails(messages.c.id)) == 1  # the second page's was rolled back with its reminders
    desk.at("2017-12-29T09:05")
    assert desk.sent_to() == ONE_EACH
    assert len(desk.rows(reminders.c.id, state="sent")) == 3 * len(TOLD)


def test_what_waits_for_several_slots_that_have_come_is_one_digest_of_the_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "_AT_ONCE", 1)
    filled(desk, 4)
    desk.clock.set(beijing(QUARTER))
    monkeypatch.setattr(planning, "bundle", lambda *_: 0)
    desk.passes.plan(desk.clock())
    engine, earlier = desk.passes.engine, beijing(QUARTER) - timedelta(days=1)
    with engine.begin() as db:
        whose = (reminders.c.task_id <= 2) & (reminders.c.contact == "zhang@example.org")
        db.execute(update(reminders).where(whose).values(slot=earlier))
        alone = reminders.c.contact == "zhao@example.org"
        db.execute(update(reminders).where(alone).values(slot=earlier))
    assert bundle(engine, desk.app.setting, "example.org", desk.clock()) == 3
    assert sorted(desk.mails(messages.c.contact, messages.c.slot)) == [
        ("wang@example.org", beijing(QUARTER)),
        ("zhang@example.org", beijing(QUARTER)),
        ("zhao@example.org", earlier),
    ]
    assert desk.rows(reminders.c.id, message_id=None, state="planned") == []


def test_tasks_are_counted_again_once_one_is_closed_opened_gone_or_new(desk: Desk) -> None:
    first, _ = counted(filled(desk, 3))
    again, anew = counted(desk, first)
    assert (first.tasks, again.tasks, anew) == (3, 3, False)
    engine, setting, now = desk.passes.engine, desk.app.setting, desk.clock()
    closing.close(engine, "m1", setting, now, by="ops", unit=None, report=None)
    second, anew = counted(desk, again)
    assert (second.tasks, anew) == (2, True)
    closing.reopen(engine, "m1", setting, now, by="ops", unit=None)
    third, anew = counted(desk, second)
    assert (third.tasks, anew) == (3, True)
    with engine.begin() as db:
        db.execute(update(plans).values(read=""))  # its document has one row, and two were never in it
    desk.passes.adopt(now)
    fourth, anew = counted(desk, third)
    assert (fourth.tasks, anew) == (1, True)
    adopt(engine, [], setting, now)
    fifth, anew = counted(desk, fourth)
    assert (fifth.tasks, anew) == (0, True)
    desk.passes.adopt(now)
    sixth, anew = counted(desk, fifth)
    assert (sixth.tasks, anew) == (1, True)


def test_a_start_with_unchanged_documents_reads_no_task_and_any_other_compares_them(desk: Desk) -> None:
    def reads_tasks(setting: Setting) -> bool:
        with statements(engine) as found:
            adopt(engine, desk.app.book, setting, desk.clock())
        return any("tasks.timing_state" in one and "FROM tasks" in one for one in found)

    desk.open()
    engine, setting = desk.passes.engine, desk.app.setting
    assert not reads_tasks(setting)
    assert reads_tasks(replace(setting, events={"x": date(2018, 1, 1)}))
    assert reads_tasks(setting)  # which is another one again
    assert not reads_tasks(setting)
    with engine.begin() as db:
        db.execute(update(plans).values(read="by an earlier release"))
    assert reads_tasks(setting)
