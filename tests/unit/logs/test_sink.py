"""Logging into a pipe that nobody reads, that nobody can read any more, and into none at all."""

import logging
import os
import select
import time
from collections.abc import Callable, Iterator

import pytest

from notifier.logs import sink
from notifier.logs.sink import Sink


class Pipe:
    """A pipe, and the sinks that write into it."""

    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()
        self._sinks: list[Sink] = []

    def sink(self) -> Sink:
        """Return a sink that writes into it."""
        self._sinks.append(Sink(os.dup(self.writes)))
        return self._sinks[-1]

    def close_reader(self) -> None:
        """Let the reader go away."""
        os.close(self.reads)
        self.reads = -1

    def close(self) -> None:
        """End the sinks; one that is stuck meets a pipe without a reader."""
        if self.reads >= 0:
            self.close_reader()
        for one in self._sinks:
            one.close()
        os.close(self.writes)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "_LAST_LINES_SECONDS", 0.1)


def log_lines(handler: Sink, number: int) -> float:
    """Log so many lines of 1,000 octets, and return how long that took, in seconds."""
    begin = time.monotonic()
    for count in range(number):
        handler.handle(logging.LogRecord("notifier", logging.INFO, "", 1, f"{count} {'x' * 1000}", (), None))
    return time.monotonic() - begin


def read_while(end: int, wants_more: Callable[[str], bool]) -> str:
    """Read a pipe while what came so far wants more."""
    got = b""
    while wants_more(got.decode()):
        assert select.select([end], [], [], 5)[0], f"nothing comes after {got[-200:]!r}"
        got += os.read(end, 65536)
    return got.decode()


def read_until(end: int, last: str) -> str:
    """Read a pipe until `last` was written."""
    return read_while(end, lambda text: last not in text)


def test_lines_come_out_as_they_went_in(pipe: Pipe) -> None:
    handler = pipe.sink()
    log_lines(handler, 3)
    handler.flush()
    assert [line.split()[0] for line in os.read(pipe.reads, 65536).decode().splitlines()] == ["0", "1", "2"]


@pytest.mark.usefixtures("quick")
def test_a_pipe_that_nobody_reads_holds_nobody_up_and_each_line_is_written_or_counted(pipe: Pipe) -> None:
    handler = pipe.sink()
    assert log_lines(handler, 5_000) < 2
    begin = time.monotonic()
    handler.flush()  # as at the end of the process
    assert time.monotonic() - begin < 1

    def counted(text: str) -> tuple[int, int]:
        lines = text.splitlines()
        lost = sum(int(line.split()[0]) for line in lines if "were lost" in line)
        return sum(line.endswith("xxx") for line in lines), lost

    text = read_while(pipe.reads, lambda text: not text.endswith("\n") or sum(counted(text)) < 5_000)
    written, lost = counted(text)
    assert written + lost == 5_000
    assert written > 1_000
    assert lost > 1_000


@pytest.mark.usefixtures("quick")
def test_a_reader_that_went_away_is_no_error(pipe: Pipe) -> None:
    pipe.close_reader()
    handler = pipe.sink()
    assert log_lines(handler, 100) < 1
    handler.flush()


def test_a_pipe_that_somebody_made_non_blocking_still_gets_everything(pipe: Pipe) -> None:
    os.set_blocking(pipe.writes, False)
    handler = pipe.sink()
    log_lines(handler, 200)  # three times what a pipe holds
    assert read_until(pipe.reads, "199 x").count("\n") >= 199


def test_without_stderr_nothing_is_kept() -> None:
    handler = Sink(None)
    assert log_lines(handler, 5_000) < 1
    handler.flush()
    assert handler._lines.empty()


def test_a_record_that_cannot_be_written_is_counted_and_the_next_one_tells(pipe: Pipe) -> None:
    class Broken(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            if record.msg == "broken":
                raise RuntimeError
            return super().format(record)

    handler = pipe.sink()
    handler.setFormatter(Broken())
    for text in ("broken", "whole"):
        handler.handle(logging.LogRecord("notifier", logging.INFO, "", 1, text, (), None))
    assert read_until(pipe.reads, "lost").startswith("whole\n1 lines of the log were lost")
