"""The notices of one occurrence, in days."""

from datetime import date, datetime

import pytest

from notifier.timing.checkpoint import Kind
from notifier.timing.notices import (
    Mark,
    Occurrence,
    due_marks,
    lead_days,
    overdue_days,
    overdue_marks,
    start_marks,
    start_occurrence,
)
from notifier.timing.policy import Lead
from tests.timing_builders import a_context, a_policy, at, day

LONG_AGO = date(2010, 1, 1)


def leads(*texts: str) -> tuple[Lead, ...]:
    return tuple(map(Lead.parse, texts))


def a_due(text: str) -> Occurrence:
    return Occurrence.due(Kind.DUE, day(text), "验收", a_context())


def test_an_occurrence_makes_marks_with_its_nominal_day_in_the_key() -> None:
    due = a_due("2018-06-30")
    lead, overdue = due.lead(day("2018-06-22"), Lead(amount=1, unit="w")), due.overdue(day("2018-07-03"), 2)
    facts = (Kind.DUE, day("2018-06-30"), day("2018-06-29"), "验收")
    assert due.mark() == Mark(day("2018-06-29"), "due@2018-06-30", Kind.DUE, *facts)
    assert lead == Mark(day("2018-06-22"), "due-1w@2018-06-30", Kind.LEAD, *facts)
    assert overdue == Mark(day("2018-07-03"), "overdue-2@2018-06-30", Kind.OVERDUE, *facts)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(("30d", "7d", "1d"), "05-30 30d, 06-22 7d, 06-28 1d", id="in the order of days"),
        pytest.param(("1d", "30d"), "05-30 30d, 06-28 1d", id="written in another order"),
        pytest.param(("5d", "6d", "7d"), "06-22 5d", id="three on a Friday"),
        pytest.param(("1w", "5wd", "7d"), "06-22 1w", id="equally long, the first written"),
        pytest.param((), "", id="none"),
    ],
)
def test_leads_have_days_and_one_day_has_one_lead(texts: tuple[str, ...], expected: str) -> None:
    found = lead_days(a_due("2018-06-30"), leads(*texts), a_context())
    assert ", ".join(f"{on:%m-%d} {lead}" for on, lead in found) == expected


def overdue(after: date, **over: int) -> list[tuple[str, int]]:
    context = a_context(policy=a_policy(**over))
    found = overdue_days(day("2018-01-26"), context.policy, context, after)
    return [(f"{on:%m-%d}", number) for on, number in found]


def test_overdue_notices_are_daily_then_weekly_and_end() -> None:
    # The seventh would be on 16 February, the first day of the Spring Festival.
    assert overdue(LONG_AGO, overdue_until_days=40) == [
        ("01-29", 1),
        ("01-30", 2),
        ("01-31", 3),
        ("02-01", 4),
        ("02-02", 5),
        ("02-09", 6),
        ("02-22", 7),
        ("02-23", 8),
        ("03-02", 9),
    ]


def test_of_overdue_notices_that_meet_on_one_day_the_latest_number_stays() -> None:
    found = overdue(day("2018-02-13"), overdue_every_days=2, overdue_until_days=30)
    assert found == [("02-14", 11), ("02-22", 15), ("02-24", 16)]


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_a_late_seek_of_overdue_notices_is_the_rest_of_them(every: int) -> None:
    whole = overdue(LONG_AGO, overdue_every_days=every)
    for on, _ in whole:
        after = day(f"2018-{on}")
        assert overdue(after, overdue_every_days=every) == [
            later for later in whole if later[0] > f"{after:%m-%d}"
        ]


def test_overdue_marks_stop_before_a_day() -> None:
    found = overdue_marks(a_due("2018-06-29"), a_context(), day("2018-07-02"), day("2018-07-05"))
    assert [mark.key for mark in found] == ["overdue-2@2018-06-29", "overdue-3@2018-06-29"]


@pytest.mark.parametrize(
    ("nominal", "imported", "expected"),
    [
        pytest.param("2018-03-05", "2017-10-01", ["start-7d", "start-1d", "start"], id="ahead"),
        pytest.param("2018-03-05", "2018-02-27", ["start-1d", "start"], id="one lead past"),
        pytest.param("2018-03-05", "2018-03-06", [], id="all past"),
        pytest.param("2017-09-30", "2017-10-01", ["start"], id="past at issue"),
        pytest.param("2017-09-30", "2017-10-10", [], id="and its notice past at import"),
    ],
)
def test_a_start_has_the_notices_that_are_not_past(nominal: str, imported: str, expected: list[str]) -> None:
    context = a_context(policy=a_policy(leads=leads("7d", "1d")), imported=at(imported))
    found = start_marks(start_occurrence(day(nominal), "", context), context)
    assert [mark.key for mark in found] == [f"{name}@{nominal}" for name in expected]


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        pytest.param(at("2018-05-30", "08:59"), ["30d 05-30", "7d 06-22"], id="all ahead"),
        pytest.param(at("2018-05-30", "09:00"), ["7d 06-22"], id="one past"),
        pytest.param(at("2018-06-22", "09:00"), ["7d 06-25"], id="all past, the next slot"),
        pytest.param(at("2018-06-23", "12:00"), ["7d 06-25"], id="all past on a Saturday"),
        pytest.param(at("2018-06-28", "09:00"), [], id="the next slot is the due day's"),
        pytest.param(at("2018-07-10"), [], id="the deadline past too"),
    ],
)
def test_a_deadline_keeps_a_lead_while_there_is_a_slot_for_it(
    imported: datetime, expected: list[str]
) -> None:
    context = a_context(policy=a_policy(leads=leads("30d", "7d")), imported=imported)
    found = [mark for mark in due_marks(day("2018-06-29"), "", context, LONG_AGO) if mark.kind is Kind.LEAD]
    assert [f"{mark.key[4:].partition('@')[0]} {mark.day:%m-%d}" for mark in found] == expected
