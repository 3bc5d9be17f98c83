"""How messages get into the outbox: one to a contact for a slot, queued until their moment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from notifier.ledger.schema import messages

# Built once: a statement's construction costs more than its run.
_ADD = insert(messages).returning(messages.c.id, messages.c.contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to a contact for a slot, before it is queued."""

    contact: str
    address: str
    name: str
    slot: datetime
    message_id: str


def taken(db: Connection, pairs: Collection[tuple[str, datetime]]) -> set[tuple[str, datetime]]:
    """Return which of these contacts and slots have a message."""
    contacts, slots = ({pair[part] for pair in pairs} for part in (0, 1))
    query = select(messages.c.contact, messages.c.slot)
    there = query.where(messages.c.contact.in_(contacts), messages.c.slot.in_(slots))
    return {(row.contact, row.slot) for row in db.execute(there)} & set(pairs)


def add_messages(db: Connection, new: Sequence[NewMessage], now: datetime) -> dict[str, int]:
    """Queue messages, each to another contact; return their ids by contact. None may be `taken`."""
    rows = [
        {
            "contact": one.contact,
            "address": one.address,
            "name": one.name,
            "slot": one.slot,
            "message_id": one.message_id,
            "state": "queued",
            "uncertain": False,
            "begun": False,
            "attempts": 0,
            "not_before": one.slot,
            "created": now,
        }
        for one in new
    ]
    return {row.contact: row.id for row in db.execute(_ADD, rows)} if rows else {}


def add_message(
    db: Connection, *, contact: str, address: str, name: str, slot: datetime, message_id: str, now: datetime
) -> int | None:
    """Queue a message for a contact and slot; None when there is one already."""
    if taken(db, [(contact, slot)]):
        return None
    one = NewMessage(contact=contact, address=address, name=name, slot=slot, message_id=message_id)
    return add_messages(db, [one], now)[contact]


def put_off(db: Connection, before: datetime, until: datetime) -> None:
    """Let what is queued for a slot before `before` wait until `until`."""
    late = update(messages).where(
        messages.c.finished.is_(None),
        messages.c.state == "queued",
        messages.c.slot < before,
        messages.c.not_before < until,
    )
    db.execute(late.values(not_before=until))
