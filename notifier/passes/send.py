"""The send pass: queued messages are claimed, judged again, rendered, and handed to the transport.

The order is what keeps the promise: 1. claim; 2. judge; 3. render and keep the bytes; 4. commit that an attempt
begins, then DATA; 5. record the reply. A crash between the server's 250 and step 5 leaves a message whose bytes
and Message-ID are known, and which is flagged uncertain when it is claimed again.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine

from notifier.clock import Clock
from notifier.errors import TemplateError
from notifier.ledger import outbox, reminders, tasks
from notifier.ledger.engine import beside
from notifier.ledger.met import FaultsMet
from notifier.ledger.outbox import MessageRecord
from notifier.mail.compose import Composer
from notifier.mail.transport import Outgoing, Result, Transport
from notifier.passes.brake import Brake
from notifier.passes.fallback import fell_back
from notifier.passes.notices import Verdict, digest_of, is_in_stream, judge
from notifier.passes.ops import OpsMail, is_for_ops
from notifier.passes.ops_matters import CAP_EVENT, SERVER_EVENT
from notifier.passes.plan import dated
from notifier.passes.retry import (
    BACKOFF,
    GIVE_UP_AFTER,
    MOST_UNCERTAIN_ATTEMPTS,
    Override,
    backoff,
    overruled,
)
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER, is_open, is_slot, next_slot

log = logging.getLogger(__name__)

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What a send pass did, and when the next one is needed."""

    tried: int
    next_at: datetime | None
    fault: str | None = None
    template_fault: str | None = None  # for which mail went with the built-in text, since the last reload


