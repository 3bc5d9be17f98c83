"""What the daemon tells of itself on stderr: one record a line, nobody's address, and never in the way of a mail."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from notifier.logs.form import Form
from notifier.logs.mask import mask
from notifier.logs.sink import Sink

__all__ = ["Layout", "hushed", "line", "mask", "on_stderr", "use"]

Layout = Literal["logfmt", "json"]

log = logging.getLogger("notifier")

_is_hushed = ContextVar("_is_hushed", default=False)


@contextmanager
def on_stderr(layout: Layout = "logfmt", level: int = logging.INFO) -> Iterator[None]:
    """Send every record of this process to stderr in this layout, meanwhile.

    Of other libraries only warnings and errors are told. Warnings, and exceptions that nobody caught, become records.
    """
    root, hooks = logging.getLogger(), (threading.excepthook, sys.unraisablehook)
    levels, raises = (root.level, log.level), logging.raiseExceptions
    sink = Sink(_own_stderr())
    sink.setFormatter(Form(layout, in_journal=is_journal()))
    sink.addFilter(lambda _record: not _is_hushed.get())
    root.addHandler(sink)
    root.setLevel(logging.WARNING)
    log.setLevel(level)
    # Its warning is that a job isn't started while it runs: with a slow mail server, one each heartbeat.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log that can't be written never stops a mail
    threading.excepthook, sys.unraisablehook = _uncaught_in_thread, _unraisable
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = hooks
        logging.raiseExceptions = raises
        logging.captureWarnings(False)
        root.setLevel(levels[0])
        log.setLevel(levels[1])
        root.removeHandler(sink)
        sink.close()


@contextmanager
def hushed() -> Iterator[None]:
    """Send nothing that this thread says meanwhile: passes on a ledger in memory tell of what hasn't happened."""
    token = _is_hushed.set(True)
    try:
        yield
    finally:
        _is_hushed.reset(token)


def use(layout: Layout) -> None:
    """Go on in this layout."""
    for one in logging.getLogger().handlers:
        if isinstance(one, Sink):
            one.setFormatter(Form(layout, in_journal=is_journal()))


def line(message: str, *, action: str, level: int = logging.ERROR, layout: str = "logfmt") -> str:
    """Return a record as the log would have it, for what must be told where none is kept, or none any more."""
    about = {"msg": message, "levelno": level, "levelname": logging.getLevelName(level), "action": action}
    return Form(layout, in_journal=is_journal()).format(logging.makeLogRecord(about))


def _own_stderr() -> int | None:
    """Return a descriptor of stderr that nobody else closes; None where there is no stderr.

    A process that is started without one gives its number to the next file or socket that it opens: whatever some
    library writes to stderr then would go into a ledger or to the mail server.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    return None if sys.stderr is None else os.dup(2)


def is_journal() -> bool:
    """Tell whether stderr goes to the journal: systemd leaves its device and inode in $JOURNAL_STREAM."""
    try:
        stderr = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stderr.st_dev}:{stderr.st_ino}"


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or issubclass(args.exc_type, SystemExit):
        return
    log.error(
        "A thread ended: %s: %s", args.exc_type.__name__, args.exc_value,
        exc_info=(args.exc_type, args.exc_value, args.exc_traceback), extra={"action": "thread_crashed"},
    )  # fmt: skip


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    told = None if args.exc_value is None else (args.exc_type, args.exc_value, args.exc_traceback)
    # Without the object's repr, which may hold anything.
    log.warning("%s", args.err_msg or "Exception ignored", exc_info=told, extra={"action": "library"})
