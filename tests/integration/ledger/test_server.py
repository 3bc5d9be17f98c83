"""Opening the ledger on a real PostgreSQL server."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from notifier.database import Server
from notifier.errors import ConfigError, NotifierError
from notifier.ledger import engine as ledger
from notifier.ledger import server as postgresql
from notifier.ledger.figures import read_figures
from notifier.ledger.log import record_event
from notifier.ledger.schema import events, installation, metadata
from notifier.ledger.unseen import UnseenStorage
from tests.postgres import Postgres

NOW = datetime(2017, 10, 1, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def place(postgres_server: Postgres) -> Server:
    """An empty database."""
    return Server(postgres_server.database())


@pytest.fixture
def engine(place: Server) -> Iterator[Engine]:
    made = ledger.create(place, NOW)
    yield made
    made.dispose()


def schema_of(engine: Engine) -> list[list[object]]:
    """Return columns, indexes and constraints as the server describes them."""
    queries = (
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    )
    with engine.begin() as db:
        return [[tuple(row) for row in db.execute(text(query))] for query in queries]


def migrated(place: Server, version: str = "head") -> Engine:
    """Return the engine of a database that the migrations brought to a version."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    engine = postgresql.connect(place)
    with engine.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, version)
    return engine


def test_the_migrations_end_at_the_schema_that_the_code_declares(place: Server) -> None:
    engine = migrated(place)
    with engine.begin() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []
    engine.dispose()


def test_a_ledger_made_at_once_is_the_one_that_the_migrations_make(
    engine: Engine, postgres_server: Postgres
) -> None:
    other = migrated(Server(postgres_server.database()))
    assert schema_of(engine) == schema_of(other)
    other.dispose()


def test_a_ledger_of_the_first_schema_is_brought_up_to_date_and_loses_nothing(place: Server) -> None:
    older = migrated(place, "0001")
    with older.begin() as db:
        db.execute(text("INSERT INTO installation VALUES ('kept', '2017-10-01 00:00:00Z')"))
    older.dispose()
    engine = ledger.open_existing(place)
    assert engine is not None
    with engine.begin() as db:
        assert ledger.installation_id(db) == "kept"
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == ledger.SCHEMA
    engine.dispose()


def test_opening_again_keeps_the_installation_and_looking_makes_none(place: Server) -> None:
    assert ledger.open_existing(place) is None
    names = set()
    for _ in range(2):
        engine = ledger.create(place, NOW)
        with engine.begin() as db:
            names.add(ledger.installation_id(db))
        engine.dispose()
    assert len(names) == 1


def test_hosts_that_start_at_once_make_one_ledger(place: Server) -> None:
    engines: list[Engine] = []
    starts = [threading.Thread(target=lambda: engines.append(ledger.create(place, NOW))) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(30)
    assert len(engines) == 4
    with engines[0].begin() as db:
        assert len(db.execute(select(installation)).all()) == 1
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        pytest.param("CREATE TABLE recipes (name TEXT)", "no ledger of ours", id="another program's"),
        pytest.param(
            "CREATE TABLE alembic_version (version_num TEXT)", "no ledger of ours", id="its migrations"
        ),
        pytest.param(
            "UPDATE alembic_version SET version_num = '9999'", "a later release", id="a later ledger"
        ),
    ],
)
def test_a_database_that_is_not_for_this_release_is_refused(
    place: Server, postgres_server: Postgres, statement: str, told: str
) -> None:
    if "UPDATE" in statement:
        ledger.create(place, NOW).dispose()
    with postgres_server.connect(place.url.partition("@/")[2].partition("?")[0]) as db:
        db.execute(statement.encode())
    with pytest.raises(ConfigError, match=told):
        ledger.create(place, NOW)
    with pytest.raises(ConfigError, match=told):
        ledger.open_existing(place)


def test_a_server_or_database_that_is_not_there_is_told_by_the_key(postgres_server: Postgres) -> None:
    for url in (postgres_server.url("nowhere"), "postgresql+psycopg://notifier@127.0.0.1:1/ledger"):
        with pytest.raises(NotifierError, match=r"service\.database: postgresql") as told:
            ledger.open_existing(Server(url, "geheim"))
        assert told.value.exit_code == 1, "it may come back: systemd tries again"
        assert "geheim" not in str(told.value)


def test_instants_come_back_in_utc_whatever_the_server_s_zone(engine: Engine) -> None:
    with engine.begin() as db:
        assert db.execute(select(installation.c.created)).scalar_one() == NOW
        assert db.execute(select(installation.c.created)).scalar_one().tzinfo is UTC
        zone = "SELECT created AT TIME ZONE 'Asia/Shanghai' FROM installation"
        assert db.execute(text(zone)).scalar_one() == datetime(2017, 10, 1, 8)  # noqa: DTZ001


def test_a_nul_that_a_document_brought_is_kept_as_the_replacement_character(engine: Engine) -> None:
    with engine.begin() as db:
        record_event(db, at=NOW, by="a\0b", action="x", detail="")
        assert db.execute(select(events.c.by)).scalar_one() == "a\ufffdb"


