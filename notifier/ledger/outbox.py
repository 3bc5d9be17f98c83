"""The outbox: one mail to one address for one slot, from queued to its terminal state.

A claim is a conditional update with an owner and a lease; the row count decides. DATA is begun only
after `begin` has committed, so that after a crash every mail that may have gone out is known.

Whatever changes a claimed message does so only while it is claimed by the owner named, and returns whether it
did: a daemon that was frozen until another took its mail can neither send that mail nor undo what became of it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, or_, select, update

from notifier.ledger.mail_locks import IN_HAND
from notifier.ledger.prepared import Prepared
from notifier.ledger.schema import messages


def held_by(owner: object) -> ColumnElement[bool]:
    """Return what is true of the messages that an owner, or a parameter, has claimed."""
    return and_(messages.c.owner == owner, messages.c.state == "claimed")


# Built once: a statement's construction costs more than its run, and these run for every mail.
_MINE = (
    select(messages.c.id)
    .where(messages.c.id.in_(bindparam("ids", expanding=True)), held_by(bindparam("me")))
    .with_for_update()
)
_ONE = update(messages).where(messages.c.id == bindparam("message"), held_by(bindparam("me")))
BEGUN = _ONE.values(
    begun=True,
    attempts=messages.c.attempts + 1,
    last_begun=bindparam("moment"),
    lease_until=bindparam("until"),
)
BEGUN_WITH = BEGUN.values(body=bindparam("bytes"), body_sha256=bindparam("hash"))
_BEGIN, _BEGIN_WITH = Prepared(BEGUN), Prepared(BEGUN_WITH)
_ENDED = _ONE.values(
    state=bindparam("becomes"),
    reply=bindparam("answer"),
    finished=bindparam("moment"),
    body=None,
    owner=None,
    lease_until=None,
    begun=False,
)
_FINISH = Prepared(_ENDED)
# It may have arrived: should ops have it tried again, then with the same bytes.
_FAIL = Prepared(_ENDED.values(body=case((messages.c.uncertain, messages.c.body), else_=None)))
_UNANSWERED = Prepared(_ONE.values(uncertain=True, uncertain_attempts=messages.c.uncertain_attempts + 1))
# What becomes of a claim that is given up: DATA that was begun under it has lost its answer.
_GIVEN_UP = {
    "uncertain": or_(messages.c.uncertain, messages.c.begun),
    "uncertain_attempts": messages.c.uncertain_attempts + case((messages.c.begun, 1), else_=0),
    "begun": False,
}

OPS = "ops:"  # begins the contact of a mail to the office's own ops, so that no contact can be meant
IS_OPS = messages.c.contact.startswith(OPS)

LEASE = timedelta(minutes=30)  # longer than the transport's total deadline for one mail


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """A message as the ledger holds it."""

    id: int
    contact: str
    address: str
    name: str
    slot: datetime
    message_id: str
    state: str
    uncertain: bool
    begun: bool
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    owner: str | None
    body: bytes | None
    body_sha256: str | None
    reply: str | None
    created: datetime
    finished: datetime | None
    uncertain_attempts: int
    retried: datetime | None
    at_most: int | None
    last_begun: datetime | None
    built_in: str | None


def claim(
    db: Connection,
    owner: str,
    now: datetime,
    limit: int,
    may_go: Callable[[str], bool] | None = None,
    *,
    for_ops: bool | None = None,
    among: Sequence[int] | None = None,
    lease: timedelta = LEASE,
) -> list[MessageRecord]:
    """Take up to `limit` messages that may go now, until `now + lease`; of their contacts, those who `may_go`.

    With `for_ops`, only ops mail, or none; with `among`, none but these messages.

    A claim whose lease ran out is taken over; if its DATA was begun, the message is uncertain from then on, and has
    lost one answer more.
    """
    free = free_at(now)
    wanted = select(messages.c.id, messages.c.contact).where(messages.c.finished.is_(None), free)
    if among is not None:
        wanted = wanted.where(messages.c.id.in_(among))
    if for_ops is not None:
        wanted = wanted.where(IS_OPS if for_ops else ~IS_OPS)
    wanted = wanted.order_by(messages.c.not_before, messages.c.id)
    if may_go is None:
        ids = [row.id for row in db.execute(wanted.limit(limit))]
    else:
        with db.execute(wanted) as rows:
            ids = [row.id for row in islice((row for row in rows if may_go(row.contact)), limit)]
    if not ids:
        return []
    at_hand = select(messages.c.id).where(messages.c.id.in_(ids), free)
    if db.dialect.name == "postgresql":
        # What another process has in hand, however long its lease ran out, or is about to change is passed by.
        at_hand = at_hand.where(~IN_HAND).with_for_update(skip_locked=True)
    take = update(messages).where(messages.c.id.in_(at_hand))
    db.execute(take.values(state="claimed", owner=owner, lease_until=now + lease, **_GIVEN_UP))
    mine = select(messages).where(messages.c.id.in_(ids), held_by(owner))
    return [
        MessageRecord(**row)
        for row in db.execute(mine.order_by(messages.c.not_before, messages.c.id)).mappings()
    ]


def free_at(now: datetime) -> ColumnElement[bool]:
    """Return what is true of the messages that may be claimed now: their moment came, or their lease ran out."""
    return or_(
        and_(messages.c.state == "queued", messages.c.not_before <= now),
        and_(messages.c.state == "claimed", messages.c.lease_until <= now),
    )


def still_claimed(db: Connection, ids: Sequence[int], owner: str) -> set[int]:
    """Return which of the messages `owner` has claimed still."""
    mine = select(messages.c.id).where(messages.c.id.in_(ids), held_by(owner))
    return set(db.execute(mine).scalars())


def shorten(db: Connection, message: int, owner: str, at_most: int) -> bool:
    """Record that a claimed message has become a shortened mail of at most so many octets."""
    short = _ONE.values(at_most=bindparam("octets"))
    return db.execute(short, {"message": message, "me": owner, "octets": at_most}).rowcount == 1


def mark_built_in(db: Connection, message: int, fault: str | None) -> None:
    """Record why a message goes with the built-in text; None: it doesn't, or not any more."""
    db.execute(update(messages).where(messages.c.id == message).values(built_in=fault))


