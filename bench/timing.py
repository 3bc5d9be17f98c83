"""Speed of the timing room: the next checkpoint of rules, reading phrases, parsing notation.

Best of several rounds, in microseconds; dateutil's rrule from a far DTSTART, and two libraries of holidays, stand
beside ours.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
from dateutil.rrule import MONTHLY, WEEKLY, YEARLY, rrule
from table import heading, table, times

from notifier.timing import Context, Policy, WorkCalendar, stream
from notifier.timing.notation import parse
from notifier.timing.phrase import read

RULES = (
    "due 2030-06",
    "due before term:2030-autumn",
    "window 2018..2040",
    "ongoing",
    "report weekly fri",
    "report monthly 28",
    "report quarterly",
    "report monthly lastwd",
    "report yearly chunjie-1d",
    "due yearly since 2019",
    "due 3wd before term:2030-autumn",
    "due 2030-06; due 2031-06; due 2032-12",
)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_RULES = {
    "report weekly fri": rrule(WEEKLY, byweekday=4, dtstart=_LONG_AGO),
    "report monthly 28": rrule(MONTHLY, bymonthday=28, dtstart=_LONG_AGO),
    "report quarterly": rrule(MONTHLY, interval=3, bymonthday=-1, dtstart=datetime(2000, 3, 1, tzinfo=UTC)),
    "due yearly since 2019": rrule(YEARLY, bymonth=12, bymonthday=31, dtstart=_LONG_AGO),
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


def main() -> None:
    """Print the tables."""
    calendar = WorkCalendar.build()
    issued = date(2017, 10, 1)
    context = Context(
        calendar=calendar,
        policy=Policy(zone=ZoneInfo("Asia/Shanghai")),
        issued=issued,
        imported=datetime(2017, 10, 1, tzinfo=UTC),
    )
    heading("Timing", f"Microseconds, the best of {ROUNDS} rounds of {REPEATS}.")
    rows = []
    for text in RULES:
        rule = parse(text)
        ours = cost(lambda rule=rule: next(stream(rule, context, AFTER), None))
        far = FAR_RULES.get(text)
        theirs = None if far is None else cost(lambda far=far: far.after(AFTER))
        rows.append(
            (
                f"`{text}`",
                f"{ours:.1f}",
                "–" if theirs is None else f"{theirs:,.1f}",
                times(None if theirs is None else theirs / ours),
            )
        )
    table(
        ("rule", "ours", "rrule from 2000", "ratio"),
        rows,
        f"The next checkpoint after {AFTER:%Y-%m-%d}, overdue notices and days off included",
    )
    day = date(2026, 2, 16)
    known = holidays.country_holidays("CN", years=range(2017, 2027))
    ours = cost(lambda: calendar.is_working_day(day))
    rows = [("ours", f"{ours:.2f}", "–")]
    for name, ask in (
        ("holidays, is it a day off", lambda: day in known),
        ("chinesecalendar", lambda: chinese_calendar.is_workday(day)),
    ):
        theirs = cost(ask)
        rows.append((name, f"{theirs:.2f}", times(theirs / ours)))
    table(("is this a working day?", "µs", "of ours"), rows)

    rows = [
        (
            "notation",
            str(len(RULES)),
            f"{sum(cost(lambda text=text: parse(text)) for text in RULES) / len(RULES):.1f}",
        )
    ]
    for file in sorted(CASES.glob("timing*.jsonl")):
        cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        asked = [(case["phrase"], date.fromisoformat(case["issued"])) for case in cases]

        def read_all(asked: list[tuple[str, date]] = asked) -> None:
            for phrase, issued in asked:
                read(phrase, issued, calendar=calendar)

        read_all()
        took = min(_once(read_all) for _ in range(ROUNDS))
        rows.append((f"phrases of {file.stem}", str(len(asked)), f"{took / len(asked) * 1e6:.1f}"))
    table(("reading", "texts", "µs each"), rows)


def _once(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    main()
