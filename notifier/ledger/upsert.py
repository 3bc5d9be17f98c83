"""Inserting what may be there already: SQLite and PostgreSQL say it alike, each in a dialect of its own."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(db: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert into a table that knows `on_conflict_do_update`, as the database of `db` writes it."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)