def begin(
    db: Connection,
    message: int,
    owner: str,
    now: datetime,
    lease: timedelta = LEASE,
    *,
    body: bytes | None = None,
) -> bool:
    """Record that an attempt begins, and renew the lease; to be committed before DATA. On False nothing may go.

    `body` are the bytes that go, kept with it: a retry after an unknown outcome sends these same bytes. None keeps
    those that are there.
    """
    if body is None:
        return _BEGIN.run(db, {"message": message, "me": owner, "moment": now, "until": now + lease}) == 1
    return _BEGIN_WITH.run(db, begun_with(message, owner, now, lease, body)) == 1


def begun_with(message: int, owner: str, now: datetime, lease: timedelta, body: bytes) -> dict[str, object]:
    """Return the values for `BEGUN_WITH`."""
    return {
        "message": message,
        "me": owner,
        "moment": now,
        "until": now + lease,
        "bytes": body,
        "hash": hashlib.sha256(body).hexdigest(),
    }


def finish(
    db: Connection,
    message: int,
    owner: str,
    state: str,
    reply: str,
    now: datetime,
    *,
    unanswered: bool = False,
) -> bool:
    """Bring a claimed message to a terminal state; `unanswered` when it ends on an answer that never came.

    Its bytes are purged and their hash stays; only one that failed and may have arrived keeps them.
    """
    if unanswered:
        _UNANSWERED.run(db, {"message": message, "me": owner})
    end = _FAIL if state in ("failed", "refused") else _FINISH
    values = {"message": message, "me": owner, "becomes": state, "answer": reply, "moment": now}
    return end.run(db, values) == 1


