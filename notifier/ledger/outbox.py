"""The outbox: one mail to one address for one slot, from queued to its terminal state.

A claim is a conditional update with an owner and a lease; the row count decides. DATA is begun only
after `begin` has committed, so that after a crash every mail that may have gone out is known.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, or_, select, update

from notifier.ledger.schema import messages

# Built once: a statement's construction costs more than its run, and these run for every mail.
_ONE = update(messages).where(messages.c.id == bindparam("message"))
_KEEP = _ONE.values(body=bindparam("bytes"), body_sha256=bindparam("hash"))
_BEGIN = _ONE.values(begun=True, attempts=messages.c.attempts + 1)
_FINISH = _ONE.values(
    state=bindparam("becomes"),
    reply=bindparam("answer"),
    finished=bindparam("moment"),
    body=None,
    owner=None,
    lease_until=None,
)
_TAKEN = select(messages.c.id).where(
    messages.c.contact == bindparam("who"), messages.c.slot == bindparam("moment")
)
_ADD = insert(messages).returning(messages.c.id)

OPS = "ops:"  # begins the contact of a mail to the office's own ops, so that no contact can be meant
_IS_OPS = messages.c.contact.startswith(OPS)

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


def add_message(
    db: Connection, *, contact: str, address: str, name: str, slot: datetime, message_id: str, now: datetime
) -> int | None:
    """Queue a message for a contact and slot; None when there is one already."""
    if db.execute(_TAKEN, {"who": contact, "moment": slot}).first() is not None:
        return None
    row = {
        "contact": contact,
        "address": address,
        "name": name,
        "slot": slot,
        "message_id": message_id,
        "state": "queued",
        "uncertain": False,
        "begun": False,
        "attempts": 0,
        "not_before": slot,
        "created": now,
    }
    return int(db.execute(_ADD, row).scalar_one())


def claim(
    db: Connection, owner: str, now: datetime, limit: int, *, for_ops: bool | None = None
) -> list[MessageRecord]:
    """Take up to `limit` messages that may go now, until `now + LEASE`; with `for_ops`, only ops mail, or none.

    A claim whose lease ran out is taken over; if its DATA was begun, the message is uncertain from then on.
    """
    free = _free(now)
    # On a server, a row that another process holds is passed by.
    wanted = (
        select(messages.c.id).where(messages.c.finished.is_(None), free).with_for_update(skip_locked=True)
    )
    if for_ops is not None:
        wanted = wanted.where(_IS_OPS if for_ops else ~_IS_OPS)
    ids = list(db.execute(wanted.order_by(messages.c.not_before, messages.c.id).limit(limit)).scalars())
    if not ids:
        return []
    take = update(messages).where(messages.c.id.in_(ids), free)
    db.execute(
        take.values(
            state="claimed",
            owner=owner,
            lease_until=now + LEASE,
            uncertain=or_(messages.c.uncertain, messages.c.begun),
        )
    )
    mine = select(messages).where(
        messages.c.id.in_(ids), messages.c.owner == owner, messages.c.state == "claimed"
    )
    return [
        MessageRecord(**row)
        for row in db.execute(mine.order_by(messages.c.not_before, messages.c.id)).mappings()
    ]


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(messages.c.state == "queued", messages.c.not_before <= now),
        and_(messages.c.state == "claimed", messages.c.lease_until <= now),
    )


def put_off(db: Connection, before: datetime, until: datetime) -> None:
    """Let what is queued for a slot before `before` wait until `until`."""
    late = update(messages).where(
        messages.c.finished.is_(None),
        messages.c.state == "queued",
        messages.c.slot < before,
        messages.c.not_before < until,
    )
    db.execute(late.values(not_before=until))


def keep_body(db: Connection, message: int, body: bytes) -> None:
    """Store the rendered bytes: a retry after an unknown outcome sends these same bytes."""
    db.execute(_KEEP, {"message": message, "bytes": body, "hash": hashlib.sha256(body).hexdigest()})


def begin(db: Connection, message: int) -> None:
    """Record that an attempt begins; to be committed before DATA."""
    db.execute(_BEGIN, {"message": message})


def finish(db: Connection, message: int, state: str, reply: str, now: datetime) -> None:
    """Bring a message to a terminal state; its bytes are purged, their hash stays."""
    db.execute(_FINISH, {"message": message, "becomes": state, "answer": reply, "moment": now})


def postpone(
    db: Connection, message: int, *, reply: str, not_before: datetime, uncertain: bool, spent: bool = False
) -> None:
    """Put a claimed message back until `not_before`.

    With `uncertain`, nobody knows whether the server took it: bytes and the begun mark stay. `spent` counts an
    attempt that ended before DATA.
    """
    values = {
        "state": "queued",
        "reply": reply,
        "not_before": not_before,
        "owner": None,
        "lease_until": None,
        "begun": uncertain,
    }
    if uncertain:
        values["uncertain"] = True
    if spent:
        values["attempts"] = messages.c.attempts + 1
    db.execute(update(messages).where(messages.c.id == message).values(values))


def release(db: Connection, ids: Sequence[int]) -> None:
    """Put claimed messages whose DATA was never begun back as they were: no attempt was spent on them."""
    if ids:
        mine = update(messages).where(messages.c.id.in_(ids), messages.c.state == "claimed")
        db.execute(mine.values(state="queued", owner=None, lease_until=None))


def release_dead(db: Connection) -> int:
    """Put every claim back. Only for the holder of the ledger's lock: no other daemon can have a live one."""
    stale = update(messages).where(messages.c.state == "claimed")
    return db.execute(
        stale.values(
            state="queued",
            owner=None,
            lease_until=None,
            uncertain=or_(messages.c.uncertain, messages.c.begun),
        )
    ).rowcount


