"""A ledger of each earlier release, full of what such a ledger holds, is brought up to date whole, whenever it dies."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from notifier.ledger import engine as ledger
from notifier.share import share

NOW = datetime(2018, 6, 29, 1, tzinfo=UTC)
MIGRATIONS = str(Path(ledger.__file__).parent / "migrations")
ROWS = 300  # in each table: some pages of each


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", MIGRATIONS)
    return config


EARLIER = sorted(
    script.revision
    for script in ScriptDirectory.from_config(_config()).walk_revisions()
    if script.revision != ledger.SCHEMA
)


def _value(table: str, column: str, kind: str, row: int) -> Any:
    """Return a value for a column, another one in each row; a reference is to the row of the same number."""
    if column.endswith("_id") or column in ("id", "pid"):
        return row if kind.startswith("INTEGER") or column != "message_id" else f"<{row}@example.org>"
    match kind.partition("(")[0]:
        case "DATETIME":
            return f"2018-06-{row % 28 + 1:02} 01:00:{row % 60:02}.000000"
        case "DATE":
            return f"2018-07-{row % 28 + 1:02}"
        case "JSON":
            return f'{{"row": {row}}}'
        case "BOOLEAN":
            return row % 2
        case "INTEGER":
            return row
        case "BLOB":
            return bytes([row % 256]) * 500
        case _:
            return f"{table[:4]}{row}"


def content(place: Path) -> dict[str, dict[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Return the rows of each table, under its columns."""
    with closing(sqlite3.connect(place)) as db:
        found = {}
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            columns = tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
            found[table] = {columns: db.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()}
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    return found


def populated(place: Path, version: str) -> dict[str, dict[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Make a ledger as the release of a schema left it, with rows in every table; return them."""
    older = create_engine(f"sqlite:///{place}")
    config = _config()
    with older.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    older.dispose()
    with closing(sqlite3.connect(place)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table == "alembic_version":
                continue
            columns = [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({table})")]
            marks = ", ".join("?" for _ in columns)
            rows = [
                [_value(table, name, kind, row) for name, kind in columns]
                for row in range(1, 2 if table == "installation" else ROWS + 1)
            ]
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        db.commit()
        db.execute("PRAGMA journal_mode = WAL")
    return content(place)


REDEFINED = {("messages", "begun")}  # since 0004 of the claim in force, not of an earlier one


def assert_whole(place: Path, before: dict[str, Any]) -> None:
    """Look that each row of each table is there, with the values it had."""
    after = content(place)
    assert after["alembic_version"] == {("version_num",): [(ledger.SCHEMA,)]}
    for table, (found,) in ((table, tuple(found.items())) for table, found in before.items()):
        if table == "alembic_version":
            continue
        names, whole = found
        columns = [name for name in names if (table, name) not in REDEFINED]
        rows = [tuple(row[names.index(name)] for name in columns) for row in whole]
        ((columns_now, rows_now),) = after[table].items()
        where = [columns_now.index(name) for name in columns]
        assert [tuple(row[i] for i in where) for row in rows_now] == rows, table


def test_there_are_earlier_schemas_to_come_from() -> None:
    assert EARLIER[0] == "0001"
    assert len(EARLIER) >= 7
    assert max(EARLIER) < ledger.SCHEMA


@pytest.mark.parametrize("version", EARLIER)
def test_every_row_of_an_earlier_ledger_is_kept_and_so_is_a_copy(tmp_path: Path, version: str) -> None:
    place = tmp_path / "ledger.db"
    before = populated(place, version)
    for _ in range(2):  # the second finds nothing to do
        ledger.create(place, NOW).dispose()
        assert_whole(place, before)
    assert content(tmp_path / f"ledger.db.{version}") == before


DYING = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from notifier.ledger import engine, keeping
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
change, copy = engine.migrate, keeping._copy
def copied(*words):
    copy(*words)
    die()
def changed(db):
    change(db)
    die()
def half(db):
    def statement(_db, _cursor, text, *_rest):
        if text.split()[0] in ("CREATE", "ALTER", "DROP"):
            die()
    event.listen(db, "after_cursor_execute", statement)
    change(db)
moment = sys.argv[2]
if moment == "copied": keeping._copy = copied
if moment == "changed": engine.migrate = changed
if moment == "half": engine.migrate = half
engine.create(Path(sys.argv[1]), datetime(2018, 6, 29, 1, tzinfo=UTC))
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["copied", "half", "changed"])
@pytest.mark.parametrize("version", sorted({EARLIER[0], EARLIER[-1]}))
def test_an_upgrade_that_is_killed_is_begun_again(tmp_path: Path, version: str, moment: str) -> None:
    place = tmp_path / "ledger.db"
    before = populated(place, version)
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(place), moment],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(share())},
        check=False,
        timeout=60,
    )
    assert done.returncode == -9
    assert content(place) == before
    ledger.create(place, NOW).dispose()
    assert_whole(place, before)
    assert content(tmp_path / f"ledger.db.{version}") == before
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("version", EARLIER)
def test_a_copy_half_written_is_begun_again(tmp_path: Path, version: str) -> None:
    place = tmp_path / "ledger.db"
    before = populated(place, version)
    (tmp_path / f"ledger.db.{version}.part").write_bytes(b"half")
    ledger.create(place, NOW).dispose()
    assert content(tmp_path / f"ledger.db.{version}") == before
