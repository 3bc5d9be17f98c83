"""What became of a reminder that the ledger has, in a word and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifier.ledger.history import MailRecord, Told
from notifier.ledger.reminders import FOLDED, ReminderRecord
from notifier.passes.brake import Held
from notifier.passes.notices import PASSED, SUSPENDED
from notifier.passes.setting import Setting
from notifier.passes.suspension import Suspension

_CLOSED = "closed"
_MOVED = "moved from "


class Outcome(StrEnum):
    """What became of a reminder, or becomes of it."""

    SENT = "sent"
    FOLDED = "folded"  # into a later notice of the same date
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    SUSPENDED = "suspended"  # the task, for this contact
    EXTENDED = "extended"  # its date was moved
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    RESTING = "resting"  # the address
    REFUSED = "refused"
    FAILED = "failed"
    HELD = "held"
    WAITING = "waiting"  # for its slot, or in the outbox
    NOT_YET = "not_yet"
    UNPLANNED = "unplanned"  # due, and no pass has seen to it yet
    BEFORE_IMPORT = "before_import"
    NOT_NAMED = "not_named"
    LEADER = "leader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What holds mail back now, for one contact."""

    held: Held | None
    rests: Suspension | None
    fault: str | None  # of the daemon's last pass, such as a mail server that can't be used


def of_reminder(
    told: Told, others: Mapping[str, Told], outbox: Outbox, setting: Setting, now: datetime
) -> tuple[Outcome, str]:
    """Return what became of a reminder; `others` are the contact's reminders of the task, by checkpoint."""
    reminder, mail, reason = told.reminder, told.mail, told.reminder.reason or ""
    match reminder.state:
        case "sent" if mail is not None:
            return Outcome.SENT, _sent(mail, setting)
        case "superseded":
            return Outcome.FOLDED, _folded(reason, others, setting)
        case "expired":
            outcome = Outcome.EXPIRED
            if reason == PASSED:
                outcome = Outcome.SUSPENDED
            elif reason == "the task was closed then":
                outcome = Outcome.CLOSED
            return outcome, reason
        case "withdrawn":
            for beginning, outcome in (
                (_CLOSED, Outcome.CLOSED),
                (SUSPENDED, Outcome.SUSPENDED),
                (_MOVED, Outcome.EXTENDED),
            ):
                if reason.startswith(beginning):
                    return outcome, reason
            return Outcome.WITHDRAWN, reason
        case "unreachable":
            return Outcome.UNREACHABLE, f"{'、'.join(reminder.units)} had no contact to tell: {reason}"
        case "failed":
            return _failed(mail, reason, setting)
        case "planned":
            return _waiting(reminder, mail, outbox, setting, now)
        case state:
            return Outcome.WITHDRAWN, f"{state}: {reason}"


def local(moment: datetime, setting: Setting) -> str:
    """Return a moment as ops read it, where the office is."""
    return f"{moment.astimezone(setting.policy.zone):%Y-%m-%d %H:%M}"


def _sent(mail: MailRecord, setting: Setting) -> str:
    at = local(mail.finished or mail.slot, setting)
    doubt = "; it may have come twice, an answer was lost before" if mail.uncertain else ""
    looks = f"; with the built-in text, as the templates failed: {mail.built_in}" if mail.built_in else ""
    return (
        f"in mail {mail.id} {mail.message_id} to {mail.address}, {at};"
        f" the server: {mail.reply or '-'}{doubt}{looks}"
    )


def _folded(reason: str, others: Mapping[str, Told], setting: Setting) -> str:
    into = others.get(reason.removeprefix(FOLDED))
    if into is None:
        return reason
    if into.reminder.state == "sent" and into.mail is not None:
        return f"{reason}, which was sent {local(into.mail.finished or into.mail.slot, setting)}"
    return f"{reason}, which is {into.reminder.state}"


def _failed(mail: MailRecord | None, reason: str, setting: Setting) -> tuple[Outcome, str]:
    outcome = Outcome.FAILED
    if reason.startswith("not tried: "):
        outcome = Outcome.RESTING
    elif mail is not None and mail.state == "refused":
        outcome = Outcome.REFUSED
    where = "" if mail is None else f"mail {mail.id} {mail.message_id} to {mail.address}, "
    when = "" if mail is None or mail.finished is None else f"{local(mail.finished, setting)}: "
    hint = "" if mail is None else f" (again: notifier retry {mail.id})"
    return outcome, f"{where}{when}{reason}{hint}"


def _waiting(
    reminder: ReminderRecord, mail: MailRecord | None, outbox: Outbox, setting: Setting, now: datetime
) -> tuple[Outcome, str]:
    if mail is None:
        when = local(reminder.slot, setting)
        told = f"waits for the slot of {when}" if reminder.slot > now else f"its slot came at {when}"
        return Outcome.WAITING, f"{told}; the next plan pass puts it into a mail"
    where = f"in mail {mail.id} {mail.message_id}"
    if mail.state == "claimed":
        return Outcome.WAITING, f"{where}, on its way this moment"
    if outbox.held is not None:
        until = f", until {local(outbox.held.until, setting)}" if outbox.held.until else ""
        return Outcome.HELD, f"{where}: {outbox.held.why}{until}"
    if outbox.rests is not None and now < outbox.rests.until:
        return Outcome.RESTING, f"{where}, which is not tried: {outbox.rests.told(setting.policy.zone)}"
    tried = f"tried {mail.attempts} times, last answer: {mail.reply}; " if mail.attempts else ""
    if mail.not_before > now:
        return Outcome.WAITING, f"{where}; {tried}next try {local(mail.not_before, setting)}"
    fault = f"; the daemon says: {outbox.fault}" if outbox.fault else ""
    return Outcome.WAITING, f"{where}; {tried}due since {local(mail.not_before, setting)}{fault}"


def newest(told: Sequence[Told]) -> dict[str, Told]:
    """Return by checkpoint the reminder that counts: a contact's own before the one of a unit without contacts."""
    found: dict[str, Told] = {}
    for each in told:
        there = found.get(each.reminder.checkpoint)
        if there is None or there.reminder.contact.startswith("unit:"):
            found[each.reminder.checkpoint] = each
    return found
