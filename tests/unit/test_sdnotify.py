"""What the daemon says to systemd, heard at a socket of the test's own."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from notifier import sdnotify


@pytest.fixture(params=["path", "abstract"])
def heard(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """The socket that $NOTIFY_SOCKET names, in the file system and in the abstract namespace."""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0notifier-unit-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(name)
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name.replace("\0", "@"))
        yield listener


def test_states_travel_in_one_datagram_a_line_each(heard: socket.socket) -> None:
    assert sdnotify.notify("READY=1", "STATUS=next wake 2017-12-29 09:00 +0800")
    assert heard.recv(4096) == b"READY=1\nSTATUS=next wake 2017-12-29 09:00 +0800"


def test_a_line_break_inside_a_state_opens_no_second_one(heard: socket.socket) -> None:
    assert sdnotify.notify("STATUS=refused: mail.host\nSTOPPING=1")
    assert heard.recv(4096) == b"STATUS=refused: mail.host; STOPPING=1"


def test_a_file_name_that_is_no_unicode_is_still_told(heard: socket.socket) -> None:
    assert sdnotify.notify("STATUS=no such file: " + os.fsdecode(b"\xb1.toml"))
    assert heard.recv(4096) == b"STATUS=no such file: ?.toml"


def test_a_reload_tells_its_monotonic_microsecond_with_it(heard: socket.socket) -> None:
    before = time.monotonic_ns() // 1000
    sdnotify.reloading()
    after = time.monotonic_ns() // 1000
    state, stamp = heard.recv(4096).decode().split("\n")
    assert state == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= after


def test_nothing_is_said_where_nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not sdnotify.notify("READY=1")


@pytest.mark.parametrize(
    "address", ["/nowhere/notify", "@nobody-listens-here", "/" + "n" * 200, "vsock:2:99"]
)
def test_an_address_without_a_listener_is_no_error(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not sdnotify.notify("READY=1")


def test_a_supervisor_that_does_not_read_holds_nobody_up(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdnotify, "_PATIENCE_SECONDS", 0.05)
    told = 0
    while sdnotify.notify("WATCHDOG=1"):  # until the queue is full
        told += 1
        assert told < 10_000
    assert heard.recv(4096) == b"WATCHDOG=1"
    assert sdnotify.notify("WATCHDOG=1")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        pytest.param({}, None, id="no watchdog"),
        pytest.param({"WATCHDOG_USEC": "60000000"}, 60.0, id="a minute"),
        pytest.param({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid())}, 1.5, id="for us"),
        pytest.param({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, None, id="for another process"),
        pytest.param({"WATCHDOG_USEC": "0"}, None, id="switched off"),
        pytest.param({"WATCHDOG_USEC": "soon"}, None, id="no number"),
        pytest.param({"WATCHDOG_USEC": "²"}, None, id="a digit that is no number"),
    ],
)
def test_the_watchdog_is_read_as_systemd_writes_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], seconds: float | None
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert sdnotify.watchdog_seconds() == seconds
