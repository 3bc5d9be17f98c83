"""The disk under a running ledger: what is done when it is full, locked by somebody else, or fails.

A ballast file lies beside the ledger, so that there is room for one thing yet on a full disk: the answer to a mail in
hand, without which that mail would go twice. SQLite's own word for a failure decides:

- SQLITE_FULL: nothing is planned or claimed until twice the ballast is free again. The ballast goes when an
  answer must be recorded, and comes back with the room. (An exceeded quota reads as SQLITE_IOERR: it is tried.)
- SQLITE_BUSY, after the time that a connection waits: somebody else has the ledger, and every pass fails until they
  let go; an answer is recorded again and again for as long as this process lives.
- SQLITE_IOERR and whatever else says that file or disk can't be relied upon: the ledger has failed. After a
  failed fsync nobody knows what is on the disk (https://www.sqlite.org/howtocorrupt.html, "failure to sync"), so no
  transaction is begun any more; the process is to end, and the next start looks at every page.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError

from notifier.errors import LedgerFailed

log = logging.getLogger(__name__)

BALLAST = 1 << 20  # octets
_ENOUGH = 2 * BALLAST  # of room for passes to go on, so that they don't stop again at once
_LITTLE = BALLAST // 16  # where not even this can be had, the disk or the quota is full
_RETRY_SECONDS = 1.0

Trouble = Literal["full", "locked", "failed"]
_MEANING: dict[int, Trouble] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_IOERR: "failed",
    sqlite3.SQLITE_CORRUPT: "failed",
    sqlite3.SQLITE_NOTADB: "failed",
    sqlite3.SQLITE_READONLY: "failed",
    sqlite3.SQLITE_CANTOPEN: "failed",
}


def trouble(error: BaseException) -> Trouble | None:
    """Return what SQLite's error, or one that wraps it, says of the disk; None when it says nothing of it."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else _MEANING.get(code & 0xFF)


def shortage_of(database: Path) -> str | None:
    """Return that there is too little room beside a ledger for anything to be planned or sent; None with enough."""
    found = os.statvfs(database.parent)
    room = found.f_bavail * found.f_frsize
    return None if room >= BALLAST else f"the disk of {database.parent} is full: {room} octets are left"


class Storage:
    """Looks after the disk of one open ledger; every error of the engine is seen here first."""

    def __init__(self, database: Path, engine: Engine, failed: Callable[[], None] = lambda: None) -> None:
        """Lay the ballast; `failed` is called, on any thread, once the ledger can't be relied upon."""
        self._database = database
        self._ballast = database.with_name(f"{database.name}.ballast")
        self._failed = failed
        self._failure: str | None = None
        self._is_full = False
        self._within: set[int] = set()  # threads of ours with a transaction open
        self._turn = threading.Lock()
        event.listen(engine, "handle_error", self._see)
        event.listen(engine, "begin", self._refuse, insert=True)
        event.listen(engine, "begin", lambda _db: self._within.add(threading.get_ident()))
        for end in ("commit", "rollback"):
            event.listen(engine, end, lambda _db: self._within.discard(threading.get_ident()))
        if not self._make_room():
            self._say_full()

    @property
    def is_full(self) -> bool:
        """Whether the disk was full and nobody has found room since."""
        return self._is_full

    @property
    def has_failed(self) -> bool:
        """Whether the ledger can't be relied upon any more."""
        return self._failure is not None

    def check(self) -> None:
        """Raise LedgerFailed when the ledger can't be relied upon any more."""
        if self._failure is not None:
            raise LedgerFailed(self._failure)

    def shortage(self) -> str | None:
        """Return why nothing may be planned or claimed; None with room, and the ballast in its place again."""
        with self._turn:
            if self._is_full and self._make_room():
                self._is_full = False
                log.warning("There is room for the ledger again", extra={"action": "disk_has_room"})
        if not self._is_full:
            return None
        return f"the disk of {self._database.parent} is full: nothing is planned or sent until there is room"

    def insist(self, step: Callable[[], None]) -> None:
        """Do a step that must be recorded, again and again while the disk is full or the ledger locked.

        Raises what the step does on any other fault; LedgerFailed once the ledger has failed.
        """
        while True:
            try:
                return step()
            except DBAPIError as error:
                self.check()
                if (what := trouble(error)) is None:
                    raise
                if what != "locked" and self._give_ballast():
                    continue
                log.warning(
                    "An answer can't be recorded yet: %s", error.orig, extra={"action": "answer_waits"}
                )
                time.sleep(_RETRY_SECONDS)

    def excuses(self, error: BaseException) -> bool:
        """Tell whether an error is the disk's or another process's fault, so that a new start would not help."""
        match trouble(error):
            case "full":
                return True
            case "locked":
                return not self._within - {threading.get_ident()}
            case "failed":
                return self._failure is None  # a quota after all
            case None:
                return False

    def _see(self, context: ExceptionContext) -> None:
        what = trouble(context.original_exception)
        if what == "failed":
            with self._turn:
                if not self._can_allocate(_LITTLE):
                    what = "full"
        if what == "full" and not self._is_full:
            self._say_full()
        elif what == "failed" and self._failure is None:
            self._failure = f"{self._database}: {context.original_exception}"
            log.critical("The ledger failed: %s", self._failure, extra={"action": "ledger_failed"})
            self._failed()

    def _refuse(self, _db: Connection) -> None:
        self.check()

    def _say_full(self) -> None:
        self._is_full = True
        log.error(
            "The disk of %s is full: nothing is planned or sent until there is room", self._database.parent,
            extra={"action": "disk_full"},
        )  # fmt: skip

    def _give_ballast(self) -> bool:
        with self._turn:
            try:
                self._ballast.unlink()
            except FileNotFoundError:
                return False
        log.error("The ballast goes, to record an answer", extra={"action": "ballast_given"})
        return True

    def _make_room(self) -> bool:
        """Lay the ballast unless it is there; tell whether as much again is free."""
        has_ballast = self._ballast.exists()
        if not self._can_allocate(_ENOUGH - BALLAST if has_ballast else _ENOUGH, lays=not has_ballast):
            return False
        return self._ballast.exists()

    def _can_allocate(self, size: int, *, lays: bool = False) -> bool:
        """Try to take so much room, which a quota may refuse though the disk has it; it may become the ballast."""
        draft = self._ballast.with_name(f"{self._ballast.name}.part")
        found = os.statvfs(self._database.parent)
        if found.f_bavail * found.f_frsize < size:
            return False
        try:
            made = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(made, 0, size)
                if lays:
                    os.ftruncate(made, BALLAST)
                    os.fsync(made)
                    draft.replace(self._ballast)
            finally:
                os.close(made)
                draft.unlink(missing_ok=True)
        except OSError:
            return False
        return True
