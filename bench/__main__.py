"""Every bench, each in a process of its own: `make bench`, which writes docs/performance.md.

`make bench BENCH="sending people"` runs these alone, `make bench BENCH=--quick` all of them with small numbers; both
only print. A bench is a module beside this one with a `main` that prints Markdown: a heading and tables. One that
fails has its error in the report, the others go on, and the exit code is 1.
"""

import argparse
import ast
import datetime
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
REPORT = ROOT / "docs" / "performance.md"
FIRST = ("sending", "hosts", "latency", "planning", "scheduling", "replanning", "rehearsing", "resting")
LIMIT_SECONDS, PATIENCE_SECONDS = 600, 20
ADMIN = f"{os.environ.get('PATH', '')}:/usr/sbin"


@dataclass(frozen=True)
class Ran:
    """What a bench printed, and how it ended."""

    name: str
    printed: str
    seconds: float
    fault: str | None
    says: str | None = None  # the first paragraph of its docstring


def benches() -> list[str]:
    """Return the names of all benches, what matters most first."""
    found = [
        path.stem for path in HERE.glob("[a-z]*.py") if re.search(r"(?m)^def main\(", path.read_text("utf-8"))
    ]
    return sorted(found, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))


def run(name: str, *, quick: bool) -> Ran:
    """Run a bench, and show what it prints as it comes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_QUICK": "1" if quick else ""}
    if quick:
        environment["BENCH_TASKS"] = "36,1000"
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(HERE / f"{name}.py")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # so that what it started ends with it
    )
    assert process.stdout is not None
    said: list[str] = []
    listener = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    listener.start()
    printed = []
    over = threading.Event()

    def end() -> None:
        over.set()
        _end(process)

    timer = threading.Timer(LIMIT_SECONDS, end)
    timer.start()
    with process:
        try:
            for line in process.stdout:
                printed.append(line)
                print(line, end="", flush=True)
            code = process.wait()
        finally:
            timer.cancel()
            _end(process)
            listener.join(5)
    fault = None
    if over.is_set():
        fault = f"ended after {LIMIT_SECONDS} s"
    elif code:
        fault = next((line.strip() for line in reversed(said) if line.strip()), f"exit code {code}")
        print("".join(said[-40:]), file=sys.stderr)
    says = (ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text("utf-8"))) or "").partition("\n\n")[0]
    return Ran(name, "".join(printed).strip(), time.monotonic() - began, fault, says or None)


def _end(process: "subprocess.Popen[str]") -> None:
    """End a bench, and with some patience, so that it ends its servers, too; then whatever it left."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def section(ran: Ran) -> str:
    """Return what stands in the report for a bench."""
    text = ran.printed
    if not re.search(r"(?m)^#+ ", text):
        said = "" if ran.says is None else f"{ran.says}\n\n"
        text = f"## {ran.name.capitalize()}\n\n{said}" + (f"```\n{text}\n```" if text else "")
    if ran.fault is not None:
        fault = ran.fault.replace(str(ROOT), ".").replace("`", "'")
        text += f"\n\n**This bench failed**: `{fault}`"
    return text.rstrip() + "\n"


def fixed_work() -> float:
    """Return the milliseconds of a piece of work that is always the same: how busy the machine is besides."""
    began = time.perf_counter()
    block = b"x" * 1_000
    for _ in range(100_000):
        block = hashlib.sha256(block).digest() * 31
    return (time.perf_counter() - began) * 1000


def _version(*command: str) -> str | None:
    program = shutil.which(command[0], path=ADMIN)
    if program is None:
        return None
    answer = subprocess.run([program, *command[1:]], check=False, capture_output=True, text=True).stdout
    found = re.search(r"\d+\.\d+(?:\.\d+)*", answer)
    return found.group() if found else None


def machine() -> str:
    """Return what ran the benches, in one sentence."""
    sys.path.insert(0, str(ROOT))
    from tests.postgres import binaries

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    servers = binaries()
    postgres = None if servers is None else _version(str(servers / "postgres"), "--version")
    postfix = _version("postconf", "-d", "mail_version")
    parts = [
        f"{len(os.sched_getaffinity(0))} cores",
        f"{memory:.0f} GiB of memory",
        f"Python {sys.version.split()[0]}",
        f"SQLite {sqlite3.sqlite_version}",
        "no PostgreSQL" if postgres is None else f"PostgreSQL {postgres}",
        "no Postfix: the mail server is bench/sink.py"
        if postfix is None
        else f"smtp-sink of Postfix {postfix}",
    ]
    return ", ".join(parts)


def report(done: list[Ran], facts: str, work: list[float], load: float) -> str:
    """Return the whole report."""
    body = "\n".join(section(ran) for ran in done)
    met, missed = len(re.findall(r": met\b", body)), len(re.findall(r"\*\*not met\*\*", body))
    unknown = len(re.findall(r": not measured \|", body))
    failed = [ran.name for ran in done if ran.fault is not None]
    lines = [
        "# Performance",
        "",
        "Written by `make bench`, all in one run. What stands in a table was measured side by side: the ways took",
        "turns, round for round, on one machine and against one server, and a ratio is the median of the rounds'",
        "ratios. So ratios can be relied on; absolute figures drift by 2 to 3 times between machines and days. `± 5%`",
        "says how far the rounds of one figure lay apart. An aim is met or not in this very run.",
        "",
        f"- {datetime.datetime.now(datetime.UTC):%Y-%m-%d}; {facts}.",
        f"- Noise: a piece of work that is always the same took {min(work):.0f} to {max(work):.0f} ms between the"
        f" benches (load average at the start: {load:.1f}).",
        f"- Aims: {met} met, {missed} not met{f', {unknown} not measured' if unknown else ''}."
        + (f" Failed: {', '.join(failed)}." if failed else ""),
        f"- Took {sum(ran.seconds for ran in done) / 60:.0f} minutes: "
        + ", ".join(f"{ran.name} {ran.seconds:.0f} s" for ran in done)
        + ".",
        "",
    ]
    return "\n".join(lines) + "\n" + body


def main() -> int:
    """Run what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=(__doc__ or "").partition("\n")[0], allow_abbrev=False
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(benches())}; all by default")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that all works")
    parser.add_argument(
        "--out", type=Path, help="where the report goes (default: docs/performance.md, of a whole run)"
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(benches()):
        parser.error(f"no bench: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # what runs is ended, too
    load, facts, work, done = os.getloadavg()[0], machine(), [fixed_work()], []
    print(f"{facts}\n", flush=True)
    for name in asked.names or benches():
        ran = run(name, quick=asked.quick)
        print(f"({name}: {ran.seconds:.0f} s{f', failed: {ran.fault}' if ran.fault else ''})\n", flush=True)
        done.append(ran)
        work.append(fixed_work())
    is_whole = not asked.names and not asked.quick
    if place := asked.out or (REPORT if is_whole else None):
        place.write_text(report(done, facts, work, load), "utf-8")
        print(f"written to {os.path.relpath(place)}")
    return 1 if any(ran.fault for ran in done) else 0


if __name__ == "__main__":
    sys.exit(main())
