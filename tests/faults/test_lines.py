"""Connections that end, hang or lie below SMTP, by bare sockets: what is certain, what isn't, and for how long."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.faults.way import LARGE, SMALL, deliver

Talk = Callable[[socket.socket], None]


@contextmanager
def serving(talk: Talk) -> Iterator[int]:
    """Serve each connection with `talk`, one after the other; gives the port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while not over.is_set():
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        with suppress(OSError):
            socket.create_connection(listener.getsockname()).close()
        thread.join(15)


def to_data(connection: socket.socket) -> None:
    """Talk until the 354."""
    connection.sendall(b"220 test\r\n")
    for reply in (b"250 OK", b"250 OK", b"250 OK", b"354 go"):
        connection.recv(4096)
        connection.sendall(reply + b"\r\n")


def reset(connection: socket.socket) -> None:
    """End a connection by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_in_the_middle_of_a_mail_leaves_it_uncertain() -> None:
    def talk(connection: socket.socket) -> None:
        to_data(connection)
        connection.recv(65536)
        reset(connection)

    with serving(talk) as port:
        told = deliver(port, bodies=[LARGE])
    assert told.lines == ["begin 1", "uncertain 1"]


def test_a_reset_after_the_dot_leaves_the_mail_uncertain() -> None:
    def talk(connection: socket.socket) -> None:
        to_data(connection)
        received = b""
        while not received.endswith(b"\r\n.\r\n"):
            received += connection.recv(65536)
        reset(connection)

    with serving(talk) as port:
        told = deliver(port)
    assert told.lines == ["begin 1", "uncertain 1"]


def test_a_refusal_pushed_into_the_middle_of_a_mail_is_never_taken_for_a_yes() -> None:
    def talk(connection: socket.socket) -> None:
        to_data(connection)
        connection.recv(65536)
        connection.sendall(b"550 5.7.1 Enough\r\n")
        reset(connection)

    with serving(talk) as port:
        told = deliver(port, bodies=[LARGE])
    assert told.lines[0] == "begin 1"
    assert told.lines[1:] in (["uncertain 1"], ["refused 1"])  # the reply may be lost on the way


def test_a_server_that_stops_reading_holds_a_mail_no_longer_than_its_limit() -> None:
    mails: list[bytearray] = []

    def talk(connection: socket.socket) -> None:
        to_data(connection)
        received = bytearray()
        mails.append(received)
        if len(mails) == 1:
            time.sleep(1)
        while not received.endswith(b"\r\n.\r\n"):
            more = connection.recv(1 << 20)
            if not more:
                return
            received += more
        connection.sendall(b"250 taken\r\n")

    began = time.monotonic()
    with serving(talk) as port:
        told = deliver(port, bodies=[LARGE, SMALL], data_timeout=0.5)
        took = time.monotonic() - began
    assert told.lines == ["begin 1", "uncertain 1", "begin 2", "accepted 2"]
    assert took < 3
    assert len(mails[0]) < len(LARGE)  # the rest was not sent behind the ledger's back


def test_a_reply_of_a_line_now_and_then_ends_with_the_mails_time() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 test\r\n")
        for _ in range(100):
            connection.sendall(b"250-more to come\r\n")
            time.sleep(0.1)

    began = time.monotonic()
    with serving(talk) as port:
        told = deliver(port, command_timeout=60, per_mail=0.6)
        took = time.monotonic() - began
    assert told.fault is not None
    assert told.fault.scope == "server"
    assert told.lines == []
    assert took < 3


def test_a_host_that_answers_nothing_at_all_costs_the_connect_timeout() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(3)]  # they fill its queue: the next SYN gets no answer
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        began = time.monotonic()
        told = deliver(deaf.getsockname()[1], connect_timeout=0.5)
        took = time.monotonic() - began
        for one in waiting:
            one.close()
    assert told.fault is not None
    assert (told.fault.scope, told.fault.state) == ("server", "deferred")
    assert told.fault.reply.startswith("connect: ")
    assert told.lines == []
    assert 0.4 < took < 3


@pytest.mark.parametrize("host", ["relay.invalid", "no..name"])
def test_a_name_without_an_address_is_the_servers_fault(host: str) -> None:
    told = deliver(25, host=host)
    assert told.fault is not None
    assert told.fault.scope == "server"
    assert told.fault.reply.startswith("connect: ")
    assert told.lines == []


def test_mail_after_mail_is_offered_again_on_a_line_that_resets_each_time() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 test\r\n")
        connection.recv(4096)
        reset(connection)

    with serving(talk) as port:
        told = deliver(port, bodies=[SMALL, SMALL])
    assert told.fault is not None
    assert (told.fault.scope, told.fault.state) == ("server", "deferred")
    assert told.lines == []


def test_an_expired_certificate_is_never_accepted(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", not_after=datetime(2024, 1, 1, tzinfo=UTC)).configure_cert(context)

    def talk(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True)

    with serving(talk) as port:
        told = deliver(port, host="localhost", tls="tls", ca_file=str(tmp_path / "ca.pem"))
    assert told.fault is not None
    assert (told.fault.scope, told.fault.state) == ("server", "refused")
    assert "certificate has expired" in told.fault.reply
    assert told.lines == []
