"""The configuration that was adopted last, and one that waits for a person's word before it is."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from notifier.ledger.schema import held, in_force
from notifier.ledger.upsert import insert

HELD = "held until `notifier confirm`"  # how the fault of such a reload begins
_FORGET_AFTER = timedelta(days=30)  # what a host held that hasn't started since


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The configuration that was adopted last."""

    fingerprint: str
    since: datetime
    config: bytes  # config.toml
    people: tuple[Mapping[str, Any], ...]  # the contacts, as they were given to `adopted`


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A configuration that waits for a person's word, and what it would change of the reminders ahead."""

    host: str
    fingerprint: str
    since: datetime
    added: int
    dropped: int
    moved: int
    before: int  # how many reminders there are without it
    confirmed: datetime | None = None


def fingerprint_in_force(db: Connection) -> str | None:
    """Return which configuration was adopted last; None where none ever was."""
    return db.execute(select(in_force.c.fingerprint)).scalar()


def what_is_in_force(db: Connection) -> InForce | None:
    """Return the configuration that was adopted last; None where none ever was."""
    row = db.execute(select(in_force)).first()
    if row is None:
        return None
    return InForce(
        fingerprint=row.fingerprint,
        since=row.since,
        config=zlib.decompress(row.config),
        people=tuple(json.loads(zlib.decompress(row.people))),
    )


def adopted(
    db: Connection,
    fingerprint: str,
    config: bytes,
    people: Iterable[Mapping[str, Any]],
    now: datetime,
    *,
    host: str,
) -> None:
    """Put on record what was adopted on a host; nothing waits there any more."""
    if fingerprint_in_force(db) != fingerprint:
        values = {
            "fingerprint": fingerprint,
            "since": now,
            "config": zlib.compress(config),
            "people": zlib.compress(json.dumps(list(people), ensure_ascii=False).encode()),
        }
        add = insert(db, in_force).values(id=1, **values)
        db.execute(add.on_conflict_do_update(index_elements=["id"], set_=values))
    db.execute(delete(held).where((held.c.host == host) | (held.c.since < now - _FORGET_AFTER)))


def let_nothing_wait(db: Connection, host: str) -> None:
    """Put on record that nothing waits on a host; what has its word there keeps it."""
    db.execute(delete(held).where(held.c.host == host, held.c.confirmed.is_(None)))


def hold(db: Connection, waiting: Waiting) -> None:
    """Put on record that a configuration waits on its host; no other does there. A word that it has by now it keeps."""
    mine = held.c.host == waiting.host
    word = db.execute(
        select(held.c.confirmed).where(mine, held.c.fingerprint == waiting.fingerprint)
    ).scalar()
    db.execute(delete(held).where(mine))
    db.execute(
        insert(db, held).values(
            host=waiting.host,
            fingerprint=waiting.fingerprint,
            since=waiting.since,
            added=waiting.added,
            dropped=waiting.dropped,
            moved=waiting.moved,
            before=waiting.before,
            confirmed=word,
        )
    )


def waiting(db: Connection) -> list[Waiting]:
    """Return what waits for a person's word, or has it and wasn't adopted yet, by host."""
    return [Waiting(**row) for row in db.execute(select(held).order_by(held.c.host)).mappings()]


def confirm(db: Connection, now: datetime) -> list[Waiting]:
    """Give all that waits a person's word; return what did."""
    waited = [one for one in waiting(db) if one.confirmed is None]
    db.execute(update(held).where(held.c.confirmed.is_(None)).values(confirmed=now))
    return waited
