"""The chain of events: each record bears a hash of itself and of the one before, so that a changed past shows.

Records are written by whoever acts; whoever plans links them, later, in one line. The order is that of linking, since
on a server a record may become visible after one with a higher id.
"""

import hashlib
import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, select, update

from notifier.ledger.schema import events

PAGE = 1000
BEFORE_ALL = ""  # the hash before the first record
# Built once: a statement's construction costs more than its run, and each plan pass asks.
_NEW = select(events).where(events.c.link.is_(None)).order_by(events.c.id).limit(PAGE)
_LINK = (
    update(events)
    .where(events.c.id == bindparam("event"))
    .values(link=bindparam("place"), hash=bindparam("digest"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest link: its number, counted from 1, and its hash, which stands for all before it."""

    link: int
    hash: str
    event: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk along the chain found."""

    head: Head | None
    unlinked: int  # records that no plan pass has linked yet
    faults: tuple[str, ...]  # from the oldest on, the first ones
    expected: int | None  # the link that has the hash asked for


def hash_of(before: str, at: datetime, by: str, action: str, detail: str) -> str:
    """Return a record's hash: SHA-256, in hex, of [before, at, by, action, detail] as ASCII JSON.

    `at` is ISO 8601 in UTC with microseconds. A NUL counts as U+FFFD, which PostgreSQL keeps in its place: a ledger
    that moves there keeps its hashes.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    words = [text.replace("\0", "\ufffd") for text in (by, action, detail)]
    return hashlib.sha256(json.dumps([before, moment, *words]).encode()).hexdigest()


def link_new(engine: Engine) -> Head | None:
    """Link the records that nobody has linked; return the new head, or None where there was nothing to do.

    Only for whoever plans: its transactions come one after another.
    """
    linked = None
    while True:
        with engine.begin() as db:
            new = db.execute(_NEW).all()
            if new:
                linked = _link(db, new)
        if len(new) < PAGE:
            return linked


def _link(db: Connection, new: Sequence[Row[Any]]) -> Head:
    head = _newest(db)
    last, digest = (head.link, head.hash) if head else (0, BEFORE_ALL)
    links: list[dict[str, Any]] = []
    for link, row in enumerate(new, last + 1):
        digest = hash_of(digest, row.at, row.by, row.action, row.detail)
        links.append({"event": row.id, "place": link, "digest": digest})
    db.execute(_LINK, links)
    return Head(link=last + len(new), hash=digest, event=new[-1].id, at=new[-1].at)


def _newest(db: Connection) -> Head | None:
    query = select(events).where(events.c.link.is_not(None)).order_by(events.c.link.desc()).limit(1)
    row = db.execute(query).first()
    return None if row is None else Head(link=row.link, hash=row.hash or "", event=row.id, at=row.at)


def walk(db: Connection, expected: str | None = None, at_most: int = 20) -> Walk:
    """Compute the whole chain anew; return where it doesn't hold, for at most so many places.

    `expected` is the hash of a head that was written down before: the chain must still have it.
    """
    faults: list[str] = []
    seen: list[int] = []
    try:
        with closing(_faults(db, expected, seen)) as found:
            faults += islice(found, at_most)
        head = _newest(db)
    except (ValueError, TypeError) as error:  # from the column types: no ledger writes such a value
        return Walk(
            head=None, unlinked=0, faults=(*faults, f"a record can't be read: {error}"), expected=None
        )
    if len(faults) == at_most:
        faults.append("and perhaps more: the walk ended there")
    elif expected is not None and not seen:
        faults.append(f"no link has the hash {expected}: the chain was written anew, or is an older one")
    unlinked = db.execute(select(func.count()).where(events.c.link.is_(None))).scalar_one()
    return Walk(head=head, unlinked=unlinked, faults=tuple(faults), expected=seen[0] if seen else None)


def _faults(db: Connection, expected: str | None, seen: list[int]) -> Generator[str, None, None]:
    before, last = BEFORE_ALL, 0
    query = select(events).where(events.c.link.is_not(None)).order_by(events.c.link)
    with db.execute(query, execution_options={"yield_per": PAGE}) as rows:
        for row in rows:
            if row.link != last + 1:
                missing = (
                    f"link {last + 1} is"
                    if row.link == last + 2
                    else f"links {last + 1} to {row.link - 1} are"
                )
                yield f"{missing} missing: the records were removed"
            elif row.hash != _computed(before, row):
                yield (
                    f"link {row.link}, event {row.id} of {row.at.isoformat()}, {row.action!r} by {row.by!r}: "
                    "it isn't what was linked, or its hash was changed"
                )
            if row.hash == expected:
                seen.append(row.link)
            before, last = row.hash or "", row.link


def _computed(before: str, row: Any) -> str | None:
    try:
        return hash_of(before, row.at, row.by, row.action, row.detail)
    except (AttributeError, TypeError):  # a value that no ledger writes
        return None
