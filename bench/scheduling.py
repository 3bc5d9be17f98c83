"""What scheduling itself costs: a job a reminder in APScheduler's SQLAlchemy store, and ours for the same reminders.

Each size runs in processes of its own, so that memory is theirs alone.
"""

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from mixes import IMPORTED, LINES, SHARED, SLOT, office
from sqlalchemy import func, insert, select
from table import QUICK, heading, table, times

from notifier.app import build
from notifier.config import load
from notifier.ledger import engine as ledger
from notifier.ledger.schema import reminders
from notifier.rehearsal import Nowhere

SIZES = (1_000, 10_000) if QUICK else (1_000, 10_000, 100_000)
ADDED = 200 if QUICK else 1_000  # of the jobs, those whose adding is timed; the others are written in bulk
FAR, DUE = datetime(2099, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
_ran = threading.Semaphore(0)


def remind(contact: str, task: str) -> None:
    """Do what a job does: nothing, for only the scheduling is measured."""


def _scheduler(place: Path) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{place}/jobs.db")},
        executors={"default": ThreadPoolExecutor(10)},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )
    scheduler.add_listener(lambda _event: _ran.release(), EVENT_JOB_EXECUTED)
    return scheduler


def fill_jobs(place: Path, size: int) -> dict[str, float]:
    """Fill a store; return what it takes to add a job to so many, in seconds for all of them."""
    scheduler = _scheduler(place)
    scheduler.start(paused=True)
    store = scheduler._jobstores["default"]
    bulk = max(0, size - ADDED)
    rows = []
    for number in range(bulk):
        job = Job(
            scheduler, id=f"bulk{number}", func=remind, trigger=DateTrigger(FAR), args=(f"c{number}@example.org", "7"),
            kwargs={}, executor="default", misfire_grace_time=None, coalesce=True, max_instances=1, name="remind",
            next_run_time=FAR,
        )  # fmt: skip
        rows.append(
            {
                "id": job.id,
                "next_run_time": FAR.timestamp(),
                "job_state": pickle.dumps(job.__getstate__(), store.pickle_protocol),
            }
        )
    if rows:
        with store.engine.begin() as db:
            db.execute(insert(store.jobs_t), rows)
    added = min(size, ADDED)
    began = time.perf_counter()
    for number in range(added):
        scheduler.add_job(remind, "date", run_date=FAR, args=(f"d{number}@example.org", "7"))
    took = time.perf_counter() - began
    scheduler.shutdown()
    return {"add": took / added * size}


def wake_jobs(place: Path, _size: int) -> dict[str, float]:
    """Start on a full store, and wake for one job that is due."""
    began = time.perf_counter()
    scheduler = _scheduler(place)
    scheduler.start()
    started = time.perf_counter() - began
    began = time.perf_counter()
    scheduler.add_job(remind, "date", run_date=DUE, args=("x@example.org", "7"))
    _await(1)
    one = time.perf_counter() - began
    memory = _peak()
    began = time.perf_counter()
    scheduler.get_jobs()
    listed = time.perf_counter() - began
    scheduler.shutdown()
    return {"start": started, "one": one, "list": listed, "memory": memory}


def let_jobs_fall_due(place: Path, _size: int) -> dict[str, float]:
    """Change every job in the store to one that is due."""
    store = SQLAlchemyJobStore(f"sqlite:///{place}/jobs.db")
    jobs = store.jobs_t
    with store.engine.begin() as db:
        for row in db.execute(select(jobs)).all():
            state = pickle.loads(row.job_state) | {"next_run_time": DUE, "trigger": DateTrigger(DUE)}
            changed = {
                "next_run_time": DUE.timestamp(),
                "job_state": pickle.dumps(state, store.pickle_protocol),
            }
            db.execute(jobs.update().where(jobs.c.id == row.id).values(changed))
    return {}


def run_jobs(place: Path, size: int) -> dict[str, float]:
    """Start on a store whose jobs are all due, as at nine o'clock; time the first of them."""
    scheduler = _scheduler(place)
    sample = min(size, ADDED)
    began = time.perf_counter()
    scheduler.start()
    _await(1)
    first = time.perf_counter() - began
    began = time.perf_counter()
    _await(sample - 1)
    took = time.perf_counter() - began
    print(json.dumps({"due": first + took / (sample - 1) * (size - 1), "memory due": _peak()}), flush=True)
    os._exit(0)  # without waiting for the other jobs


