"""Speed of the timing room: next checkpoint of every kind of rule, reading phrases, parsing notation.

`make bench`, or `python bench/timing.py`. Best of several rounds, in microseconds; rrule's own `after`
from a far DTSTART stands beside ours, measured in the same run.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, WEEKLY, YEARLY, rrule

from notifier.timing import Context, Policy, WorkCalendar, stream
from notifier.timing.notation import parse
from notifier.timing.phrase import read

RULES = (
    "due 2030-06",
    "due before 2030-12",
    "due within 160m of event:issued",
    "due before term:2030-autumn",
    "from 2018",
    "from term:2018-spring",
    "window 2018..2040",
    "ongoing",
    "ongoing until 2045",
    "report weekly fri",
    "report monthly 28",
    "report quarterly",
    "report quarterly 03-20",
    "report half-yearly",
    "report yearly 03-last,09-last",
    "report termly +6d",
    "report every 10d",
    "report every 2m",
    "report monthly lastwd",
    "report quarterly 01-10wd",
    "report yearly chunjie-1d",
    "due monthly 28",
    "due weekly fri",
    "due yearly since 2019",
    "due 2018-06 then ongoing",
    "due lastwd of 2030-06",
    "due 3wd before term:2030-autumn",
    "due 2030-06 then due within 3m of event:done",
    "due 2030-06; due 2031-06; due 2032-12",
)
FAR_RULES = {
    "rrule weekly fri": rrule(WEEKLY, byweekday=4, dtstart=datetime(2000, 1, 1, tzinfo=UTC)),
    "rrule monthly 28": rrule(MONTHLY, bymonthday=28, dtstart=datetime(2000, 1, 1, tzinfo=UTC)),
    "rrule quarterly": rrule(MONTHLY, interval=3, bymonthday=-1, dtstart=datetime(2000, 3, 1, tzinfo=UTC)),
    "rrule yearly": rrule(YEARLY, bymonth=12, bymonthday=31, dtstart=datetime(2000, 1, 1, tzinfo=UTC)),
}
CASES = Path(__file__).parents[1] / "tests" / "cases"
AFTER = datetime(2029, 5, 16, 1, tzinfo=UTC)
ROUNDS, REPEATS = 7, 50


def cost(work: Callable[[], object]) -> float:
    """Return the microseconds of one call: the best round, after one to warm up."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(REPEATS):
            work()
        best = min(best, perf_counter() - began)
    return best / REPEATS * 1e6


def say(what: str, microseconds: float) -> None:
    """Print one line of the table."""
    print(f"{what:42}{microseconds:10.1f} µs")


def main() -> None:
    """Print the table."""
    calendar = WorkCalendar.build()
    issued = date(2017, 10, 1)
    context = Context(
        calendar=calendar,
        policy=Policy(zone=ZoneInfo("Asia/Shanghai")),
        issued=issued,
        imported=datetime(2017, 10, 1, tzinfo=UTC),
    )
    print(f"Python {sys.version.split()[0]}; next checkpoint after {AFTER:%Y-%m-%d}")
    for text in RULES:
        rule = parse(text)
        say(text, cost(lambda rule=rule: next(stream(rule, context, AFTER), None)))
    for name, far in FAR_RULES.items():
        say(f"{name} from 2000, after()", cost(lambda far=far: far.after(AFTER)))

    say("notation, parse", sum(cost(lambda text=text: parse(text)) for text in RULES) / len(RULES))
    for file in sorted(CASES.glob("timing*.jsonl")):
        cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        asked = [(case["phrase"], date.fromisoformat(case["issued"])) for case in cases]

        def read_all(asked: list[tuple[str, date]] = asked) -> None:
            for phrase, issued in asked:
                read(phrase, issued, calendar=calendar)

        read_all()
        took = min(_once(read_all) for _ in range(ROUNDS))
        say(f"phrase of {file.stem}, mean of {len(asked)}", took / len(asked) * 1e6)


def _once(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    main()
