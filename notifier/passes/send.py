"""The send pass: queued messages are claimed, judged again, rendered, and handed to the transport.

The order is what keeps the promise: 1. claim; 2. judge; 3. render; 4. commit the bytes and that an attempt begins,
then DATA; 5. record the reply. A crash between the server's 250 and step 5 leaves a message whose bytes and
Message-ID are known, and which is flagged uncertain when it is claimed again. A sender that was frozen until
another took its claim fails at step 4, and at step 5 only tells what it heard. Where several hosts send, a lock is
held for the mail from step 4 to step 5, so that nobody takes it meanwhile.
"""

import logging
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from notifier.clock import Clock
from notifier.ledger import outbox
from notifier.ledger.holding import Holding
from notifier.ledger.met import FaultsMet
from notifier.ledger.outbox import MessageRecord
from notifier.mail.compose import Composer
from notifier.mail.pace import Pace
from notifier.mail.transport import Outgoing, Result, Transport
from notifier.passes.brake import Brake
from notifier.passes.claiming import BATCH, BRISK, Claiming
from notifier.passes.ops import OpsMail
from notifier.passes.ops_matters import CAP_EVENT, SERVER_EVENT
from notifier.passes.prepare import Preparation
from notifier.passes.recording import Recording
from notifier.passes.relay import Relay
from notifier.passes.replan import pages
from notifier.passes.retry import Override, pause
from notifier.passes.sampling import Sampling
from notifier.passes.setting import Setting

log = logging.getLogger(__name__)

