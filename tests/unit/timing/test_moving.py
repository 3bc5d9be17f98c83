"""Deadlines of a rule, and one of them moved."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from notifier.timing.calendar import WorkCalendar
from notifier.timing.context import Context
from notifier.timing.moving import deadlines, with_deadline
from notifier.timing.notation import parse
from notifier.timing.policy import Policy

CONTEXT = Context(
    calendar=WorkCalendar.build(first=2017, last=2020),
    policy=Policy(zone=ZoneInfo("Asia/Shanghai")),
    issued=date(2017, 10, 1),
    imported=datetime(2017, 10, 1, tzinfo=UTC),
)
SEPTEMBER = date(2018, 9, 30)
MOVED = {
    "a day": ("due 2018-06", date(2018, 6, 30), "due 2018-09-30"),
    "with its label": ('due before 2018-07 "出台"', date(2018, 6, 30), 'due 2018-09-30 "出台"'),
    "a term": ("due before term:2018-autumn", date(2018, 8, 31), "due 2018-09-30"),
    "after an event": ("due within 30d of event:issued", date(2017, 10, 31), "due 2018-09-30"),
    "a window": ("window 2018-06", date(2018, 6, 30), "window 2018-06-01..2018-09-30"),
    "a window of two ends": ("window 2018-03..2018-06", date(2018, 6, 30), "window 2018-03..2018-09-30"),
    "one of several": (
        'due 2018-06 "动工"; due 2018-12 "建成"',
        date(2018, 6, 30),
        'due 2018-09-30 "动工"; due 2018-12 "建成"',
    ),
    "the first of two": ("due 2018-06 then ongoing", date(2018, 6, 30), "due 2018-09-30 then ongoing"),
    "the second of two": (
        "due 2018-03 then due within 3m of event:done",
        date(2018, 6, 30),
        "due 2018-03 then due 2018-09-30",
    ),
    "one that isn't there": ("due 2018-06", date(2018, 7, 1), "due 2018-06"),
    "a recurring one": ("due monthly 28", date(2018, 6, 28), "due monthly 28"),
}


@pytest.mark.parametrize(("rule", "was", "becomes"), MOVED.values(), ids=MOVED.keys())
def test_a_deadline_is_moved_and_all_else_stays(rule: str, was: date, becomes: str) -> None:
    moved = with_deadline(parse(rule), CONTEXT, was, SEPTEMBER)
    assert str(moved) == becomes
    assert parse(str(moved)) == moved


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("due 2018-06", ["2018-06-30"]),
        ("due 2018-12; due 2018-06; ongoing", ["2018-06-30", "2018-12-31"]),
        ("due 2018-03 then due within 3m of event:done", ["2018-03-31", "2018-06-30"]),
        ("window 2018-06", ["2018-06-30"]),
        ("due within 3m of event:批复", []),
        ("due monthly 28", []),
        ("ongoing", []),
        ('review "择机"', []),
    ],
)
def test_the_single_deadlines_are_listed(rule: str, days: list[str]) -> None:
    assert [str(day) for day in deadlines(parse(rule), CONTEXT)] == days


def test_what_is_completed_has_no_deadline_any_more() -> None:
    completed = replace(CONTEXT, completed=date(2018, 2, 1))
    rule = parse("due 2018-03 then due within 3m of event:done")
    assert deadlines(rule, completed) == [date(2018, 5, 1)]


def test_a_window_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="it starts only on 2018-11-01"):
        with_deadline(parse("window 2018-11"), CONTEXT, date(2018, 11, 30), SEPTEMBER)
