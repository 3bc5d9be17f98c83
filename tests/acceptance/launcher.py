"""The daemon by a clock that the tests move: `python launcher.py CONFIG CLOCK [OPTION...]`.

CLOCK is a file of three words: an instant, the monotonic second at which it was shown, and how fast the clock runs
since. It is read at each look, so the clock can stand, run fast, or jump. By default it is the
injected clock alone; with --host the host's wall clock, too, for everybody in this process who asks for it.
--last-mail is how long a mail in hand is waited for when the daemon is told to stop, --lock-wait how long a lock of the
ledger is. --slow-reading is how long each document takes to be read. --machine-id is a file that stands for
/etc/machine-id.

A database server is asked for its time as ever, and what it says is moved to the time of the tests: that of CLOCK, or
of the file that --common names, from which CLOCK may then differ.
"""

import sys
import time
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import apscheduler.schedulers.base

import notifier.clock
from notifier import app, daemon, intake, logs, watch
from notifier.clock import Clock
from notifier.config import load
from notifier.intake import Document, Readings
from notifier.ledger import generation, keeping

if TYPE_CHECKING:
    from sqlalchemy import Connection


def read_clock(place: Path) -> datetime:
    """Return what the clock in a file shows now."""
    shown, since, speed = place.read_text("ascii").split()
    return datetime.fromisoformat(shown) + timedelta(seconds=(time.monotonic() - float(since)) * float(speed))


def clock_of(place: Path) -> Clock:
    """Return the clock kept in a file."""
    return lambda: read_clock(place)


def move_host(clock: Clock) -> None:
    """Let the modules that read the host's wall clock read `clock`, as if somebody set the host's."""

    class HostTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock().astimezone(tz)

    for module in (notifier.clock, apscheduler.schedulers.base):
        vars(module)["datetime"] = HostTime


def read_slowly(seconds: float) -> None:
    """Let each document take so long."""
    read = intake.read_document

    def slowly(path: Path, readings: Readings | None = None) -> Document:
        time.sleep(seconds)
        return read(path, readings)

    vars(app)["read_document"] = slowly


def share_time(clock: Clock, common: Clock) -> None:
    """Let the database server's clock show `common`, and procrastinate's be as far from it as ours is."""
    import procrastinate.periodic

    from notifier import cluster
    from notifier.ledger import among_hosts
    from notifier.passes.common_time import CommonTime

    truly = among_hosts.server_clock

    def moved(db: "Connection") -> datetime:
        return truly(db) + (common() - notifier.clock.utc_now())

    def skewed() -> float:
        return time.time() + (clock() - common()).total_seconds()

    # A clock of the tests may stand, or run fast: no leap of one host's.
    vars(cluster)["CommonTime"] = partial(CommonTime, steady=lambda: common().timestamp())
    vars(among_hosts)["server_clock"] = moved
    vars(procrastinate.periodic)["time"] = SimpleNamespace(time=skewed)


def main(config: str, place: str, *options: str) -> int:
    """Run until SIGTERM."""
    clock = clock_of(Path(place))
    if "--host" in options:
        move_host(clock)
    for option in options:
        if option.startswith("--last-mail="):
            watch._LAST_MAIL_SECONDS = float(option.partition("=")[2])
        if option.startswith("--lock-wait="):
            vars(keeping)["LOCK_WAIT_SECONDS"] = float(option.partition("=")[2])
        if option.startswith("--slow-reading="):
            read_slowly(float(option.partition("=")[2]))
        if option.startswith("--machine-id="):
            generation.MACHINE_ID = Path(option.partition("=")[2])
    common = clock
    for option in options:
        if option.startswith("--common="):
            common = clock_of(Path(option.partition("=")[2]))
    office = load(Path(config))
    with logs.on_stderr(office.service.log):
        if office.service.engine == "cluster":
            from notifier import cluster

            share_time(clock, common)
            return cluster.run(app.build(office, clock=clock))
        return daemon.run(app.build(office, clock=clock))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
