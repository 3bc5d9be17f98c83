"""Copying a ledger from one database to another, whichever they are: every table, page by page, and the proof of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, func, insert, select, text

from notifier.ledger.schema import metadata

PAGE = 200  # rows in memory at a time; one may carry a whole mail


@dataclass(frozen=True, slots=True)
class Tally:
    """What is in a table: how many rows, and a checksum of them that no order changes."""

    rows: int = 0
    checksum: int = 0

    def with_row(self, row: Mapping[str, Any] | RowMapping) -> "Tally":
        """Return the tally with one row more; a NUL counts as the U+FFFD that PostgreSQL is given for it."""
        content = json.dumps(sorted(row.items()), default=_plain, sort_keys=True)
        digest = hashlib.sha256(content.replace("\\u0000", "\\ufffd").encode())
        return Tally(self.rows + 1, (self.checksum + int.from_bytes(digest.digest())) % 2**256)


def copy_tables(source: Connection, target: Connection) -> dict[str, Tally]:
    """Copy every row to a ledger whose tables are there and empty, ids and all; return what was read, by table."""
    tallies = {}
    for table in metadata.sorted_tables:
        tally = Tally()
        rows = source.execute(_all_of(table), execution_options={"yield_per": PAGE}).mappings()
        for page in rows.partitions():
            values = [dict(row) for row in page]
            target.execute(insert(table), values)
            for row in values:
                tally = tally.with_row(row)
        tallies[table.name] = tally
        _count_on(target, table)
    return tallies


def tallies_of(db: Connection) -> dict[str, Tally]:
    """Return what is in a ledger, by table."""
    tallies = {}
    for table in metadata.sorted_tables:
        tally = Tally()
        for row in db.execute(_all_of(table), execution_options={"yield_per": PAGE}).mappings():
            tally = tally.with_row(row)
        tallies[table.name] = tally
    return tallies


def _all_of(table: Table) -> Any:
    return select(table).order_by(*table.primary_key.columns)


def _count_on(db: Connection, table: Table) -> None:
    """Let new ids follow those that were copied; SQLite does so by itself."""
    column = table.autoincrement_column
    if db.dialect.name != "postgresql" or column is None:
        return
    last = db.execute(select(func.max(column))).scalar()
    if last is not None:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        db.execute(sequence, {"table": table.name, "column": column.name, "last": last})


def _plain(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, date):  # and instants, which come in UTC from every database
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a ledger")
