"""Speed of several hosts on one ledger: the digests of bench/sending.py by 1, 2 and 4 daemons on PostgreSQL.

The daemons are real ones, in processes of their own, each with two connections to the mail server.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from mixes import DISTINCT, IMPORTED, SHARED, SLOT, Mix, Owing, office
from sending import AS_SHIPPED, CEILING, MAILS, ceiling, ours
from sink import name, sink
from sqlalchemy import Engine, func, select, update
from table import QUICK, alternate, heading, ratio, rounds_of, share, table, times, typical

from notifier.app import build
from notifier.config import load
from notifier.ledger import jobs
from notifier.ledger.engine import beside
from notifier.ledger.schema import messages
from notifier.rehearsal import Nowhere
from tests.acceptance.machine import Machine
from tests.postgres import Postgres, binaries, running

ROUNDS = 1 if QUICK else 3
SECONDS = 110  # for the rounds of a mix
HOSTS = (1, 2, 4)
_WAITING = SLOT + timedelta(hours=2)  # until the hosts stand ready
_names = count(1)


class Cluster:
    """A database whose digests are bundled and wait, of which each round gets a copy."""

    def __init__(self, folder: Path, server: Postgres, mix: Mix) -> None:
        self.folder, self.server, self.mix = folder, server, mix
        folder.mkdir()
        self._pattern = f"pattern_{next(_names)}"
        with server.connect() as db:
            db.execute(f"CREATE DATABASE {self._pattern}".encode())
        app = build(load(self._office(folder, self._pattern, 1)), lambda: SLOT)
        engine = app.create_ledger()
        passes = app.passes(engine, Nowhere())
        passes.adopt(IMPORTED)
        passes.plan(SLOT)
        jobs.prepare(engine)
        with engine.begin() as db:
            db.execute(update(messages).values(not_before=_WAITING))
        engine.dispose()

    def _office(self, folder: Path, database: str, port: int) -> Path:
        service = f'database = "{self.server.url(database)}"\nengine = "cluster"'
        return office(folder, self.mix, MAILS, port=port, service=service)

    def rate(self, hosts: int, port: int) -> Callable[[], float]:
        """Return a way that gives the mails a second of so many hosts."""

        def run() -> float:
            with tempfile.TemporaryDirectory(dir=self.folder) as place, self._copy() as database:
                machines = []
                try:
                    for number in range(hosts):
                        home = Path(place) / f"host{number}"
                        home.mkdir()
                        self._office(home, database, port)
                        machines.append(machine := Machine(home))
                        machine.clock = machines[0].clock
                        machine.clock.set("2018-06-29T09:00:01", speed=1)
                        machine.launch()
                    return MAILS / self._send(database, machines)
                finally:
                    for service in [service for machine in machines for service in machine.services]:
                        service.process.kill()
                        service.process.wait()
                        service.supervisor.close()

        return run

    @contextmanager
    def _copy(self) -> Iterator[str]:
        database = f"round_{next(_names)}"
        with self.server.connect() as db:
            db.execute(f"CREATE DATABASE {database} TEMPLATE {self._pattern}".encode())
        yield database
        with self.server.connect() as db:
            db.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())

    def _send(self, database: str, machines: list[Machine]) -> float:
        """Give the mails out as a plan pass does; return the seconds until each has its reply recorded."""
        app = build(load(self._office(self.folder, database, 1)), lambda: SLOT)
        engine = app.create_ledger()
        try:
            with engine.begin() as db:
                db.execute(update(messages).values(not_before=SLOT))
                jobs.assign(db, SLOT, None)
            began = time.monotonic()
            while left := _unfinished(engine):
                dead = [machine for machine in machines if machine.services[0].process.poll() is not None]
                if dead or time.monotonic() - began > 120:
                    raise RuntimeError(f"{left} of {MAILS} mails were not sent")
                time.sleep(0.05)
            took = time.monotonic() - began
            with beside(engine).begin() as db:
                accepted = db.execute(select(func.count()).where(messages.c.state == "accepted")).scalar()
            if accepted != MAILS:
                raise RuntimeError(f"{accepted} of {MAILS} mails were accepted")
            return took
        finally:
            engine.dispose()


def _unfinished(engine: Engine) -> int:
    with beside(engine).begin() as db:
        query = select(func.count()).select_from(messages).where(messages.c.finished.is_(None))
        return db.execute(query).scalar_one()


def measure(mix: Mix, folder: Path, server: Postgres) -> None:
    """Print the table of one mix."""
    owing = Owing(folder / "office", mix, MAILS)
    cluster = Cluster(folder / "cluster", server, mix)
    with sink() as port:
        ways = {CEILING: ceiling(owing.made(), port), f"{AS_SHIPPED}, SQLite": ours(owing, port, 2)}
        for hosts in HOSTS:
            ways[f"cluster, {hosts} host{'s' if hosts > 1 else ''}"] = cluster.rate(hosts, port)
        found = alternate(ways, ROUNDS, SECONDS)
    one = next(way for way in found if "1 host" in way)
    rows = [
        (
            way,
            typical(figures),
            share(ratio(found, way, CEILING)),
            times(ratio(found, way, one)) if "cluster" in way else "–",
        )
        for way, figures in found.items()
    ]
    table(
        ("way", "mails/s", "of the ceiling", "of one host"),
        rows,
        f"{mix.title.capitalize()} ({rounds_of(found)})",
    )


def main() -> None:
    """Print both tables."""
    heading(
        "Sending, several hosts",
        f"The same {MAILS:,} digests to {name()}, by daemons on one PostgreSQL (durable commits) on this same machine,"
        " each with two connections: from the commit that gives the mails out to the last reply recorded. All share"
        " the machine's cores with the database and the mail server, so several hosts show what sharing costs, not"
        " what more machines bring.",
    )
    found = binaries()
    if found is None:
        print("Not measured: no PostgreSQL server is at hand.")
        return
    with running(found, is_durable=True) as server:
        for mix in (DISTINCT, SHARED):
            with tempfile.TemporaryDirectory() as folder:
                measure(mix, Path(folder), server)


if __name__ == "__main__":
    main()