@dataclass(slots=True, kw_only=True)
class Sender:
    """The send pass with its outside: ledger, composer, transport, clock."""

    engine: Engine
    setting: Setting
    composer: Composer
    transport: Transport
    clock: Clock
    owner: str
    sender: str
    redirect_to: str | None = None
    overrides: tuple[Override, ...] = ()
    brake: Brake = field(default_factory=Brake)
    ops: OpsMail | None = None  # None: in a rehearsal
    _server_met: FaultsMet = field(default_factory=lambda: FaultsMet(SERVER_EVENT), init=False)
    _cap_met: FaultsMet = field(default_factory=lambda: FaultsMet(CAP_EVENT), init=False)
    _server_faults: int = field(default=0, init=False)
    _suspects: set[int] = field(default_factory=set, init=False)  # next in turn when the server failed
    _paused: tuple[datetime, datetime] | None = field(default=None, init=False)
    _last_fault: str | None = field(default=None, init=False)
    _template_fault: str | None = field(default=None, init=False)
    _is_held: bool = field(default=False, init=False)  # and the log says so

    def send(
        self, stop: Callable[[], bool] = lambda: False, *, budget: timedelta = timedelta(seconds=60)
    ) -> SendOutcome:
        """Send what may go now, for at most `budget` of real time; `stop` ends it after the mails in hand.

        However slow the server or the pace, one mail is tried.
        """
        deadline = time.monotonic() + budget.total_seconds()
        tried = 0
        fault: Result | None = None
        while not stop() and not self._is_paused():
            claimed = self._claim()
            if not claimed:
                break
            done, fault = self._send_batch(claimed, stop, deadline)
            tried += done
            if fault is not None:
                self._pause(fault)
                break
            self._server_faults = 0
            self._suspects.clear()
            if time.monotonic() > deadline:
                break
        self.composer.rest()
        return self._outcome(tried, self._fault() if fault is None else fault.reply)

    def _claim(self) -> list[MessageRecord]:
        now = self.clock()
        with self.engine.begin() as db:
            if not (is_open(self.setting, now) or is_slot(self.setting, now)):
                # Mail that is late by now, from before downtime or deferred, goes on no night or holiday.
                outbox.put_off(db, now - LATE_AFTER, next_slot(self.setting, now))
            room = self.brake.room(db, now, self.setting.policy.zone)
            if room is None or room >= BATCH:
                return outbox.claim(db, self.owner, now, BATCH)
            # What tells ops of a brake isn't held back by it.
            told = outbox.claim(db, self.owner, now, BATCH, for_ops=True)
            return told + outbox.claim(db, self.owner, now, room, for_ops=False)

    def _outcome(self, tried: int, fault: str | None) -> SendOutcome:
        with self.engine.begin() as db:
            moment = outbox.earliest_attempt(db)
            held = self.brake.held(db, self.clock(), self.setting.policy.zone)
        if held is not None and held.until is not None and not self._is_held:
            self._cap_met.add(self.clock(), held.why)
        for met in (self._cap_met, self._server_met):
            met.write(self.engine)
        if held is not None and not self._is_held:
            log.warning("Mail is held back: %s", held.why, extra={"action": "mail_held"})
        self._is_held = held is not None
        if moment is not None and self._paused is not None:
            moment = max(moment, self._paused[1])
        if moment is not None and held is not None:
            moment = max(moment, held.until) if held.until is not None else None
        told = "; ".join(part for part in (fault, held and held.why) if part)
        return SendOutcome(
            tried=tried, next_at=moment, fault=told or None, template_fault=self._template_fault
        )

    def _is_paused(self) -> bool:
        # A clock that was set back before the pause began ends it, instead of prolonging it.
        return self._paused is not None and self._paused[0] <= self.clock() < self._paused[1]

    def _fault(self) -> str | None:
        return self._last_fault if self._is_paused() else None

    def _pause(self, fault: Result) -> None:
        self._server_faults += 1
        self._last_fault = fault.reply
        now = self.clock()
        self._server_met.add(now, fault.reply)
        _, wait = overruled(fault, self.overrides)
        self._paused = now, now + max(backoff(self._server_faults), wait)
        log.warning(
            "The mail server can't be used, paused until %s: %s", self._paused[1], fault.reply,
            extra={"action": "server_paused"},
        )  # fmt: skip

    def _send_batch(
        self, claimed: Sequence[MessageRecord], stop: Callable[[], bool], deadline: float
    ) -> tuple[int, Result | None]:
        by_id = {message.id: message for message in claimed}
        tried: set[int] = set()

        def ends() -> bool:
            return stop() or (bool(tried) and time.monotonic() > deadline)

        def begin(mail: Outgoing) -> None:
            with beside(self.engine).begin() as db:
                outbox.begin(db, mail.id)

        def record(mail: Outgoing, result: Result) -> None:
            tried.add(mail.id)
            if result.state == "accepted":
                self._server_faults = 0  # it works: what fails next is no longer the same outage
            self._record(by_id[mail.id], result)

        try:
            # A mail on which the server hangs up, whenever it is offered, must not hold up the others for ever.
            outgoing = sorted(self._prepare(claimed), key=lambda mail: mail.id in self._suspects)
            fault = self.transport.deliver(outgoing, begin=begin, record=record, stop=ends)
        finally:
            # Nothing was begun for what is still claimed and unrecorded, except under a crash of the
            # transport itself: those keep their mark, and the next claim flags them.
            with self.engine.begin() as db:
                outbox.release(db, [message.id for message in claimed if message.id not in tried])
        if fault is None:
            return len(tried), None
        self._suspects.update([mail.id for mail in outgoing if mail.id not in tried][:1])
        return len(tried), fault

    def _prepare(self, claimed: Sequence[MessageRecord]) -> list[Outgoing]:
        now = self.clock()
        # Long work, and for the ops mail alone: done before the ledger is locked.
        told = self.ops is not None and any(map(is_for_ops, claimed))
        standing = self.ops.standing(self.engine, now) if self.ops is not None and told else ()
        with self.engine.begin() as db:
            setting = dated(db, self.setting)
            records = reminders.of_messages(db, [message.id for message in claimed])
            everything = [record for group in records.values() for record in group]
            by_task = tasks.tasks_by_id(db, {record.task_id for record in everything})
            closed = tasks.completions_of(db, by_task)
            related = reminders.said_of_the_same(db, records)
            current: dict[tuple[int, str], bool] = {}  # contacts share checkpoints: ask the rule once each
            prepared: list[Outgoing] = []
            for message in claimed:
                for_ops = is_for_ops(message)
                if for_ops and (self.ops is None or not self.ops.tells(message)):
                    outbox.finish(db, message.id, "dropped", "no longer in [ops] mail", now)
                    continue
                if message.body is not None and message.uncertain:
                    prepared.append(self._outgoing(message, message.body))
                    continue
                try:
                    if self.ops is not None and for_ops:
                        body = self.ops.compose(db, message, standing, self.composer, now, self.redirect_to)
                    else:
                        verdicts = []
                        for reminder in records.get(message.id, []):
                            task = by_task[reminder.task_id]
                            key = (task.id, reminder.checkpoint)
                            if key not in current:
                                current[key] = is_in_stream(reminder, task, setting)
                            said = related.get((task.id, reminder.contact), [])
                            done = closed.get(task.id, ())
                            verdicts.append(
                                judge(reminder, task, done, said, setting, in_stream=current[key])
                            )
                        body = self._compose(db, message, verdicts, by_task, related, now)
                except Exception as error:
                    # One mail that can't be composed, to a broken address say, must not hold up the others.
                    log.exception(
                        "Message %d can't be composed", message.id, extra={"action": "not_composed"}
                    )
                    self._hold_back(db, message, f"not composed: {error}", now)
                    continue
                if body is None:
                    continue
                outbox.keep_body(db, message.id, body)
                prepared.append(self._outgoing(message, body))
        return prepared

    def _compose(
        self,
        db: Connection,
        message: MessageRecord,
        verdicts: Sequence[Verdict],
        by_task: dict[int, tasks.TaskRecord],
        related: Mapping[tuple[int, str], Sequence[reminders.Said]],
        now: datetime,
    ) -> bytes | None:
        """Close what is no longer owed and return the mail with the rest; None when there is no rest."""
        for verdict in verdicts:
            if verdict.reason is not None:
                reminders.close_reminders(db, [verdict.reminder.id], verdict.state, verdict.reason)
        owed = [verdict for verdict in verdicts if verdict.reason is None]
        if not owed:
            outbox.finish(db, message.id, "dropped", "nothing left in it", now)
            return None
        # Days left are counted from the day on which the mail really goes.
        moment = message.slot if now - message.slot <= LATE_AFTER else now
        digest = digest_of(owed, by_task, related, self.setting, moment)
        compose = partial(
            self.composer.compose,
            digest,
            to_name=message.name,
            to_address=self.redirect_to or message.address,
            message_id=message.message_id,
            date=message.slot.astimezone(self.setting.policy.zone),
            redirected_from=message.address if self.redirect_to else None,
        )
        try:
            return compose()
        except TemplateError as error:
            # What is owed is worth more than how it looks.
            self._template_fault = fell_back(db, message.id, error, now)
            return compose(plain=True)

    def _hold_back(self, db: Connection, message: MessageRecord, reason: str, now: datetime) -> None:
        # Age alone says nothing after a hold or downtime: it counts with the tries.
        if now - message.created < GIVE_UP_AFTER or message.attempts < len(BACKOFF):
            outbox.postpone(
                db, message.id, reply=reason, not_before=now + BACKOFF[-1], uncertain=False, spent=True
            )
            return
        outbox.finish(db, message.id, "failed", reason, now)
        reminders.close_message(db, message.id, "failed", reason)

    def _outgoing(self, message: MessageRecord, body: bytes) -> Outgoing:
        return Outgoing(
            id=message.id,
            address=self.redirect_to or message.address,
            sender=self.sender,
            data=body,
            message_id=message.message_id,
        )

    def _record(self, message: MessageRecord, result: Result) -> None:
        now = self.clock()
        attempt = message.attempts + 1
        result, wait = overruled(result, self.overrides)
        with beside(self.engine).begin() as db:
            uncertain = message.uncertain or result.state == "uncertain"
            # After days off or downtime, age alone says nothing about how often it was tried.
            gives_up = (now - message.created >= GIVE_UP_AFTER and attempt > len(BACKOFF)) or (
                result.state == "uncertain" and message.uncertain and attempt >= MOST_UNCERTAIN_ATTEMPTS
            )
            if result.state == "accepted":
                outbox.finish(db, message.id, "accepted", result.reply, now)
                reminders.close_message(db, message.id, "sent", None)
            elif result.state == "refused":
                outbox.finish(db, message.id, "refused", result.reply, now)
                reminders.close_message(db, message.id, "failed", result.reply)
            elif gives_up:
                outbox.finish(db, message.id, "failed", result.reply, now)
                reminders.close_message(db, message.id, "failed", result.reply)
            else:
                outbox.postpone(
                    db,
                    message.id,
                    reply=result.reply,
                    not_before=now + max(backoff(attempt), wait),
                    uncertain=uncertain,
                    spent=result.state == "deferred" and result.scope == "recipient",
                )
        log.info(
            "Message %d %s: %s", message.id, result.state, result.reply,
            extra={"action": f"message_{result.state}", "attempt": attempt},
        )  # fmt: skip
