"""The locks on a database server that are held for mails in hand: `ledger.holding` takes them, claims heed them."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from notifier.ledger.schema import messages

_CLASS: Final = 0x6E6F7469  # what tells ours from other locks in the same database: any number would do
_LOCKED: Final[Select[Any]] = (
    select(literal_column("objid"))
    .select_from(text("pg_locks"))
    .where(
        text(f"locktype = 'advisory' AND classid = {_CLASS} AND objsubid = 2"),
        text("database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
    )
)

IN_HAND: Final[ColumnElement[bool]] = messages.c.id.in_(_LOCKED)
"""What is true of the messages for which a session has the lock."""

TAKE: Final[ColumnElement[Any]] = func.pg_try_advisory_lock(literal_column(str(_CLASS)), messages.c.id)
"""What takes the lock for a message, until its session ends or gives it up; false where another has it."""

GIVE_UP_ALL: Final = "pg_advisory_unlock_all()"


def give_up(message: int) -> str:
    """Return the expression that gives up the lock for a message."""
    return f"pg_advisory_unlock({_CLASS}, {message:d})"
