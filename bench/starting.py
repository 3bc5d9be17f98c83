"""Speed of starting, and of a changed document: 36 to 100,000 tasks in a CSV file, read, compared and adopted.

`make bench`, or `BENCH_TASKS=36,1000 python bench/starting.py`. Each size has a process to itself. First import; a
start with everything as it was; with one row changed of all; with a Saturday that is worked. Then the daemon itself,
from its exec to READY=1 on systemd's socket, when it first starts and when it starts again; the largest size only.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from office import write_config, write_contacts
from table import heading, table

from notifier.app import App, build
from notifier.config import load
from notifier.ledger import engine as ledger
from notifier.passes.adopt import Adoption

SIZES = (36, 1_000, 10_000, 100_000)
NOW = datetime(2018, 6, 28, 4, tzinfo=UTC)
STOP_SECONDS = 60.0
PHRASES = (
    "持续实施",
    "2018年12月底前完成",
    "2019年6月底前完成",
    "2018年秋季学期开学前完成",
    "2020年底前出台具体措施",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one size took, in seconds and megabytes; 0 where it was not measured."""

    tasks: int
    reading: float
    imported: float
    unchanged: float
    changed: float
    calendar: float
    peak: float
    first_ready: float = 0.0
    ready: float = 0.0


def write(folder: Path, count: int, *, changed: int = -1, more: str = "") -> None:
    """Write an office with so many tasks; the row `changed` has another text and another time."""
    contacts = min(2_000, max(12, count // 100))
    names = [f"第{number}中学" for number in range(contacts)]
    write_contacts(folder, ((name, "联络员", f"c{number}") for number, name in enumerate(names)))
    write_config(folder, issued="2018-06-01", plan="plan.csv", more=more)
    with (folder / "plan.csv").open("w", encoding="utf-8") as file:
        file.write("序号,工作任务,负责单位,时间进度\n")
        for number in range(count):
            units = names[number % contacts]
            if number % 4 == 0:
                units += f"、{names[(number * 7 + 1) % contacts]}"
            text = f"加强职业学校教师培训，完善校企合作机制，推进第{number}项职业教育攻坚工程"
            phrase = PHRASES[number % len(PHRASES)]
            if number == changed:
                text, phrase = f"{text}，按月通报", "2019年9月底前完成"
            file.write(f"{number + 1},{text}。,{units},{phrase}\n")


def read(folder: Path) -> tuple[App, float]:
    """Return the office as a start reads it, and the seconds that took."""
    began = perf_counter()
    app = build(load(folder / "config.toml"), lambda: NOW)
    return app, perf_counter() - began


def adopted(app: App) -> tuple[Adoption, float]:
    """Adopt what an office reads; return what changed, and the seconds."""
    engine = ledger.create(app.config.database, NOW)
    passes = app.passes(engine, app.transport())
    began = perf_counter()
    adoption = passes.adopt(NOW)
    took = perf_counter() - began
    engine.dispose()
    return adoption, took


def measure(count: int, folder: Path) -> Figures:
    """Measure one size on a new ledger."""
    write(folder, count)
    app, reading = read(folder)
    first, imported = adopted(app)
    assert first.added == count, first
    again, unchanged = adopted(app)
    assert (again.added, again.changed, again.vanished) == (0, 0, 0), again
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    del app
    write(folder, count, changed=count // 2)
    other, changed = adopted(read(folder)[0])
    assert (other.added, other.changed, other.vanished) == (0, 1, 0), other
    write(folder, count, changed=count // 2, more="[calendar]\nwork = [2018-06-30]")
    _, calendar = adopted(read(folder)[0])
    return Figures(
        tasks=count, reading=reading, imported=imported, unchanged=unchanged, changed=changed, calendar=calendar,
        peak=peak,
    )  # fmt: skip


def seconds_to_ready(folder: Path) -> float:
    """Start the daemon; return the seconds until it is ready, and stop it."""
    place = folder / "notify"
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        began = perf_counter()
        command = [sys.executable, "-m", "notifier", "--config", str(folder / "config.toml"), "run"]
        with (folder / "log").open("ab") as log:
            daemon = subprocess.Popen(
                command, env=os.environ | {"NOTIFY_SOCKET": str(place)}, stdout=log, stderr=log
            )
        try:
            systemd.settimeout(1)
            while daemon.poll() is None:
                with suppress(TimeoutError):
                    if b"READY=1" in systemd.recv(65_536):
                        return perf_counter() - began
            raise SystemExit((folder / "log").read_text("utf-8")[-2000:])
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(STOP_SECONDS)


def in_process(count: int, *, with_daemon: bool) -> Figures:
    """Measure one size in a process of its own, and the daemon."""
    command = [sys.executable, __file__, "one", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if with_daemon:
        with tempfile.TemporaryDirectory() as place:
            write(Path(place), count)
            found |= {"first_ready": seconds_to_ready(Path(place)), "ready": seconds_to_ready(Path(place))}
    return Figures(**found)


def measured() -> Iterator[Figures]:
    """Yield the figures of each size."""
    wanted = os.environ.get("BENCH_TASKS")
    sizes = tuple(int(size) for size in wanted.split(",")) if wanted else SIZES
    for count in sizes:
        yield in_process(count, with_daemon=count == sizes[-1])


HEAD = ("tasks", "reading", "import", "unchanged", "one changed", "calendar", "peak", "first READY", "READY")


def row(one: Figures) -> tuple[str, ...]:
    """Return one line of the table."""
    spent = (one.reading, one.imported, one.unchanged, one.changed, one.calendar)
    ready = (f"{seconds:.2f} s" if seconds else "" for seconds in (one.first_ready, one.ready))
    return (f"{one.tasks:,}", *(f"{seconds:.2f} s" for seconds in spent), f"{one.peak:.0f} MB", *ready)


def main() -> None:
    """Print the table, or with `one` the figures of one size."""
    if sys.argv[1:2] == ["one"]:
        with tempfile.TemporaryDirectory() as place:
            print(json.dumps(asdict(measure(int(sys.argv[2]), Path(place)))))
        return
    heading("Starting, and a changed document", "Rows with five different times, read from a CSV file.")
    table(HEAD, [row(one) for one in measured()])


if __name__ == "__main__":
    main()
