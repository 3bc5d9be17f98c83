"""Claimed messages become mails: judged again, rendered, their bytes kept."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from notifier.digest.bulletin import Matter
from notifier.errors import MailTooBig, TemplateError
from notifier.ledger import outbox, reminders, tasks
from notifier.ledger.outbox import MessageRecord
from notifier.ledger.reminders import ReminderRecord
from notifier.mail.compose import Composer
from notifier.mail.gate import MAX_BYTES
from notifier.mail.transport import Outgoing
from notifier.passes.answers import end, hold_back, tell_of_shortening
from notifier.passes.fallback import fell_back
from notifier.passes.notices import Verdict, digest_of, is_in_stream, judge
from notifier.passes.ops import OpsMail, is_for_ops
from notifier.passes.plan import dated
from notifier.passes.readdress import readdress
from notifier.passes.retry import MOST_UNCERTAIN_ATTEMPTS
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER
from notifier.passes.suspension import suspensions

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Preparation:
    """What it takes to make mails of messages that `owner` has claimed.

    `template_fault` says afterwards why mail goes with the built-in text, if any does.
    """

    setting: Setting
    composer: Composer
    owner: str
    sender: str
    redirect_to: str | None = None
    ops: OpsMail | None = None
    template_fault: str | None = field(default=None, init=False)

    def prepare(
        self,
        db: Connection,
        claimed: Sequence[MessageRecord],
        now: datetime,
        standing: Sequence[Matter] = (),
    ) -> list[Outgoing]:
        """Return the mails that may go; the messages that carry nothing any more, or too many doubts, are ended.

        `standing` is what ops are to know, where a message to them is among the claimed.

        One that another owner has taken over meanwhile is left out, untouched.
        """
        ids = [message.id for message in claimed]
        mine = outbox.still_claimed(db, ids, self.owner)
        self._hand_on(db, [message for message in claimed if message.id in mine], now)
        records = reminders.of_messages(db, mine)
        everything = [record for group in records.values() for record in group]
        by_task = tasks.tasks_by_id(db, {record.task_id for record in everything})
        closed = tasks.completions_of(db, by_task)
        related = reminders.said_of_the_same(db, records, now)
        setting = dated(db, self.setting)
        resting = {} if self.redirect_to else self._resting(db, claimed, now)
        current: dict[tuple[int, str], bool] = {}  # contacts share checkpoints: ask the rule once each
        prepared: list[Outgoing] = []
        for message in claimed:
            if message.id not in mine:
                continue
            for_ops = is_for_ops(message)
            if for_ops and (self.ops is None or not self.ops.tells(message)):
                outbox.finish(db, message.id, self.owner, "dropped", "no longer in [ops] mail", now)
                continue
            if message.body is not None and message.uncertain:
                if self._may_try_again(db, message, now):
                    prepared.append(self._outgoing(message, message.body))
                continue
            try:
                if self.ops is not None and for_ops:
                    body = self.ops.compose(
                        db, message, standing, self.composer, now, self.redirect_to, owner=self.owner
                    )
                else:
                    told = records.get(message.id, [])
                    verdicts = _judged(told, by_task, closed, related, setting, current)
                    owed = self._owed(db, message, verdicts, now)
                    if owed and (why := resting.get(message.contact)) is not None:
                        self._leave_out(db, message, why, now)
                        continue
                    body = self._compose(db, message, owed, by_task, related, now) if owed else None
            except MailTooBig as error:
                # Even its list of tasks: nothing will make it smaller by tomorrow.
                log.error("Message %d is too big: %s", message.id, error, extra={"action": "too_big"})
                end(db, message, "failed", f"too big: {error}", owner=self.owner, now=now)
                continue
            except Exception as error:
                # One mail that can't be composed, to a broken address say, must not hold up the others.
                log.exception("Message %d can't be composed", message.id, extra={"action": "not_composed"})
                hold_back(db, message, f"not composed: {error}", owner=self.owner, now=now)
                continue
            if body is not None and outbox.keep_body(db, message.id, self.owner, body):
                prepared.append(self._outgoing(message, body))
        return prepared

    def _may_try_again(self, db: Connection, message: MessageRecord, now: datetime) -> bool:
        """Whether one more copy may go. A mail on which the daemon dies each time ends like one never answered."""
        if message.uncertain_attempts < MOST_UNCERTAIN_ATTEMPTS:
            return True
        reply = message.reply or "no answer was ever recorded"
        end(db, message, "failed", reply, owner=self.owner, now=now)
        return False

    def _hand_on(self, db: Connection, claimed: Sequence[MessageRecord], now: datetime) -> None:
        """Hand on what ops had tried again and isn't for these contacts any more: it didn't wait while others did."""
        again = [
            message.id
            for message in claimed
            if message.retried and not message.attempts and not message.uncertain
        ]
        carried = reminders.of_messages(db, again) if again else {}
        if carried:
            setting = dated(db, self.setting)
            readdress(db, setting, now, claimed=[record for group in carried.values() for record in group])

    def _resting(self, db: Connection, claimed: Sequence[MessageRecord], now: datetime) -> dict[str, str]:
        """Return why nothing is tried now, by contact of those whose address rests."""
        found = suspensions(db, {message.contact for message in claimed}).values()
        zone = self.setting.policy.zone
        return {rest.contact: f"not tried: {rest.told(zone)}" for rest in found if now < rest.until}

    def _leave_out(self, db: Connection, message: MessageRecord, why: str, now: datetime) -> None:
        log.warning("Message %d to %s: %s", message.id, message.address, why, extra={"action": "left_out"})
        end(db, message, "refused", why, owner=self.owner, now=now)

    def _owed(
        self, db: Connection, message: MessageRecord, verdicts: Sequence[Verdict], now: datetime
    ) -> list[Verdict]:
        """Close what is no longer owed, and a message with nothing left in it; return the rest."""
        for verdict in verdicts:
            if verdict.reason is not None:
                reminders.close_reminders(db, [verdict.reminder.id], verdict.state, verdict.reason)
        owed = [verdict for verdict in verdicts if verdict.reason is None]
        if not owed:
            outbox.finish(db, message.id, self.owner, "dropped", "nothing left in it", now)
        return owed

    def _compose(
        self,
        db: Connection,
        message: MessageRecord,
        owed: Sequence[Verdict],
        by_task: Mapping[int, tasks.TaskRecord],
        related: Mapping[tuple[int, str], Sequence[reminders.Said]],
        now: datetime,
    ) -> bytes:
        """Return the mail with what is owed: by the templates, or the built-in text where they fail or make too much.

        Where that is too big for the server, too, it is a short list of the tasks.
        """
        # Days left are counted from the day on which the mail really goes.
        moment = message.slot if now - message.slot <= LATE_AFTER else now
        digest = digest_of(owed, by_task, related, self.setting, moment)
        envelope: dict[str, Any] = {
            "to_name": message.name,
            "to_address": self.redirect_to or message.address,
            "message_id": message.message_id,
            "date": message.slot.astimezone(self.setting.policy.zone),
            "redirected_from": message.address if self.redirect_to else None,
        }
        at_most = MAX_BYTES if message.at_most is None else message.at_most
        try:
            try:
                body = self.composer.compose(digest, **envelope)
            except TemplateError as error:
                # What is owed is worth more than how it looks.
                self.template_fault = fell_back(db, message.id, error, now)
                body = self.composer.compose(digest, **envelope, plain=True)
            if len(body) <= at_most:
                return body
        except MailTooBig as error:
            if message.at_most is None and outbox.shorten(db, message.id, self.owner, MAX_BYTES):
                tell_of_shortening(db, message, str(error), owner=self.owner, now=now)
            body = self.composer.compose(digest, **envelope, plain=True)
            if len(body) <= at_most:
                return body
        return self.composer.compose_short(digest, **envelope, at_most=at_most)

    def _outgoing(self, message: MessageRecord, body: bytes) -> Outgoing:
        return Outgoing(
            id=message.id,
            address=self.redirect_to or message.address,
            sender=self.sender,
            data=body,
            message_id=message.message_id,
        )


def _judged(
    told: Sequence[ReminderRecord],
    by_task: Mapping[int, tasks.TaskRecord],
    closed: Mapping[int, Sequence[tasks.Completion]],
    related: Mapping[tuple[int, str], Sequence[reminders.Said]],
    setting: Setting,
    current: dict[tuple[int, str], bool],
) -> list[Verdict]:
    """Judge the reminders of one message; `current` keeps whether a rule still has a checkpoint."""
    verdicts = []
    for reminder in told:
        task = by_task[reminder.task_id]
        key = (task.id, reminder.checkpoint)
        if key not in current:
            current[key] = is_in_stream(reminder, task, setting)
        said = related.get((task.id, reminder.contact), [])
        done = closed.get(task.id, ())
        verdicts.append(judge(reminder, task, done, said, setting, in_stream=current[key]))
    return verdicts
