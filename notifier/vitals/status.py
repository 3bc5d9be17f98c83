"""What a daemon says of itself: in its row of the ledger, to its vitals, and of its faults to ops."""

import logging
import os
import socket
from datetime import datetime

from sqlalchemy import Connection, Engine

from notifier.errors import first_line
from notifier.ledger.log import record_event, register_daemon, update_daemon
from notifier.ledger.met import FaultsMet
from notifier.ledger.storage import Storage
from notifier.ledger.unseen import UnseenStorage
from notifier.passes.ops_matters import PASS_EVENT
from notifier.vitals.vitals import Vitals

log = logging.getLogger(__name__)


class Status:
    """How one daemon on an open ledger is."""

    def __init__(self, engine: Engine, vitals: Vitals, storage: Storage | UnseenStorage) -> None:
        """Begin with no fault; nothing is said yet."""
        self._engine, self._vitals, self._storage = engine, vitals, storage
        self.host, self._pid = socket.gethostname(), os.getpid()
        self.faults: dict[str, str | None] = {}  # what is wrong now, by what it is that has it
        self.met = FaultsMet(PASS_EVENT)  # for the ops mail

    def begin(self, db: Connection, now: datetime, *, config_hash: str, preflight: int) -> None:
        """Say that the daemon starts now, with so much that needs a person."""
        self._vitals.begin(now, config_hash=config_hash, preflight=preflight)
        register_daemon(db, self.host, self._pid, now, config_hash=config_hash, preflight=preflight)
        record_event(db, at=now, by="notifier", action="started", detail=f"{self.host} pid {self._pid}")

    @property
    def fault(self) -> str | None:
        """Everything that is wrong now, each thing once; None when nothing is."""
        return "; ".join(dict.fromkeys(fault for fault in self.faults.values() if fault)) or None

    def say(self, **values: object) -> None:
        """Write how the daemon is into its row, with `values` for what changed; raises what the ledger raises."""
        with self._engine.begin() as db:
            # Asked for with the ledger in hand: of two passes that end together, the last to write knows both.
            values["fault"] = self.fault
            update_daemon(db, self.host, self._pid, **values)
        self._vitals.note(values)

    def try_to_say(self, **values: object) -> None:
        """Do the same, but where the ledger can't be written, say so in the log and to the vitals alone."""
        self._vitals.note({**values, "fault": self.fault})
        try:
            self.say(**values)
        except Exception as error:
            log.error(
                "The ledger can't be written: %s", first_line(error),
                exc_info=not self._storage.excuses(error), extra={"action": "ledger_unwritable"},
            )  # fmt: skip
