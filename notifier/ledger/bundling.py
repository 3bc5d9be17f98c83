"""How planned reminders get into messages: those that no message carries yet, and the slots for which they wait."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from notifier.ledger.reminders import UNBUNDLED
from notifier.ledger.schema import reminders

_PUT_INTO_MESSAGE = (
    update(reminders)
    .where(UNBUNDLED, reminders.c.slot == bindparam("its"), reminders.c.contact == bindparam("who"))
    .values(message_id=bindparam("message"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A contact for whom planned reminders wait that no message carries, and the latest of their slots."""

    contact: str
    slot: datetime


def unbundled(db: Connection, until: datetime, most: int) -> tuple[list[datetime], list[Waiting]]:
    """Return the slots until then for which reminders wait, and contacts that have some in the first of them.

    So many contacts that there are `most` reminders in that slot, or a few more; at least one, if any waits.
    """
    slots = list(_slots(db, until))
    if not slots:
        return [], []
    first = reminders.c.slot == slots[0]
    query = select(reminders.c.contact, func.count()).where(UNBUNDLED, first)
    page: list[str] = []
    found = 0
    with db.execute(query.group_by(reminders.c.contact).order_by(reminders.c.contact)) as rows:
        for contact, count in rows:
            page.append(contact)
            found += count
            if found >= most:
                break
    latest: dict[str, datetime] = {}
    for slot in slots[1:]:
        there = select(reminders.c.contact).where(UNBUNDLED, reminders.c.slot == slot)
        latest |= dict.fromkeys(db.execute(there.where(reminders.c.contact.in_(page))).scalars(), slot)
    return slots, [Waiting(contact=contact, slot=latest.get(contact, slots[0])) for contact in page]


def _slots(db: Connection, until: datetime) -> Iterator[datetime]:
    """Yield the slots for which reminders wait, in order, each found by the index."""
    waiting = select(func.min(reminders.c.slot)).where(UNBUNDLED, reminders.c.slot <= until)
    slot = db.execute(waiting).scalar()
    while slot is not None:
        yield slot
        slot = db.execute(waiting.where(reminders.c.slot > slot)).scalar()


def earliest_slot(db: Connection) -> datetime | None:
    """Return the next slot for which reminders wait."""
    return db.execute(select(func.min(reminders.c.slot)).where(UNBUNDLED)).scalar()


def put_into_messages(db: Connection, slots: Iterable[datetime], messages: Mapping[str, int]) -> None:
    """Let each contact's message carry all that waits in these slots for them and has none."""
    for slot in slots if messages else ():
        carried = [{"who": who, "its": slot, "message": message} for who, message in messages.items()]
        db.execute(_PUT_INTO_MESSAGE, carried)


def move_slot(
    db: Connection, slots: Collection[datetime], contacts: Collection[str], later: datetime
) -> None:
    """Let what waits in these slots for these contacts wait for a later one."""
    if contacts:
        db.execute(update(reminders).where(_waits_for(slots, contacts)).values(slot=later))


def withdraw_waiting(
    db: Connection, slots: Collection[datetime], contacts: Collection[str], reason: str
) -> None:
    """Withdraw what waits in these slots for these contacts."""
    if contacts:
        gone = update(reminders).where(_waits_for(slots, contacts))
        db.execute(gone.values(state="withdrawn", reason=reason))


def _waits_for(slots: Collection[datetime], contacts: Collection[str]) -> ColumnElement[bool]:
    return and_(UNBUNDLED, reminders.c.slot.in_(slots), reminders.c.contact.in_(contacts))


def wait_for_slot(db: Connection, now: datetime, slot: datetime) -> None:
    """Let all that fell due and waits for a slot ahead wait for this one: the old one may be a day off now."""
    ahead = update(reminders).where(UNBUNDLED, reminders.c.slot > now, reminders.c.at <= now)
    db.execute(ahead.values(slot=slot))