def earliest_attempt(db: Connection) -> datetime | None:
    """Return the next moment at which a message may be tried or a lease runs out."""
    queued = select(func.min(messages.c.not_before)).where(messages.c.state == "queued")
    leased = select(func.min(messages.c.lease_until)).where(messages.c.state == "claimed")
    moments = [moment for moment in (db.execute(queued).scalar(), db.execute(leased).scalar()) if moment]
    return min(moments, default=None)


def count_due(db: Connection, now: datetime) -> int:
    """Return how many messages to contacts may go now."""
    query = select(func.count()).where(messages.c.finished.is_(None), _free(now), ~_IS_OPS)
    return db.execute(query).scalar_one()


def count_gone(db: Connection, since: datetime) -> int:
    """Return how many messages to contacts the server took since a moment, or may have: no answer counts."""
    ended = or_(messages.c.state == "accepted", messages.c.uncertain)
    finished = select(func.count()).where(messages.c.finished >= since, ended, ~_IS_OPS)
    unanswered = select(func.count()).where(messages.c.finished.is_(None), messages.c.begun, ~_IS_OPS)
    return db.execute(finished).scalar_one() + db.execute(unanswered).scalar_one()


def counts_by_state(db: Connection) -> dict[str, int]:
    """Return how many messages are in each state."""
    query = select(messages.c.state, func.count()).group_by(messages.c.state)
    return dict(db.execute(query).all())


def count_uncertain(db: Connection) -> int:
    """Return how many messages may have reached their contact twice."""
    return db.execute(select(func.count()).where(messages.c.uncertain)).scalar_one()


def refused_contacts(db: Connection) -> dict[str, str]:
    """Return, by contact, what the mail server said where it refused the latest mail for good."""
    latest = (
        select(messages.c.contact, func.max(messages.c.finished).label("at"))
        .where(messages.c.state.in_(("accepted", "refused")))
        .group_by(messages.c.contact)
        .subquery()
    )
    query = select(messages.c.contact, messages.c.reply).join(
        latest, (messages.c.contact == latest.c.contact) & (messages.c.finished == latest.c.at)
    )
    return {row.contact: row.reply or "" for row in db.execute(query.where(messages.c.state == "refused"))}


def oldest_open(db: Connection) -> datetime | None:
    """Return the slot of the oldest message that is not finished."""
    return db.execute(select(func.min(messages.c.slot)).where(messages.c.finished.is_(None))).scalar()
