"""Speed of the plan pass: an idle wake, a changed calendar, a quarter's end at which 80 % of the tasks report at once.

`make bench`, or `BENCH_TASKS=36,1000 python bench/planning.py`; with `postgresql` as its argument on a server of its
own, which it starts. Each size has a process and a new ledger to itself, so that peak memory is its own. Tasks are
written straight into the ledger, planned until the day before the quarter's end: what documents cost is
`starting.py`'s to say. Every fourth task names a second unit, so a million tasks are a million reminders.

An idle wake is what the daemon does each minute: a plan pass that finds nothing due, and a heartbeat. It is timed
before the quarter's end and after it, with all that was planned and sent in the ledger. `longest` is the longest
transaction: so long may a command, or a mail's answer, wait for the ledger.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from office import write_config, write_contacts
from sqlalchemy import Connection, Engine, event, func, select, update
from table import heading, table

from notifier.app import App, Passes, build
from notifier.config import load
from notifier.database import Server
from notifier.ledger import engine as ledger
from notifier.ledger import schema, tasks
from notifier.ledger.log import register_daemon, update_daemon
from notifier.ledger.wake import Outlook, outlook
from notifier.passes.plan import next_moment, plan, rule_of
from notifier.passes.replan import replan_plan
from notifier.passes.setting import Setting
from notifier.timing import WorkCalendar

SIZES = (36, 1_000, 10_000, 100_000, 1_000_000)
ON_SERVER = (100_000,)
ROUNDS = 20  # idle wakes, of which the median counts
PAGE = 5_000
ISSUED = date(2017, 10, 1)
QUARTER = datetime(2018, 6, 29, 1, tzinfo=UTC)  # 09:00 in Beijing, the last working day of the quarter
BEFORE = QUARTER - timedelta(days=1)
SATURDAY = date(2018, 6, 30)  # once it is worked, the quarter's reports are due on it
GOES_ON = ("ongoing", "ongoing until 2020", "from 2018", "from term:2018-spring")
FAR = [f"due {date(2019, 6, 1) + timedelta(days=number)}" for number in range(500)]

PLAN = (
    "附件\n\n任务分工表\n\t序号\n\t工作任务\n\t负责单位\n\t时间进度\n\n\t1\n\t任务。\n\t单位0\n\t持续实施\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one size took: seconds, statements and megabytes."""

    tasks: int
    database: str
    idle: float
    idle_after: float  # the quarter's end
    statements: int  # of an idle wake
    calendar: float
    calendar_back: float
    reminders: int
    messages: int
    planned: float
    worked: float  # of it, this process
    longest: float
    pass_statements: int
    peak: float


class Watched:
    """Counts an engine's statements, and times its transactions."""

    def __init__(self, engine: Engine) -> None:
        self.statements, self.longest = 0, 0.0
        self._began = 0.0
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "before_cursor_execute", self._count)

    def forget(self) -> None:
        """Count from nothing again."""
        self.statements, self.longest = 0, 0.0

    def _begin(self, _db: Connection) -> None:
        self._began = perf_counter()

    def _commit(self, _db: Connection) -> None:
        self.longest = max(self.longest, perf_counter() - self._began)

    def _count(self, *_: Any) -> None:
        self.statements += 1


def office(folder: Path, contacts: int) -> App:
    """Write an office with so many units of one contact each, and build it."""
    (folder / "plan.txt").write_text(PLAN, "utf-8")
    write_contacts(folder, ((f"单位{number}", "联络员", f"c{number}") for number in range(contacts)))
    return build(load(write_config(folder, issued=f"{ISSUED}")), lambda: BEFORE)


def units(number: int, contacts: int) -> dict[str, Any]:
    """Return the unit phrase of a task as the ledger keeps it."""
    names = [f"单位{number % contacts}"]
    if number % 4 == 0:
        names.append(f"单位{(number * 7 + 1) % contacts}")
    named = [[name, "lead" if place == 0 else "assist", False, False] for place, name in enumerate(names)]
    return {"text": "、".join(names), "units": named, "open_end": False, "unresolved": [], "named": {}}


def fill(engine: Engine, count: int, contacts: int, setting: Setting) -> None:
    """Write the plan and its tasks, as planned until the day before the quarter's end."""
    context = setting.context(issued=ISSUED, imported=BEFORE)
    moments = {text: next_moment(rule_of(text), context, BEFORE) for text in (*GOES_ON, *FAR)}
    chance = random.Random(1)
    with engine.begin() as db:
        tasks.add_plan(
            db, key="bench", path="plan.txt", hash="", issued=ISSUED, issuer="", title="关于办好学校的意见", number="",
            until=None, imported=BEFORE, setting=setting.fingerprint,
        )  # fmt: skip
    for first in range(0, count, PAGE):
        rows = []
        for number in range(first, min(first + PAGE, count)):
            rule = chance.choice(FAR if number % 5 == 0 else GOES_ON)
            rows.append(
                {
                    "plan_id": 1, "ref": str(number), "position": number, "revision": 1, "section": "",
                    "text": "加强职业学校教师培训，完善校企合作机制，推进职业教育攻坚工程。" * 2,
                    "units": units(number, contacts), "timing": "持续实施", "rule": rule, "timing_state": "ok",
                    "why": None, "notes": [], "soft": False, "state": "open", "completed": None,
                    "imported": BEFORE, "planned_until": BEFORE, "next_at": moments[rule],
                }
            )  # fmt: skip
        with engine.begin() as db:
            tasks.add_tasks(db, rows)
    with engine.begin() as db:
        register_daemon(db, "bench", 1, BEFORE, config_hash="", preflight=0)


