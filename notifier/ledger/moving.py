"""Moving a ledger from its file to a PostgreSQL server, once and for good: never are there two that mail is sent from.

The file is marked as moved before the server commits what it was given. A crash between the two leaves a marked file
and an empty database; the same command then moves it again.
"""

import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from notifier.database import Server
from notifier.errors import ConfigError, NotifierError
from notifier.ledger import keeping, server
from notifier.ledger.copying import Tally, copy_tables, tallies_of
from notifier.ledger.engine import make_tables, ready


def move(path: Path, target: Server, now: datetime) -> dict[str, Tally]:
    """Move the ledger in a file into an empty database; return what is there now, by table.

    The caller holds the file, so that no daemon has it. Either everything arrives, counted and compared, in one
    transaction, and the file is marked, or both stay as they were. A ledger that was moved there before is compared
    again. Raises ConfigError when there is no ledger, the file is damaged or was moved elsewhere, or the database is
    not empty; NotifierError when the server can't do it.
    """
    if not keeping.is_there(path):
        raise ConfigError(f"service.database: {path}: there is no ledger")
    keeping.check_pages(path)
    before = keeping.moved_to(path)
    if before not in (None, target.url):
        keeping.refuse_moved(path)
    there = server.connect(target)
    try:
        here = ready(path)
        try:
            with there.begin() as db, here.begin() as ours:  # ended in the other order: the mark comes first
                tallies = _moved(ours, db, target, is_marked=before is not None)
                _mark(ours, target, now)
        finally:
            here.dispose()
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise keeping.unusable(path, error) from None
        why = f"{target}: {server.said(error)}"
        if keeping.moved_to(path) is not None:
            why += "; the file is marked as moved already: give the same command again, and it looks what arrived"
        raise NotifierError(why) from None
    finally:
        there.dispose()
    return tallies


def _moved(ours: Connection, db: Connection, target: Server, *, is_marked: bool) -> dict[str, Tally]:
    tables = server.tables_of(db)
    if tables and not is_marked:
        raise ConfigError(f"{target}: the database is not empty, it has {', '.join(sorted(tables)[:5])}")
    if tables:
        sent = tallies_of(ours)
    else:
        make_tables(db)
        sent = copy_tables(ours, db)
    arrived = tallies_of(db)
    if wrong := [name for name in sent if sent[name] != arrived[name]]:
        raise NotifierError(
            f"{target}: what is there is not what the file holds, in {', '.join(wrong)}: "
            + ("mail was sent from it since it was moved" if tables else "nothing was moved")
        )
    return arrived


def _mark(db: Connection, target: Server, now: datetime) -> None:
    db.execute(text("CREATE TABLE IF NOT EXISTS moved (place TEXT NOT NULL, at TEXT NOT NULL)"))
    db.execute(text("DELETE FROM moved"))
    db.execute(text("INSERT INTO moved VALUES (:place, :at)"), {"place": target.url, "at": now.isoformat()})
