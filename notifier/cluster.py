"""The daemon of one host among several on one ledger: procrastinate wakes the passes, the ledger decides what they do.

Its periodic task wakes the plan pass on one host per heartbeat, a job of its own at a nearer moment. What may be sent
is given out in jobs of 100 messages, in the transaction that makes the messages and again at each tick: what is due
and has no job gets one. So a job that is lost costs a delay, and one too many finds nothing to do.
"""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine

from notifier.app import App, Passes
from notifier.clock import utc_now
from notifier.ledger import among_hosts, jobs
from notifier.ledger.engine import beside
from notifier.ledger.log import all_daemons
from notifier.ledger.server import session
from notifier.ledger.unseen import UnseenStorage
from notifier.passes.relay import Relay
from notifier.passes.send import SendOutcome
from notifier.signals import Signals
from notifier.watch import Watch
from notifier.workers import Calls, Workers

log = logging.getLogger(__name__)

_BEATS = 3  # so many heartbeats may pass between two plan passes, whichever hosts run them
_LITTLE = timedelta(seconds=1)  # before a job that moved nothing is looked at again
_SIGN_OFF_SECONDS = 5.0


def run(app: App, *, catch_up: bool = False) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Raises ConfigError when the database is another program's, NotifierError when it can't be reached at the start.

    Where the mail in hand gets no answer, the process ends here: nothing else would end the thread that waits.
    """
    with suppress(OSError):  # told when the health file can't be written
        app.config.health_file.parent.mkdir(mode=0o700, exist_ok=True)  # no ledger has made it
    engine = app.create_ledger()
    jobs.prepare(engine)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each try to reach a server that is away
    if _Host(app, engine, Signals(), UnseenStorage()).run(catch_up=catch_up):
        return 0
    logging.shutdown()
    os._exit(0)


class _Host(Watch):
    def __init__(self, app: App, engine: Engine, signals: Signals, storage: UnseenStorage) -> None:
        super().__init__(app, engine, signals, storage)
        self._workers = Workers(
            session(engine),
            Calls(plan=self._plan_job, send=self._send_job, beat=self._renew),
            lambda: self._app.config.service.heartbeat,
            (jobs.PLAN, jobs.SEND),
        )

    def _passes_of(self, app: App) -> Passes:
        passes = super()._passes_of(app)
        sender, mail = passes.sender, app.config.mail
        sender.rows, sender.lease = among_hosts.Rows(self._engine), among_hosts.LEASE
        if app.config.delivery.mode != "maildir":
            sender.relay = Relay.of(
                mail.per_second, mail.per_domain, lambda contact: sender.redirect_to or contact
            )
        return replace(passes, bundled=partial(self._assign, passes))

    def _free_claims(self, db: Connection) -> int:  # noqa: ARG002
        return 0  # their leases are short, and whose they are may live

    def _begin_work(self) -> None:
        self._workers.start()
        self._wake("plan")

    def _end_work(self) -> None:
        self._workers.end()

    def _end(self) -> bool:
        is_at_rest = super()._end()
        if is_at_rest:
            self._workers.join(_SIGN_OFF_SECONDS)
        return is_at_rest

    def _is_at_work(self) -> bool:
        return self._workers.are_at_work

    def _wake(self, name: str, wait: timedelta = timedelta(0)) -> None:
        """Have the plan pass run on some host after `wait`, unless a tick comes first. Mail has its own jobs."""
        if name != "plan" or wait >= self._heartbeat:
            return
        try:
            jobs.defer_plan(self._engine, wait, utc_now() + wait)
        except Exception as error:  # the next tick will do
            log.warning(
                "No job for the plan pass: %s", " ".join(str(error).split()), extra={"action": "job_lost"}
            )

    def _leapt(self) -> None:
        return  # the workers sleep by the monotonic clock

    @property
    def _heartbeat(self) -> timedelta:
        return timedelta(seconds=self._app.config.service.heartbeat)

    def _swap(self, fresh: App) -> None:
        heartbeat = self._heartbeat
        super()._swap(fresh)
        if self._heartbeat != heartbeat:
            self._workers.begin_anew()

    def _plan_job(self) -> None:
        self._pass("plan", self._plan)

    def _plan(self) -> datetime | None:
        moment = super()._plan()
        now = self._app.clock()
        with self._engine.begin() as db:
            # What waited until now, what a lost job left, and what ops had tried again.
            self._assign(self._passes, db, now)
            ahead = among_hosts.next_attempt(db, now)
        return min((one for one in (moment, ahead) if one is not None), default=None)

    def _assign(self, passes: Passes, db: Connection, now: datetime) -> None:
        jobs.assign(db, now, passes.sender.brake.room(db, now, passes.app.setting.policy.zone))

    def _send_job(self, messages: list[int]) -> None:
        outcomes: list[SendOutcome] = []

        def send() -> None:
            outcomes.append(self._told(self._passes.send(self._must_end, messages)))

        self._pass("send", send)
        try:
            self._leave(messages, outcomes[0] if outcomes else None)
        except Exception as error:  # the next tick gives them out again
            log.warning("No job for mail: %s", " ".join(str(error).split()), extra={"action": "job_lost"})

    def _leave(self, messages: Sequence[int], outcome: SendOutcome | None) -> None:
        """Have a further job look at what of these messages may be tried within a heartbeat; the rest is the tick's."""
        sender, now = self._passes.sender, self._app.clock()
        if sender.is_held:
            return
        with beside(self._engine).begin() as db:
            left = among_hosts.unfinished(db, messages)
        soon = {message: moment for message, moment in left.items() if moment < now + self._heartbeat}
        if not soon:
            return
        wait = max(min(soon.values()) - now, timedelta(0))
        if outcome is not None:
            wait = max(wait, timedelta(seconds=outcome.rest))
        if not self._signals.stop_asked:  # another host may be luckier
            if sender.paused_until is not None:
                wait = max(wait, sender.paused_until - now)
            if outcome is None or not outcome.tried:
                wait = max(wait, _LITTLE)
        jobs.defer_send(self._engine, list(soon), wait)

    def _renew(self) -> None:
        with beside(self._engine).begin() as db:
            among_hosts.renew(db, self._passes.sender.owner, self._app.clock() + among_hosts.LEASE)

    def _beat(self) -> None:
        super()._beat()
        self._note_what_others_do()

    def _note_what_others_do(self) -> None:
        """Keep this host's health from suffering where another one plans, or no mail is to be sent."""
        if not self._is_at_work():
            return
        try:
            with beside(self._engine).begin() as db:
                planned = [daemon.last_plan for daemon in all_daemons(db) if daemon.last_plan is not None]
        except Exception as error:
            log.warning(
                "Nobody knows when it was planned: %s", " ".join(str(error).split()),
                extra={"action": "ledger_unusable"},
            )  # fmt: skip
            return
        if planned and self._app.clock() - max(planned) <= _BEATS * self._heartbeat:
            self._vitals.pulse.note_success("plan")
        if not self._failed["send"]:
            self._vitals.pulse.note_success("send")
