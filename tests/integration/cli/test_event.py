"""`event` at the prompt: the day from which tasks count, typed by ops, without a reload."""

from pathlib import Path

import pytest
from sqlalchemy import select

from notifier.app import App
from notifier.ledger.schema import events, reminders, tasks
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.integration.cli.test_close import reading
from tests.office import beijing, office, passes_of

ROWS = (
    ("总结。", "省教育厅", "项目验收后30日内完成"),
    ("归档。", "省教育厅", "项目验收后60个工作日内完成"),
    ("推进。", "省教育厅", "持续实施"),
)


@pytest.fixture
def waiting(empty: Path) -> App:
    """An office with a ledger in which two tasks wait for an event."""
    clock = SettableClock(beijing("2017-10-01T00:00"))
    app, passes = passes_of(office(empty, rows=ROWS), clock, RecordingTransport())
    passes.adopt(clock())
    passes.engine.dispose()
    return app


def test_a_dated_event_plans_the_tasks_that_wait_for_it(waiting: App, ops: Type) -> None:
    before = ops("tasks", "--json").json
    assert [task["timing_state"] for task in before] == ["waiting", "waiting", "ok"]
    shown = ops("event", "event:项目验收", "2049-03-01")
    assert shown.code == 0
    assert "plan/1、plan/2" in shown.out
    after = ops("tasks", "--json").json
    assert [task["timing_state"] for task in after] == ["ok", "ok", "ok"]
    with reading(waiting) as db:
        assert db.execute(select(tasks.c.timing_state, tasks.c.why).order_by(tasks.c.id)).first() == (
            "ok",
            None,
        )
        assert "event_dated" in set(db.execute(select(events.c.action)).scalars())


def test_a_running_daemon_hears_of_it_at_its_next_pass(empty: Path, ops: Type) -> None:
    clock = SettableClock(beijing("2017-10-01T00:00"))
    transport = RecordingTransport()
    _, passes = passes_of(office(empty, rows=ROWS[:1]), clock, transport)
    passes.adopt(clock())
    assert ops("event", "项目验收", "2017-10-16").code == 0
    clock.set(beijing("2017-11-08T09:00"))  # seven days before 15 November
    passes.plan(clock())
    passes.send()
    passes.engine.dispose()
    assert [mail.address for mail in transport.sent] == ["wang@example.org"]


def test_the_record_wins_over_the_config_and_check_names_the_clash(waiting: App, ops: Type) -> None:
    assert ops("event", "项目验收", "2049-03-01").code == 0
    office(waiting.config.path.parent, rows=ROWS, extra='[events]\n"项目验收" = 2049-05-01\n')
    items = {item["kind"]: item for item in ops("check", "--json").json["preflight"]}
    assert "2049-05-01" in items["clash"]["message"]
    assert '"项目验收" = 2049-03-01' in items["clash"]["hint"]
    found = ops("explain", "--json", ROWS[0][2]).json
    assert found["milestones"] == [{"kind": "due", "day": "2049-03-31", "label": ""}]


def test_a_day_taken_back_lets_the_tasks_wait_again(waiting: App, ops: Type) -> None:
    assert ops("event", "项目验收", "2017-10-16").code == 0
    assert ops("event", "项目验收", "--forget").code == 0
    with reading(waiting) as db:
        assert db.execute(select(tasks.c.timing_state, tasks.c.next_at).order_by(tasks.c.id)).first() == (
            "waiting",
            None,
        )
        assert db.execute(select(reminders.c.id).where(reminders.c.state == "planned")).first() is None
    assert ops("event", "项目验收", "--forget").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["event", "竣工", "2018-01-01"], "no task counts from '竣工'; the tasks name 项目验收"),
        (["event", "项目验收"], "give the day on which it happened"),
        (["event", "项目验收", "2018-01-01", "--forget"], "give the day on which it happened"),
        (["event", "项目验收", "1月1日"], "is no day such as 2018-08-31"),
    ],
)
@pytest.mark.usefixtures("waiting")
def test_what_ops_mistype_is_bad_usage(ops: Type, words: list[str], said: str) -> None:
    shown = ops(*words)
    assert shown.code == 2
    assert said in shown.err


@pytest.mark.usefixtures("waiting")
def test_a_rehearsal_knows_the_days_on_record(ops: Type) -> None:
    assert ops("event", "项目验收", "2018-03-01").code == 0
    found = ops("rehearse", "--from", "2018-03-01", "--to", "2018-04-30", "--json").json
    assert found["reminders"] > 10  # both deadlines with their leads and overdue notices, and the reports


@pytest.mark.usefixtures("waiting")
def test_the_day_can_be_corrected_while_an_extension_holds_the_task_to_another(ops: Type) -> None:
    ops("event", "项目验收", "2049-03-01")
    assert ops("extend", "1", "2049-12-31").code == 0
    shown = ops("event", "项目验收", "2049-03-10")
    assert shown.code == 0
    assert shown.out == (
        "项目验收 happened on 2049-03-10; counting from it: plan/2\n"
        "  extended, so that their day stays as it is: plan/1\n"
    )
    assert ops("tasks", "--json").json[0]["rule"] == "due 2049-12-31"
    assert "plan/1" in ops("event", "项目验收", "--forget").out
