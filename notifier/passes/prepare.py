"""Claimed messages become mails: judged again, rendered; their bytes are kept when they are begun."""

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from notifier.digest.bulletin import Matter
from notifier.digest.summary_content import Summary
from notifier.errors import MailTooBig, NotifierError
from notifier.ledger import ops as ledger
from notifier.ledger import outbox, reminders, tasks
from notifier.ledger.completions import Completion
from notifier.ledger.outbox import MessageRecord
from notifier.ledger.reminders import ReminderRecord
from notifier.ledger.suspended import silences_of
from notifier.mail.compose import Composer, is_redirected
from notifier.mail.gate import MAX_BYTES
from notifier.mail.transport import Outgoing
from notifier.passes.answers import end, hold_back, tell_of_shortening
from notifier.passes.fallback import fell_back
from notifier.passes.known import Known, find_out
from notifier.passes.making import Draft, Made, Making
from notifier.passes.notices import Owed, Telling, Verdict, checkpoint_in_rule, is_in_stream, judge
from notifier.passes.ops import Choice, OpsMail, is_for_ops
from notifier.passes.plan import dated
from notifier.passes.readdress import readdress
from notifier.passes.retry import MOST_UNCERTAIN_ATTEMPTS
from notifier.passes.sampling import Sampling
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER
from notifier.passes.summary import OVER, is_summary
from notifier.passes.suspension import suspensions

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Preparation:
    """What it takes to make mails of messages that `owner` has claimed.

    `template_fault` says afterwards why mail goes with the built-in text, if any does.
    """

    engine: Engine
    setting: Setting
    composer: Composer
    owner: str
    sender: str
    redirect_to: str | None = None
    ops: OpsMail | None = None
    sampling: Sampling | None = None
    template_fault: str | None = field(default=None, init=False)

    def prepare(
        self,
        claimed: Sequence[MessageRecord],
        now: datetime,
        ends: Callable[[], bool] = lambda: False,
    ) -> Iterator[Outgoing]:
        """Yield the mails that may go, each made when it is asked for.

        The messages that carry nothing any more, or too many doubts, are ended. One that another owner has taken over
        meanwhile is left out, untouched; so is what isn't made when it `ends`, which is
        asked before each mail.

        The ledger is locked before and after, but not while mails are made: a template may take its time, and what
        ops are to know is long work.
        """
        known = find_out(self.ops, self.engine, claimed, now)
        with self.engine.begin() as db:
            drafts = self._judge(db, claimed, now, known)
        making = Making(
            composer=self.composer,
            sender=self.sender,
            redirect_to=self.redirect_to,
            zone=self.setting.policy.zone,
            contacts=self.setting.contacts,
            sampling=self.sampling,
        )
        for draft in drafts:
            if ends():
                return
            made = making.make(draft)
            if self._may_go(made, now):
                yield making.outgoing(draft.message, made.body)

    def _judge(
        self,
        db: Connection,
        claimed: Sequence[MessageRecord],
        now: datetime,
        known: Known,
    ) -> list[Draft]:
        """Return what is still owed, message by message, and end or put back what isn't to be made a mail of."""
        ids = [message.id for message in claimed]
        mine = outbox.still_claimed(db, ids, self.owner)
        setting = dated(db, self.setting)
        self._hand_on(db, setting, [message for message in claimed if message.id in mine], now)
        records = reminders.of_messages(db, mine)
        everything = [record for group in records.values() for record in group]
        by_task = tasks.tasks_by_id(db, {record.task_id for record in everything})
        closed = silences_of(db, by_task)
        related = reminders.said_of_the_same(db, records, now)
        resting = {} if self.redirect_to else self._resting(db, claimed, now)
        telling = Telling(by_task, related, setting.policy.zone)
        # Contacts share checkpoints, and tasks a rule: it is asked once each.
        current: dict[Hashable, bool] = {}
        drafts: list[Draft] = []
        for message in claimed:
            if message.id not in mine:
                continue
            if is_for_ops(message) and (self.ops is None or not self.ops.tells(message, now)):
                gone = OVER if is_summary(message) else "no longer in [ops] mail"
                outbox.finish(db, message.id, self.owner, "dropped", gone, now)
                continue
            if message.body is not None and message.uncertain:
                if not self._may_try_again(db, message, now):
                    continue
                # What was made for a redirection, or without one, went another way than it would now.
                if is_redirected(message.body) == (self.redirect_to is not None):
                    drafts.append(Draft(message=message, content=message.body))
                    continue
            content: Choice | Owed | Summary | None
            try:
                if self.ops is not None and is_summary(message):
                    content = known.summary_for(db, message, self.ops.brake, self.owner, now)
                elif self.ops is not None and is_for_ops(message):
                    content = self._told(db, self.ops, message, known.standing, now)
                else:
                    told = records.get(message.id, [])
                    verdicts = _judged(told, by_task, closed, related, setting, current)
                    owed = self._owed(db, message, verdicts, now)
                    if owed and (why := resting.get(message.contact)) is not None:
                        self._leave_out(db, message, why, now)
                        continue
                    # Days left are counted from the day on which the mail really goes.
                    moment = message.slot if now - message.slot <= LATE_AFTER else now
                    content = Owed(verdicts=owed, moment=moment, telling=telling) if owed else None
            except DBAPIError:
                raise
            except Exception as error:
                self._hold_back(db, message, error, now)
                continue
            if content is not None:
                drafts.append(Draft(message=message, content=content))
        return drafts

    def _told(
        self,
        db: Connection,
        ops: OpsMail,
        message: MessageRecord,
        standing: Sequence[Matter] | None,
        now: datetime,
    ) -> Choice | None:
        """Return what an ops mail tells; the mail is dropped, and None, when it tells nothing."""
        if standing is None:
            raise NotifierError("what ops are to know can't be found out")
        chosen = ops.choose(db, message.contact, standing, now)
        ledger.forget(db, message.contact, chosen.over)
        if chosen.bulletin is None:
            outbox.finish(db, message.id, self.owner, "dropped", "nothing to tell", now)
            return None
        return chosen

    def _may_go(self, made: Made, now: datetime) -> bool:
        """Return whether a mail may go, and put on record what is to be told of it, if anything is."""
        message, content = made.draft.message, made.draft.content
        is_plain = made.fault is None and made.fallback is None and made.too_big is None
        if isinstance(content, bytes) or (
            is_plain and isinstance(content, Owed) and message.built_in is None
        ):
            return made.fault is None
        with self.engine.begin() as db:
            return self._told_of(db, made, now)

    def _told_of(self, db: Connection, made: Made, now: datetime) -> bool:
        message, content = made.draft.message, made.draft.content
        if isinstance(made.fault, MailTooBig):
            # Even its list of tasks: nothing will make it smaller by tomorrow.
            log.error("Message %d is too big: %s", message.id, made.fault, extra={"action": "too_big"})
            end(db, message, "failed", f"too big: {made.fault}", owner=self.owner, now=now)
            return False
        if made.fault is not None:
            self._hold_back(db, message, made.fault, now)
            return False
        if not outbox.still_claimed(db, [message.id], self.owner):
            return False
        if isinstance(content, Choice):
            ledger.tell(db, message.id, content.told)
        if made.fallback is not None:
            self.template_fault = fell_back(db, message.id, made.fallback, now)
        elif message.built_in is not None:
            outbox.mark_built_in(db, message.id, None)  # made anew, by templates that are mended
        if made.too_big is not None and outbox.shorten(db, message.id, self.owner, MAX_BYTES):
            tell_of_shortening(db, message, made.too_big, owner=self.owner, now=now)
        return True

    def _hold_back(self, db: Connection, message: MessageRecord, error: Exception, now: datetime) -> None:
        # One mail that can't be composed, to a broken address say, must not hold up the others.
        log.error(
            "Message %d can't be composed", message.id,
            exc_info=error, extra={"action": "not_composed"},
        )  # fmt: skip
        hold_back(db, message, f"not composed: {error}", owner=self.owner, now=now)

    def _may_try_again(self, db: Connection, message: MessageRecord, now: datetime) -> bool:
        """Whether one more copy may go. A mail on which the daemon dies each time ends like one never answered."""
        if message.uncertain_attempts < MOST_UNCERTAIN_ATTEMPTS:
            return True
        reply = message.reply or "no answer was ever recorded"
        end(db, message, "failed", reply, owner=self.owner, now=now)
        return False

    def _hand_on(
        self, db: Connection, setting: Setting, claimed: Sequence[MessageRecord], now: datetime
    ) -> None:
        """Hand on what ops had tried again and isn't for these contacts any more: it didn't wait while others did."""
        again = [
            message.id
            for message in claimed
            if message.retried and not message.attempts and not message.uncertain
        ]
        carried = reminders.of_messages(db, again) if again else {}
        if carried:
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


def _judged(
    told: Sequence[ReminderRecord],
    by_task: Mapping[int, tasks.TaskRecord],
    closed: Mapping[int, Sequence[Completion]],
    related: Mapping[tuple[int, str], Sequence[reminders.Said]],
    setting: Setting,
    current: dict[Hashable, bool],
) -> list[Verdict]:
    """Judge the reminders of one message; `current` keeps whether a rule still has a checkpoint."""
    verdicts = []
    for reminder in told:
        task = by_task[reminder.task_id]
        key = checkpoint_in_rule(reminder, task)
        if key not in current:
            current[key] = is_in_stream(reminder, task, setting)
        said = related.get((task.id, reminder.contact), [])
        done = closed.get(task.id, ())
        verdicts.append(judge(reminder, task, done, said, setting, in_stream=current[key]))
    return verdicts
