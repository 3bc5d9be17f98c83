"""Telling systemd how we are, by sd_notify(3); does nothing where nobody listens."""

import os
import socket
import time

from notifier.logs import mask

_PATIENCE_SECONDS = 5  # a supervisor that doesn't read must not hold up the daemon


def notify(*states: str) -> bool:
    """Send states in one datagram to $NOTIFY_SOCKET; return whether somebody listens. Never raises.

    A line break inside a state becomes "; ": the protocol has one state a line. Mail addresses are masked: the
    journal keeps what is said, and anybody may ask systemd for it.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # the abstract namespace
    datagram = "\n".join("; ".join(mask(state).splitlines()) for state in states).encode(errors="replace")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(_PATIENCE_SECONDS)
            channel.connect(address)
            channel.sendall(datagram)
    except OSError:
        return False
    return True


def reloading() -> None:
    """Say that a reload began; systemd wants the monotonic time of it in the same datagram."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_seconds() -> float | None:
    """Return within how many seconds systemd wants a sign of life from this process; None if it doesn't."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    value = os.environ.get("WATCHDOG_USEC", "")
    return int(value) / 1_000_000 if value.isdecimal() and int(value) > 0 else None
