"""Inserting what may be there already: SQLite and PostgreSQL say it alike, each in a dialect of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert(db: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert into a table that knows `on_conflict_do_update`, as the database of `db` writes it."""
    if db.dialect.name != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 3 MB, of no use to a ledger in a file

    return postgresql.insert(table)


def insert_many(
    db: Connection,
    statement: "sqlite.Insert | postgresql.Insert",
    table: Table,
    rows: Sequence[Mapping[str, Any]],
) -> int:
    """Run an insert into `table` for many rows with the same columns, and no other parameters; return how many it made.

    What SQLAlchemy does for each value of each row costs several times what the database does. Most values of many
    rows are the same, and each of them is brought to the database's form once.
    """
    compiled = statement.compile(dialect=db.dialect)
    forms = {name: _form(table, name, db.dialect) for name in rows[0]}
    names = list(rows[0]) if compiled.positiontup is None else compiled.positiontup
    found = [tuple([forms[name](row[name]) for name in names]) for row in rows]
    values: Any = (
        found if compiled.positiontup is not None else [dict(zip(names, row, strict=True)) for row in found]
    )
    options = {"preserve_rowcount": True}
    return db.exec_driver_sql(str(compiled), values, execution_options=options).rowcount


def _form(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any]:
    """Return what brings a column's values to the form in which the driver takes them."""
    process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return lambda value: value
    known: dict[Any, Any] = {}

    def form(value: Any) -> Any:
        try:
            return known[value]
        except KeyError:
            known[value] = found = process(value)
            return found
        except TypeError:  # a list
            return process(value)

    return form
