"""What hosts that share a ledger need of the outbox: short leases, renewed while a process runs, one pace for all.

What is in hand is nobody else's even without its lease: see `ledger.holding`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text, update

from notifier.ledger.outbox import IS_OPS, free_at, held_by
from notifier.ledger.schema import messages

LEASE = timedelta(seconds=8)
_WAITS = text(
    "SELECT rate, greatest(0, extract(epoch FROM free_at - clock_timestamp())) FROM relay WHERE rate = ANY(:rates)"
)
_CLOCK = text("SELECT clock_timestamp()")
_TAKE = text(
    "INSERT INTO relay (rate, free_at) VALUES (:rate, clock_timestamp() + make_interval(secs => :seconds))"
    " ON CONFLICT (rate) DO UPDATE"
    " SET free_at = greatest(relay.free_at, clock_timestamp()) + make_interval(secs => :seconds)"
)


def server_clock(db: Connection) -> datetime:
    """Return what the database server's clock shows, whenever the transaction began."""
    moment: datetime = db.execute(_CLOCK).scalar_one()
    return moment


def renew(db: Connection, owner: str, until: datetime) -> None:
    """Prolong an owner's claims, but for what is being changed this moment."""
    mine = select(messages.c.id).where(held_by(owner))
    at_hand = mine.with_for_update(skip_locked=True, key_share=True)
    db.execute(update(messages).where(messages.c.id.in_(at_hand)).values(lease_until=until))


def unfinished(db: Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """Return, by message, from when on each of `ids` that has not ended may be tried."""
    moment = func.coalesce(messages.c.lease_until, messages.c.not_before)
    query = select(messages.c.id, moment).where(messages.c.id.in_(ids), messages.c.finished.is_(None))
    return {row[0]: row[1] for row in db.execute(query)}


def next_attempt(db: Connection, now: datetime) -> datetime | None:
    """Return the first moment after `now` from which on a message that waits may be tried."""
    later = select(func.min(messages.c.not_before)).where(
        messages.c.state == "queued", messages.c.not_before > now
    )
    return db.execute(later).scalar()


def claims(db: Connection, owner: str) -> frozenset[tuple[int, bool, bool]]:
    """Return how far an owner has come with what it has claimed: message, whether written, whether begun."""
    mine = select(messages.c.id, messages.c.body_sha256.is_not(None), messages.c.begun).where(held_by(owner))
    return frozenset((row[0], row[1], row[2]) for row in db.execute(mine))


def give_back(db: Connection, owner: str, keep: int) -> list[int]:
    """Put back what an owner has claimed and not begun, but for the `keep` that come next; return it."""
    mine = select(messages.c.id).where(held_by(owner), ~messages.c.begun)
    in_turn = mine.order_by(messages.c.not_before, messages.c.id).offset(keep)
    found = list(db.execute(in_turn.with_for_update(skip_locked=True)).scalars())
    if found:
        # Locked as it is, none of it can be begun meanwhile.
        back = update(messages).where(messages.c.id.in_(found))
        db.execute(back.values(state="queued", owner=None, lease_until=None))
    return found


def waits(db: Connection, rates: Sequence[str]) -> Mapping[str, float]:
    """Return in how many seconds mail may go at each of the rates that was ever used."""
    return {rate: float(seconds) for rate, seconds in db.execute(_WAITS, {"rates": list(rates)})}


def take(db: Connection, rate: str, seconds: float) -> None:
    """Count mail at a rate: for so many seconds no other may go."""
    db.execute(_TAKE, {"rate": rate, "seconds": seconds})


def due(db: Connection, now: datetime) -> list[tuple[int, bool]]:
    """Return the messages that may be tried now, and whether each is for the office's own ops; the oldest first."""
    query = select(messages.c.id, IS_OPS).where(messages.c.finished.is_(None), free_at(now))
    return [(row[0], row[1]) for row in db.execute(query.order_by(messages.c.not_before, messages.c.id))]
