"""Commands over a ledger that is of another release's schema, held by a writer, or damaged."""

import sqlite3
from collections.abc import Sequence

import pytest

from notifier.app import App
from notifier.ledger import keeping
from tests.integration.cli.conftest import Type

COMMANDS = [("check",), ("tasks",), ("event", "竣工", "2018-01-01"), ("done", "1"), ("status",)]


def older(app: App) -> sqlite3.Connection:
    """Return a connection to the ledger, which is at the first schema now."""
    db = sqlite3.connect(app.config.database, isolation_level=None)
    db.execute("DROP TABLE event_days")
    db.execute("DROP INDEX ix_tasks_plan_id_rule")
    db.execute("DROP INDEX ix_messages_finished")
    db.execute("UPDATE alembic_version SET version_num = '0001'")
    return db


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_older_ledger_that_is_held_by_a_writer_is_told_plainly(
    ledger: App, ops: Type, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    monkeypatch.setattr(keeping, "LOCK_WAIT_SECONDS", 0.1)
    db = older(ledger)
    db.execute("BEGIN IMMEDIATE")
    shown = ops(*words)
    db.execute("ROLLBACK")
    db.close()
    assert shown.code != 0
    assert "database is locked" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_ledger_that_is_held_by_a_writer_is_told_plainly(
    ledger: App, ops: Type, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    monkeypatch.setattr(keeping, "LOCK_WAIT_SECONDS", 0.1)
    db = sqlite3.connect(ledger.config.database, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    shown = ops(*words)
    db.execute("ROLLBACK")
    db.close()
    assert shown.code != 0
    assert "database is locked" in shown.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_ledger_of_a_later_release_is_told_plainly_and_left(
    ledger: App, ops: Type, words: Sequence[str]
) -> None:
    with sqlite3.connect(ledger.config.database) as db:
        db.execute("UPDATE alembic_version SET version_num = '0999'")
    db.close()
    shown = ops(*words)
    assert shown.code == 78
    assert "0999" in shown.err


@pytest.mark.parametrize("words", [*COMMANDS, ("run",)], ids=" ".join)
def test_a_damaged_ledger_is_told_plainly_with_how_to_restore_it(
    ledger: App, ops: Type, words: Sequence[str]
) -> None:
    with ledger.config.database.open("r+b") as file:
        for page in range(2, ledger.config.database.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 64)
    shown = ops(*words)
    assert shown.code == 78
    assert f"{ledger.config.database}: the file is damaged" in shown.err
    assert "latest backup" in shown.err
