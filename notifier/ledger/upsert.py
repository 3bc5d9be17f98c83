"""Inserting what may be there already: SQLite and PostgreSQL say it alike, each in a dialect of its own."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
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


class Shared:
    """Values that many rows have alike: some of their columns. They are brought to the database's form once."""

    __slots__ = ("_dialect", "_form", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self._form: tuple[Any, ...] = ()
        self._dialect: str | None = None

    def form(self, dialect: str, forms: Mapping[str, Callable[[Any], Any]]) -> tuple[Any, ...]:
        """Return the values as a database's driver takes them, which these functions say."""
        if self._dialect != dialect:
            self._form = tuple([forms[name](value) for name, value in self.values.items()])
            self._dialect = dialect
        return self._form


def insert_many(
    db: Connection,
    statement: "sqlite.Insert | postgresql.Insert",
    table: Table,
    rows: Sequence[tuple[int, tuple[Shared, ...]]],
    own: str,
) -> int:
    """Run an insert into `table` for many rows with the same columns, and no other parameters; return how many it made.

    Each is a number for the column `own`, and the other columns in parts, the same ones in each row. What SQLAlchemy
    does for each value of each row costs several times what the database does; and each part that rows share is brought
    to the database's form once.
    """
    compiled = statement.compile(dialect=db.dialect)
    names = [own, *(name for part in rows[0][1] for name in part.values)]
    forms = {name: _form(table, name, db.dialect) for name in names}
    name = db.dialect.name
    whole = ((it, *chain.from_iterable([part.form(name, forms) for part in parts])) for it, parts in rows)
    values: Any
    if compiled.positiontup is None:
        values = [dict(zip(names, row, strict=True)) for row in whole]
    else:
        values = list(map(itemgetter(*map(names.index, compiled.positiontup)), whole))
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
