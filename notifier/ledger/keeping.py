"""What keeps a ledger from being lost unseen: a mark that it was made, a look at its pages, a copy before a change.

Everything here lies beside the SQLite file and is readable by its owner alone, as the ledger itself is.
"""

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from notifier.errors import ConfigError, LedgerFailed, NotifierError
from notifier.ledger.storage import trouble

LOCK_WAIT_SECONDS = 30


def address(path: Path, mode: str) -> str:
    """Return the URI under which SQLite opens an existing file, `mode` being ro or rw."""
    return f"file:{quote(os.fspath(path))}?mode={mode}"


def is_there(path: Path) -> bool:
    """Tell whether there is a database: an empty file is what a crash leaves of one that was being made."""
    return path.is_file() and path.stat().st_size > 0


def refuse_to_replace(path: Path, *, anew: bool) -> None:
    """Raise ConfigError where a ledger is gone that was made here, unless `anew`; and where `anew` finds one."""
    mark = _mark(path)
    if is_there(path):
        if anew:
            raise ConfigError(
                f"service.database: {path}: there is a ledger; --new-ledger is for one that is gone"
            )
    elif not anew and mark.exists():
        raise ConfigError(
            f"service.database: {path}: there is no ledger, though one was made here ({mark.name} says so)",
            f"{path}: put the file or its latest backup{_latest(path)} back; "
            "or, if all that was told before may be forgotten, start once with: notifier run --new-ledger",
        )


def mark_made(path: Path, now: datetime) -> None:
    """Leave a mark beside a ledger that it was made; one that is there already stays."""
    text = f"A ledger was made here, or first seen, on {now:%Y-%m-%d}; without this file a lost one is made anew.\n"
    try:
        made = os.open(_mark(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigError(f"service.database: {_mark(path)}: {error.strerror or error}") from None
    with os.fdopen(made, "w", encoding="utf-8") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(made)
    _sync_folder(path)


def check_pages(path: Path) -> None:
    """Raise ConfigError, which says how to restore, when SQLite's quick_check finds a database damaged."""
    try:
        with closing(sqlite3.connect(address(path, "rw"), uri=True, timeout=LOCK_WAIT_SECONDS)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA quick_check(5)")]
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    if found != ["ok"]:
        raise _damaged(path, "; ".join(" ".join(line.split()) for line in found))


def unusable(path: Path, error: BaseException) -> NotifierError:
    """Return what to tell of a database that SQLite can't use; of a damaged one, how to restore it, too.

    LedgerFailed where it may be usable the next time: it is locked, the disk is full or failed.
    """
    why = str(getattr(error, "orig", error))
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    if trouble(error) in ("full", "locked") or code & 0xFF == sqlite3.SQLITE_IOERR:
        return LedgerFailed(f"service.database: {path}: {why}")
    if "malformed" in why or "not a database" in why:
        return _damaged(path, why)
    return ConfigError(f"service.database: {path}: {why}")


def moved_to(path: Path) -> str | None:
    """Return the URL to which the ledger in a file was moved; None when it wasn't. ConfigError if it can't be read."""
    try:
        with closing(sqlite3.connect(address(path, "ro"), uri=True, timeout=LOCK_WAIT_SECONDS)) as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'moved'").fetchone() is None:
                return None
            row = db.execute("SELECT place FROM moved").fetchone()
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    return None if row is None else str(row[0])


def refuse_moved(path: Path) -> None:
    """Raise ConfigError, which says where it went, for a ledger that was moved."""
    if (place := moved_to(path)) is not None:
        raise ConfigError(
            f"service.database: {path}: this ledger was moved to {place}; from here nothing may be sent any more: "
            'name that in config.toml, with engine = "cluster"'
        )


def keep_copy(path: Path, version: str) -> Path:
    """Copy a ledger, as last committed, to a file beside it that is named after its schema's version.

    Raises ConfigError, with nothing left behind, when that can't be done.
    """
    kept = path.with_name(f"{path.name}.{version}")
    try:
        _copy(path, kept)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            f"service.database: {path}: its schema {version} stays as it is, "
            f"for no copy of it could be kept in {kept}: {getattr(error, 'strerror', None) or error}"
        ) from None
    return kept


def back_up(path: Path, target: Path, now: datetime) -> Path:
    """Copy a ledger, as last committed, to a new file or into a folder; return the file, its owner's alone.

    A daemon may go on writing the ledger meanwhile. What `unusable` and others say of the latest backup names this
    one from then on. Raises NotifierError when there is no ledger or it is damaged, the file is there already or
    can't be written; then nothing is left behind.
    """
    if not is_there(path):
        raise NotifierError(f"no ledger at {path}")
    if target.is_dir():
        target /= f"{path.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{path.suffix}"
    if os.path.lexists(target):
        raise NotifierError(f"{target}: there is such a file; a backup never overwrites one")
    try:
        _copy(path, target)
        note = _note(path).with_suffix(".part")
        note.write_text(f"{now.astimezone(UTC):%Y-%m-%d %H:%M}Z {target.absolute()}\n", "utf-8")
        note.chmod(0o600)
        note.replace(_note(path))
    except (OSError, sqlite3.Error) as error:
        raise NotifierError(f"{target}: {getattr(error, 'strerror', None) or error}") from None
    return target


def _copy(path: Path, target: Path) -> None:
    """Copy a database, whole or not at all, to a file that its owner alone may read."""
    draft = target.with_name(f"{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with (
            closing(sqlite3.connect(address(path, "ro"), uri=True, timeout=LOCK_WAIT_SECONDS)) as source,
            closing(sqlite3.connect(address(draft, "rw"), uri=True)) as made,
        ):
            source.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read from anywhere
            found = [str(row[0]) for row in made.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError("; ".join(found))
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
        _sync_folder(target)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def hide(path: Path) -> None:
    """Make a ledger readable by its owner alone, however it was put there; -wal and -shm follow its mode."""
    for place in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):  # another's file: its owner answers for it
            if place.stat().st_mode & 0o077:
                place.chmod(0o600)


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.made")


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"service.database: {path}: the file is damaged, or no database: {why}",
        f"{path}: to restore it, stop the daemon, move this file and {path.name}-wal and -shm beside it away, and "
        f"copy the latest backup to this name{_latest(path)}; what was sent since goes again on `notifier confirm`",
    )


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.backup")


def _latest(path: Path) -> str:
    try:
        moment, _, place = _note(path).read_text("utf-8").strip().partition("Z ")
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({place} of {moment}Z)"


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
