"""What holds in every ledger between reminders and the mails that carry them; what doesn't was written by no pass."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from notifier.ledger.schema import messages, reminders

_OPEN, _ENDED = ("queued", "claimed"), ("accepted", "refused", "failed", "dropped")
_MESSAGES: tuple[tuple[str, ColumnElement[bool]], ...] = (
    ("ended without a moment", and_(messages.c.state.in_(_ENDED), messages.c.finished.is_(None))),
    ("wait, but have ended", and_(messages.c.state.in_(_OPEN), messages.c.finished.is_not(None))),
    ("are in no state that there is", messages.c.state.not_in((*_OPEN, *_ENDED))),
)
_REMINDERS: tuple[tuple[str, ColumnElement[bool]], ...] = (
    (
        "were sent by no mail that a server took",
        and_(
            reminders.c.state == "sent",
            or_(reminders.c.message_id.is_(None), messages.c.state.is_(None), messages.c.state != "accepted"),
        ),
    ),
    (
        "are still to be sent by a mail that has ended",
        and_(reminders.c.state == "planned", messages.c.finished.is_not(None)),
    ),
)


def disagreements(db: Connection) -> Iterator[str]:
    """Yield what doesn't agree: how many messages or reminders it is true of, and the first one's id."""
    for what, condition in _MESSAGES:
        query = select(func.count(), func.min(messages.c.id)).where(condition)
        yield from _said("messages", what, *db.execute(query).one())
    for what, condition in _REMINDERS:
        query = select(func.count(), func.min(reminders.c.id)).where(condition)
        joined = query.select_from(reminders.outerjoin(messages, reminders.c.message_id == messages.c.id))
        yield from _said("reminders", what, *db.execute(joined).one())


def _said(things: str, what: str, count: int, first: int | None) -> Iterator[str]:
    if count:
        yield f"{count} {things} {what}, the first is number {first}"
