"""What is alike in both databases, whatever each makes of it: instants, text, an index on some of the rows."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, Dialect, MetaData, TypeDecorator, text
from sqlalchemy import Text as AnyText


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. SQLite keeps no zone, so UTC is written and put back; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"datetime has no time zone: {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # A server speaks in the time zone of the session.
        moment: datetime = (
            value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)
        )
        return moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(maxsize=4096)  # the reminders of a slot share their moments
def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class Names(TypeDecorator[list[str]]):
    """Names, as JSON."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _names if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else list(_read_names(text))


@lru_cache(maxsize=1024)  # many reminders are for the same units
def _read_names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


class Text(TypeDecorator[str]):
    """Text of any length. PostgreSQL takes no NUL in it: one is kept there as U+FFFD, the replacement character."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return value
        return value.replace("\0", "\ufffd")


def only_where(condition: str) -> dict[str, Any]:
    """Return what makes an index hold only the rows of a condition, whichever the database."""
    return {"sqlite_where": text(condition)}


def say_conditions(metadata: MetaData, db: Connection, **_options: object) -> None:
    """Say the conditions of indexes in the words of the database that is about to be made."""
    # Said in the table, PostgreSQL's condition would import its dialect, 3 MB that a ledger in a file has no use for.
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.dialect_options[db.dialect.name]["where"] = index.dialect_options["sqlite"]["where"]
