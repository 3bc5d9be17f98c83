"""What is alike in both databases, whatever each makes of it: instants, text, an index on some of the rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, MetaData, TypeDecorator, text
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
