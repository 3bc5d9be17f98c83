"""An office whose daemon is killed again and again, and the mail server that sees what comes of it."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifier.clock import utc_now
from notifier.ledger import engine as ledger
from tests.faults.judge import Verdict, judge, taken, watch
from tests.office import document

ROOT = Path(__file__).parents[2]
RECORDER = Path(__file__).with_name("recorder.py")
CONNECTIONS = 2
TASKS = 3  # of each document; a contact's mail carries them all
# The moments of the kills, in turn; sending takes the longest.
MOMENTS = ("sending", "start", "sending", "planning", "sending")
_CHECK_EVERY = 0.005
_PATIENCE = 300.0  # seconds without any progress


@dataclass
class KillRun:
    """An office that gets a new document each round, and each contact of it one mail for each."""

    folder: Path
    seed: int
    contacts: int
    rounds: int
    drops: float = 0  # share of mails at which the server breaks off
    kills: Counter[str] = field(default_factory=Counter, init=False)
    _lives: int = field(default=0, init=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _number: int = field(default=0, init=False)  # documents so far

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.today = utc_now().astimezone(ZoneInfo("Asia/Shanghai")).date()
        self.database = self.folder / "var" / "notifier.db"
        self.record = self.folder / "record.jsonl"
        self._server = subprocess.Popen(
            [sys.executable, str(RECORDER), str(self.record), str(self.seed), str(self.drops)],
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        self._port = int(self._server.stdout.readline())
        self.addresses = [f"z{number:04}@example.org" for number in range(self.contacts)]
        self._write()
        ledger.create(self.database, utc_now()).dispose()
        watch(self.database)

    @property
    def owed(self) -> list[tuple[str, str]]:
        """Every reminder there is to send: each contact hears of each task of each document once."""
        texts = [self._task(plan, task) for plan in range(1, self.rounds + 1) for task in range(TASKS)]
        return [(address, text) for address in self.addresses for text in texts]

    def issue(self) -> None:
        """Give the office its next document, for the daemon's next start."""
        self._number += 1
        due = self.today + timedelta(days=20)  # the notice 30 days ahead is late, the others are to come
        rows = [
            (self._task(self._number, task), "各省辖市政府", f"{due.year}年{due.month}月{due.day}日前完成")
            for task in range(TASKS)
        ]
        (self.folder / f"plan{self._number}.txt").write_text(document(rows), "utf-8")
        self._write()

    def _task(self, plan: int, task: int) -> str:
        return f"第{plan}号文件第{task + 1}项工作要办好。"

    def _write(self) -> None:
        units = [f"第{number:04}市政府" for number in range(self.contacts)]
        rows = [f"{unit},某人,{to},primary" for unit, to in zip(units, self.addresses, strict=True)]
        (self.folder / "contacts.csv").write_text("\n".join(["unit,name,email,role", *rows, ""]), "utf-8")
        issued = self.today - timedelta(days=25)
        plans = "".join(
            f'[plans.p{number}]\npath = "plan{number}.txt"\nissued = {issued}\nissuer_level = "省"\n'
            for number in range(1, self._number + 1)
        )
        working = ", ".join(str(self.today + timedelta(days=day)) for day in (-1, 0, 1))
        (self.folder / "config.toml").write_text(
            f"""{plans}
[service]
surprise_limit = "off"
[policy]
catch_up_from = "00:00"
catch_up_to = "23:59"
[calendar]
work = [{working}]
[groups]
"各省辖市政府" = {units}
[contacts]
files = ["contacts.csv"]
[office]
name = "省政府督查室"
phone = "0371-1"
[mail]
from = "ducha@example.org"
host = "127.0.0.1"
port = {self._port}
tls = "none"
connections = {CONNECTIONS}
[delivery]
mode = "live"
daily_cap = 0
""",
            "utf-8",
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    def start(self, *before: str) -> "subprocess.Popen[bytes]":
        """Start `notifier run`, under another program if one is named."""
        self._lives += 1
        with (self.folder / f"stderr-{self._lives}").open("wb") as log:
            self._process = subprocess.Popen(
                [*before, sys.executable, "-m", "notifier", "--config", str(self.folder / "config.toml"),
                 "run", "--catch-up"],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # ended as a whole, whatever it runs under
            )  # fmt: skip
        return self._process

    def kill_one(self, moment: str) -> None:
        """Start the daemon and kill it at a random instant of its start, its planning, or its sending."""
        before = self._recorded()
        process = self.start()
        if moment == "start":
            time.sleep(self.chance.uniform(0, 1.2))
        elif moment == "planning":
            self.wait_for(process, lambda: self._is_registered(process.pid))
            time.sleep(self.chance.uniform(0, 0.25))
        else:
            self.wait_for(process, lambda: self._recorded() > before or self.is_done())
            moment = "idle" if self.is_done() else moment
            time.sleep(self.chance.uniform(0, 0.5))
        assert process.poll() is None, self.log()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills[moment] += 1

    def finish(self) -> None:
        """Start the daemon, let it send all that is owed, and end it as systemd does."""
        process = self.start()
        self.wait_for(process, lambda: "Ready: " in self.log() and self.is_done())
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, self.log()

    def wait_for(
        self, process: "subprocess.Popen[bytes]", condition: Callable[[], object], every: float = _CHECK_EVERY
    ) -> None:
        """Return once `condition` holds of a daemon that lives."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(every)

    def _recorded(self) -> int:
        return self.record.stat().st_size if self.record.exists() else 0

    def _is_registered(self, pid: int) -> bool:
        return bool(self.rows("SELECT 1 FROM daemons WHERE pid = ?", pid))

    def is_done(self) -> bool:
        """Whether each document has been planned and each mail has ended."""
        [(reminders, mails)] = self.rows(
            "SELECT (SELECT count(*) FROM reminders), (SELECT count(*) FROM messages WHERE finished NOT NULL)"
        )
        wanted = self.contacts * self._number
        return bool(reminders == wanted * TASKS and mails == wanted)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds in the ledger."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()

    def log(self) -> str:
        """Return what the last daemon said."""
        return (self.folder / f"stderr-{self._lives}").read_text("utf-8", "replace")

    def judge(self) -> Verdict:
        """Judge what is on record, here and at the server."""
        return judge(self.database, self.record, self.owed)

    def close(self) -> None:
        """End the mail server, and the daemon of a run that failed."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._server.terminate()
        self._server.wait()
        if self._server.stdout is not None:
            self._server.stdout.close()


def kill_at_random(run: KillRun, kills: int) -> float:
    """Kill the daemon so many times over the rounds, then let it finish; return the seconds that it took."""
    began = time.monotonic()
    left = kills
    for round_ in range(run.rounds):
        run.issue()
        share = left // (run.rounds - round_)
        left -= share
        for _ in range(share):
            run.kill_one(MOMENTS[run.kills.total() % len(MOMENTS)])
    run.finish()
    return time.monotonic() - began


def table(run: KillRun, verdict: Verdict, seconds: float) -> str:
    """Return the run as lines to print."""
    kills = run.kills.total()
    at = ", ".join(f"{number} at {moment}" for moment, number in sorted(run.kills.items()))
    once = f"{verdict.exactly_once} of {verdict.reminders}"
    by_kills = len(verdict.copies) - verdict.copies_of_drops
    rows = [
        ("seed", str(run.seed)),
        ("mails owed", str(run.contacts * run.rounds)),
        ("kill -9", f"{kills} ({at})"),
        ("mails the server took", str(len(taken(run.record)))),
        ("reminders that went exactly once", once),
        ("lost", str(len(verdict.lost))),
        ("told in two mails", str(len(verdict.doubled))),
        ("mails without exactly one end", str(len(verdict.ended_twice) + len(verdict.open))),
        ("copies after a kill", f"{by_kills} (bound: {kills} x {CONNECTIONS} = {kills * CONNECTIONS})"),
        ("copies after the server broke off", str(verdict.copies_of_drops)),
        ("copies not flagged uncertain", str(len(verdict.unflagged))),
        ("mails that record and ledger differ on", str(len(verdict.at_odds))),
        ("mails flagged uncertain", str(verdict.uncertain)),
        ("seconds", f"{seconds:.0f}"),
    ]
    return "\n".join(f"{name:<40}{value}" for name, value in rows)


def hold_the_promise(verdict: Verdict, most_copies: int) -> None:
    """Fail unless nothing is lost, nothing is doubled, and each copy is a known one."""
    assert verdict.lost == []
    assert verdict.doubled == []
    assert verdict.unasked == []
    assert verdict.open == []
    assert verdict.ended_twice == []
    assert verdict.at_odds == []
    assert verdict.unflagged == []
    assert len(verdict.copies) - verdict.copies_of_drops <= most_copies
