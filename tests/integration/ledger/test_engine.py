"""Opening the ledger on a real SQLite file."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from notifier.errors import ConfigError
from notifier.ledger import engine as ledger
from notifier.ledger import queueing
from notifier.ledger.event_days import event_days
from notifier.ledger.schema import metadata

NOW = datetime(2017, 10, 1, tzinfo=UTC)


def test_the_migrations_end_at_the_schema_that_the_code_declares(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.begin() as db:
        ledger.migrate(db)
        differences = compare_metadata(MigrationContext.configure(db), metadata)
        version = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    assert differences == []
    assert version == ledger.SCHEMA


def test_a_ledger_made_at_once_is_the_one_that_the_migrations_make(tmp_path: Path) -> None:
    made = ledger.create(tmp_path / "made.db", NOW)
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with migrated.begin() as db:
        ledger.migrate(db)
    schemas = []
    for engine in (made, migrated):
        with engine.begin() as db:
            columns = {
                name: db.execute(text(f"PRAGMA table_info({name})")).all()
                for name in inspect(db).get_table_names()
            }
            indexes = db.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name")
            )
            schemas.append((columns, indexes.all()))
        engine.dispose()
    assert schemas[0] == schemas[1]


def test_the_schema_version_in_the_code_is_the_newest_migration() -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == ledger.SCHEMA


def test_a_ledger_of_the_first_schema_is_brought_up_to_date_and_loses_nothing(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    older = create_engine(f"sqlite:///{place}")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    with older.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
        db.execute(text("INSERT INTO installation VALUES ('kept', '2017-10-01 00:00:00')"))
    older.dispose()
    engine = ledger.open_existing(place)
    assert engine is not None
    with engine.begin() as db:
        assert ledger.installation_id(db) == "kept"
        assert event_days(db) == {}
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == ledger.SCHEMA
    engine.dispose()


def test_a_new_ledger_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "state" / "ledger.db"
    ledger.create(place, NOW).dispose()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_opening_again_keeps_the_installation(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        engine = ledger.create(tmp_path / "ledger.db", NOW)
        with engine.begin() as db:
            names.append(ledger.installation_id(db))
        engine.dispose()
    assert names[0] == names[1]


def test_looking_at_a_ledger_that_isnt_there_makes_none(tmp_path: Path) -> None:
    assert ledger.open_existing(tmp_path / "ledger.db") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_vanishes_under_a_running_daemon_is_not_made_anew(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    engine = ledger.create(place, NOW)
    engine.dispose()
    place.unlink()
    with pytest.raises(OperationalError, match="unable to open"), engine.begin():
        pass
    assert not place.exists()
    engine.dispose()


def _foreign(place: Path) -> None:
    connection = sqlite3.connect(place)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda place: place.write_bytes(b"not a database" * 400), id="garbage"),
        pytest.param(_foreign, id="another program's database"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_by_name(tmp_path: Path, spoil: object) -> None:
    place = tmp_path / "ledger.db"
    assert callable(spoil)
    spoil(place)
    with pytest.raises(ConfigError, match=r"ledger\.db"):
        ledger.create(place, NOW)


def test_a_copy_in_memory_leaves_the_original_alone(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    ledger.create(place, NOW).dispose()
    copy = ledger.in_memory(NOW, copy_of=place)
    with copy.begin() as db:
        db.execute(text("DELETE FROM installation"))
    copy.dispose()
    engine = ledger.create(place, NOW)
    with engine.begin() as db:
        assert ledger.installation_id(db)
    engine.dispose()


def test_a_fault_of_the_database_tells_nobodys_address_or_mail(tmp_path: Path) -> None:
    engine = ledger.create(tmp_path / "ledger.db", NOW)
    row: dict[str, Any] = {
        "contact": "zhao@example.org",
        "address": "zhao@example.org",
        "name": "赵四",
        "slot": NOW,
        "now": NOW,
    }
    with engine.begin() as db:
        assert queueing.add_message(db, message_id="<1@example.org>", **row)
    with pytest.raises(IntegrityError) as caught, engine.begin() as db:
        queueing.add_message(db, message_id="<1@example.org>", **row | {"slot": NOW + timedelta(days=1)})
    engine.dispose()
    assert "messages.message_id" in str(caught.value)
    assert "zhao" not in str(caught.value)
    assert "赵四" not in str(caught.value)
