"""Bundling: what waits for one contact becomes one message, by pages of contacts.

A page holds whole contacts: all that waits for one of them goes into one message in one transaction, so that a
digest is never split. The ledger is held for one page at a time, and no reminder is read.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from notifier.ledger import bundling, queueing
from notifier.ledger.engine import installation_id
from notifier.passes.setting import Setting
from notifier.passes.slots import next_slot

_AT_ONCE = 10_000  # reminders in one transaction, but for those of the last contact


def bundle(
    engine: Engine,
    setting: Setting,
    domain: str,
    now: datetime,
    bundled: Callable[[Connection, datetime], object] = lambda _db, _now: None,
) -> int:
    """Put planned reminders whose slot has come into messages, one for each contact; return how many.

    `bundled` is called in each transaction, once its messages are made.
    """
    made = 0
    while True:
        with engine.begin() as db:
            page = _bundle_page(db, setting, domain, now)
            bundled(db, now)
        if page is None:
            return made
        made += page


def _bundle_page(db: Connection, setting: Setting, domain: str, now: datetime) -> int | None:
    """Bundle for some contacts, who have nothing waiting then; return how many messages, None when nobody was left."""
    slots, waiting = bundling.unbundled(db, now, _AT_ONCE)
    if not waiting:
        return None
    known = [one for one in waiting if one.contact in setting.contacts]
    gone = [one.contact for one in waiting if one.contact not in setting.contacts]
    bundling.withdraw_waiting(db, slots, gone, "no longer a contact")
    taken = queueing.taken(db, [(one.contact, one.slot) for one in known])
    # Their slot's digest is on its way already: never a second one, so these wait for the next.
    late = [one.contact for one in known if (one.contact, one.slot) in taken]
    bundling.move_slot(db, slots, late, next_slot(setting, now))
    installation = installation_id(db)
    messages = queueing.add_messages(
        db,
        [
            queueing.NewMessage(
                contact=one.contact,
                address=setting.contacts[one.contact].address,
                name=setting.contacts[one.contact].name,
                slot=one.slot,
                message_id=_message_id(installation, one.contact, one.slot, domain),
            )
            for one in known
            if (one.contact, one.slot) not in taken
        ],
        now,
    )
    bundling.put_into_messages(db, slots, messages)
    return len(messages)


def _message_id(installation: str, contact: str, slot: datetime, domain: str) -> str:
    """Return the Message-ID of a contact's digest of a slot: one, however often it is made."""
    token = hashlib.sha256(f"{installation}|{contact}|{slot.isoformat()}".encode()).hexdigest()[:20]
    return f"<{slot:%Y%m%d}.{token}@{domain}>"
