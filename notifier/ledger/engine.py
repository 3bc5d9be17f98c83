"""Opening the ledger: the SQLite file, its settings, its schema version; one on a server is `ledger.server`'s."""

import logging
import os
import sqlite3
import uuid
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from notifier.database import Server
from notifier.errors import ConfigError, NotifierError
from notifier.ledger import keeping
from notifier.ledger.copying import copy_tables
from notifier.ledger.schema import installation, metadata

log = logging.getLogger(__name__)

SCHEMA = "0014"
_CACHE_KIB = 16_384  # at most; by default 2 MB, in which the indexes of 100,000 reminders push each other out
# As Alembic makes it.
_VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def create(path: Path | Server, now: datetime, *, anew: bool = False) -> Engine:
    """Open the ledger at `path` for a daemon, whole and at the current schema; made if there never was one.

    It is readable by its owner alone. With `anew` one is made where an earlier one is gone. Raises ConfigError when
    the place can't be written, the file is damaged or no ledger, or a ledger is gone (without `anew`) or there
    (with it).
    """
    if isinstance(path, Server):
        from notifier.ledger import server  # most ledgers are files

        return server.create(path, now)
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        keeping.refuse_to_replace(path, anew=anew)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"service.database: {path}: {error.strerror or error}") from None
    for place in (path.parent, path):
        # SQLite opens a file that it may only read, and says so at the first change.
        if not os.access(place, os.W_OK):
            raise ConfigError(f"service.database: {place}: this can't be written")
    keeping.hide(path)
    if keeping.is_there(path):
        keeping.check_pages(path)
        keeping.refuse_moved(path)
    engine = ready(path)
    try:
        with engine.begin() as db:
            if db.execute(select(installation.c.id)).first() is None:
                db.execute(insert(installation).values(id=str(uuid.uuid4()), created=now))
        keeping.mark_made(path, now)
    except DBAPIError as error:
        engine.dispose()
        raise keeping.unusable(path, error) from None
    except ConfigError:
        engine.dispose()
        raise
    return engine


def open_existing(path: Path | Server) -> Engine | None:
    """Open the ledger at `path` at the current schema; None when there is none yet."""
    if isinstance(path, Server):
        from notifier.ledger import server

        return server.open_existing(path)
    if not keeping.is_there(path):
        return None
    keeping.refuse_moved(path)
    return ready(path)


def in_memory(now: datetime, *, copy_of: Path | Server | None = None) -> Engine:
    """Return a ledger that lives as long as its engine: empty, or a copy of the one at `copy_of`."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    _settle(connection)
    _listen(engine)
    if copy_of is not None:
        if (source := open_existing(copy_of)) is None:
            raise NotifierError(f"no ledger at {copy_of}")
        if isinstance(copy_of, Server):
            metadata.create_all(engine)
            with beside(source).begin() as theirs, engine.begin() as ours:
                copy_tables(theirs, ours)
            source.dispose()
            return engine
        source.dispose()
        with sqlite3.connect(keeping.address(copy_of, "ro"), uri=True) as original:
            original.backup(connection)
        original.close()
        return engine
    metadata.create_all(engine)
    with engine.begin() as db:
        db.execute(insert(installation).values(id="rehearsal", created=now))
    return engine


def beside(engine: Engine) -> Engine:
    """Return the same ledger for transactions that on a server needn't wait for each other, nor others for them.

    Right for what only reads, and for what changes nothing but messages that this process has claimed.
    """
    return engine.execution_options(runs_beside=True)


def only_reading(engine: Engine) -> Engine:
    """Return the same ledger for transactions that only read, at length: as it was when they began, in nobody's way."""
    return engine.execution_options(runs_beside=True, only_reads=True)


def installation_id(db: Connection) -> str:
    """Return the ledger's own stable name, made when it was created."""
    return str(db.execute(select(installation.c.id)).scalar_one())


def ready(path: Path) -> Engine:
    """Return the engine of a ledger in a file at the current schema, even of one that was moved away.

    On any fault nothing stays open.
    """
    engine = _connect(path)
    try:
        _upgrade(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _connect(path: Path) -> Engine:
    # mode=rw: a plain open would silently create a missing file, and everything be planned again.
    url = keeping.address(path, "rw")

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(
            url, uri=True, timeout=keeping.LOCK_WAIT_SECONDS, check_same_thread=False
        )
        try:
            _settle(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    # A fault of the database is logged: without the row's values, which are people and their mail.
    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool, hide_parameters=True)
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
        only_reads = connection.get_execution_options().get("only_reads")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _upgrade(engine: Engine, path: Path) -> None:
    try:
        with engine.connect() as db:
            tables, version = _found(db)
    except Exception as error:
        raise keeping.unusable(path, error) from None
    if version == SCHEMA:
        return
    if version is not None and version > SCHEMA:
        raise ConfigError(
            f"service.database: {path}: its schema {version} is of a later release; this one knows {SCHEMA}"
        )
    if version is None and tables:
        raise ConfigError(f"service.database: {path}: this is a database, but no ledger of ours")
    try:
        with engine.begin() as db:
            _bring_up(db, path)
    except DBAPIError as error:
        raise keeping.unusable(path, error) from None


def _bring_up(db: Connection, path: Path) -> None:
    _, version = _found(db)  # another process may have been here between
    if version is None:
        # A new ledger needs no history; a test holds the migrations to the same end.
        make_tables(db)
    elif version != SCHEMA:
        # Nobody else can write now, so that the copy is what the change begins from.
        kept = keeping.keep_copy(path, version)
        log.info(
            "The schema goes from %s to %s; as it was: %s", version, SCHEMA, kept,
            extra={"action": "schema_upgraded"},
        )  # fmt: skip
        migrate(db)


def _found(db: Connection) -> tuple[set[str], str | None]:
    """Return the tables of a database, and the version of its schema where it is a ledger."""
    tables = set(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
    if "alembic_version" not in tables:
        return tables, None
    return tables, db.execute(text("SELECT version_num FROM alembic_version")).scalar()


def make_tables(db: Connection) -> None:
    """Make a ledger's tables at the newest version, in a database that has none."""
    metadata.create_all(db)
    db.execute(text(_VERSION_TABLE))
    db.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})


def migrate(db: Connection) -> None:
    """Bring a ledger's schema to the newest version, step by step."""
    # Imported late: Alembic costs a quarter of a second and 10 MB, and only a schema change needs it.
    from alembic import command
    from alembic.config import Config as AlembicConfig

    migrations = AlembicConfig()
    migrations.set_main_option("script_location", os.fspath(Path(__file__).parent / "migrations"))
    migrations.attributes["connection"] = db
    command.upgrade(migrations, "head")
