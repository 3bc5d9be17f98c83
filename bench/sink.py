"""A mail server that takes everything, in a process of its own: Postfix's smtp-sink where it is at hand."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SMTP_SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def sink(latency: float = 0, *, each: bool = False) -> Iterator[int]:
    """Yield the port of a server on loopback that answers the end of a mail after `latency` seconds, or `each` line."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if SMTP_SINK is not None and not latency:
        command = [SMTP_SINK, f"127.0.0.1:{port}", "1000"]
        if os.geteuid() == 0:
            command[1:1] = ["-u", "nobody"]
    else:
        command = [sys.executable, __file__, str(port), str(latency), *(["each"] if each else [])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield port
    finally:
        server.kill()
        server.wait()


def name(latency: float = 0) -> str:
    """Return which server `sink` starts."""
    return "smtp-sink" if SMTP_SINK is not None and not latency else "bench/sink.py"


def _await(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class _Taker(asyncio.Protocol):
    """SMTP as far as a client that behaves needs it."""

    def __init__(self, latency: float, *, each: bool) -> None:
        self._latency, self._each = latency, each
        self._rest = b""
        self._in_data = False
        self._way: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._way = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while True:
            mark = b"\r\n.\r\n" if self._in_data else b"\r\n"
            line, found, rest = self._rest.partition(mark)
            if not found:
                return
            self._rest = rest
            if self._in_data:
                self._in_data = False
                self._later(self._say, b"250 taken\r\n")
            elif self._each:
                self._in_data = line[:4].upper() == b"DATA"
                self._later(self._answer, line[:4].upper())
            else:
                self._in_data = line[:4].upper() == b"DATA"
                self._answer(line[:4].upper())

    def _later(self, step: Callable[[bytes], None], word: bytes) -> None:
        asyncio.get_running_loop().call_later(self._latency, step, word)

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._say(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self._say(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._say(b"221 bye\r\n")
            self._way.close()
        else:
            self._say(b"250 ok\r\n")

    def _say(self, reply: bytes) -> None:
        if not self._way.is_closing():
            self._way.write(reply)


async def _serve(port: int, latency: float, *, each: bool) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Taker(latency, each=each), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), each="each" in sys.argv[3:]))
