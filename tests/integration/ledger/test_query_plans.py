"""What runs each minute, or for each mail, looks at what is open: never through everything ever sent."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from notifier.ledger import ahead, bundling, ended, ops, outbox, queueing, reminders, tasks
from notifier.ledger.engine import create
from notifier.ledger.wake import Outlook, next_moment, outlook

NOW = datetime(2018, 6, 29, 1, tzinfo=UTC)
OFTEN: dict[str, Callable[[Connection], object]] = {
    "claim": lambda db: outbox.claim(db, "me", NOW, 100),
    "claim for ops": lambda db: outbox.claim(db, "me", NOW, 100, for_ops=True),
    "put off": lambda db: queueing.put_off(db, NOW, NOW),
    "count due": lambda db: outbox.count_due(db, NOW),
    "count gone": lambda db: outbox.count_gone(db, NOW, NOW),
    "next moment": next_moment,
    "bundle": lambda db: bundling.unbundled(db, NOW, 100),
    "put into messages": lambda db: bundling.put_into_messages(db, [NOW], {"a@example.org": 1}),
    "wait for another slot": lambda db: bundling.move_slot(db, [NOW], ["a@example.org"], NOW),
    "lines of mails": lambda db: reminders.of_messages(db, [1, 2]),
    "told of the same": lambda db: reminders.said_of_the_same(db, [1, 2], NOW),
    "close a mail": lambda db: reminders.close_message(db, 1, "sent", None),
    "what waits": reminders.waiting,
    "ops mail open": lambda db: ops.is_open(db, "ops:a@example.org"),
    "put off by a clock": lambda db: ahead.latest_put_off(db, NOW, NOW),
    "younger than now": lambda db: ahead.grow_older(db, NOW),
    "tasks ahead of the clock": lambda db: ahead.tasks_ahead(db, NOW),
    "due tasks": lambda db: tasks.due_tasks(db, NOW, 100),
    "what is ahead": lambda db: outlook(db, Outlook(event=0)),
    "queue again": lambda db: ended.queue_again(db, 1, NOW),
}
GROWING = ("tasks", "messages", "reminders", "events", "ops_told")
OPEN = ("ix_messages_open", "ix_reminders_unbundled")  # indexes of nothing but what waits


def steps_of(folder: Path, run: Callable[[Connection], object]) -> list[str]:
    """Return the steps of SQLite's plans for all that a function asks of an empty ledger."""
    engine = create(folder / "ledger.db", NOW)
    steps: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def explain(db: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
            raw = db.connection.driver_connection
            assert raw is not None
            steps.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with engine.begin() as db:
        run(db)
    engine.dispose()
    return steps


@pytest.mark.parametrize("name", OFTEN)
def test_no_statement_of_every_minute_goes_through_a_whole_table(tmp_path: Path, name: str) -> None:
    steps = steps_of(tmp_path, OFTEN[name])
    assert steps
    whole = tuple(f"SCAN {table}" for table in GROWING)
    assert [step for step in steps if step.startswith(whole) and not step.endswith(OPEN)] == []
    # So SQLite calls the search for a minimum without an index, and that for the greatest row number.
    without_index = {f"SEARCH {table}" for table in GROWING} - (
        {"SEARCH events"} if name == "what is ahead" else set()
    )
    assert [step for step in steps if step in without_index] == []


def test_what_waits_for_its_slot_is_found_among_all_that_no_mail_ever_carried(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, lambda db: (bundling.unbundled(db, NOW, 100), bundling.earliest_slot(db)))
    assert len([step for step in steps if "ix_reminders_unbundled" in step]) == 2


def test_what_else_one_contact_was_told_is_not_sought_among_what_all_were(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, OFTEN["told of the same"])
    assert any("(task_id=? AND nominal=? AND contact=?)" in step for step in steps)
