"""One daemon for one ledger: a file lock that the kernel drops when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifier.errors import ConfigError, LedgerHeld


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the ledger for this process; LedgerHeld names the pid of whoever has it. For local disks only.

    Raises ConfigError when the place can't be written or its file system has no locks.
    """
    place = database.with_name(database.name + ".lock")
    try:
        place.parent.mkdir(exist_ok=True, mode=0o700)
        lock = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"service.database: {place}: {error.strerror or error}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise LedgerHeld(f"{database} is held by another daemon, pid {holder}") from None
        except OSError as error:
            raise ConfigError(f"service.database: {place}: {error.strerror or error}") from None
        os.ftruncate(lock, os.pwrite(lock, f"{os.getpid()}\n".encode(), 0))
        yield
    finally:
        os.close(lock)