def wake(passes: Passes, now: datetime, before: Outlook) -> Outlook:
    """Do what the daemon does each minute."""
    passes.set_right(now, stands=True)
    outcome = passes.plan(now)
    assert (outcome.planned, outcome.messages) == (0, 0), outcome
    with passes.engine.begin() as db:
        update_daemon(db, "bench", 1, last_plan=now)
    with passes.engine.begin() as db:
        ahead = outlook(db, before)
    with passes.engine.begin() as db:
        update_daemon(db, "bench", 1, heartbeat=now, next_wake=ahead.moment)
    return ahead


def idle(passes: Passes, now: datetime) -> float:
    """Return the seconds of an idle wake."""
    passes.addressed.day = passes.app.setting.policy.local_day(now)  # as of the adoption
    before = wake(passes, now, Outlook())
    return sorted(timed(lambda: wake(passes, now, before)) for _ in range(ROUNDS))[ROUNDS // 2]


def replanned(engine: Engine, setting: Setting) -> None:
    """Do what adopting does of a changed calendar."""
    with engine.begin() as db:
        replan_plan(db, 1, setting, BEFORE, issued=ISSUED, until=None)


def tidy(engine: Engine) -> None:
    """Do what autovacuum does of itself within a minute or so."""
    with engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = perf_counter()
    work()
    return perf_counter() - began


def peak() -> float:
    """Return the most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(count: int, place: Path, server: str | None) -> Figures:
    """Measure one size on a new ledger."""
    contacts = min(10_000, max(12, count // 100))
    app = office(place, contacts)
    engine = ledger.create(app.config.database if server is None else Server(server), BEFORE)
    fill(engine, count, contacts, app.setting)
    if server is not None:
        tidy(engine)
    passes = app.passes(engine, app.transport())
    watched = Watched(engine)
    first = idle(passes, BEFORE)
    statements = watched.statements // (ROUNDS + 1)
    worked = replace(app.setting, calendar=WorkCalendar.build(work=(SATURDAY,)))
    calendar = timed(lambda: replanned(engine, worked))
    back = timed(lambda: replanned(engine, app.setting))
    watched.forget()
    began, worked_before = perf_counter(), process_time()
    outcome = plan(engine, app.setting, "example.org", QUARTER)
    took, busy = perf_counter() - began, process_time() - worked_before
    longest, pass_statements = watched.longest, watched.statements
    most = peak()
    with engine.begin() as db:
        found = db.execute(
            select(func.count()).where(schema.reminders.c.message_id.is_not(None))
        ).scalar_one()
        assert found == outcome.planned, (found, outcome)
        db.execute(update(schema.reminders).values(state="sent"))
        db.execute(update(schema.messages).values(state="accepted", finished=QUARTER))
    if server is not None:
        tidy(engine)
    after = idle(passes, QUARTER + timedelta(minutes=30))
    engine.dispose()
    return Figures(
        tasks=count,
        database="SQLite" if server is None else "PostgreSQL",
        idle=first,
        idle_after=after,
        statements=statements,
        calendar=calendar,
        calendar_back=back,
        reminders=outcome.planned,
        messages=outcome.messages,
        planned=took,
        worked=busy,
        longest=longest,
        pass_statements=pass_statements,
        peak=most,
    )


def in_process(count: int, server: str | None = None) -> Figures:
    """Measure one size in a process of its own."""
    command = [sys.executable, __file__, "one", str(count), *([server] if server else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def postgres() -> Iterator[str | None]:
    """Run a PostgreSQL server and give the URL of an empty database; None where there is none on this machine."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests import postgres as server

    if (found := server.binaries()) is None:
        yield None
        return
    with server.running(found) as running:
        yield running.database()


def measured() -> Iterator[Figures]:
    """Yield the figures of each size, on SQLite, then on PostgreSQL where there is one."""
    wanted = os.environ.get("BENCH_TASKS")
    sizes = tuple(int(size) for size in wanted.split(",")) if wanted else SIZES
    for count in sizes:
        yield in_process(count)
    for count in () if wanted else ON_SERVER:
        with postgres() as server:
            if server is not None:
                yield in_process(count, server)


HEAD = (
    "tasks", "ledger", "idle wake", "idle later", "statements", "calendar", "and back", "reminders", "messages",
    "plan pass", "of it CPU", "per second", "longest", "statements", "peak",
)  # fmt: skip


def row(one: Figures) -> tuple[str, ...]:
    """Return one line of the table."""
    return (
        f"{one.tasks:,}", one.database, f"{one.idle * 1000:.1f} ms", f"{one.idle_after * 1000:.1f} ms",
        f"{one.statements}", f"{one.calendar:.2f} s", f"{one.calendar_back:.2f} s", f"{one.reminders:,}",
        f"{one.messages:,}", f"{one.planned:.2f} s", f"{one.worked:.2f} s",
        f"{one.reminders / one.planned:,.0f}", f"{one.longest:.2f} s", f"{one.pass_statements:,}", f"{one.peak:.0f} MB",
    )  # fmt: skip


def main() -> None:
    """Print the table, or with `one` the figures of one size."""
    if sys.argv[1:2] == ["one"]:
        with tempfile.TemporaryDirectory() as place:
            server = sys.argv[3] if len(sys.argv) > 3 else None
            print(json.dumps(asdict(measure(int(sys.argv[2]), Path(place), server))))
        return
    heading("The plan pass", "A task in five has a date far ahead, the others report quarterly.")
    table(HEAD, [row(one) for one in measured()])


if __name__ == "__main__":
    main()