_PATIENT = 10.0  # seconds that a batch may wait for slow domains when no other mail is due
_GLANCE_SECONDS = 0.2  # between looks at `stop` while other hosts have used up the pace


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What a send pass did, and when the next one is needed."""

    tried: int
    next_at: datetime | None
    rest: float = 0  # in how many seconds the pace lets go what is due and waits for nothing else
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
    pace: Pace = field(default_factory=Pace)
    ops: OpsMail | None = None  # None: in a rehearsal
    insist: Callable[[Callable[[], None]], None] = lambda step: step()
    """How a step is done that must be recorded: an answer, and the end of a claim."""
    holding: Holding | None = None  # where others send from the same ledger: the mails in hand
    relay: Relay | None = None  # there, too, where there is a pace
    lease: timedelta = outbox.LEASE
    batch: int = BATCH
    sampling: Sampling | None = None  # where nobody reads the mails
    _server_met: FaultsMet = field(default_factory=lambda: FaultsMet(SERVER_EVENT), init=False)
    _cap_met: FaultsMet = field(default_factory=lambda: FaultsMet(CAP_EVENT), init=False)
    _server_faults: int = field(default=0, init=False)
    _suspects: set[int] = field(default_factory=set, init=False)  # next in turn when the server failed
    _paused: tuple[datetime, datetime] | None = field(default=None, init=False)
    _last_fault: str | None = field(default=None, init=False)
    _template_fault: str | None = field(default=None, init=False)
    _is_held: bool = field(default=False, init=False)  # and the log says so
    _capped_until: datetime | None = field(default=None, init=False)  # and ops are told so

    def send(
        self,
        stop: Callable[[], bool] = lambda: False,
        *,
        budget: timedelta = timedelta(seconds=60),
        among: Sequence[int] | None = None,
    ) -> SendOutcome:
        """Send what may go now, for at most `budget` of real time; `stop` ends it after the mails in hand.

        However slow the server or the pace, one mail is tried. With `among`, none but these messages go.
        """
        deadline = time.monotonic() + budget.total_seconds()
        tried = 0
        fault: Result | None = None
        rest = 0.0
        while not stop() and not self._is_paused():
            claiming = self._claiming()  # the brake may be another by now
            # Mail for a slow domain goes beside the others; only when no other is due, it is waited for.
            if self.relay is not None:
                claimed, rest = claiming.claim_in_turn(self.relay, among)
                if not claimed and 0 < rest < _PATIENT and time.monotonic() + rest < deadline:
                    time.sleep(min(rest, _GLANCE_SECONDS))
                    continue
            else:
                claimed = claiming.claim(BRISK, among)
                if not claimed and self.pace.is_by_domain:
                    claimed = claiming.claim(_PATIENT, among)
                rest = self.pace.shortest_rest()
            if not claimed:
                break
            rest = 0.0
            among = _left(among, claimed)
            done, fault = self._send_from(claimed, among, stop, deadline)
            tried += done
            if fault is not None:
                self._pause(fault)
                break
            self._server_faults = 0
            self._suspects.clear()
            if time.monotonic() > deadline or not (among is None or among):
                break
        self.composer.rest()
        return self._outcome(tried, self._fault() if fault is None else fault.reply, rest)

    def brake_with(self, **more: Any) -> None:
        """Let mail to contacts stay for these values of the brake, too, and ops be told."""
        self.brake = replace(self.brake, **more)
        if self.ops is not None:
            self.ops = replace(self.ops, brake=self.brake)

    @property
    def is_held(self) -> bool:
        """Whether the brake kept mail back when last looked at."""
        return self._is_held

    @property
    def is_trying_again(self) -> bool:
        """Whether the mail server couldn't be used when it was last tried."""
        return self._server_faults > 0

    @property
    def paused_until(self) -> datetime | None:
        """When a mail server that couldn't be used is tried again; None while it isn't paused."""
        return self._paused[1] if self._paused is not None and self._is_paused() else None

    def _claiming(self) -> Claiming:
        return Claiming(
            engine=self.engine,
            setting=self.setting,
            brake=self.brake,
            pace=self.pace,
            clock=self.clock,
            owner=self.owner,
            lease=self.lease,
            redirect_to=self.redirect_to,
            batch=self.batch,
        )

    def _outcome(self, tried: int, fault: str | None, rest: float = 0) -> SendOutcome:
        """Sum up; `rest` is in how many seconds the pace lets go what is due and waits for nothing else."""
        with self.engine.begin() as db:
            moment = outbox.earliest_attempt(db)
            held = self.brake.held(db, self.clock(), self.setting.policy.zone)
        if held is not None and held.until is not None and held.until != self._capped_until:
            # Once a day: it may be held from one day on into the next.
            self._capped_until = held.until
            self._cap_met.add(self.clock(), held.why)
        for met in (self._cap_met, self._server_met):
            met.write(self.engine)
        if held is not None and not self._is_held:
            log.warning("Mail is held back: %s", held.why, extra={"action": "mail_held"})
        self._is_held = held is not None
        if moment is not None and rest:
            moment = max(moment, self.clock() + timedelta(seconds=rest))
        if moment is not None and self._paused is not None:
            moment = max(moment, self._paused[1])
        if moment is not None and held is not None:
            moment = max(moment, held.until) if held.until is not None else None
        told = "; ".join(part for part in (fault, held and held.why) if part)
        return SendOutcome(
            tried=tried, next_at=moment, rest=rest, fault=told or None, template_fault=self._template_fault
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
        self._paused = now, now + pause(fault, self._server_faults, self.overrides)
        log.warning(
            "The mail server can't be used, paused until %s: %s",
            f"{self._paused[1].astimezone(self.setting.policy.zone):%Y-%m-%d %H:%M %z}", fault.reply,
            extra={"action": "server_paused"},
        )  # fmt: skip

    def _send_from(
        self,
        claimed: Sequence[MessageRecord],
        among: Sequence[int] | None,
        stop: Callable[[], bool],
        deadline: float,
    ) -> tuple[int, Result | None]:
        """Send what is claimed and, over the same connections, what is claimed when that is through."""
        in_hand: dict[int, MessageRecord] = {}
        offered: list[int] = []
        begun: set[int] = set()
        tried: set[int] = set()

        def is_over(some: Collection[int]) -> bool:
            return stop() or (bool(some) and time.monotonic() > deadline)

        def ends() -> bool:
            return is_over(begun or tried)

        def mails() -> Generator[Outgoing, None, None]:
            batch = claimed
            while batch:
                in_hand.update((message.id, message) for message in batch)
                # A mail on which the server hangs up, whenever it is offered, must not hold up the others for ever.
                in_turn = sorted(batch, key=lambda message: message.id in self._suspects)
                for mail in self._prepare(in_turn, lambda: is_over(offered)):
                    offered.append(mail.id)
                    yield mail
                # Where a pace is shared out by claims, the next claim is for the mails that have gone.
                has_share = self.relay is not None or self.pace.is_by_domain
                may_claim = not has_share and (among is None or bool(among))
                batch = self._claiming().claim(among=among) if may_claim and not ends() else ()

        recording = self._recording()

        def begin(mail: Outgoing) -> None:
            recording.begin(mail)
            begun.add(mail.id)

        def record(mail: Outgoing, result: Result) -> None:
            tried.add(mail.id)
            if result.state == "accepted":
                self._server_faults = 0  # it works: what fails next is no longer the same outage
            recording.record(in_hand[mail.id], result)

        in_hand.update((message.id, message) for message in claimed)
        source = mails()
        try:
            fault = self.transport.deliver(
                source,
                begin=begin,
                record=record,
                stop=ends,
                together=recording.together,
            )
        finally:
            source.close()
            if self.holding is not None:
                self.holding.let_go()
            # Nothing was begun for what is still claimed and unrecorded, except under a crash of the
            # transport itself: that is uncertain from now on.
            self.insist(lambda: self._release([message for message in in_hand if message not in tried]))
        if fault is None:
            return len(tried), None
        self._suspects.update([message for message in offered if message not in tried][:1])
        return len(tried), fault

    def _recording(self) -> Recording:
        return Recording(
            engine=self.engine,
            owner=self.owner,
            clock=self.clock,
            lease=self.lease,
            overrides=self.overrides,
            is_redirected=self.redirect_to is not None,
            holding=self.holding,
            insist=self.insist,
        )

    def _release(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        with self.engine.begin() as db:
            for page in pages(ids, BATCH):  # of a long pass in which much had nothing left to tell
                outbox.release(db, page, self.owner)

    def _prepare(
        self, claimed: Sequence[MessageRecord], ends: Callable[[], bool] = lambda: False
    ) -> Iterator[Outgoing]:
        preparation = Preparation(
            engine=self.engine,
            setting=self.setting,
            composer=self.composer,
            owner=self.owner,
            sender=self.sender,
            redirect_to=self.redirect_to,
            ops=self.ops,
            sampling=self.sampling,
        )
        try:
            yield from preparation.prepare(claimed, self.clock(), ends)
        finally:
            self._template_fault = preparation.template_fault or self._template_fault


def _left(among: Sequence[int] | None, claimed: Sequence[MessageRecord]) -> Sequence[int] | None:
    """Return of which messages some may yet be claimed: what is claimed once is not looked for again."""
    if among is None:
        return None
    found = {message.id for message in claimed}
    return [message for message in among if message not in found]
