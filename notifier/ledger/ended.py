"""Mail that ended without arriving, failed or refused: what is on record of it, and how it is queued again."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update

from notifier.ledger.months import SUMMARY
from notifier.ledger.schema import messages, reminders

_ENDED = messages.c.state.in_(("failed", "refused"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """A message that failed or was refused, and how many lines of it ended with it."""

    id: int
    contact: str
    address: str
    name: str
    slot: datetime
    message_id: str
    state: str
    uncertain: bool
    has_bytes: bool
    reply: str | None
    finished: datetime
    lines: int


def ended_messages(db: Connection) -> list[EndedMessage]:
    """Return the messages that failed or were refused and still owe somebody a line, or a month's summary, by slot."""
    failed = and_(reminders.c.message_id == messages.c.id, reminders.c.state == "failed")
    lines = select(func.count()).where(failed).correlate(messages).scalar_subquery().label("lines")
    own = {"lines", "has_bytes"}
    columns = [messages.c[field.name] for field in fields(EndedMessage) if field.name not in own]
    query = select(*columns, messages.c.body.is_not(None).label("has_bytes"), lines).where(_ENDED)
    rows = db.execute(query.order_by(messages.c.slot, messages.c.id)).mappings()
    return [EndedMessage(**row) for row in rows if row["lines"] or row["contact"].startswith(SUMMARY)]


def find_messages(db: Connection, name: str) -> list[tuple[int, str]]:
    """Return (id, state) of the messages that a number, a Message-ID or the envelope id of a bounce names."""
    named = [
        messages.c.message_id == f"<{name.strip('<>')}>",
        messages.c.message_id.startswith(f"<{name}@", autoescape=True),
    ]
    if name.isascii() and name.isdigit() and len(name) < 19:
        named.append(messages.c.id == int(name))
    query = select(messages.c.id, messages.c.state).where(or_(*named))
    return [(row.id, row.state) for row in db.execute(query)]


def queue_again(db: Connection, message: int, now: datetime) -> bool:
    """Queue an ended message as if it had never been tried, with what it carried; False if it isn't ended any more.

    Its Message-ID stays, its bytes where it may have arrived, and the flag that says so.
    """
    anew = update(messages).where(messages.c.id == message, _ENDED)
    values = {
        "state": "queued",
        "finished": None,
        "begun": False,
        "attempts": 0,
        "uncertain_attempts": 0,
        "at_most": None,
        "not_before": now,
        "retried": now,
    }
    if db.execute(anew.values(values)).rowcount != 1:
        return False
    lines = update(reminders).where(reminders.c.message_id == message, reminders.c.state == "failed")
    db.execute(lines.values(state="planned", reason=None))
    return True
