"""`notifier ledger`: what is done with the ledger as a file."""

import sqlite3
from contextlib import closing
from pathlib import Path

from notifier.app import App
from tests.integration.cli.conftest import Type


def test_a_backup_is_made_named_and_never_overwritten(ledger: App, ops: Type) -> None:
    made = ledger.config.path.parent / "backup.db"
    shown = ops("ledger", "backup", "backup.db")
    assert (shown.code, shown.out) == (0, f"{made}: {made.stat().st_size} octets\n")
    with closing(sqlite3.connect(made)) as db:
        assert db.execute("SELECT count(*) FROM tasks").fetchall() != [(0,)]
    again = ops("ledger", "backup", "backup.db")
    assert again.code == 1
    assert again.err == f"notifier: {made}: there is such a file; a backup never overwrites one\n"


def test_without_a_ledger_there_is_nothing_to_back_up(desk: Path, ops: Type) -> None:
    shown = ops("ledger", "backup", "backup.db")
    assert shown.code == 1
    assert "no ledger at" in shown.err
    assert not (desk / "backup.db").exists()