def finish_accepted(db: Connection, replies: Mapping[int, str], owner: str, now: datetime) -> set[int]:
    """Bring claimed messages, with the server's word on each, to `accepted` at once; return those that it did."""
    mine = _still_mine(db, replies, owner)
    common = {"me": owner, "becomes": "accepted", "moment": now}
    _FINISH.run_all(db, [{"message": id_, "answer": replies[id_], **common} for id_ in sorted(mine)])
    return mine


def _still_mine(db: Connection, ids: Iterable[int], owner: str) -> set[int]:
    """Return which messages `owner` has claimed still; they remain so until the transaction ends."""
    return set(db.execute(_MINE, {"ids": list(ids), "me": owner}).scalars())


def postpone(
    db: Connection,
    message: int,
    owner: str,
    *,
    reply: str,
    not_before: datetime,
    unanswered: bool = False,
    spent: bool = False,
    at_most: int | None = None,
) -> bool:
    """Put a claimed message back until `not_before`.

    `unanswered`: nobody knows whether the server took it, which is counted, and never forgotten. `spent` counts an
    attempt that ended before DATA. `at_most`: from now on it must have no more octets than this.
    """
    if unanswered:
        _UNANSWERED.run(db, {"message": message, "me": owner})
    values = {
        "state": "queued",
        "reply": reply,
        "not_before": not_before,
        "owner": None,
        "lease_until": None,
        "begun": False,
    }
    if spent:
        values["attempts"] = messages.c.attempts + 1
    if at_most is not None:
        values["at_most"] = at_most
    back = update(messages).where(messages.c.id == message, held_by(owner))
    return db.execute(back.values(values)).rowcount == 1


def release(db: Connection, ids: Sequence[int], owner: str) -> None:
    """Put an owner's claimed messages back: untouched, or uncertain where DATA was begun."""
    if ids:
        mine = update(messages).where(messages.c.id.in_(ids), held_by(owner))
        db.execute(mine.values(state="queued", owner=None, lease_until=None, **_GIVEN_UP))


def release_dead(db: Connection) -> int:
    """Put every claim back. Only for the holder of the ledger's lock: no other daemon can have a live one."""
    stale = update(messages).where(messages.c.state == "claimed")
    return db.execute(stale.values(state="queued", owner=None, lease_until=None, **_GIVEN_UP)).rowcount


def earliest_attempt(db: Connection) -> datetime | None:
    """Return the next moment at which a message may be tried or a lease runs out."""
    # What is finished is neither; said so, because there is an index of what isn't.
    is_open = messages.c.finished.is_(None)
    queued = select(func.min(messages.c.not_before)).where(is_open, messages.c.state == "queued")
    leased = select(func.min(messages.c.lease_until)).where(is_open, messages.c.state == "claimed")
    moments = [moment for moment in (db.execute(queued).scalar(), db.execute(leased).scalar()) if moment]
    return min(moments, default=None)


def count_due(db: Connection, now: datetime) -> int:
    """Return how many messages to contacts may go now."""
    query = select(func.count()).where(messages.c.finished.is_(None), free_at(now), ~IS_OPS)
    return db.execute(query).scalar_one()


def count_gone(db: Connection, since: datetime, now: datetime) -> int:
    """Return how many messages to contacts the server took since a moment, until `now`.

    One that has no answer counts where it was tried then; however often it is tried, it holds no other day's room.
    What is claimed counts, too.
    """
    ended = or_(messages.c.state == "accepted", messages.c.uncertain)
    finished = select(func.count()).where(
        messages.c.finished >= since, messages.c.finished <= now, ended, ~IS_OPS
    )
    # What another host has in hand will have gone, too.
    in_hand = and_(messages.c.state == "claimed", messages.c.lease_until > now)
    unanswered = select(func.count()).where(
        messages.c.finished.is_(None),
        or_(
            and_(or_(messages.c.begun, messages.c.uncertain), messages.c.last_begun.between(since, now)),
            in_hand,
        ),
        ~IS_OPS,
    )
    return db.execute(finished).scalar_one() + db.execute(unanswered).scalar_one()
