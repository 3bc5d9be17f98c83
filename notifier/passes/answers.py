"""What the mail server's answer makes of a message and of the reminders in it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notifier.ledger import outbox, reminders
from notifier.ledger.log import record_event
from notifier.ledger.outbox import MessageRecord
from notifier.ledger.refusals import forget_all, forget_refusals, note_refusal
from notifier.mail.transport import Result
from notifier.passes.ops import is_for_ops
from notifier.passes.retry import (
    BACKOFF,
    GIVE_UP_AFTER,
    MOST_UNCERTAIN_ATTEMPTS,
    Override,
    backoff,
    overruled,
)
from notifier.passes.suspension import SUSPENDED_AFTER

log = logging.getLogger(__name__)

_MANY = 4  # answers: fewer cost less one by one than asking first whose the messages are


def settle_all(
    db: Connection,
    answers: Sequence[tuple[MessageRecord, Result]],
    *,
    owner: str,
    now: datetime,
    overrides: Sequence[Override] = (),
    is_redirected: bool = False,
) -> set[int]:
    """Bring claimed messages to where their answers put them; return the ids of those that were `owner`'s still.

    Nothing is changed of the others. Each message is as it was claimed, and has one answer. Where it `is_redirected`,
    no answer says anything of a contact.
    """
    if len(answers) >= _MANY and all(result.state == "accepted" for _, result in answers):
        return _accept(db, answers, owner=owner, now=now, is_redirected=is_redirected)
    return {
        message.id
        for message, result in answers
        if settle(db, message, result, owner=owner, now=now, overrides=overrides, is_redirected=is_redirected)
    }


def _accept(
    db: Connection,
    answers: Sequence[tuple[MessageRecord, Result]],
    *,
    owner: str,
    now: datetime,
    is_redirected: bool,
) -> set[int]:
    """Do for many mails that were taken what `settle` does for each: in as many statements as for one."""
    replies = {message.id: result.reply for message, result in answers}
    mine = outbox.finish_accepted(db, replies, owner, now)
    reminders.close_messages(db, sorted(mine), "sent", None)
    if not is_redirected:
        took = [message for message, _ in answers if message.id in mine and not is_for_ops(message)]
        forget_all(db, [message.contact for message in took])
    return mine


def settle(
    db: Connection,
    message: MessageRecord,
    result: Result,
    *,
    owner: str,
    now: datetime,
    overrides: Sequence[Override] = (),
    is_redirected: bool = False,
) -> bool:
    """Bring a claimed message to where an answer puts it; False, with nothing changed, if it isn't `owner`'s any more.

    `message` is as it was claimed. Where it `is_redirected`, no answer says anything of its contact.
    """
    result, wait = overruled(result, overrides)
    mine = _settle(db, message, result, wait, owner=owner, now=now)
    # The ops mail is never left out: its address is counted by nobody.
    if mine and not is_redirected and not is_for_ops(message):
        _remember(db, message, result, owner=owner, now=now)
    return mine


def _remember(db: Connection, message: MessageRecord, result: Result, *, owner: str, now: datetime) -> None:
    """Count refusals of an address; any mail that it takes ends the count."""
    if result.state == "accepted":
        forget_refusals(db, message.contact)
        return
    if (result.state, result.scope) != ("refused", "recipient") or result.at_most is not None:
        return
    if note_refusal(db, message.contact, result.reply, now) != SUSPENDED_AFTER:
        return
    log.warning(
        "%s was refused %d times in a row and is suspended: %s",
        message.address, SUSPENDED_AFTER, result.reply,
        extra={"action": "suspended"},
    )  # fmt: skip
    record_event(db, at=now, by=owner, action="suspended", detail=f"{message.address}: {result.reply}")


def _settle(
    db: Connection, message: MessageRecord, result: Result, wait: timedelta, *, owner: str, now: datetime
) -> bool:
    attempt = message.attempts + 1
    unanswered = result.state == "uncertain"
    if result.state == "accepted":
        return end(db, message, "accepted", result.reply, owner=owner, now=now)
    if result.state == "refused":
        if (
            result.at_most is not None
            and (message.at_most is None or result.at_most < message.at_most)
            and not message.uncertain
            and not is_for_ops(message)  # it has no shorter form
        ):
            return _shorten(db, message, result, result.at_most, owner=owner, now=now)
        return end(db, message, "refused", result.reply, owner=owner, now=now)
    # Every lost answer may have been a copy, whatever was said definitely before or between.
    copies = message.uncertain_attempts + unanswered
    if is_spent(message, attempt, now) or (unanswered and copies >= MOST_UNCERTAIN_ATTEMPTS):
        return end(db, message, "failed", result.reply, owner=owner, now=now, unanswered=unanswered)
    return outbox.postpone(
        db,
        message.id,
        owner,
        reply=result.reply,
        not_before=now + max(backoff(attempt), wait),
        unanswered=unanswered,
        spent=result.state == "deferred" and result.scope == "recipient",
    )


def _shorten(
    db: Connection, message: MessageRecord, result: Result, at_most: int, *, owner: str, now: datetime
) -> bool:
    """Have a mail that is too big for the server go at once as a short one; not one that may have arrived whole."""
    if not outbox.postpone(db, message.id, owner, reply=result.reply, not_before=now, at_most=at_most):
        return False
    tell_of_shortening(db, message, result.reply, owner=owner, now=now)
    return True


def tell_of_shortening(
    db: Connection, message: MessageRecord, why: str, *, owner: str, now: datetime
) -> None:
    """Put on record that a contact gets less than the whole mail."""
    log.warning("Message %d goes shortened: %s", message.id, why, extra={"action": "shortened"})
    detail = f"message {message.id} to {message.address}: {why}"
    record_event(db, at=now, by=owner, action="shortened", detail=detail)


def hold_back(db: Connection, message: MessageRecord, reason: str, *, owner: str, now: datetime) -> None:
    """Put a message that can't be composed back for an hour, or give it up like any that never goes."""
    if is_spent(message, message.attempts + 1, now):
        end(db, message, "failed", reason, owner=owner, now=now)
        return
    outbox.postpone(db, message.id, owner, reply=reason, not_before=now + BACKOFF[-1], spent=True)


def end(
    db: Connection,
    message: MessageRecord,
    state: str,
    reply: str,
    *,
    owner: str,
    now: datetime,
    unanswered: bool = False,
) -> bool:
    """Bring a claimed message and what it carries to a terminal state; False if it isn't `owner`'s any more."""
    if not outbox.finish(db, message.id, owner, state, reply, now, unanswered=unanswered):
        return False
    if state == "accepted":
        reminders.close_message(db, message.id, "sent", None)
    else:
        reminders.close_message(db, message.id, "failed", reply)
    return True


def is_spent(message: MessageRecord, attempt: int, now: datetime) -> bool:
    """Tell whether a message has been tried for long enough, and often enough, once its `attempt`-th try fails.

    Age alone says nothing after a hold, days off or downtime: it counts with the tries. What ops have tried again
    has its whole time from then.
    """
    return now - (message.retried or message.created) >= GIVE_UP_AFTER and attempt > len(BACKOFF)
