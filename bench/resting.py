"""A daemon at rest: what it holds, how often it wakes, how soon it is ready and gone.

`python bench/resting.py`, on Linux; BENCH_REST is how many seconds the wakes are counted, 240 if not given, and
BENCH_WATCHDOG the unit's WatchdogSec in seconds, none if not given. The example of `notifier init`, as shipped, run by
`notifier run` as systemd would: ready is when it says READY=1 to $NOTIFY_SOCKET. Beside it what any such daemon in
Python holds: a process that has imported APScheduler, SQLAlchemy and Jinja2, one with a ledger and a scheduler open.

A wake is a moment: whatever its threads do less than half a second apart is one, as the processor then leaves its
sleep once. The context switches of all threads are told beside it; each commit waits for the disk, so a wake has many.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REST = float(os.environ.get("BENCH_REST") or 240)
WATCHDOG = float(os.environ.get("BENCH_WATCHDOG") or 0)
STARTS = 5
SETTLED = 9.0  # seconds after READY=1
GLANCE = 0.05  # seconds between looks at the context switches
APART = 0.5  # seconds: what the threads do within so many is one wake
PATIENCE = 60.0

BARE = "import apscheduler.schedulers.background, sqlalchemy, jinja2"
OPEN = """
from apscheduler.schedulers.background import BackgroundScheduler
from jinja2 import Environment
from sqlalchemy import create_engine, text
scheduler = BackgroundScheduler()
scheduler.add_job(print, "interval", hours=1)
scheduler.start()
with create_engine("sqlite://").begin() as db:
    db.execute(text("SELECT 1"))
Environment().from_string("{{ x }}").render(x=1)
"""
HOLD = "\nimport sys, time\nsys.stdout.write('.')\nsys.stdout.flush()\ntime.sleep(600)\n"


@dataclass(frozen=True)
class Held:
    """Memory of a process in MB: resident, its share of it, and of that what is its own alone."""

    resident: float
    proportional: float
    own: float


@dataclass(frozen=True)
class Woken:
    """How often a process woke in so many seconds: moments, and voluntary context switches of all threads."""

    seconds: float
    moments: int
    switches: int

    def per_hour(self, number: int) -> float:
        """Return what `number` in this time comes to in an hour."""
        return number * 3600 / self.seconds


class Daemon:
    """`notifier run` on the example, as systemd starts it."""

    def __init__(self, folder: Path) -> None:
        path = folder / "notify"
        path.unlink(missing_ok=True)
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(path))
        self._channel.settimeout(PATIENCE)
        environment = {
            "PATH": os.environ["PATH"],
            "NOTIFY_SOCKET": str(path),
            "PYTHONFAULTHANDLER": "1",
        }
        if WATCHDOG:
            environment["WATCHDOG_USEC"] = f"{WATCHDOG * 1e6:.0f}"
        with (folder / "log").open("wb") as log:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "notifier", "--config", str(folder / "config.toml"), "run"],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        while b"READY=1" not in self._channel.recv(65536).split(b"\n"):
            pass
        self.ready_seconds = time.monotonic() - self.began

    def stop(self) -> float:
        """End it as systemd does; return after how many seconds it was gone."""
        told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        gone = time.monotonic() - told
        self._channel.close()
        if code != 0:
            raise SystemExit(f"the daemon ended with {code}")
        return gone


def held(pid: int) -> Held:
    """Return what a process holds."""
    sizes = _table(Path(f"/proc/{pid}/smaps_rollup"))
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return Held(sizes["Rss"] / 1024, sizes["Pss"] / 1024, own / 1024)


def woken(pid: int, seconds: float) -> Woken:
    """Watch a process for a while; return how often it woke."""
    began = time.monotonic()
    first = last = _switches(pid)
    moments, latest = 0, -APART
    while (now := time.monotonic() - began) < seconds:
        if (found := _switches(pid)) != last:
            moments += now - latest > APART
            latest, last = now, found
        time.sleep(GLANCE)
    return Woken(now, moments, sum(last.values()) - sum(first.get(thread, 0) for thread in last))


def _switches(pid: int) -> Mapping[str, int]:
    found = {}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            found[thread.name] = _table(thread / "status")["voluntary_ctxt_switches"]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
    return found


def _table(path: Path) -> dict[str, int]:
    rows = (line.split() for line in path.read_text("ascii", "replace").splitlines())
    return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def peer(code: str) -> Held:
    """Return what a Python holds that has run some code."""
    process = subprocess.Popen([sys.executable, "-c", code + HOLD], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.read(1)
        return held(process.pid)
    finally:
        process.kill()
        process.wait()


def _show(name: str, memory: Held) -> None:
    sizes = (
        f"{memory.resident:6.1f} MB resident, {memory.proportional:6.1f} its share, {memory.own:6.1f} its own"
    )
    print(f"  {name:<44} {sizes}")


def main() -> None:
    """Run it all; print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "notifier", "init", name],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        starts, stops = [], []
        for _ in range(STARTS):
            daemon = Daemon(folder)
            starts.append(daemon.ready_seconds)
            stops.append(daemon.stop())
        daemon = Daemon(folder)
        time.sleep(SETTLED)
        early = held(daemon.process.pid)
        rest = woken(daemon.process.pid, REST)
        late = held(daemon.process.pid)
        threads = len(list(Path(f"/proc/{daemon.process.pid}/task").iterdir()))
        stops.append(daemon.stop())
    watchdog = f"WatchdogSec={WATCHDOG:.0f}" if WATCHDOG else "no watchdog"
    print(f"A daemon at rest on the example ({watchdog}, {threads} threads)")
    _show(f"{SETTLED:.0f} s after READY", early)
    _show(f"{SETTLED + rest.seconds:.0f} s after READY", late)
    _show("peer: its three libraries imported, no more", peer(BARE))
    _show("peer: and a scheduler, a database, a template", peer(OPEN))
    print(
        f"  woken in {rest.seconds:.0f} s: {rest.moments} moments, {rest.switches} context switches; an hour:"
    )
    print(
        f"    {rest.per_hour(rest.moments):.0f} moments, {rest.per_hour(rest.switches):.0f} context switches"
    )
    first, *again = starts
    print(
        f"  exec to READY: {first:.2f} s on a new ledger, {statistics.median(again):.2f} s after"
        f" ({min(again):.2f}-{max(again):.2f})"
    )
    print(f"  SIGTERM to exit: {statistics.median(stops):.3f} s, at most {max(stops):.3f}")


if __name__ == "__main__":
    main()
