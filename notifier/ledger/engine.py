"""Opening the ledger: the SQLite file, its settings, its schema version."""

import os
import sqlite3
import uuid
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.pool import QueuePool, StaticPool

from notifier.errors import ConfigError, NotifierError
from notifier.ledger.schema import installation, metadata

SCHEMA = "0003"
_LOCK_WAIT_SECONDS = 30


def create(path: Path, now: datetime) -> Engine:
    """Open the ledger at `path`, made if it isn't there (readable by its owner alone), at the current schema.

    Raises ConfigError when the place can't be written or the file is no ledger.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"service.database: {path}: {error.strerror or error}") from None
    engine = _ready(path)
    with engine.begin() as db:
        if db.execute(select(installation.c.id)).first() is None:
            db.execute(insert(installation).values(id=str(uuid.uuid4()), created=now))
    return engine


def open_existing(path: Path) -> Engine | None:
    """Open the ledger at `path` at the current schema; None when there is none yet."""
    if not path.is_file() or path.stat().st_size == 0:
        return None
    return _ready(path)


def in_memory(now: datetime, *, copy_of: Path | None = None) -> Engine:
    """Return a ledger that lives as long as its engine: empty, or a copy of the one at `copy_of`."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    _settle(connection)
    _listen(engine)
    if copy_of is not None:
        if (source := open_existing(copy_of)) is None:
            raise NotifierError(f"no ledger at {copy_of}")
        source.dispose()
        with sqlite3.connect(f"file:{copy_of}?mode=ro", uri=True) as original:
            original.backup(connection)
        original.close()
        return engine
    metadata.create_all(engine)
    with engine.begin() as db:
        db.execute(insert(installation).values(id="rehearsal", created=now))
    return engine


def installation_id(db: Connection) -> str:
    """Return the ledger's own stable name, made when it was created."""
    return str(db.execute(select(installation.c.id)).scalar_one())


def _ready(path: Path) -> Engine:
    """Return the engine of a ledger at the current schema; on any fault nothing stays open."""
    engine = _connect(path)
    try:
        _upgrade(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _connect(path: Path) -> Engine:
    # mode=rw: a plain open would silently create a missing file, and everything be planned again.
    url = f"file:{path}?mode=rw"

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(url, uri=True, timeout=_LOCK_WAIT_SECONDS, check_same_thread=False)
        try:
            _settle(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool)
    _listen(engine)
    return engine


def _settle(connection: sqlite3.Connection) -> None:
    # The driver's own transactions are off: every one of ours begins IMMEDIATE, because a read that
    # turns into a write fails at once with SQLITE_BUSY_SNAPSHOT, whatever the time-out.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _listen(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade(engine: Engine, path: Path) -> None:
    try:
        with engine.connect() as db:
            tables = set(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
            version = (
                db.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if "alembic_version" in tables
                else None
            )
    except Exception as error:
        raise ConfigError(f"service.database: {path}: {getattr(error, 'orig', error)}") from None
    if version == SCHEMA:
        return
    if version is not None and version > SCHEMA:
        raise ConfigError(
            f"service.database: {path}: its schema {version} is of a later release; this one knows {SCHEMA}"
        )
    if version is None and tables:
        raise ConfigError(f"service.database: {path}: this is a database, but no ledger of ours")
    with engine.begin() as db:
        if version is None:
            # A new ledger needs no history; a test holds the migrations to the same end.
            metadata.create_all(db)
            db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            db.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})
        else:
            migrate(db)


def migrate(db: Connection) -> None:
    """Bring a ledger's schema to the newest version, step by step."""
    # Imported late: Alembic costs a quarter of a second and 10 MB, and only a schema change needs it.
    from alembic import command
    from alembic.config import Config as AlembicConfig

    migrations = AlembicConfig()
    migrations.set_main_option("script_location", os.fspath(Path(__file__).parent / "migrations"))
    migrations.attributes["connection"] = db
    command.upgrade(migrations, "head")
