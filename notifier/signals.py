"""What signals ask of the daemon: SIGTERM and SIGINT to stop, SIGHUP to reload. For the main thread alone."""

import select
import signal
import socket
import time
from contextlib import suppress


class Signals:
    """Plain flags that handlers set, and a wait that a signal ends.

    What wakes the main thread is the octet that Python itself writes as a signal comes: a handler runs only once the
    main thread does, and a wait just begun would go on.
    """

    def __init__(self) -> None:
        self.stop_asked = self.reload_asked = False
        self.stop_since: float | None = None
        """When the first asked to stop, in monotonic seconds."""
        self._bell, self._rope = socket.socketpair()

    def listen(self) -> None:
        """Take the signals from here on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._reload())
        for end in (self._bell, self._rope):
            end.setblocking(False)
        signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        if select.select([self._bell], [], [], seconds)[0]:
            self._bell.recv(4096)

    def wake(self) -> None:
        """End a wait, from any thread."""
        with suppress(OSError):  # its buffer is full, so that it ends anyway; or closed
            self._rope.send(b"\0")

    def close(self) -> None:
        """Let go of the sockets; the handlers stay."""
        signal.set_wakeup_fd(-1)
        self._bell.close()
        self._rope.close()

    def _stop(self) -> None:
        self.stop_asked = True
        self.stop_since = self.stop_since or time.monotonic()

    def _reload(self) -> None:
        self.reload_asked = True
