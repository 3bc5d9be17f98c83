"""The ledger on a PostgreSQL server: its sessions, its schema, and the lock that puts decisions one after another.

SQLite lets one transaction write at a time, and the passes and commands count on that: what is read stays so until
it is acted on. Here a lock of the database gives the same; what needs it not says so with `engine.beside`.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    TextClause,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from notifier.database import Server
from notifier.errors import ConfigError, NotifierError, in_one_line
from notifier.ledger.engine import SCHEMA, make_tables, migrate
from notifier.ledger.keeping import LOCK_WAIT_SECONDS
from notifier.ledger.schema import installation

log = logging.getLogger(__name__)

# A decision is a few statements, one upon the other. Whoever falls silent in the middle of one, frozen or cut off,
# loses it: all others wait for the lock.
_SILENCE = "15s"


def _one_after_another(silence: str) -> TextClause:
    return text(
        f"SELECT set_config('idle_in_transaction_session_timeout', '{silence}', true),"
        " pg_advisory_xact_lock(hashtextextended('notifier ledger', 0))"
    )


_ONE_AFTER_ANOTHER = _one_after_another(_SILENCE)
# Else each statement has its own.
_AS_IT_WAS = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

# A host that dies or is cut off gives its locks back when its connections count as dead, not before: the server asks
# after 30 seconds of silence, and gives up half a minute later; what it has said and nobody confirms, for which the
# system by itself would try for a quarter of an hour, it gives up after 20 seconds. A frozen process loses its
# transaction, too.
_SESSION = {
    "timezone": "UTC",
    "synchronous_commit": "on",
    "lock_timeout": f"{LOCK_WAIT_SECONDS}s",
    "idle_in_transaction_session_timeout": "5min",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",  # milliseconds
}
# A mail is 25 KB, which the server's own way of old compresses at the cost of all else that is done to record it. Not
# every server has the other way: from 14 on, and as it was built.
_COMPRESS_FAST = (
    b"SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings"
    b" WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)"
)
# A host that is cut off finds out sooner: its main thread must be back before the watchdog barks, after a minute.
_CLIENT = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,  # milliseconds
    "application_name": "notifier",
}
_HERE = {"", "localhost", "127.0.0.1", "::1"}
_NOT_OURS = "procrastinate_"  # what the cluster's engine keeps in the same database


def create(server: Server, now: datetime) -> Engine:
    """Open the ledger of a database at the current schema, made there if the database is empty.

    Raises ConfigError when the database is another program's or a later release's, NotifierError when it can't be
    reached or used.
    """
    engine = connect(server)
    try:
        with told(server), engine.begin() as db:
            if not _bring_up_to_date(db, server):
                make_tables(db)
            if db.execute(select(installation.c.id)).first() is None:
                db.execute(insert(installation).values(id=str(uuid.uuid4()), created=now))
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_existing(server: Server) -> Engine | None:
    """Open the ledger of a database at the current schema; None when the database is empty. Raises as `create`."""
    engine = connect(server)
    try:
        with told(server), engine.begin() as db:
            is_there = _bring_up_to_date(db, server)
    except BaseException:
        engine.dispose()
        raise
    if is_there:
        return engine
    engine.dispose()
    return None


def connect(server: Server, *, within: float | None = None) -> Engine:
    """Return an engine on a server's database, whatever is in it; ConfigError when the driver is not installed.

    With `within`, nothing that is asked takes longer than so many seconds; nor does a connection, but two at least.
    """
    url = encrypted(make_url(server.url))
    if server.password is not None:
        url = url.set(password=server.password)
    try:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=10,
            hide_parameters=True,
            pool_pre_ping=True,  # a server that was restarted costs no pass
            isolation_level="READ COMMITTED",
            connect_args=_as_we_speak() if within is None else _in_haste(int(within * 1000)),
        )
    except ImportError as error:
        raise ConfigError(
            f"service.database: {server}: PostgreSQL needs the extra `cluster`, as in pip install 'notifier[cluster]': "
            f"{error}"
        ) from None

    @event.listens_for(engine, "connect")
    def _connected(session: Any, _record: object) -> None:
        session.execute(_COMPRESS_FAST)
        session.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        asked = connection.get_execution_options()
        if asked.get("only_reads"):
            connection.execute(_AS_IT_WAS)
        if not asked.get("runs_beside"):
            connection.execute(_ONE_AFTER_ANOTHER)

    return engine


def session(engine: Engine) -> dict[str, Any]:
    """Return psycopg's arguments for a session like those of an engine, the password among them."""
    return {**engine.dialect.create_connect_args(engine.url)[1], **_as_we_speak()}


def _as_we_speak(**more: str) -> dict[str, Any]:
    options = " ".join(f"-c {name}={value}" for name, value in (_SESSION | more).items())
    return {**_CLIENT, "options": options}


def _in_haste(milliseconds: int) -> dict[str, Any]:
    asked = _as_we_speak(statement_timeout=f"{milliseconds}ms")
    return asked | {"connect_timeout": max(2, milliseconds // 1000), "tcp_user_timeout": milliseconds}


def encrypted(url: URL) -> URL:
    """Return a URL that asks for TLS unless it says what it wants, or the server is on this machine.

    libpq's own `sslmode=prefer` goes on in clear text wherever it is told that there is no TLS.
    """
    named = url.query.get("host", url.host or "")
    hosts = [host for part in ([named] if isinstance(named, str) else named) for host in part.split(",")]
    if "sslmode" in url.query or all(host.startswith("/") or host in _HERE for host in hosts):
        return url
    return url.update_query_dict({"sslmode": "require"})


@contextmanager
def told(server: Server) -> Iterator[None]:
    """Turn what a server says into a NotifierError that names it."""
    try:
        yield
    except DBAPIError as error:
        raise NotifierError(f"service.database: {server}: {said(error)}") from None


def said(error: DBAPIError) -> str:
    """Return what a server said, on one line, without the rows that it adds in its details."""
    diagnosis = getattr(error.orig, "diag", None)
    return in_one_line(getattr(diagnosis, "message_primary", None) or error.orig)


def tables_of(db: Connection) -> set[str]:
    """Return the tables in a database, but for those of the cluster's engine."""
    return {name for name in inspect(db).get_table_names() if not name.startswith(_NOT_OURS)}


def _bring_up_to_date(db: Connection, server: Server) -> bool:
    """Bring a ledger to the current schema, held by the lock; return False when the database is empty."""
    tables = tables_of(db)
    if not tables:
        return False
    if not {"alembic_version", installation.name} <= tables:
        raise ConfigError(f"service.database: {server}: this is a database, but no ledger of ours")
    version = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if version > SCHEMA:
        raise ConfigError(
            f"service.database: {server}: its schema {version} is of a later release; this one knows {SCHEMA}"
        )
    if version != SCHEMA:
        log.info("The schema goes from %s to %s", version, SCHEMA, extra={"action": "schema_upgraded"})
        migrate(db)
    return True
