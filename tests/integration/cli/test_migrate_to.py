"""`migrate-to`: a ledger in a file, with all that an office did, arrives on a PostgreSQL server as it was."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, insert, select, text, update
from sqlalchemy.exc import OperationalError

from notifier.app import build
from notifier.clock import utc_now
from notifier.config import load
from notifier.database import Server
from notifier.errors import ConfigError
from notifier.ledger import copying, in_force, moving, outbox, tasks
from notifier.ledger import engine as ledgers
from notifier.ledger import server as servers
from notifier.ledger.engine import SCHEMA
from notifier.ledger.event_days import set_day
from notifier.ledger.extended import Extension, add_extension
from notifier.ledger.hold import hold
from notifier.ledger.in_force import Waiting
from notifier.ledger.log import record_event, register_daemon, update_daemon
from notifier.ledger.refusals import note_refusal
from notifier.ledger.schema import events, messages, metadata, ops_told, relay, reminders
from notifier.passes import closing as closings
from notifier.passes import suspending
from tests.clock import SettableClock
from tests.fakes import RecordingTransport
from tests.integration.cli.conftest import Type
from tests.office import beijing, office, passes_of
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

SLOT = beijing("2018-05-30T09:00")


@pytest.fixture
def full(desk: Path) -> Path:
    """The file of a ledger with something in every table: mail sent, claimed, and begun without an answer."""
    clock = SettableClock(beijing("2017-10-01T00:00"))
    config = office(desk)
    app, passes = passes_of(config, clock, RecordingTransport())
    passes.adopt(clock())
    clock.set(beijing("2017-12-29T09:00"))
    passes.plan(clock())
    passes.send()
    clock.set(SLOT)
    passes.plan(SLOT)
    closings.close(passes.engine, "2", app.setting, SLOT, by="ops", unit="省教育厅", report=None)
    suspending.suspend(passes.engine, "2", app.setting, SLOT, by="ops", unit="洛阳市政府")
    june, july = date(2018, 6, 30), date(2018, 7, 31)
    back = Extension(task_id=1, original=june, was=june, day=july, by="ops", at=SLOT, note="改回", ended=SLOT)
    with passes.engine.begin() as db:
        add_extension(db, back)
        register_daemon(db, "host", 1, SLOT, config_hash="0" * 64, preflight=2)
        set_day(db, "验收", SLOT.date(), by="ops", at=SLOT)
        record_event(db, at=SLOT, by="a\0b", action="x", detail="\\u0000 stays")
        note_refusal(db, "li@example.org", "550 no", SLOT)
        db.execute(insert(relay).values(rate="", free_at=SLOT))
        in_force.adopted(db, "f" * 64, b"[service]\n", [{"unit": "省教育厅"}], SLOT, host="host")
        in_force.hold(
            db, Waiting(host="host", fingerprint="e" * 64, since=SLOT, added=1, dropped=2, moved=3, before=4)
        )
        claimed = outbox.claim(db, "host:1", SLOT, 10)
        assert len(claimed) == 2
        db.execute(
            insert(ops_told).values(message_id=claimed[1].id, key="hold", lasts=True, urgent_for=SLOT.date())
        )
        db.execute(
            update(messages)
            .where(messages.c.id == claimed[0].id)
            .values(begun=True, uncertain=True, attempts=1, body=b"\x00\xffDATA", body_sha256="f" * 64)
        )
    passes.engine.dispose()
    return config.database


def rows_of(db: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    return {
        table.name: [
            dict(row) for row in db.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        ]
        for table in metadata.sorted_tables
    }


def content_of(engine: Engine | None) -> dict[str, list[dict[str, Any]]]:
    assert engine is not None
    with engine.begin() as db:
        rows = rows_of(db)
    engine.dispose()
    return rows


def test_a_ledger_arrives_as_it_was_with_its_ids_and_goes_on_from_there(
    full: Path, ops: Type, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 2)
    before = content_of(ledgers.open_existing(full))
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    url = postgres_server.database()
    moved = ops("migrate-to", url)
    assert moved.code == 0, moved.err
    assert f'database = "{url}"' in moved.out
    before["events"][-1]["by"] = "a\ufffdb"  # PostgreSQL takes no NUL
    assert content_of(ledgers.open_existing(Server(url))) == before
    uncertain = [row for row in before["messages"] if row["uncertain"]]
    assert [(row["state"], row["body"], row["owner"]) for row in uncertain] == [
        ("claimed", b"\x00\xffDATA", "host:1")
    ]
    engine = ledgers.create(Server(url), SLOT)
    with engine.begin() as db:
        for table in (events, messages, reminders):
            last = max(row["id"] for row in before[table.name])
            values = {name: value for name, value in before[table.name][-1].items() if name != "id"}
            values |= {"message_id": "<new@example.org>", "contact": "new"} if table is messages else {}
            values |= {"contact": "new"} if table is reminders else {}
            new = db.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
            assert new == last + 1
        assert outbox.claim(db, "host:2", SLOT, 10) == []  # the lease of the one that was stopped still runs
        heirs = outbox.claim(db, "host:2", SLOT + outbox.LEASE, 10)
        assert {message.body for message in heirs if message.uncertain} == {b"\x00\xffDATA"}
        assert tasks.tasks_of(db)
    engine.dispose()


def test_a_ledger_that_was_moved_is_refused_and_says_where_it_went(
    full: Path, ops: Type, postgres_server: Postgres
) -> None:
    url = postgres_server.database()
    assert ops("migrate-to", url).code == 0
    for words in (
        ("run",),
        ("status",),
        ("done", "1"),
        ("check",),
        ("migrate-to", postgres_server.database()),
    ):
        refused = ops(*words)
        assert refused.code == 78, words
        assert f"{full}: this ledger was moved to {url}" in refused.err


def test_a_move_that_was_cut_off_before_the_server_committed_is_made_again(
    full: Path, ops: Type, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content_of(ledgers.open_existing(full))
    url = postgres_server.database()
    connect = servers.connect

    def cut_off(server: Server) -> Engine:
        engine = connect(server)

        def lost(_connection: object) -> None:
            raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

        monkeypatch.setattr(engine.dialect, "do_commit", lost)
        return engine

    monkeypatch.setattr(servers, "connect", cut_off)
    broken = ops("migrate-to", url)
    monkeypatch.setattr(servers, "connect", connect)
    assert broken.code == 1
    assert "marked as moved already: give the same command again" in broken.err
    assert ops("run").code == 78, "whatever arrived, nothing goes from here"
    assert ledgers.open_existing(Server(url)) is None
    assert ops("migrate-to", url).code == 0
    assert content_of(ledgers.open_existing(Server(url)))["messages"] == before["messages"]
    again = ops("migrate-to", url)
    assert again.code == 0, "what is there already is compared"
    engine = ledgers.create(Server(url), SLOT)
    with engine.begin() as db:
        record_event(db, at=SLOT, by="ops", action="x", detail="")
    engine.dispose()
    late = ops("migrate-to", url)
    assert (late.code, "in events" in late.err) == (1, True)


def test_what_arrives_otherwise_than_it_was_undoes_the_move(
    full: Path, ops: Type, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.database()
    honest = copying.copy_tables

    def forgetful(source: Connection, target: Connection) -> dict[str, copying.Tally]:
        tallies = honest(source, target)
        target.execute(update(reminders).values(label="another"))
        return tallies

    monkeypatch.setattr(moving, "copy_tables", forgetful)
    failed = ops("migrate-to", url)
    assert failed.code == 1
    assert "in reminders: nothing was moved" in failed.err
    assert ledgers.open_existing(Server(url)) is None
    assert ops("status").code == 0, "the file is as it was"
    assert full.exists()


def test_a_database_that_is_not_empty_is_refused(full: Path, ops: Type, postgres_server: Postgres) -> None:
    url = postgres_server.ledger()
    refused = ops("migrate-to", url)
    assert refused.code == 78
    assert "the database is not empty" in refused.err
    assert ops("status").code == 0
    assert full.exists()


def test_a_daemon_that_runs_keeps_its_ledger(full: Path, ops: Type, postgres_server: Postgres) -> None:
    with hold(full):
        refused = ops("migrate-to", postgres_server.database())
    assert refused.code == 75
    assert "held by another daemon" in refused.err


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("sqlite:///other.db", 2, "moved to a server"),
        ("postgresql+psycopg://u:geheim@h/n", 2, "--password-file"),
        ("postgresql+psycopg://u@127.0.0.1:1/n", 1, "postgresql+psycopg://u@127.0.0.1:1/n: "),
    ],
)
def test_where_a_ledger_can_not_go_is_told(full: Path, ops: Type, url: str, code: int, told: str) -> None:
    refused = ops("migrate-to", url)
    assert (refused.code, told in refused.err) == (code, True), refused.err
    assert "geheim" not in refused.err
    with closing(sqlite3.connect(full)) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'moved'").fetchone() is None


def test_an_older_ledger_is_brought_up_to_date_on_its_way(
    desk: Path, ops: Type, postgres_server: Postgres
) -> None:
    place = load(desk / "config.toml").database
    place.parent.mkdir()
    older = create_engine(f"sqlite:///{place}")
    steps = AlembicConfig()
    steps.set_main_option("script_location", str(Path(ledgers.__file__).parent / "migrations"))
    with older.begin() as db:
        steps.attributes["connection"] = db
        command.upgrade(steps, "0001")
        db.execute(text("INSERT INTO installation VALUES ('kept', '2017-10-01 00:00:00')"))
    older.dispose()
    url = postgres_server.database()
    assert ops("migrate-to", url).code == 0
    moved = ledgers.open_existing(Server(url))
    assert moved is not None
    with moved.begin() as db:
        assert ledgers.installation_id(db) == "kept"
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == SCHEMA
    moved.dispose()


def test_there_is_nothing_to_move_before_there_is_a_ledger(
    desk: Path, ops: Type, postgres_server: Postgres
) -> None:
    refused = ops("migrate-to", postgres_server.database())
    assert (refused.code, "there is no ledger" in refused.err) == (78, True)
    assert not load(desk / "config.toml").database.exists()


def test_commands_work_on_the_server_once_the_configuration_names_it(
    full: Path, desk: Path, ops: Type, postgres_server: Postgres
) -> None:
    url = postgres_server.database()
    assert ops("migrate-to", url).code == 0
    office(desk, extra=f'[service]\ndatabase = "{url}"\nengine = "cluster"\n')
    full.rename(full.with_suffix(".old"))
    assert ops("status", "--json").json["uncertain"] == 1
    assert ops("done", "1").code == 0
    assert ops("check").code == 0
    assert ops("tasks").code == 0
    assert ops("agenda").code == 0
    with pytest.raises(ConfigError):
        _ = load(desk / "config.toml").database


def test_status_shows_every_host_and_which_of_them_is_behind(
    desk: Path, ops: Type, postgres_server: Postgres
) -> None:
    now = utc_now()
    config = office(desk, extra=f'[service]\ndatabase = "{postgres_server.database()}"\nengine = "cluster"\n')
    engine = build(config).create_ledger()
    with engine.begin() as db:
        register_daemon(db, "north", 6, now - timedelta(hours=1), config_hash="c" * 64, preflight=0)
        register_daemon(db, "north", 7, now, config_hash="a" * 64, preflight=0)
        register_daemon(db, "south", 7, now, config_hash="a" * 64, preflight=0)
        update_daemon(db, "south", 7, last_plan=now)
    told = ops("status").out
    assert "north pid 7: alive" in told
    assert "south pid 7: alive" in told
    assert "north pid 6: died" in told
    assert "they differ" not in told
    assert ops("status", "--json").json["last_plan"] is not None, "whichever host ran it"
    with engine.begin() as db:
        update_daemon(db, "south", 7, config_hash="b" * 64)
    engine.dispose()
    told = ops("status").out
    assert "north: configuration aaaaaaaaaaaa\n" in told
    assert "south: configuration bbbbbbbbbbbb\n" in told
    assert "they differ: copy the right one" in told
