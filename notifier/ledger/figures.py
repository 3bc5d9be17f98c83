"""The ledger in numbers, for who watches it: read beside the daemon, without a lock that a pass would meet."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.pool import NullPool

from notifier.database import Server
from notifier.ledger import keeping, tallies
from notifier.ledger.engine import only_reading
from notifier.ledger.schema import reminders, tasks
from notifier.ledger.tasks import running

_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine: some tenths of a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a ledger holds at one moment."""

    messages: dict[str, int]  # by state
    uncertain: int
    oldest: datetime | None
    """The slot of the oldest message that is not finished."""
    reminders: dict[str, int]  # by state
    open_tasks: int
    in_review: int
    unreachable: int
    """Open tasks with a reminder that had no contact to go to."""


def read_figures(place: Path | Server, *, within: float) -> Figures:
    """Count what the ledger at `place` holds; all numbers are of the same moment.

    Takes no lock that a writer waits for. Raises an error of SQLAlchemy's when the file can't be read or the server
    reached, or when it takes more than `within` seconds; on a server, when one of the numbers does.
    """
    with _served(place, within) if isinstance(place, Server) else _reading(place, within) as db:
        is_running = running()
        in_review = func.count().filter(tasks.c.timing_state == "review")
        open_tasks, reviewed = db.execute(select(func.count(), in_review).where(is_running)).one()
        by_state = select(reminders.c.state, func.count()).group_by(reminders.c.state)
        told: dict[str, int] = dict(db.execute(by_state).all())
        nobody = select(reminders.c.task_id).where(reminders.c.state == "unreachable")
        unreachable = select(func.count()).where(is_running, tasks.c.id.in_(nobody))
        return Figures(
            messages=tallies.counts_by_state(db),
            uncertain=tallies.count_uncertain(db),
            oldest=tallies.oldest_open(db),
            reminders=told,
            open_tasks=open_tasks,
            in_review=reviewed,
            # A look through every reminder ever made: only where there is something to find.
            unreachable=db.execute(unreachable).scalar_one() if "unreachable" in told else 0,
        )


@contextmanager
def _served(server: Server, within: float) -> Iterator[Connection]:
    from notifier.ledger.server import connect  # most ledgers are files

    engine = connect(server, within=within)
    try:
        with only_reading(engine).begin() as db:
            yield db
    finally:
        engine.dispose()


@contextmanager
def _reading(path: Path, within: float) -> Iterator[Connection]:
    deadline = time.monotonic() + within
    with closing(sqlite3.connect(keeping.address(path, "ro"), uri=True, timeout=within)) as connection:
        connection.isolation_level = None
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        engine = create_engine(
            "sqlite://", creator=lambda: connection, poolclass=NullPool, hide_parameters=True
        )
        with engine.connect() as db:
            db.exec_driver_sql("BEGIN")  # deferred: one snapshot for all that is read
            yield db
