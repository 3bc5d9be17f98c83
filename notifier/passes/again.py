"""Failed and refused mail, tried again on a person's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from notifier.errors import UsageError
from notifier.ledger.ended import EndedMessage, ended_messages, find_messages, queue_again
from notifier.ledger.log import record_event
from notifier.ledger.refusals import forget_refusals, refusals
from notifier.passes.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Retryable:
    """A message that can be tried again; `caution` says why only if it is named, None when `--all` takes it, too."""

    message: EndedMessage
    caution: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What a retry did."""

    queued: tuple[EndedMessage, ...]
    left: tuple[Retryable, ...]  # meant, but to be named on its own
    released: tuple[str, ...]  # addresses that are no longer suspended, nor on the way to it


def retryable(engine: Engine, setting: Setting, now: datetime) -> list[Retryable]:
    """Return what failed or was refused and can be tried again, the oldest slot first."""
    with engine.begin() as db:
        return _retryable(db, setting, now)


def retry(
    engine: Engine, names: Sequence[str], setting: Setting, now: datetime, *, everything: bool, by: str
) -> Retried:
    """Queue messages again, each with its Message-ID and all its tries before it; what they carried is owed again.

    A name is a message's number, Message-ID or envelope id, or an address for all of that contact's; `everything` is
    all but what must be named. When a message is claimed, the send pass withdraws lines of closed tasks as ever, and
    hands on to whom the tasks name by then what isn't for this contact any more. Suspensions of these people end.

    Raises UsageError, with nothing done, for every name that means nothing which could be tried again.
    """
    with engine.begin() as db:
        known = {one.message.id: one for one in _retryable(db, setting, now)}
        chosen, addresses = ({}, []) if everything else _named(db, names, known)
        meant = [
            one
            for one in known.values()
            if one.message.id in chosen or everything or one.message.contact in addresses
        ]
        left = [one for one in meant if one.caution and one.message.id not in chosen]
        queued = [one.message for one in meant if one not in left and queue_again(db, one.message.id, now)]
        for message in queued:
            detail = f"message {message.id} to {message.address}, was {message.state}: {message.reply}"
            record_event(db, at=now, by=by, action="retried", detail=detail)
        people = dict.fromkeys([*addresses, *(message.contact for message in queued)])
        released = [contact for contact in people if forget_refusals(db, contact)]
        for contact in released:
            record_event(db, at=now, by=by, action="released", detail=contact)
    return Retried(queued=tuple(queued), left=tuple(left), released=tuple(released))


def _named(
    db: Connection, names: Sequence[str], known: Mapping[int, Retryable]
) -> tuple[set[int], list[str]]:
    """Return the messages and the addresses that are named; UsageError with every fault."""
    chosen: set[int] = set()
    addresses: list[str] = []
    faults: list[str] = []
    contacts = {one.message.contact for one in known.values()}
    for name in names:
        address = name.lower()
        if rows := find_messages(db, name):
            chosen |= {number for number, _ in rows if number in known}
            faults += [
                f"message {name} is {state}, with nothing left to try again"
                for number, state in rows
                if number not in known
            ]
        elif address in contacts or refusals(db, [address]):
            addresses.append(address)
        else:
            faults.append(f"{name}: no message, nor a contact with mail that failed or was refused")
    faults += [
        f"message {number} may have arrived, and its bytes are gone: it can't be sent again as it was"
        for number in sorted(chosen)
        if known[number].message.uncertain and not known[number].message.has_bytes
    ]
    if faults:
        raise UsageError("\n".join(faults))
    return chosen, addresses


def _retryable(db: Connection, setting: Setting, now: datetime) -> list[Retryable]:
    return [
        Retryable(message=message, caution=_caution(message, setting, now)) for message in ended_messages(db)
    ]


def _caution(message: EndedMessage, setting: Setting, now: datetime) -> str | None:
    if message.uncertain:
        return "it may have arrived"
    if now - message.slot > setting.catch_up:
        return f"it is older than the catch-up cap of {setting.catch_up.days} days"
    return None
