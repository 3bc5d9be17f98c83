"""The daemon killed inside the ledger's own commits, at one after the other, by strace: `make faults`."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.judge import taken
from tests.faults.killing import CONNECTIONS, KillRun, hold_the_promise
from tests.faults.tools import strace

MOST = 60  # far more syncs than this small office makes
CONTACTS = 4
# A thread that has synced is held for so many microseconds before it goes on: time to be killed right there.
HELD = "inject=fdatasync:delay_exit=60000"


def child_of(pid: int) -> int:
    """Return the only child of a process."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return int(child)


def killed_at(run: KillRun, sync: int) -> bool:
    """Run the daemon until it has synced the ledger so many times, and kill it; False when it ended before."""
    trace = run.folder / "trace"
    tracer = run.start(
        strace(), "-f", "--seccomp-bpf", "-qqq", "-o", str(trace), "-e", "trace=fdatasync", "-e", HELD
    )
    is_asked = False
    while tracer.poll() is None:
        if trace.exists() and trace.read_text("ascii").count("= 0") >= sync:
            os.kill(child_of(tracer.pid), signal.SIGKILL)
            tracer.wait(30)
            return True
        if not is_asked and "Ready: " in run.log() and run.is_done():
            os.kill(child_of(tracer.pid), signal.SIGTERM)  # its last commits are still to come
            is_asked = True
        time.sleep(0.005)
    return False


def counts(database: Path) -> tuple[int, ...]:
    """Return how many tasks, reminders and messages a sound ledger holds, and how many mails have ended."""
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        queries = ("FROM tasks", "FROM reminders", "FROM messages", "FROM messages WHERE finished NOT NULL")
        return tuple(db.execute(f"SELECT count(*) {query}").fetchone()[0] for query in queries)


def test_a_kill_in_any_commit_leaves_a_sound_ledger_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strace()
    seen = []
    with capsys.disabled():
        print(
            "\nkilled at sync, then: tasks, reminders, messages, ended, taken by the server; at the end: copies"
        )
        for sync in range(1, MOST):
            (tmp_path / str(sync)).mkdir()
            run = KillRun(tmp_path / str(sync), seed=sync, contacts=CONTACTS, rounds=1)
            try:
                run.issue()
                was_killed = killed_at(run, sync)
                found = counts(run.database)
                arrived = len(taken(run.record))
                run.finish()
                verdict = run.judge()
            finally:
                run.close()
            hold_the_promise(verdict, most_copies=CONNECTIONS)
            if not was_killed:
                break
            print(
                "".join(f"{value:>6}" for value in (sync, *found, arrived, len(verdict.copies))), flush=True
            )
            seen.append(found)
    assert not was_killed, "there are more commits than were tried"
    # A transaction stands whole or not at all: adoption, a page of the plan, bundling.
    stages = {found[:3] for found in seen}
    assert stages <= {(0, 0, 0), (3, 0, 0), (3, 12, 0), (3, 12, 4)}
    assert stages >= {(0, 0, 0), (3, 0, 0), (3, 12, 4)}
    assert {found[3] for found in seen} >= {0, CONTACTS}
