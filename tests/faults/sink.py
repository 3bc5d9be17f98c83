"""Postfix's test server: it takes everything, or misbehaves as its options say."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.tools import program


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run smtp-sink, and give its port; skip the test where it is not installed."""
    command = program("smtp-sink")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        [command, "-u", "nobody", *options, f"127.0.0.1:{port}", "100"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield port
    finally:
        process.kill()
        process.wait()
