"""Whether a ledger in a file is the one that mail was last sent from: not a copy elsewhere, nor an older state of it.

How often mail was claimed is counted in the ledger and in a file beside it, in this order. A ledger that is behind its
file was rolled back: mail went since that it doesn't know of. One that has no file, or another ledger's, was copied or
moved, and so was one that was last used on another machine: the original may be sending yet. Sent is nothing then
until `notifier confirm`. A file that is behind its ledger is what a crash between the two writes leaves, and no doubt.

The machine is known by machine-id(5), as an HMAC of it that is keyed with the installation; where there is none, the
count alone tells. Neither tells a whole machine, or a whole folder, that was put back or cloned with all that is in it.
"""

import hashlib
import hmac
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, update

from notifier.errors import NotifierError
from notifier.ledger import outbox
from notifier.ledger.log import record_event
from notifier.ledger.schema import installation, messages

log = logging.getLogger(__name__)

MACHINE_ID = Path("/etc/machine-id")
_UNTIL = "nothing is sent until `notifier confirm`"
_FORM = "{installation:.16} {number:020}\n"  # of one length, so that it is written over in place on a full disk, too


def doubt(db: Connection, database: Path) -> str | None:
    """Return why mail sent from this ledger may have been sent before; None where there is no doubt."""
    own = _own(db)
    number = _number_beside(database, own.name)
    if own.generation is None:  # new, or of a release that didn't count
        if number is not None and number > 1:
            return _rolled_back(database)
        return None
    here = _machine(own.name)
    if own.machine is not None and here is not None and own.machine != here:
        return f"this ledger was last used on another machine, which may be sending yet: {_UNTIL}"
    if number is None:
        name = _place(database).name
        return f"this ledger is a copy, or was moved: {name} is not beside it, or is another's: {_UNTIL}"
    return _rolled_back(database) if number > own.generation else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What letting go means: when the last mail on record went, and how many wait that would go now."""

    last: datetime | None
    waiting: int


def at_stake(db: Connection, now: datetime) -> Stake:
    """Return what is on record of contacts' mail at `now`."""
    went = select(func.max(messages.c.finished)).where(
        messages.c.state == "accepted", ~messages.c.contact.startswith(outbox.OPS)
    )
    return Stake(last=db.execute(went).scalar(), waiting=outbox.count_due(db, now))


def confirm(engine: Engine, database: Path, now: datetime, *, by: str) -> str | None:
    """Take this ledger, as it is and where it is, for the one to send from; return what was in doubt, if anything.

    NotifierError when the file beside it can't be written; then the doubt stands.
    """
    with engine.begin() as db:
        if (why := doubt(db, database)) is None:
            return None
        own = _own(db)
        number = max(own.generation or 0, _number_beside(database, own.name) or 0) + 1
        db.execute(update(installation).values(generation=number, machine=_machine(own.name)))
        record_event(db, at=now, by=by, action="ledger_confirmed", detail=why)
        try:
            _write(database, own.name, number)
        except OSError as error:
            raise NotifierError(
                f"{_place(database)}: {error.strerror or error}: nothing is confirmed; "
                "let the ledger's owner write there, then confirm again"
            ) from None
    return why


class Guard:
    """Keeps the count for the daemon that holds a ledger in a file, and its mail back while there is a doubt."""

    def __init__(self, engine: Engine, database: Path) -> None:
        """Look at the ledger, and count the start unless there is a doubt."""
        self._database = database
        self._generation: int | None = (
            None  # as this process left it; None while in doubt, or not counted yet
        )
        self._fails = False  # the file can't be written, and the log says so
        self.why: str | None = None
        with engine.begin() as db:
            self._name = _own(db).name
            if self.holds(db):
                return
            if self._generation is None:
                # The file first: without one, a counted ledger would be a copy.
                if not self._write(1):
                    return
                self._generation = 1
            db.execute(update(installation).values(machine=_machine(self._name)))
            self.advance(db)
        self.keep()

    def holds(self, db: Connection) -> bool:
        """Tell whether mail is to stay, and look anew wherever the count isn't as this process left it."""
        generation = _own(db).generation
        if self._generation is None or generation != self._generation:
            self.why = doubt(db, self._database)
            self._generation = None if self.why is not None else generation
        return self.why is not None

    def advance(self, db: Connection) -> None:
        """Count, in the transaction that claims mail; not that to ops, which goes in doubt, too."""
        if self._generation is not None:
            db.execute(update(installation).values(generation=self._generation + 1))

    def keep(self) -> None:
        """Count beside the ledger, once that is committed and before any mail goes."""
        if self._generation is not None:
            self._generation += 1
            self._write(self._generation)

    def _write(self, generation: int) -> bool:
        try:
            _write(self._database, self._name, generation)
        except OSError as error:
            if not self._fails:
                log.warning(
                    "%s can't be written, so a ledger that is put back may not be known for one: %s",
                    _place(self._database), error.strerror or error,
                    extra={"action": "guard_unwritable"},
                )  # fmt: skip
            self._fails = True
        else:
            self._fails = False
        return not self._fails


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    name: str
    generation: int | None
    machine: str | None


def _own(db: Connection) -> _Own:
    row = db.execute(select(installation)).one()
    return _Own(name=row.id, generation=row.generation, machine=row.machine)


def _rolled_back(database: Path) -> str:
    return f"this ledger was put back to an older state, {_place(database).name} knows of mail sent since: {_UNTIL}"


def _machine(name: str) -> str | None:
    """Return the mark of this machine for an installation; None where it has no id."""
    try:
        found = MACHINE_ID.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    if not found or found == "uninitialized":
        return None
    return hmac.new(found.encode(), name.encode(), hashlib.sha256).hexdigest()


def _place(database: Path) -> Path:
    return database.with_name(f"{database.name}.generation")


def _number_beside(database: Path, name: str) -> int | None:
    """Return what is counted beside a ledger; None where nothing readable of this ledger is there."""
    with suppress(OSError, UnicodeDecodeError, ValueError):
        whose, number = _place(database).read_text("ascii").split()
        return int(number) if name.startswith(whose) else None
    return None


def _write(database: Path, name: str, number: int) -> None:
    place = _place(database)
    is_new = not place.exists()
    made = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(made, _FORM.format(installation=name, number=number).encode(), 0)
        os.fsync(made)
    finally:
        os.close(made)
    if is_new:
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
