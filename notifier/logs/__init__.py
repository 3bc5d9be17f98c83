"""What the daemon tells of itself on stderr: one record a line, nobody's address, and never in the way of a mail."""

import logging
import os
import sys
import threading
from types import TracebackType
from typing import Literal

from notifier.logs.form import Form
from notifier.logs.mask import mask
from notifier.logs.sink import Sink

__all__ = ["Layout", "mask", "set_up"]

Layout = Literal["logfmt", "json"]

log = logging.getLogger("notifier")


def set_up(layout: Layout = "logfmt", level: int = logging.INFO) -> None:
    """Send every record of this process to stderr in this layout; called again, it only changes layout and level.

    Of other libraries only warnings and errors are told. Warnings, and exceptions that nobody caught, become records.
    """
    in_journal = _is_journal()
    form = Form(layout, in_journal=in_journal)
    root = logging.getLogger()
    if (there := next((one for one in root.handlers if isinstance(one, Sink)), None)) is not None:
        there.setFormatter(form)
    else:
        sink = Sink(_own_stderr())
        sink.setFormatter(form)
        root.addHandler(sink)
        logging.captureWarnings(True)
        logging.raiseExceptions = False  # a log that can't be written never stops a mail
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread
        sys.unraisablehook = _unraisable
    root.setLevel(logging.WARNING)
    log.setLevel(level)
    # Its warning is that a job isn't started while it runs: with a slow mail server, one each heartbeat.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


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


def _is_journal() -> bool:
    """Tell whether stderr goes to the journal: systemd leaves its device and inode in $JOURNAL_STREAM."""
    try:
        stderr = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stderr.st_dev}:{stderr.st_ino}"


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("%s: %s", kind.__name__, error, exc_info=(kind, error, trace), extra={"action": "crashed"})


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
