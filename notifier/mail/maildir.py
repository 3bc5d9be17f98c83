"""A Maildir instead of a server: every mail becomes a file, for rehearsals and fresh installations."""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Final

from notifier.errors import NotifierError
from notifier.mail.transport import Outgoing, Result, Revoked

AT_ONCE: Final = 100  # mails put on record in one go where nothing is lost that can't be rehearsed again

_UNSAFE = re.compile(r"[^A-Za-z0-9@=+_.-]")


class MaildirTransport:
    """Write each mail to `root`/tmp, sync it, rename it into `root`/new.

    The name comes from the Message-ID, so that a retry replaces its own copy. `durable=False` leaves
    out the syncs, and puts many mails on record at once, for a rehearsal that can be run again.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self._root = root
        self._durable = durable

    def deliver(
        self,
        mails: Iterable[Outgoing],
        *,
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> Result | None:
        """Write the mails in order; a full disk or a missing permission ends the delivery."""
        try:
            self._make()
        except OSError as error:
            return _fault(error)
        if self._durable or together is None:
            return self._deliver(mails, begin, record, stop)
        source = iter(mails)
        while some := list(islice(source, AT_ONCE)):
            with together():
                fault = self._deliver(some, begin, record, stop)
            if fault is not None or stop():
                return fault
        return None

    def _deliver(
        self,
        mails: Iterable[Outgoing],
        begin: Callable[[Outgoing], None],
        record: Callable[[Outgoing, Result], None],
        stop: Callable[[], bool],
    ) -> Result | None:
        for mail in mails:
            if stop():
                return None
            name = file_name(mail.message_id)
            try:
                self._write(name, mail.data)
            except OSError as error:
                return _fault(error)
            try:
                begin(mail)
            except Revoked:
                (self._root / "tmp" / name).unlink(missing_ok=True)
                continue
            try:
                self._publish(name)
            except OSError as error:
                fault = _fault(error)
                record(mail, Result(state="deferred", scope="message", reply=fault.reply))
                return fault
            record(mail, Result(state="accepted", scope="message", reply=f"250 written to new/{name}"))
        return None

    def check(self) -> list[str]:
        """Return one line saying where mail goes; raise NotifierError when nothing can be written there."""
        try:
            self._make()
        except OSError as error:
            raise NotifierError(f"Maildir {self._root}: {error}") from None
        for name in ("tmp", "new"):
            if not os.access(self._root / name, os.W_OK | os.X_OK):
                raise NotifierError(f"Maildir {self._root}: {name}/ can't be written to")
        return [f"Maildir {self._root}: writable; nothing leaves this machine"]

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _make(self) -> None:
        # Mail names people and what they owe: nobody but the service reads it.
        for name in ("tmp", "new", "cur"):
            (self._root / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        with open(self._root / "tmp" / name, "wb", opener=_private) as file:
            file.write(data)
            file.flush()
            if self._durable:
                os.fsync(file.fileno())

    def _publish(self, name: str) -> None:
        os.rename(self._root / "tmp" / name, self._root / "new" / name)
        if self._durable:
            folder = os.open(self._root / "new", os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def file_name(message_id: str) -> str:
    """Return the file name of a Message-ID; different ids give different names."""
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    safe = _UNSAFE.sub(lambda found: "%" + found[0].encode("utf-8", "surrogatepass").hex(), bare)
    return f"%2e{safe[1:]}" if safe.startswith(".") else safe


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _fault(error: OSError) -> Result:
    return Result(state="deferred", scope="server", reply=f"Maildir: {error}")
