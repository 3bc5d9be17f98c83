"""Addresses that the mail server refused for good, and how often in a row; one that takes a mail is forgotten."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from notifier.ledger.prepared import Prepared
from notifier.ledger.schema import refusals as table
from notifier.ledger.upsert import insert

_FORGET = Prepared(delete(table).where(table.c.contact == bindparam("who")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the server said of an address: `in_a_row` mails refused, the first `since`, the latest at `last`."""

    contact: str
    in_a_row: int
    since: datetime
    last: datetime
    reply: str


def note_refusal(db: Connection, contact: str, reply: str, now: datetime) -> int:
    """Record that a mail to an address was refused for good; return how many were in a row, this one included."""
    add = insert(db, table).values(contact=contact, in_a_row=1, since=now, last=now, reply=reply)
    again = {"in_a_row": table.c.in_a_row + 1, "last": now, "reply": reply}
    add = add.on_conflict_do_update(index_elements=["contact"], set_=again)
    return int(db.execute(add.returning(table.c.in_a_row)).scalar_one())


def forget_refusals(db: Connection, contact: str) -> bool:
    """Begin anew with an address; tell whether there was anything to forget."""
    return bool(_FORGET.run(db, {"who": contact}))


def forget_all(db: Connection, contacts: Collection[str]) -> None:
    """Begin anew with these addresses."""
    _FORGET.run_all(db, [{"who": contact} for contact in contacts])


def refusals(db: Connection, contacts: Collection[str] | None = None) -> dict[str, Refusal]:
    """Return what is on record of these contacts, or of all, by contact."""
    query = select(table).order_by(table.c.contact)
    if contacts is not None:
        query = query.where(table.c.contact.in_(contacts))
    return {row["contact"]: Refusal(**row) for row in db.execute(query).mappings()}
