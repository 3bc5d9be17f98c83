"""What every daemon does, whoever calls its passes: signals, systemd, the heartbeat, passes one at a time.

The main thread keeps a heartbeat on the monotonic clock: it looks after the ledger and what wakes the passes, answers
signals, and has the passes run at once when the wall clock jumped.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine

from notifier import logs, sdnotify
from notifier.app import App, Passes
from notifier.errors import ConfigError, NotifierError, first_line
from notifier.ledger.log import latest_heartbeat
from notifier.ledger.storage import Storage
from notifier.ledger.unseen import UnseenStorage
from notifier.ledger.wake import Outlook, earliest, outlook
from notifier.passes.send import SendOutcome
from notifier.passes.timekeeper import Timekeeper
from notifier.reload import Reload
from notifier.signals import Signals
from notifier.vitals import Counted, Status, Vitals, paused, status_line

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=0.1)  # between passes of one kind: a moment that stays in the past must not spin
_JUMP = timedelta(seconds=5)  # more drift than this between wall and monotonic clock is a jump
_SICK_AFTER = 3  # failed passes in a row, then the watchdog is left to bark
_GLANCE_SECONDS = 5.0  # a signal that comes while a lock is waited for is seen within so many
_LAST_MAIL_SECONDS = 80.0  # for the mail in hand when told to stop; the unit's TimeoutStopSec allows 90


class Watch(ABC):
    """A daemon on an open ledger; what wakes its passes is for each kind of daemon to say."""

    def __init__(self, app: App, engine: Engine, signals: Signals, storage: Storage | UnseenStorage) -> None:
        self._engine = engine
        self._vitals = Vitals(lambda: self._passes)
        self._signals = signals
        self._storage = storage
        with engine.begin() as db:
            self._timekeeper = Timekeeper(app.clock, latest_heartbeat(db))
        self._reload = Reload(engine, signals, storage, self._attend)
        self._passes: Passes = self._passes_of(self._reload.at_start(app))
        self._in_pass = {"plan": threading.Lock(), "send": threading.Lock()}
        self._hurry = False  # passes end after the mail in hand
        self._failed = {"plan": 0, "send": 0}
        self._status = Status(engine, self._vitals, storage)
        self._status.faults |= {"clock": self._timekeeper.behind(), "plan": None, "send": None}
        self._outlook = Outlook()  # as of the last beat
        self._sends_at: datetime | None = None  # when the last send pass wanted the next one
        self._seen = app.clock(), time.monotonic()  # both clocks at the last beat

    @property
    def _app(self) -> App:
        return self._passes.app

    @abstractmethod
    def _free_claims(self, db: Connection) -> int:
        """Put back what a daemon before this one had claimed and can't send any more; return how many mails."""

    @abstractmethod
    def _begin_work(self) -> None:
        """Have the passes called from here on."""

    @abstractmethod
    def _end_work(self) -> None:
        """Have no pass called any more; wait for none."""

    @abstractmethod
    def _is_at_work(self) -> bool:
        """Tell whether what calls the passes is alive."""

    @abstractmethod
    def _as_others_see(self, moment: datetime) -> datetime:
        """Return a moment of this host's clock by the clock that those who read the ledger go by."""

    @abstractmethod
    def _wake(self, name: str, wait: timedelta = timedelta(0)) -> None:
        """Have a pass called after `wait`, or sooner."""

    @abstractmethod
    def _leapt(self) -> None:
        """Do what else is needed once the wall clock has leapt."""

    def _passes_of(self, app: App) -> Passes:
        return app.passes(self._engine, Counted(app.transport(), self._vitals.pulse), storage=self._storage)

    def run(self, *, catch_up: bool) -> bool:
        """Run until told to stop; return whether both passes have ended then."""
        self._signals.listen()
        now = self._app.clock()
        preflight = len(self._app.preflight(now))
        with self._engine.begin() as db:
            revived = self._free_claims(db)
            self._status.begin(db, now, config_hash=self._app.config.hash, preflight=preflight)
        if revived:
            log.warning("%d mails were claimed by a daemon that died", revived, extra={"action": "revived"})
        self._passes.adopt(now, catch_up=catch_up)
        self._reload.adopted(self._app)
        if self._reload.fault is not None:
            self._status.try_to_say(reload_fault=self._reload.fault)
        try:
            if not self._signals.stop_asked:
                self._start()
                self._reload.keep_readings(self._app)
                self._watch()
        finally:
            is_at_rest = self._end()
        log.info("Stopped", extra={"action": "stopped"})
        return is_at_rest

    def _start(self) -> None:
        self._begin_work()
        self._outlook = self._look_ahead()
        self._vitals.beat()
        sdnotify.notify("READY=1", f"STATUS={self._line()}")
        log.info("Ready: %s", self._line(), extra={"action": "ready"})

    def _end(self) -> bool:
        """Let the mail in hand come through, for a while; return whether it did."""
        sdnotify.notify("STOPPING=1")
        self._hurry = True
        self._end_work()
        patience = 0 if self._storage.has_failed else _LAST_MAIL_SECONDS
        deadline = (self._signals.stop_since or time.monotonic()) + patience
        is_at_rest = all(self._ends(lock, deadline) for lock in self._in_pass.values())
        self._status.try_to_say(stopped=self._app.clock())
        self._vitals.close()
        if not is_at_rest:
            # Its claim stays: the next start flags the mail as uncertain if DATA had begun, else simply sends it.
            log.warning("The mail in hand got no answer in time", extra={"action": "stopped_in_mail"})
            return False
        self._passes.sender.transport.close()
        self._engine.dispose()
        self._signals.close()
        return True

    def _ends(self, lock: threading.Lock, deadline: float) -> bool:
        while not lock.acquire(
            timeout=max(0, min(deadline - time.monotonic(), self._beat_seconds, _GLANCE_SECONDS))
        ):
            if time.monotonic() >= deadline:
                return False
            sdnotify.notify("WATCHDOG=1")
        # A pass that was called just before waits for this: it sees the hurry and returns, else its thread, which the
        # interpreter waits for, would never end.
        lock.release()
        return True

    def _pass(self, name: str, step: Callable[[], datetime | None]) -> None:
        with self._in_pass[name]:
            if self._is_hurried():
                return
            try:
                if self._must_wait(name):
                    moment = None
                else:
                    with self._vitals.pulse.timed(name):
                        moment = step()
                self._failed[name] = 0
            except Exception as error:
                is_excused = self._storage.excuses(error)  # a new start would help nobody
                self._failed[name] += not is_excused
                log.error(
                    "The %s pass failed: %s", name, first_line(error),
                    exc_info=not is_excused, extra={"action": "pass_failed"},
                )  # fmt: skip
                self._status.faults[name] = fault = f"{name}: {type(error).__name__}: {first_line(error)}"
                self._status.met.add(self._app.clock(), fault)
                if not is_excused:
                    self._status.try_to_say()
                return
            if moment is not None:
                self._wake(name, max(moment - self._app.clock(), PAUSE))

    def _must_wait(self, name: str) -> bool:
        """Tell whether a pass has no room or no clock to go by; status says which."""
        self._status.faults["clock"] = self._timekeeper.behind()
        why = self._storage.shortage() or self._doubt()
        if why is not None:
            self._status.faults[name] = why
            self._status.try_to_say()
        return why is not None

    def _is_hurried(self) -> bool:
        return self._hurry or self._signals.stop_asked

    def _plan(self) -> datetime | None:
        now = self._app.clock()
        self._passes.set_right(now, stands=self._timekeeper.stands)
        outcome = self._passes.plan(now)
        self._status.faults["plan"] = None
        self._status.say(last_plan=now)
        if outcome.messages:
            self._wake("send")
        return outcome.next_at

    def _send(self) -> datetime | None:
        return self._told(self._passes.send(self._must_end)).next_at

    def _must_end(self) -> bool:
        """Tell whether a send pass is to end after the mails in hand."""
        return self._is_hurried() or self._storage.is_full or self._doubt() is not None

    def _doubt(self) -> str | None:
        """Return why the wall clock can't be gone by, None when it can."""
        return self._timekeeper.doubt()

    def _told(self, outcome: SendOutcome) -> SendOutcome:
        """Say in the ledger how a send pass went; return its outcome."""
        until = self._passes.sender.paused_until
        self._sends_at = outcome.next_at
        self._status.faults |= {
            "send": paused(outcome.fault, until, self._app.config.zone),
            "templates": outcome.template_fault,
        }
        self._status.say(last_send=self._app.clock())
        return outcome

    @property
    def _beat_seconds(self) -> float:
        heartbeat = float(self._app.config.service.heartbeat)
        limit = sdnotify.watchdog_seconds()
        return heartbeat if limit is None else min(heartbeat, limit / 3)

    def _watch(self) -> None:
        while not self._signals.stop_asked:
            self._signals.wait(self._beat_seconds)
            self._storage.check()
            if self._signals.stop_asked:
                return
            if self._reload.is_due:
                self._go_over()
            self._beat()
            self._vitals.beat()

    def _beat(self) -> None:
        """Look whether the clock jumped and all is well; if so, tell the watchdog."""
        (wall, steady), self._seen = self._seen, (self._app.clock(), time.monotonic())
        now = self._seen[0]
        drift = now - wall - timedelta(seconds=self._seen[1] - steady)
        if abs(drift) > _JUMP:
            log.warning("The clock jumped by %s", drift, extra={"action": "clock_jumped"})
            for name in self._in_pass:
                self._wake(name)
            self._leapt()
        # The watchdog's sign of life is earned by a working ledger, something alive that calls the passes, and passes
        # that succeed.
        try:
            self._outlook = self._look_ahead()
            # The fault of a reload, too: what a full disk kept from being written would never be told.
            self._status.say(
                heartbeat=self._as_others_see(now),
                next_wake=self._outlook.moment,
                reload_fault=self._reload.fault,
            )
            self._status.met.write(self._engine)
        except Exception as error:
            self._status.met.add(now, f"ledger: {type(error).__name__}: {first_line(error)}")
            is_excused = self._storage.excuses(error)
            log.error(
                "The ledger can't be used: %s", first_line(error),
                exc_info=not is_excused, extra={"action": "ledger_unusable"},
            )  # fmt: skip
            if not is_excused:
                return
        if self._is_at_work() and max(self._failed.values()) < _SICK_AFTER:
            sdnotify.notify("WATCHDOG=1", f"STATUS={self._line()}")

    def _go_over(self) -> None:
        """Take the configuration as it stands now, or keep the old one, and say which."""
        self._signals.reload_asked = False  # what is asked from here on counts anew
        sdnotify.reloading()
        told: dict[str, object] = {}
        if self._reload.run(self._passes, self._swap):
            logs.use(self._app.config.service.log)
            log.info("Reloaded", extra={"action": "reloaded"})
            self._reload.keep_readings(self._app)
            now = self._app.clock()
            told = {"config_hash": self._app.config.hash, "config_loaded": now}
            told["preflight"] = len(self._app.preflight(now))
        self._status.try_to_say(**told, reload_fault=self._reload.fault)
        # Always READY: systemd has no word for a reload that failed, and waits for this one.
        sdnotify.notify("READY=1", f"STATUS={self._line()}")

    def _swap(self, fresh: App) -> None:
        if fresh.config.service.database != self._app.config.service.database:
            raise ConfigError("service.database: a change of the database needs a restart")
        passes = self._passes_of(fresh)
        with self._at_rest():
            passes.adopt(fresh.clock())
            self._reload.adopted(fresh)
            stale, self._passes = self._passes, passes
        stale.sender.transport.close()

    @contextmanager
    def _at_rest(self) -> Iterator[None]:
        """Hold both passes, once the mail in hand is through, then wake them; the watchdog is fed meanwhile."""
        self._hurry = True
        try:
            with ExitStack() as held:
                for lock in self._in_pass.values():
                    self._attend(partial(lock.acquire, True), "the mail in hand was through")
                    held.callback(lock.release)
                yield
        finally:
            self._hurry = False
            for name in self._in_pass:
                self._wake(name)

    def _look_ahead(self) -> Outlook:
        with self._engine.begin() as db:
            found = outlook(db, self._outlook)
        sender = self._passes.sender
        if sender.is_held or sender.paused_until is not None:
            # Mail that is due goes when the server is tried again, or when the brake lets go: not in the past.
            found = replace(found, moment=earliest(found.planning, self._sends_at))
        return found

    def _line(self) -> str:
        return status_line([self._reload.told, self._status.fault], self._outlook, self._app.config.zone)

    def _attend(self, has_come: Callable[[float], bool], what: str) -> None:
        """Wait, with the watchdog fed, until `has_come` says so within the seconds it gets; NotifierError at a stop."""
        while not has_come(min(self._beat_seconds, _GLANCE_SECONDS)):
            if self._signals.stop_asked:
                raise NotifierError(f"told to stop before {what}")
            self._beat()
