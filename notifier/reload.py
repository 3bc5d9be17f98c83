"""A running daemon goes over to the configuration as it stands now, or stays with the old one and says why."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from sqlalchemy import Engine

from notifier.app import App, Passes, build
from notifier.config import load
from notifier.errors import FaultsError, first_line
from notifier.gate import Gate, Held
from notifier.ledger.storage import Storage
from notifier.ledger.unseen import UnseenStorage
from notifier.signals import Signals

log = logging.getLogger(__name__)


class Reload:
    """The way in for a daemon's configurations: the gate that each one passes, and why the last one didn't."""

    def __init__(
        self,
        engine: Engine,
        signals: Signals,
        storage: Storage | UnseenStorage,
        attend: Callable[[Callable[[float], bool], str], None],
    ) -> None:
        """Keep the gate of an open ledger; `attend` waits as `Watch` does, with the watchdog fed."""
        self._engine, self._signals, self._storage, self._attend = engine, signals, storage, attend
        self._gate = Gate(engine)
        self.fault: str | None = None
        """Why the configuration that was read last isn't in force; None when it is."""

    @property
    def told(self) -> str | None:
        """The fault as systemd's line tells it."""
        what = (
            "the new configuration is"
            if self._gate.is_holding
            else "reload refused, the old configuration stays:"
        )
        return self.fault and f"{what} {self.fault}"

    @property
    def is_due(self) -> bool:
        """Whether a signal asked for a reload, or a person let in the configuration that waits."""
        return self._signals.reload_asked or self._has_word()

    def at_start(self, app: App) -> App:
        """Return the app to start with: this one, or the one of before while this one waits for a person's word."""
        app, self.fault = self._gate.at_start(app)
        return app

    def adopted(self, app: App) -> None:
        """Put on record what the ledger has adopted; of the app of before, tell what waits in its stead."""
        if app.is_recalled:
            self._say_held()
        else:
            self._gate.adopted(app)

    def run(self, passes: Passes, swap: Callable[[App], None]) -> bool:
        """Build all that can fail, then swap; on any fault the old configuration stays. Return whether it went."""
        self._gate.forget()
        try:
            swap(self._read_anew(passes.app).informed(self._engine))
        except Held as error:
            self.fault = str(error)
            if error.brakes:
                passes.sender.brake_with(hold=True)
            self._say_held()
            return False
        except Exception as error:
            unforeseen = f"{type(error).__name__}: {first_line(error)}"
            faults = error.faults if isinstance(error, FaultsError) else (unforeseen,)
            self.fault = "\n".join(faults)
            log.error(
                "Reload refused, the old configuration stays: %s", "; ".join(faults),
                extra={"action": "reload_refused"},
            )  # fmt: skip
            self._try(self._gate.failed)
            return False
        self.fault = None
        return True

    def keep_readings(self, app: App) -> None:
        """Spare the next start the reading of the same documents, where there is room for it."""
        if self._storage.shortage() is not None:
            return
        try:
            app.keep_readings()
        except OSError as error:
            log.info(
                "What was read of the documents can't be kept for the next start: %s", error,
                extra={"action": "readings_not_kept"},
            )  # fmt: skip

    def _read_anew(self, old: App) -> App:
        """Build afresh what the configuration names now: documents may take their time, and the watchdog is fed."""
        fresh: Future[App] = Future()

        def read() -> None:
            try:
                app = build(load(old.config.path), clock=old.clock)
                self._gate.admit(app, lambda: self._signals.stop_asked)
                fresh.set_result(app)
            except BaseException as error:
                fresh.set_exception(error)

        threading.Thread(target=read, name="reload", daemon=True).start()
        self._attend(lambda seconds: bool(wait([fresh], timeout=seconds).done), "everything was read")
        return fresh.result()

    def _has_word(self) -> bool:
        """Tell whether a person let in the configuration that waits; a ledger that can't say so is asked again."""
        return bool(self._try(self._gate.has_word))

    def _try(self, step: Callable[[], bool | None]) -> bool | None:
        """Do something in the ledger, and return what it returns; None where the ledger can't be used."""
        try:
            return step()
        except Exception as error:
            log.error(
                "The ledger can't be used: %s", first_line(error),
                exc_info=not self._storage.excuses(error), extra={"action": "ledger_unusable"},
            )  # fmt: skip
            return None

    def _say_held(self) -> None:
        log.warning("The new configuration is %s", self.fault, extra={"action": "reload_held"})
