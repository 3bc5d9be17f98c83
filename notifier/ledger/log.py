"""Who did what (events, append-only), and which daemons live (what `status` reads)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from notifier.ledger.schema import daemons, events

_FORGET_DAEMONS_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonRecord:
    """A daemon as it last wrote of itself."""

    host: str
    pid: int
    started: datetime
    heartbeat: datetime
    config_hash: str
    config_loaded: datetime
    last_plan: datetime | None
    last_send: datetime | None
    next_wake: datetime | None
    preflight: int
    fault: str | None
    reload_fault: str | None
    stopped: datetime | None


def record_event(db: Connection, *, at: datetime, by: str, action: str, detail: str) -> None:
    """Append to the record of what ops and the daemon did."""
    db.execute(insert(events).values(at=at, by=by, action=action, detail=detail))


def events_since(db: Connection, action: str, since: datetime) -> list[str]:
    """Return the details of what was recorded under `action` since a moment, the oldest first."""
    query = select(events.c.detail).where(events.c.action == action, events.c.at >= since)
    return list(db.execute(query.order_by(events.c.id)).scalars())


def newest_event(db: Connection) -> int:
    """Return the number of what was recorded last; 0 before anything was."""
    return db.execute(select(func.max(events.c.id))).scalar() or 0


def register_daemon(
    db: Connection, host: str, pid: int, now: datetime, *, config_hash: str, preflight: int
) -> None:
    """Enter a daemon that starts; rows of daemons long gone are dropped."""
    db.execute(delete(daemons).where(daemons.c.heartbeat < now - _FORGET_DAEMONS_AFTER))
    db.execute(delete(daemons).where(daemons.c.host == host, daemons.c.pid == pid))
    db.execute(
        insert(daemons).values(
            host=host,
            pid=pid,
            started=now,
            heartbeat=now,
            config_hash=config_hash,
            config_loaded=now,
            preflight=preflight,
        )
    )


def update_daemon(db: Connection, host: str, pid: int, **values: Any) -> None:
    """Write what a daemon says of itself."""
    db.execute(update(daemons).where(daemons.c.host == host, daemons.c.pid == pid).values(**values))


def latest_heartbeat(db: Connection) -> datetime | None:
    """Return the latest moment at which a daemon wrote that it lives; None when none ever did."""
    return db.execute(select(func.max(daemons.c.heartbeat))).scalar()


def all_daemons(db: Connection) -> list[DaemonRecord]:
    """Return every known daemon, the newest first."""
    rows = db.execute(select(daemons).order_by(daemons.c.started.desc())).mappings()
    return [DaemonRecord(**row) for row in rows]
