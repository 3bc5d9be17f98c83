"""The end of a daemon: a pass that was called at the last moment must not keep the process."""

import threading
import time
from types import SimpleNamespace
from typing import Any, cast

from notifier.watch import Watch

STOPPING = cast("Any", SimpleNamespace(_beat_seconds=0.05))


def test_a_pass_that_waits_while_the_daemon_ends_is_let_through() -> None:
    lock, through = threading.Lock(), threading.Event()

    def called_late() -> None:
        with lock:
            through.set()

    assert Watch._ends(STOPPING, lock, time.monotonic() + 5)
    late = threading.Thread(target=called_late, daemon=True)
    late.start()
    assert through.wait(5)


def test_a_pass_in_hand_is_waited_for_and_no_longer_than_allowed() -> None:
    lock = threading.Lock()
    with lock:
        assert not Watch._ends(STOPPING, lock, time.monotonic() + 0.2)
        assert not Watch._ends(STOPPING, lock, time.monotonic() - 1)
    threading.Timer(0.1, lock.release).start()
    lock.acquire()
    assert Watch._ends(STOPPING, lock, time.monotonic() + 5)
