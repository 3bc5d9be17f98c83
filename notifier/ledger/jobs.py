"""procrastinate's jobs, in the ledger's own database: its schema, and the jobs that are deferred in our transactions.

A job only says when to look at what: a lost one costs a delay, one too many finds nothing to do.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from notifier.errors import ConfigError
from notifier.ledger import among_hosts
from notifier.ledger.engine import beside

log = logging.getLogger(__name__)

# Tasks; each has the queue of its name. None has a lock of procrastinate's: a job that is scheduled for later would
# hold up every later one with the same. What must not run twice at once the ledger's own lock sees to.
PLAN, SEND = "notifier.plan", "notifier.send"
A_JOB = 100  # messages
_ASSIGNED = text(
    "SELECT DISTINCT message::int FROM procrastinate_jobs, jsonb_array_elements_text(args -> 'messages') AS message"
    " WHERE task_name = :task AND status IN ('todo', 'doing')"
)
_FORGET = text(
    "DELETE FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing')"
)  # the log has what failed
_FORGET_AHEAD = text(  # hosts are never quite alike
    "DELETE FROM procrastinate_periodic_defers WHERE defer_timestamp > extract(epoch FROM clock_timestamp()) + 10"
)
_VERSION = text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")
_IS_THERE = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")


def prepare(engine: Engine) -> None:
    """Make procrastinate's tables, or bring them to the installed version, under the ledger's lock.

    Raises ConfigError when they are of a later version. Its newest migration is kept as the comment of its main table:
    procrastinate itself keeps no version.
    """
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    newest = steps[-1].stem
    with engine.begin() as db:
        known = db.execute(_VERSION).scalar()
        if known == newest:
            return
        if known is not None and known > newest:
            raise ConfigError(
                f"service.database: procrastinate's tables are of a later version ({known}); this one ends at {newest}"
            )
        if known is not None:
            missing = [step.read_text("utf-8") for step in steps if step.stem > known]
        elif db.execute(_IS_THERE).scalar():
            raise ConfigError("service.database: there are procrastinate tables that are not the notifier's")
        else:
            missing = [SchemaManager.get_schema()]
        for statements in missing:
            _raw(db).execute(statements.encode())
        _raw(db).execute(f"COMMENT ON TABLE procrastinate_jobs IS '{newest}'".encode())


def assign(db: Connection, now: datetime, room: int | None) -> int:
    """Defer jobs for what may be tried now and has none; return how many. They stand and fall with `db`'s transaction.

    `room` is how many mails to contacts may still go, None for any number: what must wait gets no job.
    """
    db.execute(_FORGET)
    found = among_hosts.due(db, now)
    if not found:
        return 0
    assigned = set(db.execute(_ASSIGNED, {"task": SEND}).scalars())
    for_ops = [message for message, is_for_ops in found if is_for_ops]
    others = [message for message, is_for_ops in found if not is_for_ops][:room]
    free = [message for message in for_ops + others if message not in assigned]
    batches: list[dict[str, Any]] = [
        {"messages": free[start : start + A_JOB]} for start in range(0, len(free), A_JOB)
    ]
    if batches:
        _deferrer(db, SEND).batch_defer(*batches)
    return len(batches)


def forget_ticks_ahead(engine: Engine) -> None:
    """Forget the ticks that a host whose clock was ahead has had: each is given out once, and is yet to come."""
    with beside(engine).begin() as db:
        db.execute(_FORGET_AHEAD)


def defer_send(engine: Engine, messages: Sequence[int], wait: timedelta) -> None:
    """Have a send job look at messages after a while."""
    with beside(engine).begin() as db:
        _deferrer(db, SEND, wait).defer(messages=list(messages))


def defer_plan(engine: Engine, wait: timedelta, moment: datetime) -> None:
    """Have the plan pass run after a while, on one host; once for each `moment`, to the second."""
    try:
        with beside(engine).begin() as db:
            _deferrer(db, PLAN, wait, once=f"{PLAN} {moment:%Y-%m-%dT%H:%M:%S}").defer()
    except AlreadyEnqueued:
        return


def _deferrer(
    db: Connection, task: str, wait: timedelta = timedelta(0), *, once: str | None = None
) -> JobDeferrer:
    at = {} if wait <= timedelta(0) else {"schedule_in": {"seconds": wait.total_seconds()}}
    return App(connector=SyncPsycopgConnector()).configure_task(
        task,
        queue=task,
        queueing_lock=once,
        connection=_raw(db),
        **at,  # type: ignore[arg-type]
    )


def _raw(db: Connection) -> Any:
    """Return psycopg's connection, in whose transaction `db` is."""
    return db.connection.driver_connection
