"""Which messages the send pass takes next: what is due, as far as brake, pace and the hour let it go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine

from notifier.clock import Clock
from notifier.ledger import outbox, queueing
from notifier.ledger.outbox import MessageRecord
from notifier.mail.pace import Pace
from notifier.passes.brake import Brake
from notifier.passes.relay import Relay
from notifier.passes.setting import Setting
from notifier.passes.slots import LATE_AFTER, is_open, is_slot, next_slot

BATCH = 100
BATCH_REHEARSED = 1_000  # nobody waits for the ledger meanwhile, and the mails of a slot share their tasks
BRISK = 1.0  # seconds that a batch may wait for slow domains while others are due


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """What it takes to claim messages for `owner`."""

    engine: Engine
    setting: Setting
    brake: Brake
    pace: Pace
    clock: Clock
    owner: str
    lease: timedelta
    redirect_to: str | None
    batch: int = BATCH

    def claim(self, seconds: float = BRISK, among: Sequence[int] | None = None) -> list[MessageRecord]:
        """Claim what may go now, but to domains with a pace no more than they take within `seconds`."""
        guard = self.brake.guard
        with self.engine.begin() as db:
            claimed = self._claim_up_to(db, lambda limit: limit, self._quota(seconds), among)
            if claimed and guard is not None:
                guard.advance(db)
        if claimed and guard is not None:
            guard.keep()
        return claimed

    def claim_in_turn(self, relay: Relay, among: Sequence[int] | None) -> tuple[list[MessageRecord], float]:
        """Claim what all hosts' pace lets go now; return it, and in how many seconds that lets go more."""
        with self.engine.begin() as db:
            turn = relay.turn(db, BRISK)
            claimed = self._claim_up_to(db, turn.at_most, turn.has_room, among)
            turn.take(db, [message.contact for message in claimed])
        return claimed, turn.rest

    def _claim_up_to(
        self,
        db: Connection,
        at_most: Callable[[int], int],
        may_go: Callable[[str], bool] | None,
        among: Sequence[int] | None,
    ) -> list[MessageRecord]:
        now = self.clock()
        if not (is_open(self.setting, now) or is_slot(self.setting, now)):
            # Mail that is late by now, from before downtime or deferred, goes on no night or holiday.
            queueing.put_off(db, now - LATE_AFTER, next_slot(self.setting, now))
        room = self.brake.room(db, now, self.setting.policy.zone)

        def claim(limit: int, for_ops: bool | None = None) -> list[MessageRecord]:
            return outbox.claim(
                db, self.owner, now, limit, may_go, for_ops=for_ops, among=among, lease=self.lease
            )

        if room is None or room >= self.batch:
            return claim(at_most(self.batch))
        # What tells ops of a brake isn't held back by it.
        told = claim(at_most(self.batch), for_ops=True)
        return told + claim(max(0, min(room, at_most(self.batch) - len(told))), for_ops=False)

    def _quota(self, seconds: float) -> Callable[[str], bool] | None:
        if not self.pace.is_by_domain:
            return None
        has_room = self.pace.quota(seconds)
        return lambda contact: has_room(self.redirect_to or contact.removeprefix(outbox.OPS))
