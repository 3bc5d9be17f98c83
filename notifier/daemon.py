"""The daemon of one machine: APScheduler wakes the passes, the ledger decides what they do.

Two jobs, plan and send, run every heartbeat, and sooner when a pass knows a nearer moment. The main thread's beat has
them run with it, so that a daemon with nothing to do wakes once in all that time, not three times.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from notifier import sdnotify
from notifier.app import App, Passes
from notifier.clock import utc_now
from notifier.errors import LedgerFailed
from notifier.ledger import outbox
from notifier.ledger.generation import Guard
from notifier.ledger.hold import hold
from notifier.ledger.keeping import unusable
from notifier.ledger.storage import Storage, trouble
from notifier.signals import Signals
from notifier.watch import Watch

_SCHEDULER_THREAD = "APScheduler"


def run(app: App, *, catch_up: bool = False, new_ledger: bool = False) -> int:
    """Run until SIGTERM or SIGINT; return the exit code. Raises LedgerHeld when another daemon has the ledger.

    Raises ConfigError when the ledger can't be used, or is gone from where one was made, unless `new_ledger`.

    Where the mail in hand gets no answer, the process ends here: nothing else would end the thread that waits. So it
    does with LedgerFailed's code where the ledger fails while it runs.
    """
    with hold(app.config.database):
        engine, code = app.create_ledger(anew=new_ledger), 0
        try:
            if _Daemon(app, engine, Signals()).run(catch_up=catch_up):
                return 0
        except LedgerFailed as error:  # the log says why
            code = error.exit_code
            sdnotify.notify(f"STATUS={error}")
        except DBAPIError as error:
            if trouble(error) is None:
                raise
            raise unusable(app.config.database, error) from None
        logging.shutdown()
        os._exit(code)


class _Heartbeat(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires a heartbeat from now, however long ago the last run was.

    IntervalTrigger steps from run to run: when a clock leaps from 1970 to the present, that is a list of every
    minute in between, made in the scheduler's thread.
    """

    def __init__(self, length: Callable[[], timedelta]) -> None:
        self._length = length

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._length()


class _Daemon(Watch):
    def __init__(self, app: App, engine: Engine, signals: Signals) -> None:
        self._guard = Guard(engine, app.config.database)
        super().__init__(app, engine, signals, Storage(app.config.database, engine, signals.wake))
        self._again: set[str] = set()  # asked to run at once, perhaps while running
        self._begun = dict.fromkeys(self._in_pass, time.monotonic())  # when each pass last began
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def _passes_of(self, app: App) -> Passes:
        passes = super()._passes_of(app)
        passes.sender.brake_with(guard=self._guard)
        return passes

    def _free_claims(self, db: Connection) -> int:
        return outbox.release_dead(db)

    def _begin_work(self) -> None:
        # A beat later than the beat that has them run: where the main thread stands still, mail goes all the same.
        trigger = _Heartbeat(lambda: timedelta(seconds=self._heartbeat + self._beat_seconds))
        for name, step in (("plan", self._plan), ("send", self._send)):
            self._scheduler.add_job(self._pass, trigger, (name, step), id=name, next_run_time=utc_now())
        self._scheduler.add_listener(self._after, EVENT_JOB_EXECUTED)
        self._scheduler.start()

    def _end_work(self) -> None:
        if self._scheduler.running:
            # Its own wait=True would wait with the lock in hand that a pass needs to name its next moment.
            self._scheduler.shutdown(wait=False)

    def _is_at_work(self) -> bool:
        return any(thread.name == _SCHEDULER_THREAD for thread in threading.enumerate())

    def _as_others_see(self, moment: datetime) -> datetime:
        return moment  # they are on this machine

    @property
    def _heartbeat(self) -> float:
        return float(self._app.config.service.heartbeat)

    def _beat(self) -> None:
        super()._beat()
        least = (
            self._heartbeat - self._beat_seconds / 2
        )  # of all beats this one is then the nearest to its time
        for name, begun in self._begun.items():
            if time.monotonic() - begun > least and not self._in_pass[name].locked():
                self._wake(name)

    def _pass(self, name: str, step: Callable[[], datetime | None]) -> None:
        self._again.discard(name)
        self._begun[name] = time.monotonic()
        super()._pass(name, step)

    def _after(self, event: JobExecutionEvent) -> None:
        # A job is never started while it runs; only from here on can one that was asked for meanwhile be.
        if event.job_id in self._again:
            self._wake(event.job_id)

    def _wake(self, name: str, wait: timedelta = timedelta(0)) -> None:
        """Run a job after `wait`, unless its heartbeat comes first.

        Only the difference counts, so a clock that is not the host's works, too.
        """
        if wait <= timedelta(0):
            self._again.add(name)
        wanted = utc_now() + max(wait, timedelta(0))
        with suppress(JobLookupError):  # shutting down
            job = self._scheduler.get_job(name)
            if job is not None and job.next_run_time is not None and wanted < job.next_run_time:
                self._scheduler.modify_job(name, next_run_time=wanted)

    def _leapt(self) -> None:
        self._scheduler.wakeup()  # a jump forward leaves its thread asleep past the moments it leapt over
