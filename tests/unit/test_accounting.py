"""What became of a deadline or report: the days that fall due, and who was on time, late, silent or at rest."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from notifier.digest.accounting import CalendarMonth, Closing, Outcome, Owed, Rest, became, owed_between
from notifier.timing.calendar import WorkCalendar
from notifier.timing.checkpoint import Kind
from notifier.timing.context import Context
from notifier.timing.notation import parse
from notifier.timing.policy import Policy
from tests.office import beijing
from tests.timing_builders import BEIJING

POLICY = Policy(zone=BEIJING)
JUNE = CalendarMonth.parse("2018-06")
NOW = beijing("2018-07-02T09:00")
DAY = date(2018, 6, 29)  # the Friday to which the 30th is rolled
DEADLINE = Owed(family=Kind.DUE, nominal=date(2018, 6, 30), day=DAY, label="", recurs=False)
REPORT = Owed(family=Kind.REPORT, nominal=date(2018, 6, 30), day=DAY, label="", recurs=True)
ONE = "一局"


def closing(at: str, unit: str | None = ONE, scope: str | None = None) -> Closing:
    return Closing(unit, scope, beijing(at))


def rest(at: str, ended: str | None = None, unit: str | None = None) -> Rest:
    return Rest(unit, beijing(at), None if ended is None else beijing(ended))


@pytest.mark.parametrize(
    ("owed", "closings", "rests", "outcome"),
    [
        (DEADLINE, (), (), ("silent", 3)),
        (DEADLINE, (closing("2018-06-29T17:30"),), (), ("on_time", 0)),
        (DEADLINE, (closing("2018-06-29T17:30:01"),), (), ("late", 0)),
        (DEADLINE, (closing("2018-06-30T08:00"),), (), ("late", 1)),
        (DEADLINE, (closing("2018-03-01T08:00"),), (), ("on_time", 0)),
        (DEADLINE, (closing("2018-06-20T08:00", unit=None),), (), ("on_time", 0)),
        (DEADLINE, (closing("2018-06-20T08:00", unit="二局"),), (), ("silent", 3)),
        (DEADLINE, (closing("2018-06-20T08:00", scope="due@2018-06-30"),), (), ("on_time", 0)),
        (DEADLINE, (closing("2018-06-20T08:00", scope="due@2018-05-31"),), (), ("silent", 3)),
        (DEADLINE, (closing("2018-07-01T08:00"), closing("2018-06-20T08:00", None)), (), ("on_time", 0)),
        (DEADLINE, (closing("2018-07-02T09:00:01"),), (), ("silent", 3)),
        (REPORT, (), (), ("silent", 3)),
        (REPORT, (closing("2018-06-20T08:00", scope="report@2018-06-30"),), (), ("on_time", 0)),
        (REPORT, (closing("2018-06-20T08:00", scope="report@2018-03-31"),), (), ("silent", 3)),
        (REPORT, (closing("2018-06-20T08:00"),), (), ("on_time", 0)),
        (REPORT, (closing("2018-07-02T08:00"),), (), ("late", 3)),
        (REPORT, (closing("2018-05-31T23:59"),), (), None),
        (REPORT, (closing("2018-05-31T23:59", unit="二局"),), (), ("silent", 3)),
        (DEADLINE, (), (rest("2018-06-01T08:00"),), ("resting", 0)),
        (DEADLINE, (), (rest("2018-06-01T08:00", unit=ONE),), ("resting", 0)),
        (DEADLINE, (), (rest("2018-06-01T08:00", unit="二局"),), ("silent", 3)),
        (DEADLINE, (), (rest("2018-06-01T08:00", "2018-06-20T08:00"),), ("silent", 3)),
        (DEADLINE, (), (rest("2018-06-01T08:00", "2018-07-01T08:00"),), ("resting", 0)),
        (DEADLINE, (), (rest("2018-07-01T08:00"),), ("resting", 0)),
        (DEADLINE, (), (rest("2018-07-03T08:00"),), ("silent", 3)),
        (DEADLINE, (closing("2018-07-01T08:00"),), (rest("2018-06-01T08:00"),), ("late", 2)),
    ],
    ids=[
        "nothing on record",
        "at the last moment",
        "a second later",
        "on the day off to which it would have been due",
        "months early",
        "for all units",
        "by another unit",
        "this deadline alone",
        "another deadline",
        "the earliest counts",
        "not known yet",
        "no report",
        "the report",
        "the report before it",
        "the task in the month of its report",
        "the task after its report",
        "the task before the month",
        "the task before the month by another",
        "suspended for all",
        "suspended for the unit",
        "suspended for another",
        "went on before it fell due",
        "went on after it fell due",
        "suspended since",
        "suspended only later",
        "late though suspended",
    ],
)
def test_what_became_of_it(
    owed: Owed, closings: tuple[Closing, ...], rests: tuple[Rest, ...], outcome: tuple[Any, int] | None
) -> None:
    since = beijing("2018-06-01T00:00")
    found = became(owed, ONE, closings, rests, POLICY, since=since, now=NOW)
    assert found == (None if outcome is None else Outcome(*outcome))


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("due 2018-06", ["due@2018-06-30 06-29"]),
        ("due 2018-04", ["due@2018-04-30 04-28"]),
        ("due 2018-07", ["due@2018-07-31 07-31"]),
        ("due 2018-08", []),
        ("ongoing", ["report@2018-06-30 06-29"]),
        ("report monthly 20", ["report@2018-06-20 06-20", "report@2018-07-20 07-20"]),
        ("due monthly 20", ["due@2018-06-20 06-20", "due@2018-07-20 07-20"]),
        ("window 2018-05..2018-06", ["due@2018-06-30 06-29", "report@2018-06-30 06-29"]),
        ("due 2018-05 then due within 30d of event:done", ["due@2018-05-31 05-31", "due@2018-06-30 06-29"]),
        ("due 2018-06; due monthly 30", ["due@2018-06-30 06-29", "due@2018-07-30 07-30"]),
        ("review \"尽快\"", []),
    ],
)  # fmt: skip
def test_what_falls_due_in_june_and_july_and_what_a_task_still_owed_before(
    rule: str, days: list[str]
) -> None:
    context = Context(
        calendar=WorkCalendar.build(),
        policy=POLICY,
        issued=date(2018, 1, 1),
        imported=datetime(2018, 1, 1, tzinfo=UTC),
    )
    owed = owed_between(parse(rule), context, JUNE.first, date(2018, 7, 31))
    assert [f"{one.scope} {one.day:%m-%d}" for one in owed] == days


def test_the_first_part_of_a_task_counts_though_it_is_closed() -> None:
    context = Context(
        calendar=WorkCalendar.build(),
        policy=POLICY,
        issued=date(2018, 1, 1),
        imported=datetime(2018, 1, 1, tzinfo=UTC),
        completed=date(2018, 6, 10),
    )
    rule = parse("due 2018-06 then due within 30d of event:done")
    owed = owed_between(rule, context, JUNE.first, date(2018, 7, 31))
    assert [one.scope for one in owed] == ["due@2018-06-30", "due@2018-07-10"]


def test_months_follow_each_other_over_the_year() -> None:
    december = CalendarMonth.of(date(2017, 12, 31))
    assert (str(december.before), str(december), str(december.after)) == ("2017-11", "2017-12", "2018-01")
    assert date(2017, 12, 1) in december
    assert date(2018, 12, 1) not in december
