"""Inserting what may be there already: SQLite and PostgreSQL say it alike, each in a dialect of its own."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert(db: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert into a table that knows `on_conflict_do_update`, as the database of `db` writes it."""
    if db.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 3 MB, of no use to a ledger in a file

    return postgresql.insert(table)