def test_transactions_come_one_after_another_but_for_those_that_stand_beside(engine: Engine) -> None:
    order: list[str] = []

    def second() -> None:
        with engine.begin():
            order.append("second")

    with engine.begin():
        waiting = threading.Thread(target=second)
        waiting.start()
        with ledger.beside(engine).begin() as db:
            db.execute(select(installation.c.id))
            order.append("beside")
        time.sleep(0.2)
        order.append("first")
    waiting.join(10)
    assert order == ["beside", "first", "second"]


def test_a_lock_that_never_comes_free_fails_the_transaction_in_the_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, place: Server
) -> None:
    monkeypatch.setitem(postgresql._SESSION, "lock_timeout", "100ms")
    other = postgresql.connect(place)
    with engine.begin(), pytest.raises(OperationalError, match="lock timeout"), other.begin():
        pass
    other.dispose()


def test_whoever_falls_silent_in_a_decision_loses_it_and_the_others_go_on(
    engine: Engine, place: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_ONE_AFTER_ANOTHER", postgresql._one_after_another("300ms"))
    other = postgresql.connect(place)

    def decide_slowly() -> None:
        with engine.begin() as silent:
            record_event(silent, at=NOW, by="silent", action="x", detail="")
            with other.begin() as db:  # as soon as the server has ended the transaction of the silent one
                record_event(db, at=NOW, by="other", action="x", detail="")
            silent.execute(select(installation.c.id))

    with pytest.raises(DBAPIError, match="idle-in-transaction") as ended:
        decide_slowly()
    assert UnseenStorage().excuses(ended.value)  # a new start would not help
    with other.begin() as db:
        assert list(db.execute(select(events.c.by)).scalars()) == ["other"]
    other.dispose()


@pytest.mark.parametrize(
    ("url", "sslmode"),
    [
        ("postgresql+psycopg://u@db.example.org/n", "require"),
        ("postgresql+psycopg://u@db.example.org/n?sslmode=verify-full", "verify-full"),
        ("postgresql+psycopg://u@10.0.0.1/n?sslmode=disable", "disable"),
        ("postgresql+psycopg://u@/n?host=localhost&host=db.example.org", "require"),
        ("postgresql+psycopg://u@localhost,db.example.org/n", "require"),
        ("postgresql+psycopg://u@localhost/n", None),
        ("postgresql+psycopg://u@[::1]:5433/n", None),
        ("postgresql+psycopg://u@/n?host=%2Frun%2Fpostgresql", None),
        ("postgresql+psycopg:///n", None),
    ],
)
def test_a_server_on_another_machine_is_asked_for_tls(url: str, sslmode: str | None) -> None:
    assert postgresql.encrypted(make_url(url)).query.get("sslmode") == sslmode


def test_a_connection_that_the_server_dropped_costs_no_transaction(
    engine: Engine, postgres_server: Postgres
) -> None:
    with engine.begin() as db:
        pid = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with postgres_server.connect() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with engine.begin() as db:
        assert ledger.installation_id(db)


def test_a_copy_in_memory_is_whole_and_leaves_the_original_alone(engine: Engine, place: Server) -> None:
    with engine.begin() as db:
        db.execute(insert(events).values(at=NOW, by="ops", action="x", detail="督查"))
    copy = ledger.in_memory(NOW, copy_of=place)
    with copy.begin() as db:
        assert db.execute(select(events.c.at, events.c.detail)).all() == [(NOW, "督查")]
        db.execute(text("DELETE FROM events"))
    copy.dispose()
    with engine.begin() as db:
        assert len(db.execute(select(events.c.id)).all()) == 1


def test_a_long_look_sees_the_ledger_as_it_was_when_it_began(engine: Engine) -> None:
    query = select(events.c.detail)
    with ledger.only_reading(engine).begin() as looking:
        before = looking.execute(query).scalars().all()
        with engine.begin() as db:
            record_event(db, at=NOW, by="ops", action="closed", detail="meanwhile")
        assert looking.execute(query).scalars().all() == before
    with ledger.only_reading(engine).begin() as looking:
        assert "meanwhile" in looking.execute(query).scalars().all()
    with pytest.raises(DBAPIError, match="read-only"), ledger.only_reading(engine).begin() as looking:
        record_event(looking, at=NOW, by="ops", action="closed", detail="by one that only reads")
    with engine.begin() as db:  # what one transaction asked for ends with it
        record_event(db, at=NOW, by="ops", action="closed", detail="after")
        assert db.execute(text("SHOW transaction_isolation")).scalar() == "read committed"


def test_a_ledger_on_a_server_is_counted_beside_whoever_decides(place: Server, engine: Engine) -> None:
    with engine.begin() as db:  # the lock that decisions take
        record_event(db, at=NOW, by="me", action="x", detail="y")
        found = read_figures(place, within=5)
    assert (found.messages, found.open_tasks, found.oldest) == ({}, 0, None)


def test_a_count_on_a_server_that_takes_too_long_is_given_up(place: Server, engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(text("LOCK TABLE messages"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="statement timeout"):
            read_figures(place, within=0.2)
        assert time.monotonic() - began < 10, "not the time that a pass would wait for a lock"


def test_large_values_are_compressed_the_fast_way_where_the_server_has_it(engine: Engine) -> None:
    ways = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
    with engine.begin() as db:
        known = db.execute(text(ways)).scalar() or []
        assert db.execute(text("SELECT current_setting('default_toast_compression', true)")).scalar() == (
            "lz4" if "lz4" in known else "pglz" if known else None
        )
