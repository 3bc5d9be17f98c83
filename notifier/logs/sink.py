"""The way of log lines to stderr. Nobody who logs ever waits for it."""

import logging
import os
import threading
import time
from queue import SimpleQueue

_MOST_WAITING = 1_000  # lines; those that come while so many wait are dropped and counted
_LAST_LINES_SECONDS = 1.0  # for what still waits when the process ends
_PAUSE_SECONDS = 0.05
_END = threading.Event()  # after it nothing is written


class Sink(logging.Handler):
    """Hand lines to a thread that writes them to a descriptor; without one, to nobody.

    stderr may be a pipe that nobody reads, a journal that stands still, a disk that is full or gone: then only that
    thread waits. What it couldn't write is told, as a number, once it can.
    """

    def __init__(self, descriptor: int | None) -> None:
        super().__init__()
        self._descriptor = descriptor
        # Not Queue, whose lock isn't for a line logged from a destructor while another line is being put in.
        self._lines: SimpleQueue[bytes | threading.Event] = SimpleQueue()
        self._lost = 0
        if descriptor is not None:
            threading.Thread(target=self._work, args=(descriptor,), name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record, or count it as lost."""
        if self._descriptor is None:
            return
        try:
            line = self._bytes(record)
        except Exception:
            self._lost += 1
            return
        if self._lines.qsize() < _MOST_WAITING:
            self._lines.put(line)
        else:
            self._lost += 1

    def flush(self) -> None:
        """Wait, a moment at most, until what was logged so far is written."""
        if self._descriptor is not None:
            written = threading.Event()
            self._lines.put(written)
            written.wait(_LAST_LINES_SECONDS)

    def close(self) -> None:
        """Write what waits, if that takes no more than a moment, and end."""
        self.flush()
        if self._descriptor is not None:
            self._lines.put(_END)
            self._descriptor = None  # the thread closes it, when it is through
        super().close()

    def _bytes(self, record: logging.LogRecord) -> bytes:
        return (self.format(record) + "\n").encode("utf-8", "backslashreplace")

    def _work(self, descriptor: int) -> None:
        while (line := self._lines.get()) is not _END:
            if isinstance(line, threading.Event):
                line.set()
                continue
            if not self._write(descriptor, line):
                self._count(1)
            elif self._lost:
                # Said once it can be said: how many are missing before this line.
                self._write(descriptor, self._bytes(_loss(self._count(0))))
        os.close(descriptor)

    def _count(self, lost: int) -> int:
        """Add to what was lost; with 0, return it and begin anew."""
        self.acquire()
        try:
            known, self._lost = self._lost, self._lost + lost if lost else 0
            return known
        finally:
            self.release()

    def _write(self, descriptor: int, line: bytes) -> bool:
        left = memoryview(line)
        while left:
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:  # somebody else made the pipe non-blocking
                time.sleep(_PAUSE_SECONDS)
            except OSError:
                return False
        return True


def _loss(lost: int) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": "%d lines of the log were lost: nobody took them in time",
            "args": (lost,),
            "action": "log_lost",
            "lost": lost,
        }
    )
