"""Speed of re-planning after a changed calendar: one million tasks over 500 distinct rules, one day off added.

Three ways in one run: ours, which works the stream out once for each distinct rule and writes by statement; a stream
for every task; rrule for every task.
The last two are timed on a sample and scaled, and without the writing, which they would still have to do.
"""

import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, WEEKLY, rrule
from sqlalchemy import Engine, select
from table import QUICK, heading, table, times

from notifier.ledger import engine as ledger
from notifier.ledger import tasks
from notifier.ledger.alike import alike
from notifier.ledger.schema import tasks as task_table
from notifier.passes.plan import next_moment, rule_of
from notifier.passes.replan import replan_plan
from notifier.passes.setting import Setting
from notifier.people.directory import Directory
from notifier.timing import Policy, WorkCalendar

TASKS = 50_000 if QUICK else 1_000_000
RULES, SAMPLE, SAMPLE_RRULE = 500, 20_000, 1_000
PAGE = 20_000
ISSUED, ZONE = date(2017, 10, 1), ZoneInfo("Asia/Shanghai")
NOW = datetime(2018, 5, 16, 4, tzinfo=UTC)
DAY_OFF = date(2018, 6, 29)  # the last working day of the quarter: what is due then moves to the 28th


def rules() -> list[str]:
    """Return distinct rules in the mixture of a real table: most go on, some are due, a few have a cadence."""
    found = ["ongoing", "ongoing until 2020", "from 2018", "from term:2018-spring"]
    found += [f"report monthly {day}" for day in range(1, 29)]
    found += [f"report weekly {day}" for day in ("mon", "tue", "wed", "thu", "fri")]
    found += [f"report quarterly 03-{day:02}" for day in range(1, 29)]
    days = (date(2018, 6, 1) + timedelta(days=number) for number in range(3_000))
    found += [f"due {day}" for day in days]
    return found[:RULES]


def setting(*off: date) -> Setting:
    """Return an office's setting with days off added."""
    days: tuple[date, ...] = tuple(off)
    return Setting(
        policy=Policy(zone=ZONE),
        calendar=WorkCalendar.build(off=days),
        calendar_overlay=(days, ()),
        terms={},
        events={},
        recorded={},
        directory=Directory.build([], {}, {}),
        contacts={},
        open_groups="all",
        catch_up=timedelta(days=30),
        catch_up_hours=(datetime.min.time(), datetime.max.time()),
    )


def fill(engine: Engine, texts: list[str], before: Setting) -> None:
    """Write the plan and its tasks, as planned until now under the old calendar."""
    context = before.context(issued=ISSUED, imported=NOW)
    moments = {text: next_moment(rule_of(text), context, NOW) for text in texts}
    chance = random.Random(1)
    with engine.begin() as db:
        tasks.add_plan(
            db, key="plan", path="plan.txt", hash="", issued=ISSUED, issuer="", title="", number="",
            until=None, imported=NOW, setting=before.fingerprint,
        )  # fmt: skip
    for first in range(0, TASKS, PAGE):
        rows = []
        for number in range(first, min(first + PAGE, TASKS)):
            text = texts[number] if number < len(texts) else chance.choice(texts)
            rows.append(
                {
                    "plan_id": 1, "ref": str(number), "position": number, "revision": 1, "section": "",
                    "text": "推进职业教育攻坚工程。", "units": {}, "timing": "", "rule": text, "timing_state": "ok",
                    "why": None, "notes": [], "soft": False, "state": "open", "completed": None,
                    "imported": NOW, "planned_until": NOW, "next_at": moments[text],
                }
            )  # fmt: skip
        with engine.begin() as db:
            tasks.add_tasks(db, rows)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = perf_counter()
    work()
    return perf_counter() - began


def far_rules() -> Iterator[rrule]:
    """Yield what a rrule user would keep for each task: from the document's date on."""
    start = datetime(2017, 10, 1, tzinfo=UTC)
    while True:
        yield rrule(MONTHLY, interval=3, bymonthday=-1, dtstart=start)
        yield rrule(MONTHLY, bymonthday=15, dtstart=start)
        yield rrule(WEEKLY, byweekday=4, dtstart=start)


def main() -> None:
    """Print the table."""
    texts, before, after = rules(), setting(), setting(DAY_OFF)
    with tempfile.TemporaryDirectory() as folder:
        engine = ledger.create(Path(folder) / "ledger.db", NOW)
        fill(engine, texts, before)
        with engine.begin() as db:
            distinct = len(alike(db, 1))
        moved: list[datetime | None] = []

        def by_rule() -> None:
            with engine.begin() as db:
                replan_plan(db, 1, after, NOW, issued=ISSUED, until=None)

        ours = timed(by_rule)
        with engine.begin() as db:
            wanted = {
                text: next_moment(rule_of(text), after.context(issued=ISSUED, imported=NOW), NOW)
                for text in texts
            }
            old = {
                text: next_moment(rule_of(text), before.context(issued=ISSUED, imported=NOW), NOW)
                for text in texts
            }
            for row in db.execute(select(task_table.c.rule, task_table.c.next_at)):
                if row.next_at != wanted[row.rule]:
                    raise SystemExit(f"{row.rule}: {row.next_at} instead of {wanted[row.rule]}")
                if wanted[row.rule] != old[row.rule]:
                    moved.append(row.next_at)
        again = timed(by_rule)
        engine.dispose()
    context = after.context(issued=ISSUED, imported=NOW)
    chance = random.Random(2)
    sample = [rule_of(chance.choice(texts)) for _ in range(min(SAMPLE, TASKS))]
    each = timed(lambda: [next_moment(rule, context, NOW) for rule in sample]) / len(sample) * TASKS
    far = [rule for rule, _ in zip(far_rules(), range(SAMPLE_RRULE), strict=False)]
    far_at = datetime(2026, 5, 16, tzinfo=UTC)
    naive = timed(lambda: [rule.after(far_at) for rule in far]) / len(far) * TASKS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    heading(
        "Re-planning after a changed calendar",
        f"{TASKS:,} tasks over {distinct} distinct rules, one more day off: {len(moved):,} tasks have another next"
        f" moment. Once each; the last two ways are timed on a sample and scaled. Peak memory {peak:.0f} MB.",
    )
    table(
        ("way", "time", "of ours"),
        [
            (what, f"{seconds:,.2f} s", times(seconds / ours))
            for what, seconds in (
                ("by distinct rule, with the writing (ours)", ours),
                ("the same again, when nothing is to be written", again),
                ("a stream for each task, without the writing", each),
                ("rrule.after for each task, after eight years", naive),
            )
        ],
    )


if __name__ == "__main__":
    main()
