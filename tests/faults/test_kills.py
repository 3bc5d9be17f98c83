"""kill -9 at random moments, a small run with a fixed seed; `make faults` makes a large one with a new seed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.killing import CONNECTIONS, KillRun, hold_the_promise, kill_at_random, table

pytestmark = pytest.mark.slow


@contextmanager
def office_of(folder: Path, contacts: int, rounds: int) -> Iterator[KillRun]:
    run = KillRun(folder, seed=5, contacts=contacts, rounds=rounds)
    try:
        yield run
    finally:
        run.close()


def test_no_kill_loses_a_reminder_and_each_possible_copy_is_flagged(tmp_path: Path) -> None:
    with office_of(tmp_path, contacts=30, rounds=2) as run:
        seconds = kill_at_random(run, kills=4)
        verdict = run.judge()
        print(table(run, verdict, seconds))
    hold_the_promise(verdict, most_copies=4 * CONNECTIONS)
    assert verdict.reminders == 30 * 2 * 3


def test_the_judge_sees_what_is_lost_doubled_or_not_flagged(tmp_path: Path) -> None:
    with office_of(tmp_path, contacts=4, rounds=1) as run:
        run.issue()
        run.finish()
    [first, second, *others] = run.record.read_text("ascii").splitlines(keepends=True)
    hold_the_promise(run.judge(), most_copies=0)

    run.record.write_text("".join([second, *others]), "ascii")
    verdict = run.judge()
    mail = json.loads(first)["message_id"]
    assert len(verdict.lost) == 3
    assert verdict.at_odds == [mail]

    run.record.write_text("".join([first, first, second, *others]), "ascii")
    verdict = run.judge()
    assert (verdict.copies, verdict.unflagged, verdict.exactly_once) == ([mail], [mail], 9)

    other = first.replace(mail, "<another@example.org>")
    run.record.write_text("".join([first, other, second, *others]), "ascii")
    verdict = run.judge()
    assert len(verdict.doubled) == 3
    assert verdict.at_odds == ["<another@example.org>"]

    run.record.write_text("".join([first, second, *others]), "ascii")
    with closing(sqlite3.connect(run.database)) as db:
        db.execute("UPDATE messages SET state = 'queued' WHERE message_id = ?", (mail,))
        db.execute("UPDATE messages SET state = 'accepted' WHERE message_id = ?", (mail,))
        db.commit()
    assert run.judge().ended_twice == [mail]
