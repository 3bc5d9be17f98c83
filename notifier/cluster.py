"""The daemon of one host among several on one ledger: procrastinate wakes the passes, the ledger decides what they do.

Its periodic task wakes the plan pass on one host per heartbeat, a job of its own at a nearer moment. What may be sent
is given out in jobs of 100 messages, in the transaction that makes the messages and again at each tick: what is due
and has no job gets one. So a job that is lost costs a delay, and one too many finds nothing to do.

A host that can do nothing with a job leaves it to the others: it fetches none while its clock can't be gone by, nor any
mail while it can't use the mail server; and what it has claimed and can't get on with goes back.
"""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine

from notifier import sdnotify
from notifier.app import App, Passes
from notifier.clock import utc_now
from notifier.errors import NotifierError, in_one_line
from notifier.ledger import among_hosts, jobs
from notifier.ledger.engine import beside
from notifier.ledger.holding import Holding
from notifier.ledger.log import all_daemons
from notifier.ledger.server import session
from notifier.ledger.unseen import UnseenStorage
from notifier.passes.common_time import CommonTime
from notifier.passes.relay import Relay
from notifier.passes.send import SendOutcome
from notifier.signals import Signals
from notifier.watch import Watch
from notifier.workers import Calls, Workers

log = logging.getLogger(__name__)

_LITTLE = timedelta(seconds=1)  # before a job that moved nothing is looked at again
_SIGN_OFF_SECONDS = 5.0
_STANDSTILL_SECONDS = (
    20.0  # in which nothing that is claimed gets on: then others may try what waits behind it
)