def _await(jobs: int) -> None:
    for _ in range(jobs):
        if not _ran.acquire(timeout=60):
            raise SystemExit("a job that is due doesn't run")


def fill_ours(place: Path, _size: int) -> dict[str, float]:
    """Write an office that owes so many reminders; return the seconds of its first import."""
    engine = ledger.create(_ledger(place), IMPORTED)
    began = time.perf_counter()
    build(load(place / "config.toml"), lambda: IMPORTED).passes(engine, Nowhere()).adopt(IMPORTED)
    took = time.perf_counter() - began
    engine.dispose()
    return {"add": took}


def wake_ours(place: Path, size: int) -> dict[str, float]:
    """Start on the ledger, run a pass when nothing is due, then the one that owes all."""
    began = time.perf_counter()
    app = build(load(place / "config.toml"), lambda: IMPORTED)
    engine = ledger.create(_ledger(place), IMPORTED)
    passes = app.passes(engine, Nowhere())
    passes.adopt(IMPORTED)
    started = time.perf_counter() - began
    began = time.perf_counter()
    passes.plan(SLOT - timedelta(seconds=1))
    idle = time.perf_counter() - began
    memory = _peak()
    began = time.perf_counter()
    passes.plan(SLOT)
    due = time.perf_counter() - began
    with engine.begin() as db:
        planned = db.execute(select(func.count()).select_from(reminders)).scalar_one()
    if planned != size:
        raise SystemExit(f"{planned} reminders are planned instead of {size}")
    return {"start": started, "one": idle, "due": due, "memory": memory, "memory due": _peak()}


def _ledger(place: Path) -> Path:
    return place / "var" / "notifier.db"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    step.__name__: step for step in (fill_jobs, wake_jobs, let_jobs_fall_due, run_jobs, fill_ours, wake_ours)
}


def step(name: str, place: Path, size: int) -> dict[str, float]:
    """Run a step in a process of its own; return what it found."""
    command = [sys.executable, __file__, name, str(place), str(size)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise RuntimeError(f"{name} for {size:,}: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def shown(seconds: float) -> str:
    """Return seconds in a fitting unit."""
    if seconds >= 1:
        return f"{seconds:,.1f} s"
    return f"{seconds * 1000:,.1f} ms"


def main() -> None:
    """Print a table for each size."""
    heading(
        "Scheduling itself",
        "A job a reminder in APScheduler's SQLAlchemyJobStore on SQLite, its job doing nothing, beside our ledger for"
        f" the same reminders: a plan that owes each contact {LINES} lines at one slot. Adding and running jobs is"
        f" timed for {ADDED:,} of them in a store of that size, and scaled; ours is timed whole."
        " Memory is the most that the process held, Python and libraries included.",
    )
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            theirs, mine = Path(folder) / "jobs", Path(folder) / "ours"
            for place in (theirs, mine):
                place.mkdir()
            office(mine, SHARED, size // LINES)
            jobs: dict[str, float] = {}
            for name in ("fill_jobs", "wake_jobs", "let_jobs_fall_due", "run_jobs"):
                jobs |= step(name, theirs, size)
            ours = step("fill_ours", mine, size) | step("wake_ours", mine, size)
        rows = [
            ("to add them (jobs; the import of the plan, its files read)", jobs["add"], ours["add"]),
            (
                "to start again (the store opened; files read, compared with the ledger)",
                jobs["start"],
                ours["start"],
            ),
            ("to list them all", jobs["list"], None),
            ("to wake when one is due (ours: to find that nothing is)", jobs["one"], ours["one"]),
            (
                "when all are due (jobs run; reminders written and bundled into mails)",
                jobs["due"],
                ours["due"],
            ),
        ]
        table(
            ("what", "a job a reminder", "ours", "ratio"),
            [
                (
                    what,
                    shown(theirs_took),
                    "–" if ours_took is None else shown(ours_took),
                    "–" if ours_took is None else times(theirs_took / ours_took),
                )
                for what, theirs_took, ours_took in rows
            ]
            + [
                (what, f"{jobs[key]:,.0f} MB", f"{ours[key]:,.0f} MB", times(jobs[key] / ours[key]))
                for what, key in (("memory until then", "memory"), ("memory when all were due", "memory due"))
            ],
            f"{size:,} reminders",
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        # Jobs are kept by the name of their function, which must be found again in another process.
        import scheduling

        found = scheduling.STEPS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
        print(json.dumps(found))
    else:
        main()
