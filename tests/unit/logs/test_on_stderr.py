"""What goes to stderr while the log is kept there, and that nothing of it stays behind."""

import gc
import logging
import sys
import threading
import warnings

import pytest

from notifier import logs
from notifier.logs.sink import Sink

log = logging.getLogger("notifier.test")


def test_warnings_and_exceptions_that_nobody_caught_become_records(capfd: pytest.CaptureFixture[str]) -> None:
    class Bad:
        def __del__(self) -> None:
            raise ValueError("zhao@x.cn in a destructor")

    def fail() -> None:
        raise RuntimeError("zhao@x.cn in a thread")

    with logs.on_stderr():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("zhao@x.cn is old", stacklevel=1)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        Bad()
        gc.collect()
    told = capfd.readouterr().err
    assert "zhao" not in told
    assert "level=warning action=library logger=py.warnings" in told
    assert (
        'level=error action=thread_crashed message="A thread ended: RuntimeError: z***@x.cn in a thread"'
        in told
    )
    assert "  ValueError: z***@x.cn in a destructor" in told


def test_of_other_libraries_only_warnings_and_errors_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    with logs.on_stderr():
        logging.getLogger("aiosmtplib").info("AUTH PLAIN c2VjcmV0")
        logging.getLogger("asyncio").debug("Using selector")
        logging.getLogger("asyncio").error("Task exception was never retrieved")
        log.info("ours", extra={"action": "ready"})
    lines = capfd.readouterr().err.splitlines()
    assert [line.partition(" action=")[2] for line in lines] == [
        'library logger=asyncio message="Task exception was never retrieved"',
        "ready message=ours",
    ]


def test_another_layout_holds_from_the_next_record(capfd: pytest.CaptureFixture[str]) -> None:
    with logs.on_stderr("logfmt"):
        log.info("one", extra={"action": "ready"})
        logs.use("json")
        log.info("two", extra={"action": "ready"})
    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith("level=info action=ready message=one")
    assert second.endswith('"level": "info", "action": "ready", "message": "two"}')


def test_afterwards_all_is_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, logging.getLogger("notifier").level, threading.excepthook, sys.unraisablehook)
    handlers, showing = list(root.handlers), warnings.showwarning
    with logs.on_stderr():
        assert any(isinstance(one, Sink) for one in root.handlers)
    assert (
        root.level,
        logging.getLogger("notifier").level,
        threading.excepthook,
        sys.unraisablehook,
    ) == before
    assert (root.handlers, warnings.showwarning) == (handlers, showing)