def run(app: App, *, catch_up: bool = False) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Raises ConfigError when the database is another program's, NotifierError when it can't be reached at the start, or
    shows another time than this host.

    Where the mail in hand gets no answer, the process ends here: nothing else would end the thread that waits.
    """
    with suppress(OSError):  # told when the health file can't be written
        app.config.health_file.parent.mkdir(mode=0o700, exist_ok=True)  # no ledger has made it
    engine = app.create_ledger()
    jobs.prepare(engine)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each try to reach a server that is away
    common_time = CommonTime(app.clock)
    _compare(common_time, engine)
    if (why := common_time.doubt()) is not None:
        # What is new in the documents would count from the wrong moment; systemd tries again.
        raise NotifierError(why)
    if _Host(app, engine, common_time).run(catch_up=catch_up):
        return 0
    logging.shutdown()
    os._exit(0)


def _compare(common_time: CommonTime, engine: Engine) -> None:
    with beside(engine).begin() as db:
        common_time.compare(lambda: among_hosts.server_clock(db))


class _Host(Watch):
    def __init__(self, app: App, engine: Engine, common_time: CommonTime) -> None:
        super().__init__(app, engine, Signals(), UnseenStorage())
        self._common_time = common_time
        self._claimed: frozenset[tuple[int, bool, bool]] = frozenset()  # as of the last renewal
        self._moved = time.monotonic()  # when it was last seen to change
        self._workers = Workers(
            session(engine),
            Calls(plan=self._plan_job, send=self._send_job, beat=self._renew, may_work=self._may_work),
            lambda: self._app.config.service.heartbeat,
            (jobs.PLAN, jobs.SEND),
        )

    def _passes_of(self, app: App) -> Passes:
        passes = super()._passes_of(app)
        sender, mail = passes.sender, app.config.mail
        sender.holding, sender.lease = Holding(self._engine), among_hosts.LEASE
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
            log.warning("No job for the plan pass: %s", in_one_line(error), extra={"action": "job_lost"})

    def _leapt(self) -> None:
        return  # the workers sleep by the monotonic clock

    @property
    def _heartbeat(self) -> timedelta:
        return timedelta(seconds=self._app.config.service.heartbeat)

    def _doubt(self) -> str | None:
        return super()._doubt() or self._common_time.doubt()

    def _must_wait(self, name: str) -> bool:
        _compare(self._common_time, self._engine)
        # Told under a name of its own: it is over with a beat, whichever host runs the next pass.
        self._status.faults["time"] = self._common_time.doubt()
        return self._status.faults["time"] is not None or super()._must_wait(name)

    def _may_work(self, task: str) -> bool:
        is_paused = task == jobs.SEND and self._passes.sender.paused_until is not None
        return not is_paused and self._doubt() is None

    def _swap(self, fresh: App) -> None:
        if (why := self._doubt()) is not None:
            raise NotifierError(why)
        heartbeat = self._heartbeat
        super()._swap(fresh)
        if self._heartbeat != heartbeat:
            self._workers.begin_anew()

    def _as_others_see(self, moment: datetime) -> datetime:
        return moment - self._common_time.ahead()

    def _plan_job(self) -> None:
        self._pass("plan", self._plan)
        if self._doubt() is not None:
            self._wake("plan", _LITTLE)  # on another host: this one fetches no more

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
        if self._passes.sender.is_trying_again:
            messages = self._share(messages)

        def send() -> None:
            outcomes.append(self._told(self._passes.send(self._must_end, messages)))

        self._pass("send", send)
        try:
            self._leave(messages, outcomes[0] if outcomes else None)
        except Exception as error:  # the next tick gives them out again
            log.warning("No job for mail: %s", in_one_line(error), extra={"action": "job_lost"})

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
        if not self._signals.stop_asked and (outcome is None or not outcome.tried):
            wait = max(wait, _LITTLE)
        jobs.defer_send(self._engine, list(soon), wait)  # another host may be luckier

    def _share(self, messages: list[int]) -> list[int]:
        """Give all but one message of a job to others, while the mail server failed here last; return that one."""
        try:
            if len(messages) > 1:
                jobs.defer_send(self._engine, messages[1:], timedelta(0))
        except Exception as error:
            log.warning("No job for mail: %s", in_one_line(error), extra={"action": "job_lost"})
            return messages
        return messages[:1]

    def _renew(self) -> None:
        if not self._in_pass["send"].locked() or self._doubt() is not None:
            return  # nothing is claimed, or others may have it soon
        owner = self._passes.sender.owner
        with beside(self._engine).begin() as db:
            claimed = among_hosts.claims(db, owner)
            among_hosts.renew(db, owner, self._app.clock() + among_hosts.LEASE)
        if claimed != self._claimed:
            self._claimed, self._moved = claimed, time.monotonic()
        elif time.monotonic() - self._moved > _STANDSTILL_SECONDS:
            self._give_back(owner, [is_begun for _, _, is_begun in claimed])

    def _give_back(self, owner: str, are_begun: list[bool]) -> None:
        """Let others have what waits behind mail that gets no answer: for that, the server may take twenty minutes."""
        # What may be on its way to the server is kept, or a slow one would be left by each host before it answers.
        keep = max(0, self._app.config.mail.connections - sum(are_begun))
        if len(are_begun) - sum(are_begun) <= keep:
            return
        with beside(self._engine).begin() as db:
            given = among_hosts.give_back(db, owner, keep)
        if given:
            jobs.defer_send(self._engine, given, timedelta(0))
            log.warning(
                "The mail server doesn't answer: %d mails behind it go to other hosts", len(given),
                extra={"action": "mail_given_back"},
            )  # fmt: skip

    def _beat(self) -> None:
        try:
            _compare(self._common_time, self._engine)
            jobs.forget_ticks_ahead(self._engine)
        except Exception as error:
            log.warning(
                "The database server can't be asked for its time: %s", in_one_line(error),
                extra={"action": "time_unknown"},
            )  # fmt: skip
            is_there = False
            if self._storage.excuses(error) and self._is_at_work():
                sdnotify.notify(
                    "WATCHDOG=1"
                )  # a server that is silent has taken long already, and will again
        else:
            is_there = True
            self._forget_what_is_over()
        self._status.faults["time"] = self._common_time.doubt()
        if self._status.faults["time"] is not None:
            true = self._as_others_see(self._app.clock())
            self._status.met.add(true, f"the clock of {self._status.host} differs from the database server's")
        super()._beat()
        if is_there:
            self._note_what_others_do()

    def _forget_what_is_over(self) -> None:
        """Drop the faults of passes that this host may not run again for long: the database is back, no mail waits."""
        for name in self._in_pass:
            if not self._failed[name] and (self._status.faults[name] or "").startswith(f"{name}: "):
                self._status.faults[name] = None
        if not (self._failed["send"] or self._passes.sender.paused_until or self._outlook.waiting):
            self._status.faults["send"] = None

    def _note_what_others_do(self) -> None:
        """Keep this host's health from suffering where another one plans, or no mail is to be sent."""
        if not self._is_at_work() or self._doubt() is not None:
            return
        try:
            with beside(self._engine).begin() as db:
                planned = [daemon.last_plan for daemon in all_daemons(db) if daemon.last_plan is not None]
        except Exception as error:
            log.warning(
                "Nobody knows when it was planned: %s", in_one_line(error),
                extra={"action": "ledger_unusable"},
            )  # fmt: skip
            return
        if planned and self._app.clock() - max(planned) <= self._app.config.service.patience:
            self._vitals.pulse.note_success("plan")
        if not self._failed["send"]:
            self._vitals.pulse.note_success("send")
